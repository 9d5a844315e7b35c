/**
 * Deadlines: rows by rising time, and among equal times by rising tie: what is due first.
 *
 *   at       by row: the log time past which it is due
 *   tie      by row: decides between equal times
 *   rows     a binary heap of the rows that are in, the first at 1
 *   places   by row: where it stands in the heap, 0 if it is not in
 *
 * Rows are order slots (good till, then arrival) or accounts (timer, then id). A shard without such
 * orders never touches the arrays: who looks whether anything is due compares `earliest` only.
 */
import { assert } from "../base/assert.ts";

export class Deadlines {
  readonly at: Float64Array;
  /** The time of the first row, Infinity if there is none. */
  earliest = Infinity;
  private readonly tie: Float64Array;
  private readonly rows: Int32Array;
  private readonly places: Int32Array;
  private count = 0;

  constructor(rowCount: number) {
    this.at = new Float64Array(rowCount);
    this.tie = new Float64Array(rowCount);
    this.rows = new Int32Array(rowCount + 1);
    this.places = new Int32Array(rowCount);
  }

  /** The row that is due first; there is one. */
  get first(): number {
    assert(this.count > 0, "who asks for the first row knows that there is one");
    return this.rows[1]!;
  }

  /** Puts a row in its place by its time in `at` and this tie, whether it is in or not. */
  put(row: number, tie: number): void {
    this.tie[row] = tie;
    if (this.places[row] === 0) {
      this.rows[++this.count] = row;
      this.places[row] = this.count;
    }
    this.settle(row);
  }

  /** Takes a row out; it need not be in. */
  remove(row: number): void {
    const place = this.places[row]!;
    if (place === 0) return;
    const last = this.rows[this.count--]!;
    this.places[row] = 0;
    if (last === row) return this.note();
    this.rows[place] = last;
    this.places[last] = place;
    this.settle(last);
  }

  /** Lets a row rise or fall from where it stands. */
  private settle(row: number): void {
    const { rows } = this;
    let hole = this.places[row]!;
    for (; hole > 1; hole >>= 1) {
      const above = rows[hole >> 1]!;
      if (this.isBefore(above, row)) break;
      this.move(above, hole);
    }
    for (;;) {
      let below = 2 * hole;
      if (below > this.count) break;
      if (below < this.count && this.isBefore(rows[below + 1]!, rows[below]!)) below++;
      if (this.isBefore(row, rows[below]!)) break;
      this.move(rows[below]!, hole);
      hole = below;
    }
    this.move(row, hole);
    this.note();
  }

  private isBefore(one: number, other: number): boolean {
    const { at, tie } = this;
    return at[one]! < at[other]! || (at[one] === at[other] && tie[one]! < tie[other]!);
  }

  private move(row: number, place: number): void {
    this.rows[place] = row;
    this.places[row] = place;
  }

  private note(): void {
    this.earliest = this.count === 0 ? Infinity : this.at[this.rows[1]!]!;
  }
}
