/**
 * BookText: a book for people: asks above, bids below, best prices meet in the middle.
 *
 *        0.2000   60001.00
 *                      2.00  spread
 *        0.5000   59999.00
 */
import { formatDecimal, parseDecimal } from "../base/decimal.ts";
import type { LevelJson } from "../client/http-json.ts";

export interface BookSides {
  readonly market: string;
  readonly position: number;
  readonly bids: readonly LevelJson[];
  readonly asks: readonly LevelJson[];
}

export function bookText(book: BookSides, depth: number): string {
  const asks = book.asks.slice(0, depth).toReversed();
  const bids = book.bids.slice(0, depth);
  const all = [...asks, ...bids];
  const sizeOf = (column: 0 | 1): number =>
    Math.max(9, ...all.map((level) => level[column].length));
  const widths = { price: sizeOf(0), quantity: sizeOf(1) };
  const line = ([price, quantity]: LevelJson): string =>
    `  ${quantity.padStart(widths.quantity)}  ${price.padStart(widths.price)}`;
  const spread = spreadOf(book);
  const middle = `  ${"".padStart(widths.quantity)}  ${spread.padStart(widths.price)}  spread`;
  const head = `${book.market}   position ${book.position}`;
  return [head, ...asks.map((level) => `${line(level)}  ask`), middle]
    .concat(bids.map((level) => `${line(level)}  bid`))
    .join("\n");
}

function spreadOf({ bids, asks }: BookSides): string {
  const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
  if (bid === undefined || ask === undefined) return "-";
  const scale = bid.split(".")[1]?.length ?? 0;
  const [low, high] = [parseDecimal(bid, scale), parseDecimal(ask, scale)];
  return typeof low === "number" && typeof high === "number" && high >= low
    ? formatDecimal(high - low, scale)
    : "-";
}
