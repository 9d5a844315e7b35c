/**
 * Differential runs: seeds of the command grammar, each a shard of its own, given to the naive
 * engine and another one. Reports are compared after every record, roots every so many commands;
 * of these times every fourth sees all open orders compared, and the other engine go on from its
 * own snapshot.
 */
import { SIDE_BUY, SIDE_SELL } from "../../src/protocol/codes.ts";
import { CommandGrammar } from "./command-grammar.ts";
import { Comparison, type Maker, RESTART } from "./comparison.ts";
import { genesisOf, profileOf } from "./grammar-profiles.ts";
import { explain } from "./shrinking.ts";
import type { Tally } from "./tally.ts";

const LOOKS_PER_RESTART = 4;

export interface Run {
  readonly seed: number;
  readonly commands: number;
  /** Commands between two looks at the roots. */
  readonly rootsEvery: number;
  readonly make: Maker;
  readonly tally: Tally;
}

/** "" if the engines agreed to the end, else the shortest story of how they did not. */
export function runSeed({ seed, commands, rootsEvery, make, tally }: Run): string {
  const profile = profileOf(seed);
  const genesisFrame = genesisOf(profile);
  const pair = new Comparison(genesisFrame, make);
  const grammar = new CommandGrammar(profile, pair.naive.state);
  const records: Uint8Array<ArrayBuffer>[] = [];
  const end = tally.commands + commands;
  let looks = seed;
  let rootsAt = tally.commands + rootsEvery;
  while (tally.commands < end) {
    const bytes = grammar.next();
    records.push(bytes);
    let difference = pair.step(bytes);
    if (difference === "") {
      tally.add(new DataView(bytes.buffer), pair.record, pair.reports.slice(0));
      if (tally.commands >= rootsAt || tally.commands >= end) {
        rootsAt = tally.commands + rootsEvery;
        difference = pair.compareRoots();
        look(pair, tally);
        if (difference === "" && looks++ % LOOKS_PER_RESTART === 0) {
          records.push(RESTART);
          tally.restarts++;
          difference = pair.compareOrders() || pair.step(RESTART) || pair.compareRoots();
        }
      }
    }
    if (difference !== "") return explain(seed, genesisFrame, records, make);
  }
  return "";
}

/** Notes how deep the books are. */
function look({ naive }: Comparison, tally: Tally): void {
  for (const market of naive.state.markets.keys()) {
    for (const side of [SIDE_BUY, SIDE_SELL]) {
      tally.deepestLevels = Math.max(tally.deepestLevels, naive.levels(market, side).length);
    }
  }
  tally.mostOpenOrders = Math.max(tally.mostOpenOrders, naive.openOrders().length);
}
