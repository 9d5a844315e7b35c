/** Conformance of `ex`: its writer and its readers. */
import { beforeEach, expect, test } from "bun:test";
import { Fenced } from "../../src/edges/log.ts";
import type { Bench } from "./conformance.ts";
import {
  appendSpans,
  executionOf,
  fillInput,
  recordOf,
  READ_MAX,
  readExecutions,
  settled,
} from "./records.ts";

const NEVER = new AbortController().signal;

export function testExecution({ log, another }: Bench): void {
  beforeEach(() => fillInput(log(), 20));

  test("covers positions densely and comes back record by record", async () => {
    const writer = await log().openExecutionWriter();
    expect(writer.tip()).toBe(0);
    const records = await appendSpans(writer, [
      [1, 1],
      [2, 9],
      [10, 12],
    ]);
    expect([writer.epoch, writer.tip()]).toEqual([1, 12]);
    expect(await readExecutions(await log().openExecutionReader(), 0, 12)).toEqual(records);
  });

  test("a reader in the middle of a record gets all of it", async () => {
    const writer = await log().openExecutionWriter();
    const records = await appendSpans(writer, [
      [1, 4],
      [5, 9],
    ]);
    const reader = await log().openExecutionReader();
    for (const after of [0, 1, 3]) {
      expect(await readExecutions(reader, after, 9)).toEqual(records);
    }
    for (const after of [4, 5, 8]) {
      expect(await readExecutions(reader, after, 9)).toEqual(records.slice(1));
    }
  });

  test("refuses a record that does not begin behind the tip, or of another term", async () => {
    const writer = await log().openExecutionWriter();
    await writer.append(recordOf(writer, 1, 4));
    for (const record of [executionOf(1, 1, 4), executionOf(1, 6, 6), executionOf(2, 5, 5)]) {
      await expect(writer.append(record)).rejects.toThrow(Fenced);
    }
    await writer.append(recordOf(writer, 5, 5));
    expect(writer.tip()).toBe(5);
  });

  test("the next writer has a higher epoch and goes on at the tip", async () => {
    const handle = await another();
    const old = await handle.openExecutionWriter();
    await old.append(recordOf(old, 1, 3));
    await handle.close();
    const writer = await log().openExecutionWriter();
    expect(writer.epoch).toBeGreaterThan(old.epoch);
    expect(writer.tip()).toBe(3);
    await writer.append(recordOf(writer, 4, 4));
    expect(await readExecutions(await log().openExecutionReader(), 3, 4)).toHaveLength(1);
  });

  test("readers wait, wake and stop", async () => {
    const writer = await log().openExecutionWriter();
    const reader = await (await another()).openExecutionReader();
    const waiting = reader.read(0, READ_MAX, NEVER);
    expect(await Promise.race([waiting, settled()])).toBe("settled");
    expect(await appendSpans(writer, [[1, 2]])).toEqual((await waiting) as Uint8Array[]);
    const stop = new AbortController();
    const stopped = reader.read(2, READ_MAX, stop.signal);
    stop.abort();
    expect(await stopped).toBeNull();
    expect(await reader.tip()).toBe(2);
  });

  test("records of megabytes come back whole", async () => {
    await fillInput(log(), 20_001);
    const writer = await log().openExecutionWriter();
    const records = await appendSpans(writer, [
      [1, 20_000],
      [20_001, 20_001],
    ]);
    const seen = await readExecutions(await log().openExecutionReader(), 0, 20_001);
    expect(seen.map((record) => record.length)).toEqual(records.map((record) => record.length));
    expect(Bun.hash(seen[0]!)).toBe(Bun.hash(records[0]!));
  });
}
