/** Conformance of `ex`: its writer and its readers. */
import { beforeEach, expect, test } from "bun:test";
import { Fenced, InUse } from "../../src/edges/log.ts";
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

  test("while its writer lives nobody else gets the turn; once it is closed, at once", async () => {
    const handle = await another();
    const first = await log().openExecutionWriter();
    await first.append(recordOf(first, 1, 3));
    await expect(handle.openExecutionWriter()).rejects.toThrow(InUse);
    await first.append(recordOf(first, 4, 4));
    await first.close();
    const second = await handle.openExecutionWriter();
    expect([second.epoch > first.epoch, second.tip()]).toEqual([true, 4]);
    await second.append(recordOf(second, 5, 5));
  });

  test("who stands by can ask whether anybody writes", async () => {
    const handle = await another();
    expect(await handle.writerOfExecutions()).toBeNull();
    const writer = await log().openExecutionWriter();
    expect(typeof (await handle.writerOfExecutions())).toBe(
      handle.hasStandbys ? "string" : "object",
    );
    await writer.close();
    expect(await handle.writerOfExecutions()).toBeNull();
  });

  test("a settlement's turn hinders no matcher, and another only until it ends", async () => {
    const handle = await another();
    const turn = await log().takeTurn();
    expect(turn.runs()).toBe(true);
    await (await log().openExecutionWriter()).close();
    if (!handle.hasStandbys) return; // A lock on its files keeps a second one away.
    await expect(handle.takeTurn()).rejects.toThrow(InUse);
    await turn.close();
    const next = await handle.takeTurn();
    expect([next.runs(), turn.runs(), next.term > turn.term]).toEqual([true, false, true]);
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
