/**
 * Where shards are exported, what one has taken from another lies in the other's export: at
 * whatever moment all logs are lost, the ends of the exports fit each other, and no money is twice.
 */
import { afterEach, expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import { Prng } from "../../src/base/prng.ts";
import { createLevels } from "../../src/engine/levels.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as commands from "../../src/protocol/commands.ts";
import { carryOf, outboxDestination } from "../../src/protocol/outbox.ts";
import { REPORT_SIZE, type ReportBatch } from "../../src/protocol/report.ts";
import { NO_STATES } from "../../src/service/kept-states.ts";
import { Past } from "../../src/service/past.ts";
import type { Deliver } from "../../src/settlement-plane/carry-desk.ts";
import { dividedBy } from "../../src/venue/restored-links.ts";
import { CarriedVenue, USD } from "../support/carried-venue.ts";

const NET = 3;
const SHARDS = [1, 2, 3] as const;
const MOMENTS = 150;

const venues: CarriedVenue[] = [];
afterEach(async () => {
  for (const venue of venues.splice(0)) await venue.end();
});

/** Three shards that know each other, and an account with funds on the first. */
async function begin(): Promise<CarriedVenue> {
  const venue = await CarriedVenue.linked(SHARDS, 1_000_000);
  venues.push(venue);
  venue.archived = new Map();
  return venue;
}

function ingressOf(venue: CarriedVenue): Deliver {
  return async (shard, frame) => {
    venue.execute(shard, frame.slice());
    await venue.compare(shard);
    return { problem: "", nonceHigh: 0, rejects: new Map() };
  };
}

/** The carrier has done what it can, if it was awake; it may do more later. */
async function letCarry(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise(setImmediate);
}

/** A shard as it is made anew from its export, and the credits that it has written. */
class RestoredShard {
  readonly credits = new Map<number, number[]>();
  private readonly past: Past;

  private constructor(past: Past) {
    this.past = past;
  }

  static async open(venue: CarriedVenue, id: number): Promise<RestoredShard> {
    const { store, genesisFrame } = venue.shard(id);
    const options = { levels: createLevels, roots: false };
    const parts = { log: store.open(), genesisFrame, options, states: NO_STATES };
    return new RestoredShard(await Past.open(parts, 0));
  }

  get engine() {
    return this.past.engine;
  }

  get net(): number {
    const { assets } = this.engine.state;
    return assets.total(assets.find(USD), NET);
  }

  upTo(position: number, stop: AbortSignal): Promise<void> {
    return this.past.upTo(position, (reports) => this.take(reports), stop);
  }

  private take(reports: ReportBatch): void {
    const view = viewOf(reports.slice(0));
    for (let at = 0; at < view.byteLength; at += REPORT_SIZE) {
      if (view.getUint8(at) !== codes.REPORT_OUTBOX) continue;
      const { entry, expiry: amount } = carryOf(view, at, this.engine.state.shard);
      if (entry !== codes.ENTRY_CREDIT) continue;
      const to = outboxDestination(view, at);
      this.credits.set(to, [...(this.credits.get(to) ?? []), amount]);
    }
  }
}

class Ends {
  private readonly venue: CarriedVenue;
  private readonly shards: ReadonlyMap<number, RestoredShard>;
  /** Moments in which something was on its way between the ends. */
  underway = 0;

  private constructor(venue: CarriedVenue, shards: ReadonlyMap<number, RestoredShard>) {
    this.venue = venue;
    this.shards = shards;
  }

  static async open(venue: CarriedVenue): Promise<Ends> {
    const shards = new Map<number, RestoredShard>();
    for (const id of SHARDS) shards.set(id, await RestoredShard.open(venue, id));
    return new Ends(venue, shards);
  }

  /** All logs are lost now. */
  async check(): Promise<void> {
    const { archived, stop } = this.venue;
    for (const [id, shard] of this.shards) await shard.upTo(archived?.get(id) ?? 0, stop.signal);
    let sum = 0;
    let waiting = 0;
    for (const [id, { engine, net, credits }] of this.shards) {
      sum += net;
      for (const [other, { engine: there }] of this.shards) {
        if (other === id) continue;
        expect(dividedBy(engine, there)).toBe("");
        const rest = (credits.get(other) ?? []).slice(there.state.links.in[id] ?? 0);
        waiting += rest.length;
        for (const amount of rest) sum += amount;
      }
    }
    expect(sum).toBe(0);
    if (waiting > 0) this.underway++;
  }
}

test("at any moment the ends of all exports fit each other", async () => {
  for (const seed of [1, 2, 3]) {
    const venue = await begin();
    const random = new Prng(seed);
    const one = (): number => 1 + random.below(SHARDS.length);
    const archiveSome = (id: number): void => {
      const from = venue.archived?.get(id) ?? 0;
      const { position } = venue.shard(id).engine;
      venue.archive(id, from + random.below(position - from + 1));
    };
    venue.carry(ingressOf(venue));
    for (const id of SHARDS) await venue.compare(id);
    const ends = await Ends.open(venue);
    for (let moment = 0; moment < MOMENTS; moment++) {
      const from = one();
      const to = SHARDS.find((id) => id !== from && random.below(2) === 0) ?? (from % 3) + 1;
      venue.write(from, "trader", commands.encodeTransfer(to, USD, 1 + random.below(100)));
      await venue.compare(from);
      await letCarry();
      archiveSome(one());
      await ends.check();
      await letCarry();
    }
    expect(ends.underway).toBeGreaterThan(MOMENTS / 10);
    while (venue.inFlight > 0) {
      for (const id of SHARDS) venue.archive(id, venue.shard(id).engine.position);
      await Bun.sleep(2);
    }
    await ends.check();
    for (const [id, { reports }] of venue.shards) {
      const taken = reports.filter(({ kind }) => kind === codes.REPORT_CREDITED);
      expect([id, taken.length > 10]).toEqual([id, true]);
    }
  }
});

test("nothing leaves before the export holds it; the exporter hears what is awaited", async () => {
  const venue = await begin();
  venue.carry(ingressOf(venue));
  await venue.compare(1);
  const { position } = venue.shard(1).engine;
  // The account is known first in the record of its opening; two links stand before it.
  await Bun.sleep(50);
  expect([venue.awaited(1), venue.shard(2).engine.state.directory]).toEqual([position - 1, 0]);
  venue.archive(1, position - 2);
  await Bun.sleep(50);
  expect([venue.awaited(1), venue.shard(2).engine.state.directory]).toEqual([position - 1, 0]);
  venue.archive(1, position - 1);
  while (venue.shard(2).engine.state.directory === 0) await Bun.sleep(2);
  expect(venue.awaited(1)).toBe(0);
});
