/**
 * Book: one market's best levels in the browser, kept by the recipe of docs/HTTP.md.
 *
 *   snapshot -> delta (first = sequence + 1) -> delta ...     anything else: throw it away, begin
 *   again
 *
 * Prices stay the texts they came as; units(text) is the same number without its point, exact.
 */

/** "60000.50" is 6000050n: all texts of a market's prices have the same digits behind the point. */
export function units(text) {
  return BigInt(text.replace(".", ""));
}

/** The text of so many units, with as many digits behind the point as `like` has. */
export function textOf(amount, like) {
  const scale = digitsBehind(like);
  if (scale === 0) return String(amount);
  const digits = String(amount).padStart(scale + 1, "0");
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function digitsBehind(text) {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}

const CHECKSUM_LEVELS = 10;

export class Book {
  constructor(snapshot) {
    this.bids = snapshot.bids;
    this.asks = snapshot.asks;
    this.sequence = snapshot.sequence;
    this.position = snapshot.position;
  }

  /** "" or why this book can no longer be trusted. */
  apply(delta) {
    if (delta.first !== this.sequence + 1) {
      return `changes ${this.sequence + 1} to ${delta.first - 1} did not come`;
    }
    for (const level of delta.bids) setLevel(this.bids, level, (a, b) => a > b);
    for (const level of delta.asks) setLevel(this.asks, level, (a, b) => a < b);
    this.sequence = delta.last;
    this.position = delta.position;
    return this.check(delta.checksum);
  }

  /** "" or what the checksum says against it. */
  check(checksum) {
    const own = crc32(`${sideText(this.bids)}|${sideText(this.asks)}`);
    return own === checksum ? "" : `checksum ${own} here, ${checksum} there`;
  }
}

function setLevel(levels, level, isBetter) {
  const price = units(level[0]);
  let at = 0;
  while (at < levels.length && isBetter(units(levels[at][0]), price)) at++;
  const isThere = at < levels.length && levels[at][0] === level[0];
  if (level[1] === "0") levels.splice(at, isThere ? 1 : 0);
  else levels.splice(at, isThere ? 1 : 0, level);
}

function sideText(levels) {
  return levels
    .slice(0, CHECKSUM_LEVELS)
    .map(([price, quantity]) => `${price}:${quantity}`)
    .join(",");
}

const TABLE = new Uint32Array(256).map((_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

/** CRC-32 (IEEE) of an ASCII text. */
export function crc32(text) {
  let sum = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    sum = TABLE[(sum ^ text.charCodeAt(i)) & 0xff] ^ (sum >>> 8);
  }
  return (sum ^ 0xffffffff) >>> 0;
}
