/**
 * Levels: which prices of each book side hold orders, which is best, and their neighbours.
 *
 * All sides of all markets share one block of 32-bit words, taken once:
 *
 *   [ best, root: a word per side ]
 *   [ price, worse, better: a word per level ][ home, side + 1: two words per level ]
 *   [ nodes, see level-nodes.ts: 36 words each ]
 *
 * The index is a compressed trie over `key`: the price, for bids with all bits turned over, so that
 * the lower key is the better price on both sides. Nodes exist only where keys part, so each has
 * two children at least, and there are fewer nodes than levels.
 *
 * Hence the bounds: no operation visits more than seven nodes, whatever the number of levels, the
 * spread of the prices or the malice of who chose them; and near the touch all of them lie in one
 * node or two. Slots are handed out and taken back in no order that may be relied on.
 */
import { assert } from "../base/assert.ts";
import {
  ABOVE_DIGIT,
  BITMAP,
  CHILDREN,
  DIGIT_MASK,
  NODE_WORDS,
  PARENT,
  PREFIX,
  SHIFT,
  hang,
  highestBelow,
  highestBit,
  lowestBelow,
  lowestBit,
  placeOf,
  shiftOf,
} from "./level-nodes.ts";

/** Level slots count from 1. */
export const NO_LEVEL = 0;

/** Bounds of the two limits: above them places in the block would outgrow 31 bits. */
export const SIDE_COUNT_MAX = 1 << 24;
export const LEVEL_COUNT_MAX = 1 << 24;

export type LevelLimits = { readonly sideCount: number; readonly levelCount: number };

/**
 * Sides are numbered: even sides are bids (higher is better), odd ones asks (lower is better).
 * The arrays are for reading. What stands in them for a slot that is not a level is undefined.
 */
export type PriceLevels = {
  /** By level: its price in ticks. */
  readonly price: Uint32Array;
  /** By level: the next worse level of the side, NO_LEVEL at its end. */
  readonly worse: Uint32Array;
  /** By level: the next better level of the side, NO_LEVEL at the best. */
  readonly better: Uint32Array;
  /** By side: its best level, NO_LEVEL when it is empty. */
  readonly best: Uint32Array;
  /** Slots are 1 .. levelCount. */
  readonly levelCount: number;
  /** Levels in use now, over all sides. */
  readonly count: number;
  /** "ts", or "c <abi> <build id>". */
  readonly build: string;
  /** The level at this price (1 .. 2^32-1), made if missing; NO_LEVEL when the table is full. */
  enter(side: number, price: number): number;
  /** The level at this price, or NO_LEVEL. */
  find(side: number, price: number): number;
  /** Removes a level of this side. Its slot will be used again. */
  leave(side: number, level: number): void;
  /** Removes all levels. */
  clear(): void;
};

export function createLevels(limits: LevelLimits): PriceLevels {
  return new TrieLevels(limits);
}

class TrieLevels implements PriceLevels {
  readonly price: Uint32Array;
  readonly worse: Uint32Array;
  readonly better: Uint32Array;
  readonly best: Uint32Array;
  readonly levelCount: number;
  readonly build = "ts";
  count = 0;

  /** The whole block, signed: a child's kind is its sign. */
  private readonly words: Int32Array;
  private readonly roots: Int32Array;
  /** By level, two words: the node that it hangs from (0: the root), and its side + 1. */
  private readonly homes: Int32Array;
  private readonly nodesAt: number;
  /** Slots below are in use or in the free list, which goes through `worse`. */
  private levelTop = 1;
  private levelFree = NO_LEVEL;
  /** Nodes below are in use or in the free list, which goes through PARENT. */
  private nodeTop: number;
  private nodeFree = 0;

  constructor({ sideCount, levelCount }: LevelLimits) {
    assert(sideCount >= 1 && sideCount <= SIDE_COUNT_MAX, "the side count is within its bounds");
    assert(levelCount >= 1 && levelCount <= LEVEL_COUNT_MAX, "the level count is within bounds");
    this.levelCount = levelCount;
    const slots = levelCount + 1;
    const priceAt = 2 * sideCount;
    this.nodesAt = priceAt + 5 * slots;
    this.nodeTop = this.nodesAt;
    const memory = new ArrayBuffer(4 * (this.nodesAt + NODE_WORDS * (levelCount - 1)));
    this.words = new Int32Array(memory);
    this.best = new Uint32Array(memory, 0, sideCount);
    this.roots = new Int32Array(memory, 4 * sideCount, sideCount);
    this.price = new Uint32Array(memory, 4 * priceAt, slots);
    this.worse = new Uint32Array(memory, 4 * (priceAt + slots), slots);
    this.better = new Uint32Array(memory, 4 * (priceAt + 2 * slots), slots);
    this.homes = new Int32Array(memory, 4 * (priceAt + 3 * slots), 2 * slots);
  }

  find(side: number, price: number): number {
    const words = this.words;
    const key = keyOf(side, price);
    let at = this.roots[side]!;
    while (at < 0) at = words[CHILDREN - at + ((key >>> words[SHIFT - at]!) & DIGIT_MASK)]!;
    return at !== 0 && this.price[at]! === price ? at : NO_LEVEL;
  }

  enter(side: number, price: number): number {
    const words = this.words;
    const key = keyOf(side, price);
    let node = 0;
    let at = this.roots[side]!;
    while (at < 0) {
      const shift = words[SHIFT - at]!;
      if (((key ^ words[PREFIX - at]!) & (ABOVE_DIGIT << shift)) !== 0) break;
      node = -at;
      at = words[node + CHILDREN + ((key >>> shift) & DIGIT_MASK)]!;
    }
    if (at > 0 && this.price[at]! === price) return at;
    return this.enterNew(side, price, node, at);
  }

