/**
 * OrderSlab: where orders lie. One order is 64 bytes, a cache line; its place is its slot.
 *
 *   word  0  leaves       lots still open            8  own previous
 *         1  cumulative   lots traded so far         9  index and key | order id: index in and
 *         2  price        limit in ticks            10  nonce, low    | key and nonce of the frame
 *         3  level        0: in no queue now        11  packed        | that placed it
 *         4  next         younger at its level      12  client id, low
 *         5  previous     older at its level        13  client id, high
 *         6  seat side    2 x seat + 0 buy, 1 sell  14  arrival, a double in words 14 and 15
 *         7  own next     younger of its seat side
 *
 *   index and key:  [ index: 8 bits ][ key: 24 ]
 *   packed:         [ nonce, high: 21 ][ timed: 1 ][ type: 2 ][ prevention: 3 ][ post-only: 2 ]
 *
 * The type is 0 for an order in the book or a taker; a stop that waits has its own (1 stop, 2
 * stop-limit), and the level whose queue it is in is that of its stop price. Timed: it has a good
 * till, which is in the table of deadlines.
 *
 * Slot 0 is none. Free slots are chained through `next`, the last freed is the first taken, so that
 * a quiet book stays in few cache lines. The taker of a command lies in a slot too, resting or not:
 * hence one slot more than orders may be open.
 */
import { assert } from "../base/assert.ts";
import { TYPE_LIMIT, TYPE_STOP } from "../protocol/codes.ts";

export const ORDER_SHIFT = 4;
export const ORDER_WORDS = 1 << ORDER_SHIFT;

export const LEAVES = 0;
export const CUMULATIVE = 1;
export const PRICE = 2;
export const LEVEL = 3;
export const NEXT = 4;
export const PREVIOUS = 5;
export const SEAT_SIDE = 6;
export const OWN_NEXT = 7;
export const OWN_PREVIOUS = 8;
export const INDEX_KEY = 9;
export const NONCE_LOW = 10;
export const PACKED = 11;
export const CLIENT_LOW = 12;
export const CLIENT_HIGH = 13;
/** In doubles: the arrival of slot s is doubles[s * 8 + 7]. */
const ARRIVAL_DOUBLE = 7;

const TWO_32 = 0x1_0000_0000;
/** Key ids are at most this. */
export const KEY_MASK = 0xff_ffff;
const KEY_BITS = 24;
const NONCE_SHIFT = 8;
/** Of the packed word: the order has a good till. */
const TIMED = 1 << 7;
const TYPE_SHIFT = 5;
const TYPE_MASK = 3 << TYPE_SHIFT;
const SELF_TRADE_SHIFT = 2;

export class OrderSlab {
  /** Signed, for links and ids. */
  readonly words: Int32Array;
  /** The same memory unsigned, for prices and lots. */
  readonly lots: Uint32Array;
  private readonly doubles: Float64Array;
  private readonly slotCount: number;
  private top = 1;
  private freed = 0;

  constructor(ordersMax: number) {
    this.slotCount = ordersMax + 2;
    const memory = new ArrayBuffer(this.slotCount * ORDER_WORDS * 4);
    this.words = new Int32Array(memory);
    this.lots = new Uint32Array(memory);
    this.doubles = new Float64Array(memory);
  }

  /** A slot with arbitrary contents but for `level`, which is 0. */
  take(): number {
    const slot = this.freed;
    if (slot !== 0) {
      this.freed = this.words[(slot << ORDER_SHIFT) + NEXT]!;
      return slot;
    }
    assert(this.top < this.slotCount, "open orders are counted before a slot is taken");
    return this.top++;
  }

  give(slot: number): void {
    const at = slot << ORDER_SHIFT;
    this.words[at + LEVEL] = 0;
    this.words[at + NEXT] = this.freed;
    this.freed = slot;
  }

  /** Slots at or above were never used. */
  get end(): number {
    return this.top;
  }

  arrival(slot: number): number {
    return this.doubles[slot * (ORDER_WORDS / 2) + ARRIVAL_DOUBLE]!;
  }

  setArrival(slot: number, arrival: number): void {
    this.doubles[slot * (ORDER_WORDS / 2) + ARRIVAL_DOUBLE] = arrival;
  }

  price(slot: number): number {
    return this.lots[(slot << ORDER_SHIFT) + PRICE]!;
  }

  leaves(slot: number): number {
    return this.lots[(slot << ORDER_SHIFT) + LEAVES]!;
  }

  cumulative(slot: number): number {
    return this.lots[(slot << ORDER_SHIFT) + CUMULATIVE]!;
  }

  seatSide(slot: number): number {
    return this.words[(slot << ORDER_SHIFT) + SEAT_SIDE]!;
  }

  selfTrade(slot: number): number {
    return (this.words[(slot << ORDER_SHIFT) + PACKED]! >>> SELF_TRADE_SHIFT) & 7;
  }

  postOnly(slot: number): number {
    return this.words[(slot << ORDER_SHIFT) + PACKED]! & 3;
  }

  isTimed(slot: number): boolean {
    return (this.words[(slot << ORDER_SHIFT) + PACKED]! & TIMED) !== 0;
  }

  setTimed(slot: number): void {
    const at = (slot << ORDER_SHIFT) + PACKED;
    this.words[at] = this.words[at]! | TIMED;
  }

  /** A stop that was not triggered yet. */
  waits(slot: number): boolean {
    return (this.words[(slot << ORDER_SHIFT) + PACKED]! & TYPE_MASK) !== 0;
  }

  /** Stop or stop-limit while it waits, else limit. */
  type(slot: number): number {
    const kind = (this.words[(slot << ORDER_SHIFT) + PACKED]! & TYPE_MASK) >>> TYPE_SHIFT;
    return kind === 0 ? TYPE_LIMIT : kind + TYPE_STOP - 1;
  }

  /** A stop waits from now on, until its type is set to limit. */
  setType(slot: number, type: number): void {
    const at = (slot << ORDER_SHIFT) + PACKED;
    const kind = type === TYPE_LIMIT ? 0 : type - TYPE_STOP + 1;
    this.words[at] = (this.words[at]! & ~TYPE_MASK) | (kind << TYPE_SHIFT);
  }

  index(slot: number): number {
    return this.words[(slot << ORDER_SHIFT) + INDEX_KEY]! >>> KEY_BITS;
  }

  nonceHigh(slot: number): number {
    return this.words[(slot << ORDER_SHIFT) + PACKED]! >>> NONCE_SHIFT;
  }

  nonce(slot: number): number {
    return this.nonceHigh(slot) * TWO_32 + (this.words[(slot << ORDER_SHIFT) + NONCE_LOW]! >>> 0);
  }

  key(slot: number): number {
    return this.words[(slot << ORDER_SHIFT) + INDEX_KEY]! & KEY_MASK;
  }
}

/** The packed word of an order that does not wait. */
export function pack(nonceHigh: number, selfTrade: number, postOnly: number): number {
  return (nonceHigh << NONCE_SHIFT) | (selfTrade << SELF_TRADE_SHIFT) | postOnly;
}

export function packKey(index: number, key: number): number {
  return (index << KEY_BITS) | key;
}
