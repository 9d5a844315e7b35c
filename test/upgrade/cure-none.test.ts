/** What does not cure a record, and what comes behind it and does. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as codes from "../../src/protocol/codes.ts";
import { CommitmentFile } from "../../src/settlement-plane/commitment-file.ts";
import { CuredVenue, HALT, P, TAIL } from "./cured-venue.ts";
import { CURED, CURED_LATE, NAIVE_CURED_LATE, POISON } from "./second-rules.ts";

const root = mkdtempSync(join(tmpdir(), "clob-no-cure-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
const halted = (): Promise<CuredVenue> => CuredVenue.halted(join(root, String(++count)));

const TICK = new Uint8Array(0);
/** Position of the first Upgrade. */
const U = TAIL + 1;

describe("no cure is", () => {
  /** Halted still, by the fast engine and in what settlement says. */
  async function isNone(venue: CuredVenue): Promise<void> {
    const found = await venue.recomputed();
    expect([found.wrong, found.poison]).toEqual([HALT, P]);
  }

  test("an Upgrade by a key without the scope", async () => {
    const venue = await halted();
    await venue.appendToHalted(venue.upgradeWithoutScope(2, P));
    await isNone(venue);
  });

  test("nor is one asked about of which this build knows nothing", async () => {
    const venue = await halted();
    await venue.appendToHalted(venue.upgradeWithoutScope(99, P));
    await isNone(venue);
  });

  test("one that another key has signed", async () => {
    const venue = await halted();
    const forged = venue.upgradeAs({ version: 2, from: P }, 50, CuredVenue.stranger);
    await venue.appendToHalted(forged);
    await isNone(venue);
  });

  test("one whose nonce is used; the next one is, and not for its sake", async () => {
    const venue = await halted();
    expect(await venue.appendToHalted(venue.upgradeAs({ version: 2, from: P }, 1))).toBe(U);
    await isNone(venue);
    expect(await venue.appendToHalted(venue.upgradeAs({ version: 2, from: P }, 60))).toBe(U + 1);
    expect((await venue.recomputed()).wrong).toBe("");
  });

  test("one of another position, or of the version in force; nor of a record to come", async () => {
    const venue = await halted();
    const others: [number, number][] = [
      [2, P - 1],
      [2, P + 1],
      [1, P],
    ];
    for (const [version, from] of others) {
      await venue.appendToHalted(venue.upgrade(version, from));
    }
    await isNone(venue);
    expect(await venue.appendToHalted(venue.upgrade(2, TAIL + 9))).toBeNull();
  });

  test("what stands in the log's own rules, written by hand", async () => {
    const venue = await halted();
    venue.store.rules = [{ version: 2, from: P }];
    await isNone(venue);
  });

  test("one that this build does not know: it says so", async () => {
    const venue = await halted();
    await venue.appendToHalted(venue.upgrade(2, P));
    const found = await venue.recomputed(new Map([[1, CURED.get(1)!]]));
    const unknown = `rules version 2 governs from position ${P}, and this build knows 1`;
    expect(found.wrong).toBe(`record ${P} has no successor state: ${unknown}`);
  });
});

test("a version that has no answer either gives way to a later one that has", async () => {
  const venue = await halted();
  const ask = () => venue.recomputed(CURED_LATE);
  await venue.appendToHalted(venue.upgrade(2, P));
  expect((await ask()).wrong).toBe(HALT);
  expect(await venue.appendToHalted(venue.upgrade(3, P))).toBe(U + 1);
  const found = await ask();
  expect([found.wrong, found.rules]).toEqual(["", { version: 3, from: P }]);
  expect(await venue.clear(found)).toBe(U + 2);
  expect(await venue.match(CURED_LATE, U + 2)).toBeNull();
  expect((await venue.said(U))[0]).toMatchObject({ code: codes.REJECT_UPGRADE_VERSION });
  venue.nextSecond();
  await venue.ticks(1);
  expect(await venue.match(CURED_LATE, U + 3)).toBeNull();
  expect(await venue.settle(CURED_LATE, U + 3)).toBeNull();
  const dir = await venue.export("export");
  const verdicts = await venue.verify(dir, CURED_LATE, NAIVE_CURED_LATE);
  expect(verdicts).toMatchObject([{ ok: true }, { ok: true }]);
});

test("settlement asks again when another record came, and begins where it stood", async () => {
  const venue = await halted();
  const signed = new CommitmentFile(join(venue.dir, "settlement"));
  const stop = new AbortController();
  const recompute = venue.recompute(CURED, signed, stop.signal);
  const run = recompute.untilLifted();
  const until = async (position: number) => {
    while (recompute.found?.position !== position) await Bun.sleep(1);
    return recompute.found.wrong;
  };
  expect(await until(TAIL)).toBe(HALT);
  await venue.appendToHalted(venue.upgradeWithoutScope(2, P));
  expect(await until(U)).toBe(HALT);
  await venue.appendToHalted(venue.upgrade(2, P));
  expect(await until(U + 1)).toBe("");
  stop.abort();
  await run;
  signed.close();
});

test("where a version without an answer was to begin, a later one cures", async () => {
  const venue = await CuredVenue.open(join(root, String(++count)));
  const border = 6;
  await venue.append(venue.upgrade(2, border), TICK, venue.withdraw(1, POISON));
  const fault = await venue.match(CURED_LATE, border);
  expect(fault?.message).toContain(`record ${border} has no successor state`);
  expect(await venue.log.rules()).toEqual([{ version: 2, from: border }]);
  await venue.log.halt(fault?.message ?? "");
  await venue.appendToHalted(venue.upgrade(3, border));
  const found = await venue.recomputed(CURED_LATE);
  expect(found.rules).toEqual({ version: 3, from: border });
  const clear = await venue.clear(found);
  expect(await venue.match(CURED_LATE, clear ?? 0)).toBeNull();
  // The other never governed anything.
  expect(await venue.log.rules()).toEqual([{ version: 3, from: border }]);
  const last = await venue.append(venue.withdraw(1, 1));
  expect((await venue.stamps()).at(-1)).toBe(3);
  expect(await venue.match(CURED_LATE, last)).toBeNull();
  expect(await venue.settle(CURED_LATE, last)).toBeNull();
});
