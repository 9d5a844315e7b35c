/**
 * Faults: what goes wrong in a run, and when. Drawn from the seed; all of it within the level that
 * the run is to survive, unless it says `beyond`.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { Level } from "./setup.ts";
import type { Trader } from "./trader.ts";
import type { Venue } from "./venue.ts";
import * as failovers from "./failovers.ts";
import { losePower } from "./power.ts";
import { type Fault, rivalIngress, rivalMatcher } from "./rivals.ts";
import { STORE_FAULTS } from "./store-faults.ts";
import { CALM, type Rates } from "./weather.ts";
import { MS, SECOND } from "./world.ts";

const LOAD_US = 200 * MS;

function killService(venue: Venue, _: readonly Trader[], prng: Prng): void {
  const service = prng.pick(venue.services);
  service.crash("killed");
  if (prng.chance(30)) losePower(venue, service.role, prng);
}

/** A lease may run out meanwhile, and others may take over; then it goes on. */
function pauseService(venue: Venue, _: readonly Trader[], prng: Prng): void {
  const { process } = prng.pick(venue.services);
  const us = prng.pick([100 * MS, SECOND, 6 * SECOND]);
  if (process !== null) process.pausedUntil = venue.world.now + us;
}

/** Asked to stop again while it begins. */
function stopStarting(venue: Venue, _: readonly Trader[], prng: Prng): void {
  const service = prng.pick(venue.services);
  service.crash("killed, and will be asked to stop");
  const run = (): void => {
    venue.world.at(0, venue.world.nature, "", () => service.stopGently(false));
  };
  venue.weather.awaited.set(service.role, { left: prng.between(20, 120), run });
}

function stopService(venue: Venue, _: readonly Trader[], prng: Prng): void {
  prng.pick(venue.services).stopGently(false);
}

function killTrader(_: Venue, traders: readonly Trader[], prng: Prng): void {
  prng.pick(traders).crash();
}

function cutOff(venue: Venue, _: readonly Trader[], prng: Prng): void {
  const roles = ["ingress1", "matcher", "settlement", "trader1", "redisA", "redisB"];
  const [from, to] = [prng.pick(roles), prng.pick(roles)];
  const us = prng.pick([50 * MS, SECOND, 4 * SECOND]);
  venue.weather.cut(from, to, us);
  if (prng.chance(50)) venue.weather.cut(to, from, us);
}

function stall(venue: Venue, _: readonly Trader[], prng: Prng): void {
  const us = prng.pick([100 * MS, SECOND, 4 * SECOND]);
  venue.primary.stalledUntil = venue.world.now + us;
}

function full(venue: Venue, _: readonly Trader[], prng: Prng): void {
  const { condition } = venue.primary;
  condition.memory = prng.pick([0.75, 0.9, 1, 1]);
  // What is lost on the way meanwhile may have happened before there was no room.
  const [replyLost, requestLate] = [prng.pick([0, 100, 300]), prng.pick([0, 100, 300])];
  venue.weather.rates = { ...venue.weather.rates, replyLost, requestLate };
  venue.world.at(prng.between(1, 3) * SECOND, venue.world.nature, "has room", () => {
    condition.memory = 0;
  });
}

function misconfigured(venue: Venue, _: readonly Trader[], prng: Prng): void {
  const { condition } = venue.primary;
  condition.isMisconfigured = true;
  venue.world.at(prng.between(1, 3) * SECOND, venue.world.nature, "can write again", () => {
    condition.isMisconfigured = false;
  });
}

function clockJump(venue: Venue, _: readonly Trader[], prng: Prng): void {
  const offset = prng.pick([-3600, -4, -1, 1, 4, 3600, 3600]) * SECOND;
  const who = prng.chance(30) ? "redis" : prng.pick(venue.services).role;
  if (who === "redis") venue.primary.clockOffset = offset;
  venue.clockOffsets.set(who, offset);
  const { process } = venue.services.find(({ role }) => role === who) ?? {};
  if (process) process.clockOffset = offset;
}

