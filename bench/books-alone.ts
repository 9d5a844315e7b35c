/**
 * BooksAlone: the engine's own slab, index, levels and queues in a matching loop without accounts,
 * money, reports or frames; and a plain sorted-array book of objects beside it.
 *
 * Both take the messages from arrays that were filled beforehand, and answer with a checksum of
 * their trades and cancels, which must be the same.
 */
import { Book } from "../src/engine/book.ts";
import type { LevelLimits, PriceLevels } from "../src/engine/levels.ts";
import { OrderIndex } from "../src/engine/order-index.ts";
import * as order from "../src/engine/order-slab.ts";
import { OrderSlab } from "../src/engine/order-slab.ts";
import { Seats } from "../src/engine/seats.ts";
import { MESSAGE_CANCEL, MESSAGE_NEW, type Workload } from "../src/load/workload.ts";

/** A workload as columns; `side` of cancels and modifies is not used. */
export interface Columns {
  readonly type: Uint8Array;
  readonly side: Uint8Array;
  readonly ioc: Uint8Array;
  readonly quantity: Int32Array;
  readonly price: Int32Array;
  readonly id: Int32Array;
}

export function columnsOf(workload: Workload): Columns {
  const { count } = workload;
  const columns = {
    type: new Uint8Array(count),
    side: new Uint8Array(count),
    ioc: new Uint8Array(count),
    quantity: new Int32Array(count),
    price: new Int32Array(count),
    id: new Int32Array(count),
  };
  for (let i = 0; i < count; i++) {
    const message = workload.message(i);
    columns.type[i] = message.type;
    columns.side[i] = message.side;
    columns.ioc[i] = message.ioc ? 1 : 0;
    columns.quantity[i] = message.quantity;
    columns.price[i] = message.price;
    columns.id[i] = Number(message.orderId);
  }
  return columns;
}

export class BooksAlone {
  private readonly slab: OrderSlab;
  private readonly book: Book;
  private readonly index: OrderIndex;
  private readonly seat: number;
  private sum = 0;

  constructor(levels: (limits: LevelLimits) => PriceLevels, ordersMax: number) {
    this.slab = new OrderSlab(ordersMax);
    const seats = new Seats(this.slab, 1, 1, 0);
    this.index = new OrderIndex(this.slab, seats, ordersMax, 0);
    this.book = new Book(levels({ sideCount: 4, levelCount: ordersMax }), this.slab, seats);
    this.seat = seats.open(1, 1);
  }

  run(columns: Columns): number {
    const { type, side, ioc, quantity, price, id } = columns;
    for (let i = 0; i < type.length; i++) {
      if (type[i] === MESSAGE_NEW) {
        const slot = this.place(2 * this.seat + side[i]!, price[i]!, quantity[i]!, id[i]!);
        this.match(slot, true, ioc[i] === 1);
        continue;
      }
      const slot = this.index.find(1, id[i]!, 0);
      if (slot === 0) continue;
      this.sum = folded(this.sum, id[i]!);
      this.book.leave(slot);
      if (type[i] === MESSAGE_CANCEL) this.forget(slot);
      else this.modify(slot, price[i]!, quantity[i]!);
    }
    return this.sum;
  }

  private place(seatSide: number, price: number, quantity: number, id: number): number {
    const slot = this.slab.take();
    const at = slot << order.ORDER_SHIFT;
    const words = this.slab.words;
    words[at + order.LEAVES] = quantity;
    words[at + order.PRICE] = price;
    words[at + order.SEAT_SIDE] = seatSide;
    words[at + order.CLIENT_LOW] = id;
    words[at + order.CLIENT_HIGH] = 0;
    return slot;
  }

  private modify(slot: number, price: number, quantity: number): void {
    const at = slot << order.ORDER_SHIFT;
    this.slab.words[at + order.LEAVES] = quantity;
    this.slab.words[at + order.PRICE] = price;
    this.match(slot, false, false);
  }

  private forget(slot: number): void {
    this.index.remove(slot);
    this.slab.give(slot);
  }

