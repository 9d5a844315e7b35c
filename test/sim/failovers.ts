/**
 * Failovers: the replica takes over, with all or with less, and what else may happen just then.
 */
import type { Prng } from "../../src/base/prng.ts";
import { losePower } from "./power.ts";
import type { RedisNode } from "./redis-node.ts";
import { rivalIngress } from "./rivals.ts";
import type { Trader } from "./trader.ts";
import type { Venue } from "./venue.ts";
import { MS, SECOND } from "./world.ts";

/** The replica takes over with what it has; the old primary follows it after a while. */
export function failOver(venue: Venue, _: readonly Trader[], prng: Prng): void {
  if (venue.isHealed) return;
  const old = venue.primary;
  const [next] = old.replicas;
  if (next === undefined || !next.isUp) return;
  const livesOn = prng.chance(60);
  if (livesOn) old.leave(next);
  else old.stop("failover", prng.chance(50));
  next.promote();
  venue.makePrimary(next);
  if (prng.chance(20)) loseZone(venue, prng);
  const after = prng.pick([1, 50, 1000, 5000]) * MS;
  followLater(venue, { old, next, us: prng.below(after) });
}

/** Who is in the same place as the server goes down with it, power and all. */
function loseZone(venue: Venue, prng: Prng): void {
  for (const service of venue.services) {
    if (!prng.chance(50)) continue;
    service.crash("its zone is lost");
    losePower(venue, service.role, prng);
  }
}

function followLater(
  venue: Venue,
  { old, next, us }: { old: RedisNode; next: RedisNode; us: number },
): void {
  venue.world.at(us, venue.world.nature, "old primary follows", () => {
    if (venue.primary !== next || !next.isUp) return;
    if (!old.isUp) old.start(0);
    next.follow(old);
  });
}

/**
 * Both servers believe that they are primary for a while, and half of all connections move to the
 * new one: parts of one process go on with the one, parts with the other.
 */
export function failOverSplit(venue: Venue, traders: readonly Trader[], prng: Prng): void {
  if (venue.isHealed) return;
  const old = venue.primary;
  const [next] = old.replicas;
  if (next === undefined || !next.isUp) return;
  old.leave(next);
  next.promote();
  venue.makePrimary(next);
  for (const end of old.ends) if (end.isOpen && prng.chance(50)) end.cut();
  // Whoever begins meanwhile may find the one or the other first.
  for (const service of venue.services) if (prng.chance(25)) service.crash("killed in a split");
  if (prng.chance(30)) rivalIngress(venue, traders, prng);
  followLater(venue, { old, next, us: prng.between(1000, 5000) * MS });
}

export function lagReplica(venue: Venue, _: readonly Trader[], prng: Prng): void {
  const [replica] = venue.primary.replicas;
  if (replica === undefined) return;
  replica.lagUs = prng.pick([MS, 100 * MS, 3 * SECOND]);
  venue.world.at(4 * SECOND, venue.world.nature, "replica is near again", () => {
    replica.lagUs = 200;
  });
}

/** The replica falls behind, and then it is the one to take over. */
export function failOverBehind(venue: Venue, traders: readonly Trader[], prng: Prng): void {
  const [replica] = venue.primary.replicas;
  if (replica === undefined) return;
  replica.lagUs = prng.pick([20 * MS, 500 * MS, 5 * SECOND]);
  const { world } = venue;
  world.at(prng.between(1, 1500) * MS, world.nature, "failover to a replica behind", () => {
    if (venue.primary.replicas.includes(replica)) failOver(venue, traders, prng);
    replica.lagUs = 200;
  });
}

/** The next write of that kind is one that the replica does not get before it takes over. */
export function failOverAtWrite(venue: Venue, traders: readonly Trader[], prng: Prng): void {
  const { world, primary } = venue;
  const [replica] = primary.replicas;
  if (replica === undefined) return;
  const wanted = prng.pick([
    "PUBLISH",
    "PUBLISH",
    "APPEND_EX",
    "APPEND_IN",
    "TAKE_SLOT",
    "TAKE_TURN",
  ]);
  venue.onWrite = (what) => {
    if (what !== wanted || primary !== venue.primary) return;
    venue.onWrite = () => undefined;
    replica.lagUs = 2 * SECOND;
    world.at(prng.pick([1, MS, 20 * MS]), world.nature, `failover at ${what}`, () => {
      if (venue.primary.replicas.includes(replica)) failOver(venue, traders, prng);
      replica.lagUs = 200;
    });
  };
}
