/**
 * What several tests of reports do: log on from a number, and place orders until they are reported.
 */
import { expect } from "bun:test";
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
