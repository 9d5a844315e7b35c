/**
 * What a shard owes another names an account and has a number, and yet is nobody's report: no
 * connection hears it, no done counts it, and no resume stumbles over it.
 */
import { describe, expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { decodeExecution } from "../../src/protocol/execution.ts";
import { readReport, type Report, REPORT_SIZE } from "../../src/protocol/report.ts";
import { decodeDone } from "../../src/protocol/session.ts";
import { place, range, resumeFrom } from "./follow.ts";
import { ALICE, BOB, OPERATOR, signerOf, Stand, tagOf } from "./stand.ts";
import type { Wire } from "./wire.ts";

const TRANSFERS = 12;

/** A key, as one that nobody has. */
function keyOf(type: number, seed: number): Uint8Array {
  return encode.encodeKey(type, signerOf(seed).publicKey, codes.SCOPE_READ, 0);
}

/** How many own reports the done of this frame counts. */
async function counted(wire: Wire, frame: Uint8Array): Promise<number | undefined> {
  const tag = tagOf(frame);
  const isIt = (bytes: Uint8Array): boolean => decodeDone(bytes)?.tag.toHex() === tag;
  return decodeDone(await wire.message(isIt))?.reports;
}

/** Every report in `ex`. */
async function executed(stand: Stand): Promise<Report[]> {
  const reader = await stand.store.open().openExecutionReader();
  const records = await reader.read(0, 1 << 20, new AbortController().signal);
  await reader.close();
  return (records ?? []).flatMap((bytes) => {
    const execution = decodeExecution(bytes);
    if (typeof execution === "string") throw new Error(execution);
    const view = viewOf(execution.reports);
    const count = view.byteLength / REPORT_SIZE;
    return Array.from({ length: count }, (_, i) => readReport(view, i * REPORT_SIZE));
  });
}

/** Shard 2 is known, and Alice has sent it funds so often that memory forgets what was before. */
async function send(stand: Stand, wire: Wire): Promise<void> {
  const know = stand.operate(encode.encodeShardOpen(2));
  wire.send(know);
  expect(await counted(wire, know)).toBe(1);
  for (let i = 0; i < TRANSFERS; i++) {
    const frame = stand.trade(ALICE, encode.encodeTransfer(2, 1, 5));
    wire.send(frame);
    expect(await counted(wire, frame)).toBe(1);
  }
}

const outboxes = (reports: readonly Report[]): Report[] =>
  reports.filter(({ kind }) => kind === codes.REPORT_OUTBOX);

describe("an outbox report", () => {
  test("is heard by nobody and counted by no done", async () => {
    await using stand = await Stand.start();
    const alice = await stand.logOn(ALICE);
    const before = alice.reports.length;
    await send(stand, alice);
    const added = stand.direct(ALICE, keyOf(codes.COMMAND_KEY_ADD, 77));
    alice.send(added);
    expect(await counted(alice, added)).toBe(1);
    const operator = await stand.open();
    const opened = stand.direct(OPERATOR, keyOf(codes.COMMAND_ACCOUNT_OPEN, 78));
    operator.send(opened);
    expect(await counted(operator, opened)).toBe(1);
    expect(operator.reports.map(({ kind }) => kind)).toEqual([
      codes.REPORT_ACCOUNT_OPENED,
      codes.REPORT_KEY_ADDED,
    ]);
    const own = alice.reports.slice(before).filter(({ account }) => account === ALICE.account);
    const kinds = new Set(own.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set([codes.REPORT_TRANSFERRED, codes.REPORT_KEY_ADDED]));
    expect(outboxes([...alice.reports, ...operator.reports])).toEqual([]);
    // It is there nevertheless: two accounts opened at the start, the transfers, these two.
    expect(outboxes(await executed(stand)).length).toBe(2 + TRANSFERS + 2);
  });

  test.each([8, 1024])("is in no resume, with %d reports in memory", async (reportsKept) => {
    await using stand = await Stand.start({ door: { reportsKept } });
    const alice = await stand.logOn(ALICE);
    await send(stand, alice);
    await place(stand, alice, 2);
    // Of Bob, whose account was the second entry of the directory, that number is the next one.
    for (const [who, next] of [
      [ALICE, 1],
      [ALICE, 6],
      [ALICE, 2 + TRANSFERS],
      [BOB, 1],
    ] as const) {
      const { code, first, last, numbers, wire } = await resumeFrom(stand, next, who);
      const all = range(next, last);
      expect({ code, first, numbers }).toEqual({ code: "", first: next, numbers: all });
      expect(outboxes(wire.reports)).toEqual([]);
    }
  });
});
