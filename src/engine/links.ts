/**
 * Links: the other shards that this one knows, and how far the two have come with each other.
 *
 *   known   shard numbers, rising
 *   out     by shard: number of the last credit written for it
 *   in      by shard: number of the last credit of it that was applied
 *
 * Looked up by shard number directly: 65,536 rows, of which only those in use are ever touched.
 */
import { assert } from "../base/assert.ts";
import { SHARD_ALL } from "../protocol/codes.ts";

export class Links {
  readonly known: number[] = [];
  readonly out = new Float64Array(SHARD_ALL);
  readonly in = new Float64Array(SHARD_ALL);
  private readonly isThere = new Uint8Array(SHARD_ALL);

  has(shard: number): boolean {
    return this.isThere[shard] === 1;
  }

  open(shard: number): void {
    assert(shard >= 1 && shard < SHARD_ALL && !this.has(shard), "a shard gets one link, once");
    this.isThere[shard] = 1;
    let at = this.known.length;
    for (; at > 0 && this.known[at - 1]! > shard; at--) this.known[at] = this.known[at - 1]!;
    this.known[at] = shard;
  }
}