  private match(taker: number, isNew: boolean, isIoc: boolean): void {
    const { lots, words } = this.slab;
    const { book } = this;
    const { levels } = book;
    const at = taker << order.ORDER_SHIFT;
    const seatSide = words[at + order.SEAT_SIDE]!;
    const isSell = (seatSide & 1) === 1;
    const limit = lots[at + order.PRICE]!;
    const opposite = book.sideOf(seatSide) ^ 1;
    while (lots[at + order.LEAVES] !== 0) {
      const level = levels.best[opposite]!;
      if (level === 0) break;
      const price = levels.price[level]!;
      if (isSell ? price < limit : price > limit) break;
      const maker = book.oldest(level);
      const makerAt = maker << order.ORDER_SHIFT;
      const quantity = Math.min(lots[at + order.LEAVES]!, lots[makerAt + order.LEAVES]!);
      lots[at + order.LEAVES] = lots[at + order.LEAVES]! - quantity;
      lots[makerAt + order.LEAVES] = lots[makerAt + order.LEAVES]! - quantity;
      book.shrink(level, quantity);
      this.sum = folded(this.sum, quantity + words[makerAt + order.CLIENT_LOW]!);
      if (lots[makerAt + order.LEAVES] !== 0) continue;
      book.leave(maker);
      this.forget(maker);
    }
    if (lots[at + order.LEAVES] !== 0 && !isIoc) {
      book.enter(taker);
      if (isNew) this.index.add(taker);
    } else if (isNew) this.slab.give(taker);
    else this.forget(taker);
  }
}

interface PlainOrder {
  readonly id: number;
  readonly side: number;
  price: number;
  leaves: number;
}

interface PlainLevel {
  readonly price: number;
  readonly orders: PlainOrder[];
}

/** What one writes first: a sorted array of levels per side, an array of orders in each, a Map. */
export class PlainBook {
  /** The best level is the last, so that taking it away is cheap. */
  private readonly sides: readonly PlainLevel[][] = [[], []];
  private readonly orders = new Map<number, PlainOrder>();
  private sum = 0;

  run(columns: Columns): number {
    const { type, side, ioc, quantity, price, id } = columns;
    for (let i = 0; i < type.length; i++) {
      const values = { id: id[i]!, side: side[i]!, price: price[i]!, leaves: quantity[i]! };
      if (type[i] === MESSAGE_NEW) {
        this.match(values, ioc[i] === 1);
        continue;
      }
      const found = this.orders.get(id[i]!);
      if (found === undefined) continue;
      this.sum = folded(this.sum, found.id);
      this.take(found);
      if (type[i] === MESSAGE_CANCEL) continue;
      found.price = values.price;
      found.leaves = values.leaves;
      this.match(found, false);
    }
    return this.sum;
  }

  private match(taker: PlainOrder, isIoc: boolean): void {
    const levels = this.sides[taker.side ^ 1]!;
    while (taker.leaves > 0) {
      const level = levels.at(-1);
      if (level === undefined) break;
      if (taker.side === 1 ? level.price < taker.price : level.price > taker.price) break;
      const maker = level.orders[0]!;
      const quantity = Math.min(taker.leaves, maker.leaves);
      taker.leaves -= quantity;
      maker.leaves -= quantity;
      this.sum = folded(this.sum, quantity + maker.id);
      if (maker.leaves === 0) this.take(maker);
    }
    if (taker.leaves > 0 && !isIoc) this.rest(taker);
  }

  /** Where the level of this price is or belongs. */
  private search(side: number, price: number): number {
    const levels = this.sides[side]!;
    let low = 0;
    let high = levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const isWorse = side === 0 ? levels[middle]!.price < price : levels[middle]!.price > price;
      if (isWorse) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private rest(taker: PlainOrder): void {
    const levels = this.sides[taker.side]!;
    const at = this.search(taker.side, taker.price);
    if (levels[at]?.price === taker.price) levels[at].orders.push(taker);
    else levels.splice(at, 0, { price: taker.price, orders: [taker] });
    this.orders.set(taker.id, taker);
  }

  private take(found: PlainOrder): void {
    const levels = this.sides[found.side]!;
    const at = this.search(found.side, found.price);
    const { orders } = levels[at]!;
    orders.splice(orders.indexOf(found), 1);
    if (orders.length === 0) levels.splice(at, 1);
    this.orders.delete(found.id);
  }
}

/** Order sensitive, in 32 bits. */
function folded(sum: number, value: number): number {
  return (Math.imul(sum, 31) + value) | 0;
}
