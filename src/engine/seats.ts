/**
 * Seats: an account's place in a market, so that its orders know its balances and each other.
 *
 *   word  0  account         4  oldest buy order     8  open orders, both sides
 *         1  market slot     5  youngest buy         9  previous  | busy: seats of its account
 *         2  base balance    6  oldest sell         10  next      | idle: all idle, oldest first
 *         3  quote balance   7  youngest sell       11 - 15  unused
 *
 * A seat is busy while it has open orders. An idle one is kept for the next order and only taken
 * for another pair when no seat was never used; there is one seat more than orders may be open, so
 * an idle one can always be found. Two orders of one market are of one account if their seats are
 * equal.
 */
import { PairIndex } from "../ledger/pair-index.ts";
import { OWN_NEXT, OWN_PREVIOUS, ORDER_SHIFT, type OrderSlab, SEAT_SIDE } from "./order-slab.ts";

export const SEAT_SHIFT = 4;
export const SEAT_ACCOUNT = 0;
export const SEAT_MARKET = 1;
export const SEAT_BASE = 2;
export const SEAT_QUOTE = 3;
/** Oldest order of a side: at 4 + 2 x side, side 0 buy, 1 sell; the youngest behind it. */
export const SEAT_OLDEST = 4;
const YOUNGEST = 5;
export const SEAT_OPEN = 8;
const BEFORE = 9;
export const SEAT_AFTER = 10;

export class Seats {
  readonly words: Int32Array;
  /** By account: its first busy seat. */
  readonly first: Int32Array;
  private readonly index: PairIndex;
  private readonly orders: Int32Array;
  private readonly seatCount: number;
  private top = 1;
  /** The seat that was found last; seat 0 is of no market. */
  private last = 0;
  private idleOldest = 0;
  private idleYoungest = 0;

  constructor(slab: OrderSlab, ordersMax: number, accountsMax: number, seed: number) {
    this.seatCount = ordersMax + 2;
    this.words = new Int32Array(this.seatCount << SEAT_SHIFT);
    this.first = new Int32Array(accountsMax + 1);
    this.index = new PairIndex(this.seatCount, seed);
    this.orders = slab.words;
  }

  /** The seat, or 0 if the account has none in this market now. */
  find(account: number, market: number): number {
    // Commands of a frame are mostly of one market. What a seat says of itself cannot be stale.
    const at = this.last << SEAT_SHIFT;
    const words = this.words;
    const isLast = words[at + SEAT_ACCOUNT] === account && words[at + SEAT_MARKET] === market;
    if (isLast) return this.last;
    const seat = this.index.find(account, market);
    if (seat !== 0) this.last = seat;
    return seat;
  }

  /** A new idle seat without orders; it may take the place of another idle one. */
  open(account: number, market: number): number {
    const words = this.words;
    const seat = this.top < this.seatCount ? this.top++ : this.evict();
    const at = seat << SEAT_SHIFT;
    words[at + SEAT_ACCOUNT] = account;
    words[at + SEAT_MARKET] = market;
    words.fill(0, at + SEAT_OLDEST, at + SEAT_OPEN + 1);
    this.index.add(account, market, seat);
    this.linkIdle(seat);
    return seat;
  }

  private evict(): number {
    const seat = this.idleOldest;
    const at = seat << SEAT_SHIFT;
    this.index.remove(this.words[at + SEAT_ACCOUNT]!, this.words[at + SEAT_MARKET]!);
    this.unlinkIdle(seat);
    return seat;
  }

  /** Puts an order at the young end of its seat side. */
  join(slot: number): void {
    const { words, orders } = this;
    const order = slot << ORDER_SHIFT;
    const seatSide = orders[order + SEAT_SIDE]!;
    const seat = seatSide >> 1;
    const at = seat << SEAT_SHIFT;
    const list = at + 2 * (seatSide & 1);
    if (words[at + SEAT_OPEN] === 0) this.becomeBusy(seat);
    words[at + SEAT_OPEN] = words[at + SEAT_OPEN]! + 1;
    const youngest = words[list + YOUNGEST]!;
    orders[order + OWN_NEXT] = 0;
    orders[order + OWN_PREVIOUS] = youngest;
    words[list + YOUNGEST] = slot;
    if (youngest === 0) words[list + SEAT_OLDEST] = slot;
    else orders[(youngest << ORDER_SHIFT) + OWN_NEXT] = slot;
  }

  /** Takes an order out of its seat side. */
  part(slot: number): void {
    const { words, orders } = this;
    const order = slot << ORDER_SHIFT;
    const seatSide = orders[order + SEAT_SIDE]!;
    const seat = seatSide >> 1;
    const at = seat << SEAT_SHIFT;
    const list = at + 2 * (seatSide & 1);
    const next = orders[order + OWN_NEXT]!;
    const previous = orders[order + OWN_PREVIOUS]!;
    if (previous === 0) words[list + SEAT_OLDEST] = next;
    else orders[(previous << ORDER_SHIFT) + OWN_NEXT] = next;
    if (next === 0) words[list + YOUNGEST] = previous;
    else orders[(next << ORDER_SHIFT) + OWN_PREVIOUS] = previous;
    const open = words[at + SEAT_OPEN]! - 1;
    words[at + SEAT_OPEN] = open;
    if (open === 0) this.becomeIdle(seat);
  }

  private becomeBusy(seat: number): void {
    const words = this.words;
    const at = seat << SEAT_SHIFT;
    const account = words[at + SEAT_ACCOUNT]!;
    this.unlinkIdle(seat);
    const next = this.first[account]!;
    words[at + BEFORE] = 0;
    words[at + SEAT_AFTER] = next;
    if (next !== 0) words[(next << SEAT_SHIFT) + BEFORE] = seat;
    this.first[account] = seat;
  }

  private becomeIdle(seat: number): void {
    const words = this.words;
    const at = seat << SEAT_SHIFT;
    const before = words[at + BEFORE]!;
    const after = words[at + SEAT_AFTER]!;
    if (before === 0) this.first[words[at + SEAT_ACCOUNT]!] = after;
    else words[(before << SEAT_SHIFT) + SEAT_AFTER] = after;
    if (after !== 0) words[(after << SEAT_SHIFT) + BEFORE] = before;
    this.linkIdle(seat);
  }

  private linkIdle(seat: number): void {
    const words = this.words;
    const at = seat << SEAT_SHIFT;
    const youngest = this.idleYoungest;
    words[at + BEFORE] = youngest;
    words[at + SEAT_AFTER] = 0;
    if (youngest === 0) this.idleOldest = seat;
    else words[(youngest << SEAT_SHIFT) + SEAT_AFTER] = seat;
    this.idleYoungest = seat;
  }

  private unlinkIdle(seat: number): void {
    const words = this.words;
    const at = seat << SEAT_SHIFT;
    const before = words[at + BEFORE]!;
    const after = words[at + SEAT_AFTER]!;
    if (before === 0) this.idleOldest = after;
    else words[(before << SEAT_SHIFT) + SEAT_AFTER] = after;
    if (after === 0) this.idleYoungest = before;
    else words[(after << SEAT_SHIFT) + BEFORE] = before;
  }
}
