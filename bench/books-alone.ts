/**
 * BooksAlone: the engine's own slab, index, levels and queues in a matching loop without accounts,
 * money, reports or frames.
 *
 * Like every book that is measured beside it, it takes the messages from arrays that were filled
 * beforehand, and answers with a checksum of its trades and cancels: the same for all.
 */
import { Book } from "../src/engine/book.ts";
import type { LevelLimits, PriceLevels } from "../src/engine/levels.ts";
import { OrderIndex } from "../src/engine/order-index.ts";
import * as order from "../src/engine/order-slab.ts";
import { OrderSlab } from "../src/engine/order-slab.ts";
import { Seats } from "../src/engine/seats.ts";
import { MESSAGE_CANCEL, MESSAGE_NEW, type Workload } from "../src/load/workload.ts";

/** The first messages of a workload as columns; `side` of cancels and modifies is not used. */
export interface Columns {
  readonly count: number;
  readonly type: Uint8Array;
  readonly side: Uint8Array;
  readonly ioc: Uint8Array;
  readonly quantity: Int32Array;
  readonly price: Int32Array;
  readonly id: Int32Array;
}

/** A book that answers with the checksum of what it did. */
export interface Runs {
  run(columns: Columns): number;
}

export function columnsOf(workload: Workload, messagesMax: number): Columns {
  const count = Math.min(workload.count, messagesMax);
  const columns = {
    count,
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

export class BooksAlone implements Runs {
  private readonly slab: OrderSlab;
  private readonly book: Book;
  private readonly index: OrderIndex;
  private readonly seat: number;
  private sum = 0;

  constructor(levels: (limits: LevelLimits) => PriceLevels, ordersMax: number) {
    this.slab = new OrderSlab(ordersMax);
    const seats = new Seats(this.slab, 1, 1, 0);
    this.index = new OrderIndex(this.slab, seats, ordersMax, 0);
    this.book = new Book(levels({ sideCount: 8, levelCount: ordersMax }), this.slab, seats);
    this.seat = seats.open(1, 1);
  }

  run(columns: Columns): number {
    const { type, side, ioc, quantity, price, id } = columns;
    for (let i = 0; i < columns.count; i++) {
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

/** Order sensitive, in 32 bits. */
export function folded(sum: number, value: number): number {
  return (Math.imul(sum, 31) + value) | 0;
}
