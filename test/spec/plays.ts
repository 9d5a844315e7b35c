/**
 * Plays: scripts that a trader can read, run over every engine (engines.ts).
 *
 *   who  does what                    -> what the engine says
 *   ana  sells 5 at 101               -> rests #1
 *   bo   buys 7 at 101; buys 1 at 99  -> trades 5 with #1 at 101, rests #2 with 2, rests #3
 *   book [m2]                         -> bids 2@101 1@99 asks -
 *   ana's funds                       -> USD 1000505 free, BTC 999995 free
 *   time 90                           -> now
 *   restart                           -> now        each engine goes on as a new one
 *   tick                              -> what the time alone brings about
 *   numbers                           -> accepted 500 0     `first` and `second` of what was said
 *   outbox                            -> what the last record owes to other shards
 *   links                             -> directory 1, s2 out 1 in 0
 *
 * A line that ends with `,` or `;` goes on in the next, and one that begins with `->` goes on the
 * one before. Commands parted by `;` are one frame. After
 * the name may stand, in brackets, the nonce or the expiry of the frame, or another of the
 * account's keys: `ana (nonce 7, expiry 90, key k2)`. A key that a line adds is called as the word
 * behind `as` says: `ana adds key for trade as k2`; an account, likewise: `operator opens account
 * as dee`. A line that is not a line of a play throws.
 */
import { expect } from "bun:test";
import { REPORT_KINDS } from "../../src/protocol/code-names.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { Report } from "../../src/protocol/report.ts";
import { ENGINES } from "./engines.ts";
import type { Context } from "./line-parts.ts";
import { meaningOf } from "./lines.ts";
import { Words } from "./says.ts";
import { wordsOfLinks, wordsOfOwed } from "./shard-lines.ts";
import { type FrameTerms, Stage } from "./stage.ts";
import { ASSETS, type StageOptions } from "./stage-genesis.ts";

/** Plays the script over every engine and compares all that was said. */
export function plays(script: string, options: StageOptions = {}): void {
  const lines = readScript(script);
  const expected = lines.map(({ text, says }) => `${text} -> ${says}`);
  for (const [name, open] of ENGINES) {
    if (open === null) continue;
    const play = new Play(new Stage(open, options), options.books);
    const said = lines.map(({ text }) => `${text} -> ${play.answer(text)}`);
    expect([name, ...said]).toEqual([name, ...expected]);
  }
}

export interface Line {
  readonly text: string;
  readonly says: string;
}

export function readScript(script: string): Line[] {
  const lines: string[] = [];
  for (const row of script.split("\n")) {
    const text = row.trim().replace(/\s+/g, " ");
    const last = lines.at(-1);
    const goesOn = last !== undefined && (/[,;]$/.test(last) || /^(?:->|\|)/.test(text));
    if (goesOn) lines[lines.length - 1] = `${last} ${text}`;
    else if (text !== "") lines.push(text);
  }
  return lines.map((line) => {
    const parts = line.split(" -> ");
    if (parts.length !== 2) throw new Error(`not a line of a play: ${line}`);
    return { text: parts[0]!, says: parts[1]! };
  });
}

/** The lines of a play on one stage. */
export class Play {
  readonly stage: Stage;
  private readonly words: Words;
  private readonly context: Context;
  private readonly books: boolean;
  private fresh = 0n;

  constructor(stage: Stage, books = false) {
    this.books = books;
    this.stage = stage;
    this.words = new Words(stage.people.accounts);
    this.context = {
      stage: this.stage,
      orders: this.words.orders,
      freshId: () => ++this.fresh + 1_000_000n,
    };
  }

  answer(text: string): string {
    const book = /^book(?: m(\d+))?$/.exec(text);
    if (book !== null) return this.book(Number(book[1] ?? 1));
    const funds = /^(\w+)'s funds$/.exec(text);
    if (funds !== null) return this.funds(funds[1]!);
    if (text === "tick") return this.words.say(this.stage.tick(), []);
    if (text === "numbers") return this.numbers();
    if (text === "outbox") return wordsOfOwed(this.stage.owes);
    if (text === "links") return wordsOfLinks(this.stage.engine.stated());
    if (text === "restart") this.stage.engine.restart();
    else {
      const time = /^time (\d+)$/.exec(text);
      if (time === null) return this.withBook(this.act(text));
      this.stage.time = Number(time[1]);
    }
    return "now";
  }

  private act(text: string): string {
    const match = /^(\w+)(?: \(([^)]*)\))? (.*?)(?: as (\w+))?$/.exec(text);
    if (match === null) throw new Error(`not a line of a play: ${text}`);
    const [, who = "", terms = "", what = "", newName] = match;
    this.stage.signer(who);
    const meanings = what.split("; ").map((words) => meaningOf(words, this.context));
    const kind = meanings[0]!.kind;
    const bytes = meanings.map((meaning) => meaning.bytes);
    const reports = this.stage.send(who, kind, bytes, readTerms(terms));
    if (newName !== undefined) this.nameKey(newName, who, reports);
    return this.say(reports, bytes);
  }

  /** Reports that these commands led to, in words. */
  say(reports: readonly Report[], commands: readonly Uint8Array[]): string {
    return this.words.say(reports, commands);
  }

  /** Both numbers of each report of the last record. */
  private numbers(): string {
    return this.stage.said
      .map(({ kind, first, second }) => `${nameOf(REPORT_KINDS, kind)} ${first} ${second}`)
      .join(", ");
  }

  /** The key that these reports tell of gets a name. */
  private nameKey(name: string, who: string, reports: readonly Report[]): void {
    const added = reports.find((report) => report.kind === codes.REPORT_KEY_ADDED);
    if (added === undefined) return;
    this.stage.people.know(name, who === "operator" ? name : who, added);
  }

  private withBook(said: string): string {
    return this.books ? `${said} | ${this.book(1)}` : said;
  }

  private book(market: number): string {
    const side = (number: number): string => {
      const levels = this.stage.engine.depth(market, number);
      return levels.length === 0 ? "-" : levels.map(([p, lots]) => `${lots}@${p}`).join(" ");
    };
    return `bids ${side(codes.SIDE_BUY)} asks ${side(codes.SIDE_SELL)}`;
  }

  private funds(who: string): string {
    const { account } = this.stage.signer(who);
    return Object.entries(ASSETS)
      .map(([name, asset]) => {
        const [free, held] = this.stage.engine.balance(account, asset);
        return `${name} ${free} free${held === 0 ? "" : ` ${held} held`}`;
      })
      .join(", ");
  }
}

function nameOf(names: typeof REPORT_KINDS, number: number): string {
  return names.find(([known]) => known === number)?.[1] ?? String(number);
}

function readTerms(text: string): FrameTerms {
  const terms: FrameTerms = {};
  for (const part of text === "" ? [] : text.split(", ")) {
    const match = /^(nonce|expiry|key) (\w+)$/.exec(part);
    if (match === null) throw new Error(`not a term of a frame: ${part}`);
    if (match[1] === "key") terms.key = match[2]!;
    else terms[match[1] === "nonce" ? "nonce" : "expiry"] = Number(match[2]);
  }
  return terms;
}
