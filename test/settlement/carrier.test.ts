/**
 * The carrier between real engines: everything arrives once and in order, whatever becomes of its
 * frames, and nothing leaves before it is compared.
 */
import { afterEach, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as commands from "../../src/protocol/commands.ts";
import { readReport, REPORT_SIZE } from "../../src/protocol/report.ts";
import { ArchivedLog } from "../../src/service/archived-log.ts";
import type { InputArchive } from "../../src/service/input-archive.ts";
import type { Deliver, Delivery } from "../../src/settlement-plane/carry-desk.ts";
import { CarriedVenue, USD } from "../support/carried-venue.ts";

const PATIENCE_MS = 20_000;
const LOST: Delivery = { problem: "lost", nonceHigh: 0, rejects: new Map() };

const venues: CarriedVenue[] = [];
afterEach(async () => {
  for (const venue of venues.splice(0)) await venue.end();
});

/** Shards that know each other, and an account with funds on shard 1. */
async function begin(ids: readonly number[]): Promise<CarriedVenue> {
  const venue = await CarriedVenue.linked(ids, 1_000_000_000);
  venues.push(venue);
  return venue;
}

/** Ingress and matcher that work: the frame is executed, published and compared. */
function honest(venue: CarriedVenue): Deliver {
  return async (shard, frame) => {
    const reports = venue.execute(shard, frame.slice());
    const rejects = new Map<number, string>();
    for (let at = 0; at < reports.count * REPORT_SIZE; at += REPORT_SIZE) {
      const { kind, index, code } = readReport(reports.view, at);
      if (kind === codes.REPORT_REJECTED) rejects.set(index, codes.rejectCode(code).name);
    }
    await venue.compare(shard);
    return { problem: "", nonceHigh: 0, rejects };
  };
}

async function untilCarried(venue: CarriedVenue): Promise<void> {
  const from = performance.now();
  while (venue.inFlight > 0) {
    if (performance.now() - from > PATIENCE_MS)
      throw new Error(`${venue.inFlight} are on their way`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Amounts credited on a shard, in order. */
function credits(venue: CarriedVenue, shard: number): number[] {
  const { reports } = venue.shard(shard);
  return reports.filter(({ kind }) => kind === codes.REPORT_CREDITED).map(({ first }) => first);
}

async function send(venue: CarriedVenue, to: number, amounts: readonly number[]): Promise<void> {
  for (const amount of amounts) {
    venue.write(1, "trader", commands.encodeTransfer(to, USD, amount));
  }
  await venue.compare(1);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test("a start finds in ex what was written and not applied", async () => {
  const venue = await begin([1, 2]);
  await send(venue, 2, upTo(40));
  venue.carry(honest(venue));
  // Of this process settlement has compared nothing yet: the account may not leave.
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(venue.shard(2).engine.state.directory).toBe(0);
  await venue.compare(1);
  await untilCarried(venue);
  expect(venue.shard(2).engine.state.directory).toBe(1);
  expect(credits(venue, 2)).toEqual(upTo(40));
});

test("a start finds what was written and not applied though the log has let go of it", async () => {
  const venue = await begin([1, 2]);
  await send(venue, 2, upTo(40));
  const { store } = venue.shard(1);
  const input = await store.open().openInputReader();
  const whole = (await input.read(0, 1 << 20, venue.stop.signal))!;
  // As from the export, which has all of them.
  const archive = { read: async (after: number) => (after === 0 ? whole : null) };
  venue.openLog = (one) => new ArchivedLog(one.open(), () => archive as unknown as InputArchive);
  const log = store.open();
  for (const mark of ["archived", "checkpointed"] as const) await log.cover(mark, 30);
  expect((await log.trim(30)).trimmed).toBe(29);
  venue.carry(honest(venue));
  await venue.compare(1);
  await untilCarried(venue);
  expect(credits(venue, 2)).toEqual(upTo(40));
});

test("what was executed and not compared stays", async () => {
  const venue = await begin([1, 2]);
  venue.carry(honest(venue));
  await venue.compare(1);
  await untilCarried(venue);
  venue.write(1, "trader", commands.encodeTransfer(2, USD, 7));
  // The carrier is awake, for another shard has moved.
  venue.write(2, "operator", commands.encodeShardOpen(9));
  await venue.compare(2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([credits(venue, 2), venue.inFlight]).toEqual([[], 1]);
  await venue.compare(1);
  await untilCarried(venue);
  expect(credits(venue, 2)).toEqual([7]);
});

test("lost, doubled and unanswered frames: each entry once, in order", async () => {
  const venue = await begin([1, 2, 3]);
  const prng = new Prng(7);
  const deliver = honest(venue);
  const kept: { shard: number; frame: Uint8Array }[] = [];
  venue.carry(async (shard, frame) => {
    const fate = prng.below(5);
    if (fate === 0) return LOST;
    kept.push({ shard, frame: frame.slice() });
    const said = await deliver(shard, frame);
    // A frame of long ago comes by again: its nonce is used.
    const old = kept[prng.below(kept.length)]!;
    if (fate === 1) await deliver(old.shard, old.frame);
    return fate === 2 ? LOST : said;
  });
  for (let round = 0; round < 20; round++) {
    await send(venue, 2 + (round % 2), upTo(10));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await untilCarried(venue);
  const tens = Array.from({ length: 10 }, () => upTo(10)).flat();
  expect([credits(venue, 2), credits(venue, 3)]).toEqual([tens, tens]);
  const { net } = netsOf(venue);
  expect(net).toBe(0);
});

test("a run longer than memory holds is read from ex again", async () => {
  const venue = await begin([1, 2]);
  const gate = Promise.withResolvers<void>();
  const deliver = honest(venue);
  venue.carry(async (shard, frame) => {
    await gate.promise;
    return deliver(shard, frame);
  });
  const many = upTo(10_000);
  await send(venue, 2, many);
  gate.resolve();
  await untilCarried(venue);
  expect(credits(venue, 2)).toEqual(many);
});

test("a shard that does not answer holds up no other, and is said once", async () => {
  const venue = await begin([1, 2, 3]);
  const deliver = honest(venue);
  let isAway = true;
  venue.carry(async (shard, frame) => (shard === 3 && isAway ? LOST : deliver(shard, frame)));
  await send(venue, 3, [5]);
  await send(venue, 2, upTo(30));
  const from = performance.now();
  while (credits(venue, 2).length < 30 && performance.now() - from < PATIENCE_MS) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect([credits(venue, 2), credits(venue, 3)]).toEqual([upTo(30), []]);
  while (venue.warnings.length === 0 && performance.now() - from < PATIENCE_MS) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(venue.warnings.join("")).toContain('"to":3');
  isAway = false;
  await untilCarried(venue);
  expect(credits(venue, 3)).toEqual([5]);
});

function netsOf(venue: CarriedVenue): { net: number } {
  let net = 0;
  for (const { engine } of venue.shards.values()) {
    const { assets } = engine.state;
    net += assets.total(assets.find(USD), 3);
  }
  return { net };
}

test("who follows carries nothing, and goes on where the other was once it leads", async () => {
  const venue = await begin([1, 2]);
  const leadership = { leads: false, term: 2 };
  let frames = 0;
  const deliver = honest(venue);
  venue.carry((shard, frame) => {
    frames++;
    return deliver(shard, frame);
  }, leadership);
  await send(venue, 2, upTo(5));
  await venue.compare(1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([frames, credits(venue, 2)]).toEqual([0, []]);
  leadership.leads = true;
  await untilCarried(venue);
  expect(credits(venue, 2)).toEqual(upTo(5));
});
