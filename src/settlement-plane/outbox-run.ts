/**
 * OutboxRun: the entries that one shard wrote for one destination, those still to be carried.
 *
 *   first                      first + entries - 1        written
 *   | kept here, oldest first  | to be read from ex again |
 *
 * A run keeps a bounded number. What does not fit is left in `ex`, where it lies for good, and is
 * read from there once there is room.
 */
import type { Carry } from "../protocol/commands.ts";

export interface Kept {
  readonly carry: Carry;
  /** Of the record that wrote it. */
  readonly position: number;
}

export class OutboxRun {
  readonly source: number;
  /** A shard, or SHARD_ALL. */
  readonly destination: number;
  private readonly max: number;
  private readonly kept: Kept[] = [];
  /** Number that the next entry to be kept has. */
  private next: number;
  /** Position of the record that wrote the newest entry ever kept, 0 for none. */
  newestPosition = 0;
  /** Number of the newest entry known to be written. */
  private written: number;

  constructor(parts: {
    source: number;
    destination: number;
    max: number;
    carried: number;
    written: number;
  }) {
    this.source = parts.source;
    this.destination = parts.destination;
    this.max = parts.max;
    this.next = parts.carried + 1;
    this.written = parts.written;
  }

  get size(): number {
    return this.kept.length;
  }

  /** The number of the next entry that fits here. */
  get wanted(): number {
    return this.next;
  }

  get hasRoom(): boolean {
    return this.kept.length < this.max;
  }

  /** Whether entries lie in `ex` that are wanted here, and there is room worth a look. */
  get lacks(): boolean {
    return this.next <= this.written && this.kept.length <= this.max / 2;
  }

  /** Keeps the entry if it is the next and there is room; entries come in order, some twice. */
  offer(carry: Carry, position: number): void {
    this.written = Math.max(this.written, carry.number);
    if (carry.number !== this.next || !this.hasRoom) return;
    this.kept.push({ carry, position });
    this.newestPosition = position;
    this.next++;
  }

  /** Entries up to this number are applied, whoever carried them. */
  drop(applied: number): void {
    const first = this.next - this.kept.length;
    if (applied < first) return;
    this.kept.splice(0, applied - first + 1);
    if (applied >= this.next) this.next = applied + 1;
  }

  /** The entry, and the position of the record that wrote it; null if it is not here. */
  get(number: number): Kept | null {
    return this.kept[number - (this.next - this.kept.length)] ?? null;
  }

  /** Position of the first kept entry that was written above `position`; 0 for none. */
  firstAbove(position: number): number {
    if (this.newestPosition <= position) return 0;
    return this.kept.find((one) => one.position > position)?.position ?? 0;
  }
}
