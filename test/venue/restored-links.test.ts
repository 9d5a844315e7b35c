/** A shard that is made anew from before what it has sent does not fit those that have it. */
import { afterEach, expect, test } from "bun:test";
import { createLevels } from "../../src/engine/levels.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as commands from "../../src/protocol/commands.ts";
import { NO_STATES } from "../../src/service/kept-states.ts";
import { Past } from "../../src/service/past.ts";
import type { Deliver } from "../../src/settlement-plane/carry-desk.ts";
import { dividedBy } from "../../src/venue/restored-links.ts";
import { CarriedVenue, TRADER } from "../support/carried-venue.ts";

const USD = 1;
const venues: CarriedVenue[] = [];
afterEach(async () => {
  for (const venue of venues.splice(0)) await venue.end();
});

/** Two shards, and three transfers that have arrived. */
async function carried(): Promise<CarriedVenue> {
  const venue = await CarriedVenue.begin([1, 2]);
  venues.push(venue);
  venue.write(1, "operator", commands.encodeShardOpen(2));
  const { SCOPES_TRADER: all, COMMAND_ACCOUNT_OPEN: type } = codes;
  venue.write(1, "operator", commands.encodeKey(type, TRADER.publicKey, all, 0));
  venue.write(1, "operator", commands.encodeDeposit(USD, 1, 1000, 1));
  for (const amount of [1, 2, 3]) venue.write(1, "trader", commands.encodeTransfer(2, USD, amount));
  await venue.compare(1);
  const deliver: Deliver = async (shard, frame) => {
    venue.execute(shard, frame.slice());
    await venue.compare(shard);
    return { problem: "", nonceHigh: 0, rejects: new Map() };
  };
  venue.carry(deliver);
  await venue.compare(1);
  while (venue.inFlight > 0) await Bun.sleep(2);
  return venue;
}

/** Shard 1 as its records up to `position` make it. */
async function upTo(venue: CarriedVenue, position: number): Promise<Past["engine"]> {
  const { store, genesisFrame } = venue.shard(1);
  const options = { levels: createLevels, roots: false };
  const past = await Past.open(
    { log: store.open(), genesisFrame, options, states: NO_STATES },
    position,
  );
  await past.upTo(position, () => undefined, venue.stop.signal);
  expect(past.position).toBe(position);
  return past.engine;
}

test("entries that were applied and are written no more divide two shards", async () => {
  const venue = await carried();
  const { engine: other } = venue.shard(2);
  const { position } = venue.shard(1).engine;
  expect(dividedBy(await upTo(venue, position), other)).toBe("");
  const lost = await upTo(venue, position - 1);
  const at = `at record ${position - 1} has written 2`;
  const why = `shard 2 has applied 3 credits of shard 1, which ${at}`;
  expect([dividedBy(lost, other), dividedBy(other, lost)]).toEqual([why, why]);
  const early = await upTo(venue, 2);
  const unlinked = Object.assign(Object.create(other.state), { links: early.state.links });
  expect(dividedBy(early, { position: 0, state: unlinked })).toBe(
    "shard 2 has applied 1 directory entries of shard 1, which at record 2 has written 0",
  );
});
