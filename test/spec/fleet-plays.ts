/**
 * Fleet plays: plays over several shards, of which s1 leads the directory.
 *
 *   s1 operator opens account as ana  -> operator hears of account 1, ana has a new key
 *   s2 ana buys 5 at 101              -> refused unknown_key, unnumbered
 *   carry s1 to s2                    -> operator hears of account 1, ana has a new key
 *   carry credit 2, credit 1, entry 1 from s1 to s2      -> what each of them leads to
 *   in flight                         -> 5 USD
 *
 * Behind `s2` stands any line of a play (plays.ts); people have the same names everywhere, and are
 * first named on s1. After every line all that must be true of the fleet is checked (fleet.ts).
 */
import { expect } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import { ENGINES } from "./engines.ts";
import { Fleet } from "./fleet.ts";
import { Play, readScript } from "./plays.ts";
import type { Owed } from "./stage-checks.ts";
import { ASSETS, type StageOptions } from "./stage-genesis.ts";

/** Plays the script over every engine and compares all that was said. */
export function fleetPlays(count: number, script: string, options: StageOptions = {}): void {
  const lines = readScript(script);
  const expected = lines.map(({ text, says }) => `${text} -> ${says}`);
  for (const [name, open] of ENGINES) {
    if (open === null) continue;
    const play = new FleetPlay(new Fleet(open, count, { funds: 0, ...options }));
    const said = lines.map(({ text }) => `${text} -> ${play.answer(text)}`);
    expect([name, ...said]).toEqual([name, ...expected]);
  }
}

class FleetPlay {
  private readonly fleet: Fleet;
  private readonly plays: readonly Play[];

  constructor(fleet: Fleet) {
    this.fleet = fleet;
    this.plays = fleet.stages.map((stage) => new Play(stage));
  }

  answer(text: string): string {
    const said = this.answerLine(text);
    this.fleet.check();
    return said;
  }

  private answerLine(text: string): string {
    if (text === "in flight") return this.inFlight();
    const carry = /^carry(?: (.*) from)? s(\d+) to s(\d+)$/.exec(text);
    if (carry !== null) return this.carry(carry[1], Number(carry[2]), Number(carry[3]));
    const [, shard = "", line = ""] = /^s(\d+) (.*)$/.exec(text) ?? [];
    return this.play(Number(shard)).answer(line);
  }

  private play(shard: number): Play {
    const found = this.plays[shard - 1];
    if (found === undefined) throw new Error(`there is no shard ${shard}`);
    return found;
  }

  /** Those that are named, or all that have not arrived. */
  private carry(names: string | undefined, from: number, to: number): string {
    const brought = names === undefined ? this.fleet.left(from, to) : this.named(names, from, to);
    if (brought.length === 0) return "nothing";
    const { said, commands } = this.fleet.carry(to, brought);
    return this.play(to).say(said, commands);
  }

  private named(names: string, from: number, to: number): Owed[] {
    const owed = this.fleet.owed(from, to);
    return names.split(", ").map((name) => {
      const [what, number] = name.split(" ");
      const found = owed.find(
        ({ carry }) =>
          (carry.entry === codes.ENTRY_CREDIT) === (what === "credit") &&
          carry.number === Number(number),
      );
      if (found === undefined) throw new Error(`s${from} owes s${to} no ${name}`);
      return found;
    });
  }

  private inFlight(): string {
    const amounts = Object.entries(ASSETS)
      .map(([name, asset]) => [name, this.fleet.inFlight(asset)] as const)
      .filter(([, amount]) => amount !== 0);
    return amounts.map(([name, amount]) => `${amount} ${name}`).join(", ") || "nothing";
  }
}
