/** Conformance of making a log anew where it was lost: it begins, and ends, with one record. */
import { expect, test } from "bun:test";
import { Gone, type LogEnd } from "../../src/edges/log.ts";
import { viewOf } from "../../src/base/bytes.ts";
import { encodePack } from "../../src/protocol/record.ts";
import type { Bench } from "./conformance.ts";
import {
  appendSpans,
  executionOf,
  frameOf,
  genesisRecord,
  READ_MAX,
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
    const marks = { archived: LAST, checkpointed: LAST, trimmed: LAST - 1, restored };
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

  test("takes the place of no log", async () => {
    await expect(log().restore(logEnd())).rejects.toThrow();
    const batch = await (await log().openRestReader()).read(0, READ_MAX, NEVER);
    expect(viewOf(batch!.bytes).byteLength).toBe(genesisRecord().length);
  });
}
