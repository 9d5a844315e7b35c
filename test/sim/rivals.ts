/**
 * Rivals: second processes in a place that another one has, and may have to give up.
 */
import type { Prng } from "../../src/base/prng.ts";
import { ingressOf, matcherOf, Supervisor } from "./services.ts";
import type { Trader } from "./trader.ts";
import type { Venue } from "./venue.ts";
import { SECOND } from "./world.ts";

export type Fault = (venue: Venue, traders: readonly Trader[], prng: Prng) => void;

export function rivalMatcher(venue: Venue, _: readonly Trader[], prng: Prng): void {
  const begin = matcherOf(prng.pick(venue.shards));
  const supervisor = new Supervisor(venue, "rival", begin, true);
  supervisor.start();
}

/** A second ingress of the same slot: it is refused while the first lives, and takes over else. */
export function rivalIngress(venue: Venue, _: readonly Trader[], prng: Prng): void {
  const slot = `${prng.between(1, venue.setup.ingresses)}`;
  const supervisor = new Supervisor(venue, `rival/${slot}`, ingressOf(slot), true);
  venue.rivals.push(supervisor);
  supervisor.start();
  const us = prng.between(1, 4) * SECOND;
  venue.world.at(us, venue.world.nature, "", () => supervisor.stopGently(true));
}