/** It comes back with what its file holds. */
export function restartRedis(power: boolean): Fault {
  return (venue, _, prng) => {
    const node = venue.primary;
    const { replicas } = node;
    node.stop(power ? "power loss" : "killed", power);
    venue.world.at(prng.between(50, 2000) * MS, venue.world.nature, "starts Redis", () => {
      if (node.isUp || node !== venue.primary) return;
      node.start(prng.pick([0, LOAD_US]));
      venue.makePrimary(node);
      for (const replica of replicas) if (replica.isUp) node.follow(replica);
    });
  };
}

const ALWAYS: readonly (readonly [string, Fault])[] = [
  ["service killed", killService],
  ["service killed", killService],
  ["service killed", killService],
  ["service stopped", stopService],
  ["service stopped early", stopStarting],
  ["service paused", pauseService],
  ["service paused", pauseService],
  ["client killed", killTrader],
  ["cut", cutOff],
  ["cut", cutOff],
  ["Redis stalls", stall],
  ["memory", full],
  ["disk full", misconfigured],
  ["clock jumps", clockJump],
  ["rival matcher", rivalMatcher],
  ["rival ingress", rivalIngress],
];

const SPLIT = ["failover split", failovers.failOverSplit] as const;

const BY_LEVEL: Readonly<Record<Level, readonly (readonly [string, Fault])[]>> = {
  D0: [],
  D1: [["Redis killed", restartRedis(false)]],
  D2: [
    ["Redis killed", restartRedis(false)],
    ["power loss", restartRedis(true)],
  ],
  D3: [
    ["failover", failovers.failOver],
    ["failover at a write", failovers.failOverAtWrite],
    SPLIT,
    ["failover behind", failovers.failOverBehind],
    ["failover behind", failovers.failOverBehind],
    ["replica lags", failovers.lagReplica],
    ["Redis killed", restartRedis(false)],
  ],
};

/** Puts the faults of a run onto its clock. */
export function planFaults(venue: Venue, traders: readonly Trader[]): void {
  const { world, setup, weather } = venue;
  const prng = world.prng("faults");
  const ofStore = setup.isExported ? STORE_FAULTS : [];
  const kinds = [...ALWAYS, ...BY_LEVEL[setup.level], ...BY_LEVEL[setup.level], ...ofStore];
  // Swarm: each run knows some kinds only.
  const some = kinds.filter(() => prng.chance(40));
  if (setup.isSplit) some.push(SPLIT, SPLIT, SPLIT);
  const count = some.length === 0 ? 0 : prng.between(0, 4 * setup.faults);
  for (let i = 0; i < count; i++) {
    const [name, fault] = prng.pick(some);
    world.at(prng.below(setup.faultSeconds * SECOND), world.nature, name, () => {
      weather.count(name);
      fault(venue, traders, prng);
    });
  }
  weather.rates = drawRates(prng, setup.faults);
}

function drawRates(prng: Prng, faults: number): Rates {
  if (faults === 0) return CALM;
  const rate = (...choices: number[]): number => prng.pick([0, 0, ...choices]);
  return {
    requestLost: rate(5, 50),
    replyLost: rate(5, 50, 200),
    replyLate: rate(5, 50),
    wrongReply: rate(5, 30),
    reset: rate(2, 10),
    requestLate: rate(5, 50),
  };
}

/** Nothing is wrong any more, and nothing will be. */
export function heal(venue: Venue): void {
  const { world, weather } = venue;
  venue.isHealed = true;
  weather.heal();
  venue.store?.heal();
  venue.clockOffsets.clear();
  // Who is paused goes on by itself.
  for (const { process } of venue.services) if (process) process.clockOffset = 0;
  for (const node of venue.nodes.values()) {
    node.condition.memory = 0;
    node.condition.isMisconfigured = false;
    node.stalledUntil = world.now;
    node.clockOffset = 0;
    node.lagUs = 200;
  }
  if (!venue.primary.isUp) {
    venue.primary.start(0);
    venue.makePrimary(venue.primary);
  }
  for (const node of venue.nodes.values()) {
    if (node === venue.primary || venue.primary.replicas.includes(node)) continue;
    if (!node.isUp) node.start(0);
    venue.primary.follow(node);
  }
}
