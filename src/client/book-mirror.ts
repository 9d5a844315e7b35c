/**
 * BookMirror: one market's best levels, kept from a snapshot and deltas, checked by sequence and
 * checksum.
 *
 *   snapshot -> delta first = sequence + 1 .. last -> delta ...       anything else: begin again
 *
 * Prices stay the strings they came as. All of one market have the same digits behind the point,
 * so the longer one is the higher, and of equal length the one later in the alphabet.
 */
import { crc32 } from "../base/crc32.ts";
import type { LevelJson } from "./http-json.ts";
import type { DeltaMessage, SnapshotMessage } from "./stream-json.ts";

/** Levels a side that the checksum covers. */
const CHECKSUM_LEVELS = 10;

export class BookMirror {
  readonly market: string;
  /** Best first; of the snapshot's depth at most. */
  bids: LevelJson[] = [];
  asks: LevelJson[] = [];
  sequence = 0;
  position = 0;
  logTimeUs = 0;

  constructor(market: string) {
    this.market = market;
  }

  /** "" or what is wrong with it; then the book must not be used. */
  begin(snapshot: SnapshotMessage): string {
    this.bids = [...snapshot.bids];
    this.asks = [...snapshot.asks];
    this.sequence = snapshot.sequence;
    return this.follow(snapshot);
  }

  /** "" or why the book must be thrown away. */
  apply(delta: DeltaMessage): string {
    if (delta.first !== this.sequence + 1) {
      return `${this.market}: changes ${this.sequence + 1} to ${delta.first - 1} did not come`;
    }
    for (const level of delta.bids) setLevel(this.bids, level, isHigher);
    for (const level of delta.asks) setLevel(this.asks, level, (a, b) => isHigher(b, a));
    this.sequence = delta.last;
    return this.follow(delta);
  }

  private follow(message: SnapshotMessage | DeltaMessage): string {
    this.position = message.position;
    this.logTimeUs = message.log_time_us;
    const sum = bookChecksum(this.bids, this.asks);
    const { checksum } = message;
    return sum === checksum ? "" : `${this.market}: checksum ${sum} here, ${checksum} there`;
  }
}

/** CRC-32 over the best ten levels of each side, as docs/HTTP.md defines it. */
export function bookChecksum(bids: readonly LevelJson[], asks: readonly LevelJson[]): number {
  const text = `${sideText(bids)}|${sideText(asks)}`;
  return crc32(new TextEncoder().encode(text));
}

function sideText(levels: readonly LevelJson[]): string {
  return levels
    .slice(0, CHECKSUM_LEVELS)
    .map(([price, quantity]) => `${price}:${quantity}`)
    .join(",");
}

function isHigher(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

type Before = (a: string, b: string) => boolean;

/** Sets, adds or (quantity "0") takes off one level, best first. */
function setLevel(levels: LevelJson[], level: LevelJson, isBefore: Before): void {
  const [price, quantity] = level;
  let at = 0;
  while (at < levels.length && isBefore(levels[at]![0], price)) at++;
  const isKnown = levels[at]?.[0] === price;
  if (quantity === "0") levels.splice(at, isKnown ? 1 : 0);
  else levels.splice(at, isKnown ? 1 : 0, level);
}
