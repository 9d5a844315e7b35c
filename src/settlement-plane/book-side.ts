/**
 * BookSide: the best levels of one side as they were last told, what became different, and the
 * checksum.
 *
 *   levels   best first, at most 50; a level that did not change keeps its object and its texts
 *
 * `follow` walks old and new side by side, both in order of price, so it costs what is shown.
 */
import { crc32 } from "../base/crc32.ts";
import type { Engine } from "../engine/engine.ts";
import type { MarketTerms } from "./market-terms.ts";

export const DEPTH = 50;
const CHECKSUM_DEPTH = 10;

export interface Level {
  /** Ticks and lots. */
  readonly price: number;
  readonly lots: number;
  readonly priceText: string;
  readonly lotsText: string;
}

/** `["60000.00","0.5000"]` */
export function levelJson(level: Level): string {
  return `["${level.priceText}","${level.lotsText}"]`;
}

export class BookSide {
  private readonly terms: MarketTerms;
  private readonly isAsk: boolean;
  levels: readonly Level[] = [];

  constructor(terms: MarketTerms, isAsk: boolean) {
    this.terms = terms;
    this.isAsk = isAsk;
  }

  /** Takes the book as it is now; what differs, as JSON of levels, those that are gone with "0". */
  follow(engine: Engine): string[] {
    const old = this.levels;
    const fresh = readLevels(engine, this.terms, { isAsk: this.isAsk, depth: DEPTH, known: old });
    const changes: string[] = [];
    const isBetter = (a: number, b: number): boolean => (this.isAsk ? a < b : a > b);
    let i = 0;
    for (const level of fresh) {
      while (i < old.length && isBetter(old[i]!.price, level.price)) changes.push(gone(old[i++]!));
      const same = i < old.length && old[i]!.price === level.price ? old[i++]! : null;
      if (same !== level) changes.push(levelJson(level));
    }
    while (i < old.length) changes.push(gone(old[i++]!));
    this.levels = fresh;
    return changes;
  }
}

function gone(level: Level): string {
  return `["${level.priceText}","0"]`;
}

interface Reading {
  readonly isAsk: boolean;
  readonly depth: number;
  /** Levels read before, best first: taken again where nothing changed. */
  readonly known?: readonly Level[];
}

/** The best levels of a side, best first. */
export function readLevels(engine: Engine, terms: MarketTerms, reading: Reading): Level[] {
  const { isAsk, depth, known = [] } = reading;
  const { book } = engine.state;
  const { best, worse, price } = book.levels;
  const levels: Level[] = [];
  let at = best[2 * terms.slot + (isAsk ? 1 : 0)]!;
  for (let i = 0; at !== 0 && levels.length < depth; at = worse[at]!) {
    const ticks = price[at]!;
    const lots = book.lots(at);
    while (i < known.length && (isAsk ? known[i]!.price < ticks : known[i]!.price > ticks)) i++;
    const before = i < known.length && known[i]!.price === ticks ? known[i]! : null;
    if (before !== null && before.lots === lots) levels.push(before);
    else levels.push(levelOf(terms, ticks, lots));
  }
  return levels;
}

function levelOf(terms: MarketTerms, price: number, lots: number): Level {
  return { price, lots, priceText: terms.price(price), lotsText: terms.quantity(lots) };
}

const encoder = new TextEncoder();

/** CRC-32 of the best ten levels of both sides, see docs/HTTP.md. */
export function checksumOf(bids: readonly Level[], asks: readonly Level[]): number {
  return crc32(encoder.encode(`${checksumText(bids)}|${checksumText(asks)}`));
}

function checksumText(levels: readonly Level[]): string {
  const best = levels.slice(0, CHECKSUM_DEPTH);
  return best.map(({ priceText, lotsText }) => `${priceText}:${lotsText}`).join(",");
}
