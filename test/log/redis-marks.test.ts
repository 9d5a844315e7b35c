/** What a connection is compared with, while the log is trimmed. */
import { expect, test } from "bun:test";
import { Gone } from "../../src/edges/log.ts";
import type { RedisConnection, Reply } from "../../src/edges/redis-connection.ts";
import { checkMarks, Marks } from "../../src/edges/redis-marks.ts";

const utf8 = new TextEncoder();
const bytes = (text: string): Uint8Array => utf8.encode(text);
const SHARD = { shard: 1, keys: ["in:{1}", "ex:{1}", "ctl:{1}", "dur:{1}"], venue: "aa" };

/** Whose log lets go of its records up to 12 behind the first question. */
function trimmedMeanwhile(): RedisConnection {
  const answers: Reply[] = [
    ["aa", "1", "20", "20", "20", "1", "", "10"].map((text) => (text === "" ? null : bytes(text))),
    [[bytes("0-13"), [bytes("d"), bytes("another")]]],
    bytes("12"),
  ];
  const command = async (): Promise<Reply> => answers.shift() ?? null;
  return { command } as unknown as RedisConnection;
}

test("what is trimmed between two questions is gone, and not lost", async () => {
  const marks = new Marks();
  marks.reads.add({ last: 11, sum: 1, time: 1, isVoid: false });
  const outcome = await checkMarks(trimmedMeanwhile(), SHARD, marks).catch((error) => error);
  expect(outcome).toBeInstanceOf(Gone);
  expect(outcome.first).toBe(13);
});
