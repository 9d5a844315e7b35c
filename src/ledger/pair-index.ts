/**
 * PairIndex: finds a slot by a pair of u32, such as (account, asset) or (account, market).
 *
 *   cells, 4 words each:  [ first | second | slot | unused ]      slot 0: the cell is empty
 *
 * Open addressing with linear probes, at most half full, so that a look-up ends soon; deletion
 * moves the cells behind it back, so that nothing is left to skip. A cell holds its key: one
 * look-up is one cache line. The home of a pair is
 *
 *   16 x hash(first, second / 16) + second mod 16
 *
 * so that who trades in many markets touches few pages of memory. For looking up only: nobody may
 * walk it, for its order depends on the seed.
 */
import { assert } from "../base/assert.ts";
import { cellCountFor, Mixer } from "./mixer.ts";

const CELL_WORDS = 4;
const FIRST = 0;
const SECOND = 1;
const SLOT = 2;

const GROUP_BITS = 4;
const GROUP_MASK = 15;

export class PairIndex {
  private cells: Int32Array;
  private mask: number;
  private readonly mixer: Mixer;
  private count = 0;

  /** Has room for `expected` pairs at once, and doubles beyond them. */
  constructor(expected: number, seed: number) {
    const cellCount = cellCountFor(expected);
    this.cells = new Int32Array(cellCount * CELL_WORDS);
    this.mask = cellCount - 1;
    this.mixer = new Mixer(seed);
  }

  private home(first: number, second: number): number {
    const group = this.mixer.mix(first, second >>> GROUP_BITS, 0);
    return ((group << GROUP_BITS) | (second & GROUP_MASK)) & this.mask;
  }

  /** The slot of the pair, or 0. */
  find(first: number, second: number): number {
    const cells = this.cells;
    const mask = this.mask;
    const one = first | 0;
    const two = second | 0;
    let cell = this.home(one, two);
    for (;;) {
      const at = cell * CELL_WORDS;
      const slot = cells[at + SLOT]!;
      if (slot === 0 || (cells[at + FIRST] === one && cells[at + SECOND] === two)) return slot;
      cell = (cell + 1) & mask;
    }
  }

  /** The pair is not there yet; slot is 1 .. 2^31-1. */
  add(first: number, second: number, slot: number): void {
    assert(slot > 0, "slots count from 1");
    if (2 * (this.count + 1) > this.mask + 1) this.grow();
    this.count++;
    this.put(first | 0, second | 0, slot);
  }

  private put(first: number, second: number, slot: number): void {
    const cells = this.cells;
    let cell = this.home(first, second);
    while (cells[cell * CELL_WORDS + SLOT] !== 0) cell = (cell + 1) & this.mask;
    const at = cell * CELL_WORDS;
    cells[at + FIRST] = first;
    cells[at + SECOND] = second;
    cells[at + SLOT] = slot;
  }

  /** The pair is there. */
  remove(first: number, second: number): void {
    const cells = this.cells;
    const mask = this.mask;
    const one = first | 0;
    const two = second | 0;
    let hole = this.home(one, two);
    while (
      cells[hole * CELL_WORDS + FIRST] !== one ||
      cells[hole * CELL_WORDS + SECOND] !== two ||
      cells[hole * CELL_WORDS + SLOT] === 0
    ) {
      assert(cells[hole * CELL_WORDS + SLOT] !== 0, "only a pair that is there is removed");
      hole = (hole + 1) & mask;
    }
    this.count--;
    this.close(hole);
  }

  /** Moves cells back over the hole until the run ends. */
  private close(start: number): void {
    const cells = this.cells;
    const mask = this.mask;
    let hole = start;
    let cell = start;
    for (;;) {
      cell = (cell + 1) & mask;
      const at = cell * CELL_WORDS;
      if (cells[at + SLOT] === 0) break;
      const home = this.home(cells[at + FIRST]!, cells[at + SECOND]!);
      if (((cell - home) & mask) < ((cell - hole) & mask)) continue;
      cells.copyWithin(hole * CELL_WORDS, at, at + CELL_WORDS);
      hole = cell;
    }
    cells[hole * CELL_WORDS + SLOT] = 0;
  }

  private grow(): void {
    const old = this.cells;
    this.cells = new Int32Array(old.length * 2);
    this.mask = this.mask * 2 + 1;
    for (let at = 0; at < old.length; at += CELL_WORDS) {
      const slot = old[at + SLOT]!;
      if (slot !== 0) this.put(old[at + FIRST]!, old[at + SECOND]!, slot);
    }
  }
}
