/**
 * What several tests of reports do: log on from a number, and place orders until they are reported.
 */
import { expect } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import { ACCEPTED, rejectCode } from "../../src/protocol/codes.ts";
import { ALICE, type Stand, tagOf, type Who } from "./stand.ts";
import type { Wire } from "./wire.ts";

/** Logs an account on from a report number; what the resume says, and all reports up to it. */
export async function resumeFrom(
  stand: Stand,
  next: number,
  who: Who = ALICE,
): Promise<{ code: string; first: number; last: number; numbers: number[]; wire: Wire }> {
  const wire = await stand.open();
  wire.send(await stand.logonFrame(wire, who, next));
  const { code, account, first, last } = await wire.resume();
  expect(account).toBe(who.account);
  if (wire.reports.at(-1)?.number !== last) await wire.report(({ number }) => number === last);
  const numbers = wire.reports.map(({ number }) => number);
  const name = code === ACCEPTED ? "" : rejectCode(code).name;
  return { code: name, first, last, numbers, wire };
}

/** Orders of Alice's that rest, each with one report; waits until all are reported. */
export async function place(stand: Stand, wire: Wire, count: number): Promise<void> {
  const frames = Array.from({ length: count }, () => stand.order(ALICE));
  wire.send(...frames);
  const last = tagOf(frames.at(-1)!);
  await wire.report(({ tag }) => tag === last);
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const SOON_MS = 20;

/**
 * Sends orders that are good for a short time, a longer one each time that they came too late, and
 * returns the log time past which those that were taken expire.
 */
export async function placeTillSoon(
  wire: Wire,
  make: (till: { tif: number; goodTill: number }) => Uint8Array,
): Promise<number> {
  for (let ms = SOON_MS; ; ms *= 2) {
    const goodTill = (Date.now() + ms) * 1000;
    const frame = make({ tif: codes.TIF_GTD, goodTill });
    wire.send(frame);
    const answer = await wire.report(({ tag }) => tag === tagOf(frame));
    if (answer.kind === codes.REPORT_ACCEPTED) return goodTill;
  }
}
