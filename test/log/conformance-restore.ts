/** Conformance of making a log anew where it was lost: it begins, and ends, with one record. */
import { expect, test } from "bun:test";
import { Gone, type LogEnd } from "../../src/edges/log.ts";
import { viewOf } from "../../src/base/bytes.ts";
import { encodePack } from "../../src/protocol/record.ts";
import { LOG_ENDS_MAX } from "../../src/edges/log-ends.ts";
import type { Bench } from "./conformance.ts";
import { clearAt, WHY } from "./conformance-halt.ts";
import {
  appendSpans,
  executionOf,
  frameOf,
  genesisRecord,
  READ_MAX,
  recordOf,
  readAll,
  readExecutions,
  SHARD,
} from "./records.ts";

const NEVER = new AbortController().signal;
const LAST = 500;
const GENERATION = 1_900_000_000;
const TIME_US = 2_000_000;

export function logEnd(): LogEnd {
  const header = { shard: SHARD, rulesVersion: 1, directoryOrigin: SHARD, logTime: TIME_US };
  return {
    genesisRecord: genesisRecord(),
    position: LAST,
    generation: GENERATION,
    record: encodePack(header, [frameOf(LAST)]),
    timeBefore: TIME_US - 1,
    execution: executionOf(GENERATION, LAST, LAST),
    rules: [],
    ends: [{ position: 400, generation: 3 }],
  };
}

export function testRestore({ log, makeStand }: Bench): void {
  test("goes on behind its one record, above every generation and epoch before", async () => {
    const empty = await makeStand();
    const handle = await empty.open();
    await handle.restore(logEnd());
    expect(await handle.genesis()).toEqual(genesisRecord());
    expect(await handle.halted()).toBeNull();
    const restored = { position: LAST, generation: GENERATION };
    const ends = [{ position: 400, generation: 3 }, restored];
    const marks = { archived: LAST, checkpointed: LAST, trimmed: LAST - 1, restored, ends };
    expect(await handle.retention()).toMatchObject(marks);
    const other = await empty.open();
    const writer = await other.openInputWriter();
    expect(writer.tip()).toBe(LAST);
    const appended = await writer.append([frameOf(LAST + 1)]);
    expect(appended).toMatchObject({ first: LAST + 1, last: LAST + 1 });
    expect(appended.logTime).toBeGreaterThanOrEqual(TIME_US);
    const output = await other.openExecutionWriter();
    expect(output.tip()).toBe(LAST);
    expect(output.epoch).toBeGreaterThan(GENERATION);
    await appendSpans(output, [[LAST + 1, LAST + 1]]);
    const input = await handle.openInputReader();
    const seen = await readAll(input, LAST - 1, LAST + 1);
    expect(seen.map(({ number }) => number)).toEqual([LAST, LAST + 1]);
    const executions = await handle.openExecutionReader();
    expect(await readExecutions(executions, LAST - 1, LAST + 1)).toHaveLength(2);
    for (const reader of [input, executions]) {
      const fault = await reader.read(7, READ_MAX, NEVER).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(Gone);
      expect((fault as Gone).first).toBe(LAST);
    }
    await other.close();
    await handle.close();
    await empty.dispose();
  });

  test("knows where it ended before; beyond a limit the two oldest ends become one", async () => {
    const empty = await makeStand();
    const handle = await empty.open();
    const before = (i: number) => ({ position: 100 + ((i * 7) % 64), generation: i + 1 });
    const ends = Array.from({ length: LOG_ENDS_MAX - 1 }, (_, i) => before(i));
    await handle.restore({ ...logEnd(), ends });
    const input = await handle.openInputWriter();
    const output = await handle.openExecutionWriter();
    await handle.halt(WHY);
    expect((await input.appendToHalted(clearAt(LAST), WHY))?.first).toBe(LAST + 1);
    await output.append(recordOf(output, LAST + 1, LAST + 1), WHY);
    const found = (await handle.retention()).ends;
    const restored = { position: LAST, generation: GENERATION };
    const oldest = { position: ends[0]!.position, generation: ends[1]!.generation };
    const lifted = { position: LAST, generation: GENERATION + 1 };
    expect(found).toEqual([oldest, ...ends.slice(2), restored, lifted]);
    await handle.close();
    await empty.dispose();
  });

  test("takes the place of no log", async () => {
    await expect(log().restore(logEnd())).rejects.toThrow();
    const batch = await (await log().openRestReader()).read(0, READ_MAX, NEVER);
    expect(viewOf(batch!.bytes).byteLength).toBe(genesisRecord().length);
  });
}
