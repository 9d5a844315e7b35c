/**
 * Level nodes: the inner nodes of the index of price levels (levels.ts).
 *
 *   word  0       bitmap    which children there are
 *         1       prefix    what the keys below agree on: all bits above the digit
 *         2       shift     where the digit begins: 0, 5, 10, 15, 20, 25 or 30
 *         3       parent    place of the node above, 0 when the node is the root of its side
 *         4 - 35  children  by digit; 0 none, above 0 a level, below 0 a node (minus its place)
 *
 * A node divides its keys by the five bits at `shift`. Words of children that are not there are
 * zero, in free nodes too, so that a descent need not look at the bitmap.
 */
export const BITMAP = 0;
export const PREFIX = 1;
export const SHIFT = 2;
export const PARENT = 3;
export const CHILDREN = 4;
export const NODE_WORDS = 36;

const DIGIT_BITS = 5;
export const DIGIT_MASK = 31;
/** Shifted left by a node's shift: the bits above the node's digit. */
export const ABOVE_DIGIT = -32;

/** The shift of the node at which two keys part; `difference` is their exclusive or, not zero. */
export function shiftOf(difference: number): number {
  const highest = highestBit(difference);
  return highest - (highest % DIGIT_BITS);
}

/** Where the child for `key` stands in a node. */
export function placeOf(words: Int32Array, node: number, key: number): number {
  return node + CHILDREN + ((key >>> words[node + SHIFT]!) & DIGIT_MASK);
}

/** Makes `child` the child for `key`. */
export function hang(words: Int32Array, node: number, key: number, child: number): void {
  const digit = (key >>> words[node + SHIFT]!) & DIGIT_MASK;
  words[node + BITMAP] = words[node + BITMAP]! | (1 << digit);
  words[node + CHILDREN + digit] = child;
}

/** The level with the lowest key at or below `child`. */
export function lowestBelow(words: Int32Array, child: number): number {
  let at = child;
  while (at < 0) at = words[CHILDREN - at + lowestBit(words[BITMAP - at]!)]!;
  return at;
}

/** The level with the highest key at or below `child`. */
export function highestBelow(words: Int32Array, child: number): number {
  let at = child;
  while (at < 0) at = words[CHILDREN - at + highestBit(words[BITMAP - at]!)]!;
  return at;
}

/** The number of the lowest set bit of `bits`, which is not zero. */
export function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

export function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}
