/**
 * Links: the other shards that this one knows, and how far the two have come with each other.
 *
 *   known   shard numbers, rising
 *   out     by shard: number of the last credit written for it
 *   in      by shard: number of the last credit of it that was applied
 *
 * Looked up by shard number directly; there are rows up to the highest number in use.
 */
import { assert } from "../base/assert.ts";
import { SHARD_ALL } from "../protocol/codes.ts";

const ROWS_MIN = 16;

export class Links {
  readonly known: number[] = [];
  out = new Float64Array(ROWS_MIN);
  in = new Float64Array(ROWS_MIN);
  private isThere = new Uint8Array(ROWS_MIN);

  has(shard: number): boolean {
    return this.isThere[shard] === 1;
  }

  open(shard: number): void {
    assert(shard >= 1 && shard < SHARD_ALL && !this.has(shard), "a shard gets one link, once");
    if (shard >= this.out.length) this.grow(shard + 1);
    this.isThere[shard] = 1;
    let at = this.known.length;
    for (; at > 0 && this.known[at - 1]! > shard; at--) this.known[at] = this.known[at - 1]!;
    this.known[at] = shard;
  }

  private grow(rows: number): void {
    const { out, in: inward, isThere } = this;
    const size = Math.max(rows, 2 * out.length);
    (this.out = new Float64Array(size)).set(out);
    (this.in = new Float64Array(size)).set(inward);
    (this.isThere = new Uint8Array(size)).set(isThere);
  }
}
