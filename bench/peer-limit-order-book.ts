/**
 * Peer: limit-order-book from npm, driven over a workload.
 *
 * Its ids, prices and sizes are strings, which are made outside the clock. It has neither modify
 * nor immediate-or-cancel: a modify is a removal and a new order, and what is left of an order that
 * must not rest is removed.
 */
import { LimitOrder, LimitOrderBook } from "limit-order-book";
import { MESSAGE_CANCEL, MESSAGE_NEW } from "../src/load/workload.ts";
import { type Columns, folded, type Runs } from "./books-alone.ts";

const SIDES = ["bid", "ask"] as const;

interface Texts {
  readonly id: readonly string[];
  readonly price: readonly string[];
  readonly quantity: readonly string[];
}

export function openLimitOrderBook({ id, price, quantity }: Columns): Runs {
  const texts = { id: Array.from(id, String), price: Array.from(price, String) };
  return new RhodeyBook({ ...texts, quantity: Array.from(quantity, String) });
}

class RhodeyBook implements Runs {
  private readonly book = new LimitOrderBook({ symbol: "M", priceStep: "1", sizeStep: "1" });
  private readonly texts: Texts;
  /** By id: its side, since a modify does not say it. */
  private readonly sides: ("bid" | "ask")[] = [];
  private sum = 0;

  constructor(texts: Texts) {
    this.texts = texts;
  }

  run({ count, type, side, ioc, id }: Columns): number {
    const { book, texts, sides } = this;
    for (let i = 0; i < count; i++) {
      const name = texts.id[i]!;
      if (type[i] === MESSAGE_NEW) {
        sides[id[i]!] = SIDES[side[i]!]!;
        this.add(i, sides[id[i]!]!, ioc[i] === 1);
        continue;
      }
      if (book.remove(name) === null) continue;
      this.sum = folded(this.sum, id[i]!);
      if (type[i] !== MESSAGE_CANCEL) this.add(i, sides[id[i]!]!, false);
    }
    return this.sum;
  }

  private add(i: number, side: "bid" | "ask", isIoc: boolean): void {
    const { id, price, quantity } = this.texts;
    const order = new LimitOrder(id[i]!, side, price[i]!, quantity[i]!);
    for (const maker of this.book.add(order).makers) {
      this.sum = folded(this.sum, Number(maker.filled) + Number(maker.orderId));
    }
    if (isIoc && order.sizeRemaining !== "0") this.book.remove(id[i]!);
  }
}
