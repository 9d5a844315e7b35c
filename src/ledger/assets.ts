/**
 * Assets: what can be held, and per asset how much came in, went out and was taken as fees,
 * and the transfers between shards.
 *
 *   slot     1, 2, 3 ... in the order of opening
 *   rules    32 bytes per slot: its AssetOpen command
 *   totals   [ deposits | withdrawals | fees | net ] per slot, below 2^53 each; net, which is
 *            transfers in less transfers out, may be below zero
 *
 * At every position: sum of free + sum of held + fees = deposits - withdrawals + net.
 */
import { assert } from "../base/assert.ts";
import { SAFE_LIMIT } from "../base/bytes.ts";
import { ASSET_ID, ASSET_OPEN_SIZE } from "../protocol/command-layout.ts";
import { IdIndex } from "./id-index.ts";

const TOTAL_COUNT = 4;
export const DEPOSITS = 0;
export const WITHDRAWALS = 1;
export const FEES = 2;
export const NET = 3;

export class Assets {
  count = 0;
  readonly id: Uint32Array;
  readonly totals: Float64Array;
  private readonly rules: Uint8Array;
  private readonly index = new IdIndex();

  constructor(assetsMax: number) {
    this.id = new Uint32Array(assetsMax + 1);
    this.totals = new Float64Array((assetsMax + 1) * TOTAL_COUNT);
    this.rules = new Uint8Array((assetsMax + 1) * ASSET_OPEN_SIZE);
  }

  /** The slot, or 0. */
  find(id: number): number {
    return this.index.find(id);
  }

  /** Opens an asset by the 32 bytes of its command at `at`. */
  open(view: DataView, at: number): void {
    const slot = ++this.count;
    assert(slot < this.id.length, "room for an asset is checked before it is opened");
    const id = view.getUint32(at + ASSET_ID, true);
    this.id[slot] = id;
    this.index.add(id, slot);
    const bytes = new Uint8Array(view.buffer, view.byteOffset + at, ASSET_OPEN_SIZE);
    this.rules.set(bytes, slot * ASSET_OPEN_SIZE);
  }

  total(slot: number, which: number): number {
    return this.totals[slot * TOTAL_COUNT + which]!;
  }

  add(slot: number, which: number, amount: number): void {
    const after = this.totals[slot * TOTAL_COUNT + which]! + amount;
    const isSafe = after < SAFE_LIMIT && after > -SAFE_LIMIT;
    assert(isSafe, "totals stay below 2^53, since deposits and what is carried do");
    this.totals[slot * TOTAL_COUNT + which] = after;
  }

  /** The bytes of the asset's AssetOpen, a view. */
  rulesOf(slot: number): Uint8Array {
    return this.rules.subarray(slot * ASSET_OPEN_SIZE, (slot + 1) * ASSET_OPEN_SIZE);
  }

  /** Slots by rising id. */
  slotsById(): number[] {
    const slots = Array.from({ length: this.count }, (_, i) => i + 1);
    return slots.sort((a, b) => this.id[a]! - this.id[b]!);
  }
}
