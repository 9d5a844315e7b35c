/**
 * StoreFaults: what goes wrong in a run that exports: its store does, or hosts are lost with all
 * that they had, since the export is there to begin with.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { SimStore } from "./sim-store.ts";
import type { Venue } from "./venue.ts";
import { MS, SECOND } from "./world.ts";

type Fault = (venue: Venue, others: unknown, prng: Prng) => void;

/** For a while, unless all has healed before. */
function forAWhile(venue: Venue, prng: Prng, change: (store: SimStore) => void): void {
  const { store, world } = venue;
  if (store === null) return;
  change(store);
  const { trouble } = store;
  world.at(prng.between(1, 4) * SECOND, world.nature, "the store is well again", () => {
    if (store.trouble === trouble) store.heal();
  });
}

const fails: Fault = (venue, _, prng) =>
  forAWhile(venue, prng, ({ trouble }) => (trouble.failPercent = prng.pick([10, 40, 100])));

const isFull: Fault = (venue, _, prng) =>
  forAWhile(venue, prng, ({ trouble }) => (trouble.isFull = true));

const isSlow: Fault = (venue, _, prng) =>
  forAWhile(venue, prng, ({ trouble }) => (trouble.latencyUs = prng.pick([50, 500]) * MS));

const hangs: Fault = (venue, _, prng) =>
  forAWhile(venue, prng, ({ trouble }) => {
    trouble.hangsUntil = venue.world.now + prng.between(1, 6) * SECOND;
  });

/** Its disk is empty when it comes back. */
const replacesHost: Fault = (venue, _, prng) => {
  const service = prng.pick(venue.services);
  service.crash("its host is replaced");
  venue.diskOf(service.role).stored.clear();
};

export const STORE_FAULTS: readonly (readonly [string, Fault])[] = [
  ["store fails", fails],
  ["store full", isFull],
  ["store slow", isSlow],
  ["store hangs", hangs],
  ["host replaced", replacesHost],
  ["host replaced", replacesHost],
];
