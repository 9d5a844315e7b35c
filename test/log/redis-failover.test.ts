/**
 * Failover to a replica that lacks the newest entries: two real servers, one address.
 *
 *   replica stops following -> more is appended to the primary -> the address leads to the replica
 */
import { describe, expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import { type ExecutionWriter, LostSuffix } from "../../src/edges/log.ts";
import { redisAvailable } from "../support/redis-server.ts";
import {
  executionOf,
  fillInput,
  frameOf,
  READ_MAX,
  readAll,
  readExecutions,
  SHARD,
  settled,
} from "./records.ts";
import { FailoverPair, KEPT } from "./failover-pair.ts";
import { ask, closeLogs, open, TAKES_OVER } from "./redis-stand.ts";

const NEVER = new AbortController().signal;
async function lossOf(doing: Promise<unknown>): Promise<LostSuffix> {
  const outcome = await doing.catch((error: unknown) => error);
  if (outcome instanceof LostSuffix) return outcome;
  throw new Error(`no loss was seen: ${String(outcome)}`);
}

/** As at D3, with nothing durable yet but `durable`. */
function held(
  writer: ExecutionWriter,
  durable: number,
  [first, last]: [number, number],
): Uint8Array {
  const record = executionOf(writer.epoch, first, last);
  viewOf(record).setBigUint64(32, BigInt(durable), true);
  return record;
}

describe.skipIf(!redisAvailable())("failover to a replica that lags", () => {
  testWriters();
  testReaders();
  testIngress();
  testTooMuch();
});

function testWriters(): void {
  test("a writer whose pack is gone says LOST; one that lost nothing goes on", async () => {
    await using pair = await FailoverPair.start();
    const mine = await open(pair.proxy.port, { slot: "a" });
    const writer = await mine.openInputWriter();
    const other = await (await open(pair.proxy.port, { slot: "b" })).openInputWriter();
    await other.append([frameOf(6)]);
    await pair.part();
    await writer.append([frameOf(90), frameOf(91)]);
    await pair.failOver();
    // The other one did not see what is gone, and takes its place in the log.
    expect(await other.append([frameOf(7)])).toMatchObject({ first: KEPT + 2 });
    const loss = await lossOf(writer.append([frameOf(92)]));
    await writer.close();
    await mine.recoverLoss(loss, KEPT + 1);
    expect(await pair.field("generation")).toBe("2");
    const next = await mine.openInputWriter();
    expect(await next.append([frameOf(8)])).toMatchObject({ first: KEPT + 3 });
    expect(await other.append([frameOf(9)])).toMatchObject({ first: KEPT + 4 });
    const seen = await readAll(await mine.openInputReader(), KEPT, KEPT + 4);
    expect(seen.map(({ number }) => number)).toEqual([6, 7, 8, 9]);
  });

  test("a pack whose outcome was unknown is appended where it is missing, once", async () => {
    await using pair = await FailoverPair.start();
    const writer = await (await open(pair.proxy.port)).openInputWriter();
    await writer.append([frameOf(6)]);
    await pair.part();
    let cuts = 0;
    pair.proxy.fate = (request) =>
      request.includes("EVALSHA") && cuts++ === 0 ? "swallow_reply" : "pass";
    const appending = writer.append([frameOf(7)]);
    while ((await ask(pair.primary.port, "XLEN", `in:{${SHARD}}`)) !== 4) await Bun.sleep(5);
    await pair.failOver();
    expect(await appending).toMatchObject({ first: KEPT + 2, last: KEPT + 2 });
  });

  test("a matcher that read what is gone does not publish over what took its place", async () => {
    await using pair = await FailoverPair.start();
    const log = await open(pair.proxy.port);
    const execution = await log.openExecutionWriter();
    const reader = await log.openInputReader();
    await execution.append(executionOf(execution.epoch, 1, KEPT));
    await readAll(reader, 0, KEPT);
    await pair.part();
    await fillInput(await open(pair.primary.port, { slot: "b" }), KEPT + 2);
    await readAll(reader, KEPT, KEPT + 2);
    await pair.failOver();
    const taking = await (await open(pair.replica.port, { slot: "c" })).openInputWriter();
    // As many as are gone, so that the same ids are there again.
    await taking.append([frameOf(1), frameOf(2)]);
    await taking.append([frameOf(3)]);
    const loss = await lossOf(execution.append(executionOf(execution.epoch, KEPT + 1, KEPT + 2)));
    expect(loss.message).toContain("is not the one that was read");
    expect(await pair.field("ex_tip")).toBe(String(KEPT));
    // Its reader is told too, though the log is longer than what it knew.
    expect(await lossOf(reader.read(KEPT + 2, READ_MAX, NEVER))).toHaveProperty("isHandled", false);
    await reader.close();
    await execution.close();
    const neighbour = await log.openInputReader();
    await log.recoverLoss(loss, KEPT);
    // Another part of the process began before the loss: it begins anew, and raises nothing.
    const told = await lossOf(neighbour.read(0, READ_MAX, NEVER));
    expect(told.isHandled).toBe(true);
    await log.recoverLoss(told, KEPT);
    expect(await pair.field("generation")).toBe("2");
    await neighbour.close();
    const next = await log.openExecutionWriter();
    expect(next.tip()).toBe(KEPT);
    const seen = await readAll(await log.openInputReader(), KEPT, KEPT + 3);
    expect(seen.map(({ number }) => number)).toEqual([1, 2, 3]);
    await next.append(executionOf(next.epoch, KEPT + 1, KEPT + 3));
  });

  test("a raised generation makes a writer look again before it appends", async () => {
    await using pair = await FailoverPair.start();
    const { port } = pair.primary;
    const log = await open(port);
    const writer = await log.openInputWriter();
    await readAll(await log.openInputReader(), 0, KEPT);
    await writer.append([frameOf(6)]);
    await ask(port, "XDEL", `in:{${SHARD}}`, `0-${KEPT}`);
    await writer.append([frameOf(7)]);
    await ask(port, "HSET", `ctl:{${SHARD}}`, "generation", "2");
    const loss = await lossOf(writer.append([frameOf(8)]));
    expect(loss.message).toContain("is not the one that was read");
    expect(await ask(port, "HGET", `ctl:{${SHARD}}`, "in_tip")).toEqual(Buffer.from(`${KEPT + 2}`));
  });

  test("a matcher does not publish what is in no log any more", async () => {
    await using pair = await FailoverPair.start();
    const log = await open(pair.proxy.port);
    const execution = await log.openExecutionWriter();
    await execution.append(executionOf(execution.epoch, 1, KEPT));
    await pair.part();
    await pair.failOver();
    await lossOf(execution.append(executionOf(execution.epoch, KEPT + 1, KEPT + 1)));
    expect(await pair.field("ex_tip")).toBe(String(KEPT));
  });
}

function testReaders(): void {
  test("what was read but not durable is never handed out; what took its place is", async () => {
    await using pair = await FailoverPair.start();
    const writer = await (await open(pair.primary.port, { replicas: 1 })).openExecutionWriter();
    await writer.append(held(writer, 0, [1, 2]));
    const reader = await (await open(pair.proxy.port)).openExecutionReader();
    expect(await readExecutions(reader, 0, 2)).toHaveLength(1);
    await pair.part();
    const lost = writer.append(held(writer, 2, [3, 4])).catch((error: unknown) => error);
    const reading = reader.read(2, READ_MAX, NEVER);
    while ((await ask(pair.primary.port, "XLEN", `ex:{${SHARD}}`)) !== 2) await Bun.sleep(5);
    expect(await Promise.race([reading, settled()])).toBe("settled");
    await pair.failOver();
    const next = await (await open(pair.replica.port, TAKES_OVER)).openExecutionWriter();
    const record = executionOf(next.epoch, 3, 5);
    await next.append(record);
    expect(await reading).toEqual([record]);
    await closeLogs();
    await lost;
  });

  test("ex that was made anew before the reader came back is no loss", async () => {
    await using pair = await FailoverPair.start();
    const log = await open(pair.proxy.port);
    const execution = await log.openExecutionWriter();
    await execution.append(executionOf(execution.epoch, 1, 2));
    await pair.part();
    const reader = await log.openExecutionReader();
    await execution.append(executionOf(execution.epoch, 3, 4));
    expect(await readExecutions(reader, 0, 4)).toHaveLength(2);
    await execution.close();
    await pair.failOver();
    const next = await (await open(pair.replica.port, TAKES_OVER)).openExecutionWriter();
    await next.append(executionOf(next.epoch, 3, 5));
    expect(await readExecutions(reader, 4, 5)).toEqual([executionOf(next.epoch, 3, 5)]);
  });

  test("ex alone shorter than it was is waited for: the matcher makes it anew", async () => {
    await using pair = await FailoverPair.start();
    const log = await open(pair.proxy.port);
    const execution = await log.openExecutionWriter();
    await execution.append(executionOf(execution.epoch, 1, 2));
    await pair.part();
    const reader = await log.openExecutionReader();
    await execution.append(executionOf(execution.epoch, 3, 4));
    expect(await readExecutions(reader, 0, 4)).toHaveLength(2);
    await execution.close();
    await pair.failOver();
    const reading = reader.read(4, READ_MAX, NEVER);
    expect(await Promise.race([reading, settled()])).toBe("settled");
    const next = await (await open(pair.replica.port, TAKES_OVER)).openExecutionWriter();
    expect(next.tip()).toBe(2);
    // Other borders than before.
    await next.append(executionOf(next.epoch, 3, 5));
    expect(await reading).toEqual([executionOf(next.epoch, 3, 5)]);
  });
}

function testIngress(): void {
  test("reports of what took the place of our packs are shown to nobody", async () => {
    await using pair = await FailoverPair.start();
    const log = await open(pair.proxy.port);
    const writer = await log.openInputWriter();
    const reader = await log.openExecutionReader();
    const execution = await (await open(pair.primary.port)).openExecutionWriter();
    await execution.append(executionOf(execution.epoch, 1, KEPT));
    expect(await readExecutions(reader, 0, KEPT)).toHaveLength(1);
    await pair.part();
    await writer.append([frameOf(90)]);
    await pair.failOver();
    await fillInput(await open(pair.replica.port, { slot: "b" }), KEPT + 1);
    const next = await (await open(pair.replica.port, TAKES_OVER)).openExecutionWriter();
    await next.append(executionOf(next.epoch, KEPT + 1, KEPT + 1));
    await lossOf(reader.read(KEPT, READ_MAX, NEVER));
  });
}

function testTooMuch(): void {
  test("a log that ends before what has left is halted, though a fence is up already", async () => {
    await using pair = await FailoverPair.start();
    const log = await open(pair.proxy.port);
    const writer = await log.openInputWriter();
    await pair.part();
    await writer.append([frameOf(90)]);
    await pair.failOver();
    const loss = await lossOf(writer.append([frameOf(91)]));
    await (await open(pair.replica.port, { slot: "b" })).halt("by hand: a drill");
    const recovering = log.recoverLoss(loss, KEPT + 1);
    const sentence = `in ends at ${KEPT}, and reports up to ${KEPT + 1} have left: more was lost`;
    await expect(recovering).rejects.toThrow(sentence);
    expect(await log.halted()).toStartWith(`by hand: a drill | ${sentence}`);
    expect(await pair.field("generation")).toBe("1");
    const other = await (await open(pair.replica.port, { slot: "b" })).openInputWriter();
    await expect(other.append([frameOf(1)])).rejects.toThrow("the shard is halted");
  });
}
