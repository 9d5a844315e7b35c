/**
 * Differential runs: seeds of the command grammar, each a shard of its own, given to the naive
 * engine and another one. Reports are compared after every record, roots every so many commands.
 */
import { SIDE_BUY, SIDE_SELL } from "../../src/protocol/codes.ts";
import { CommandGrammar } from "./command-grammar.ts";
import { Comparison, explain, type Maker } from "./comparison.ts";
import { genesisOf, profileOf } from "./grammar-profiles.ts";
import type { Tally } from "./tally.ts";

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
