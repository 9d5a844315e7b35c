/**
 * EntryRun: entries that one shard wrote for another, by number, as the Carry commands that would
 * bring them.
 *
 *   bytes   [ Carry of 1 ][ Carry of 2 ] ...   72 bytes each, with room for more
 */
import { readU64, viewOf } from "../base/bytes.ts";
import { CARRY_EXPIRY, CARRY_KEY, CARRY_SIZE } from "../protocol/command-layout.ts";

const FIRST_ROOM = 64;

export class EntryRun {
  count = 0;
  private bytes = new Uint8Array(FIRST_ROOM * CARRY_SIZE);

  add(carry: Uint8Array): void {
    if ((this.count + 1) * CARRY_SIZE > this.bytes.length) {
      const bigger = new Uint8Array(this.bytes.length * 2);
      bigger.set(this.bytes);
      this.bytes = bigger;
    }
    this.bytes.set(carry, this.count * CARRY_SIZE);
    this.count++;
  }

  /** A view, or null where nothing of that number was written. */
  get(number: number): Uint8Array | null {
    if (number < 1 || number > this.count) return null;
    return this.bytes.subarray((number - 1) * CARRY_SIZE, number * CARRY_SIZE);
  }

  /** Adds up by asset the amounts of the credits behind this number. */
  addAmounts(after: number, sums: Map<number, bigint>): void {
    for (let number = after + 1; number <= this.count; number++) {
      const view = viewOf(this.get(number)!);
      const asset = view.getUint32(CARRY_KEY, true);
      const amount = BigInt(readU64(view, CARRY_EXPIRY));
      sums.set(asset, (sums.get(asset) ?? 0n) + amount);
    }
  }
}