  /** A new level below `node`, where `occupant` (0, another level, or a node) now hangs. */
  private enterNew(side: number, price: number, node: number, occupant: number): number {
    assert(side < this.best.length && price >= 1, "the side and the price exist");
    const level = this.takeSlot();
    if (level === NO_LEVEL) return NO_LEVEL;
    const key = keyOf(side, price);
    const home = occupant === 0 ? node : this.split(side, key, node, occupant);
    this.price[level] = price;
    this.homes[2 * level] = home;
    this.homes[2 * level + 1] = side + 1;
    if (home === 0) {
      this.roots[side] = level;
      this.best[side] = level;
      this.worse[level] = NO_LEVEL;
      this.better[level] = NO_LEVEL;
    } else {
      hang(this.words, home, key, level);
      this.link(side, level, home, key);
    }
    return level;
  }

  /** Puts a node with `occupant` as its only child where `occupant` hung below `parent`. */
  private split(side: number, key: number, parent: number, occupant: number): number {
    const words = this.words;
    const other = occupant < 0 ? words[PREFIX - occupant]! : keyOf(side, this.price[occupant]!);
    const shift = shiftOf(key ^ other);
    const node = this.takeNode();
    words[node + BITMAP] = 0;
    words[node + PREFIX] = key & (ABOVE_DIGIT << shift);
    words[node + SHIFT] = shift;
    words[node + PARENT] = parent;
    hang(words, node, other, occupant);
    if (occupant < 0) words[PARENT - occupant] = node;
    else this.homes[2 * occupant] = node;
    if (parent === 0) this.roots[side] = -node;
    else words[placeOf(words, parent, key)] = -node;
    return node;
  }

  /** Finds one neighbour in the level's own node, which has two children at least. */
  private link(side: number, level: number, home: number, key: number): void {
    const words = this.words;
    const digit = (key >>> words[home + SHIFT]!) & DIGIT_MASK;
    const others = words[home + BITMAP]! & ~(1 << digit);
    const higher = others & (-1 << digit);
    let better = NO_LEVEL;
    let worse = NO_LEVEL;
    if (higher !== 0) {
      worse = lowestBelow(words, words[home + CHILDREN + lowestBit(higher)]!);
      better = this.better[worse]!;
    } else {
      better = highestBelow(words, words[home + CHILDREN + highestBit(others)]!);
      worse = this.worse[better]!;
    }
    this.better[level] = better;
    this.worse[level] = worse;
    if (better === NO_LEVEL) this.best[side] = level;
    else this.worse[better] = level;
    if (worse !== NO_LEVEL) this.better[worse] = level;
  }

  leave(side: number, level: number): void {
    const home = this.homes[2 * level]!;
    assert(this.homes[2 * level + 1] === side + 1, "only a level of this side leaves it");
    const { worse, better } = this;
    const before = better[level]!;
    const after = worse[level]!;
    if (before === NO_LEVEL) this.best[side] = after;
    else worse[before] = after;
    if (after !== NO_LEVEL) better[after] = before;

    this.homes[2 * level + 1] = 0;
    worse[level] = this.levelFree;
    this.levelFree = level;
    this.count--;
    if (home === 0) this.roots[side] = 0;
    else this.unhang(side, home, keyOf(side, this.price[level]!));
  }

  private unhang(side: number, node: number, key: number): void {
    const words = this.words;
    const digit = (key >>> words[node + SHIFT]!) & DIGIT_MASK;
    const left = words[node + BITMAP]! & ~(1 << digit);
    words[node + BITMAP] = left;
    words[node + CHILDREN + digit] = 0;
    if ((left & (left - 1)) === 0) this.collapse(side, node, lowestBit(left));
  }

  /** Puts the only child of a node in the node's place. */
  private collapse(side: number, node: number, digit: number): void {
    const words = this.words;
    const parent = words[node + PARENT]!;
    const child = words[node + CHILDREN + digit]!;
    if (parent === 0) this.roots[side] = child;
    else words[placeOf(words, parent, words[node + PREFIX]!)] = child;
    if (child < 0) words[PARENT - child] = parent;
    else this.homes[2 * child] = parent;
    words[node + CHILDREN + digit] = 0;
    words[node + PARENT] = this.nodeFree;
    this.nodeFree = node;
  }

  clear(): void {
    this.best.fill(0);
    this.roots.fill(0);
    this.homes.fill(0, 0, 2 * this.levelTop);
    this.words.fill(0, this.nodesAt, this.nodeTop);
    this.count = 0;
    this.levelTop = 1;
    this.levelFree = NO_LEVEL;
    this.nodeTop = this.nodesAt;
    this.nodeFree = 0;
  }

  private takeSlot(): number {
    if (this.count === this.levelCount) return NO_LEVEL;
    this.count++;
    const level = this.levelFree;
    if (level === NO_LEVEL) return this.levelTop++;
    this.levelFree = this.worse[level]!;
    return level;
  }

  /** There is always one: fewer nodes than levels are in use. All children of it are zero. */
  private takeNode(): number {
    const node = this.nodeFree;
    if (node !== 0) {
      this.nodeFree = this.words[node + PARENT]!;
      return node;
    }
    const fresh = this.nodeTop;
    this.nodeTop = fresh + NODE_WORDS;
    return fresh;
  }
}

/** Lower is better on both sides; to be read as an unsigned number. */
function keyOf(side: number, price: number): number {
  return price ^ ((side & 1) - 1);
}
