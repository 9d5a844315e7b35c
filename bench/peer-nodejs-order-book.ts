/**
 * Peer: nodejs-order-book from npm, driven over a workload.
 *
 * Its orders have string ids, which are made outside the clock. A modify is its own `modify`, which
 * cancels and enters anew at the tail, as the workload asks.
 */
import { type IProcessOrder, OrderBook, Side } from "nodejs-order-book";
import { TimeInForce } from "nodejs-order-book/dist/cjs/types.js";
import { MESSAGE_CANCEL, MESSAGE_NEW } from "../src/load/workload.ts";
import { type Columns, folded, type Runs } from "./books-alone.ts";

const SIDES = [Side.BUY, Side.SELL] as const;

/** Ids as strings, by message. */
export function openNodejsOrderBook(columns: Columns): Runs {
  return new NodejsOrderBook(Array.from(columns.id, String));
}

class NodejsOrderBook implements Runs {
  private readonly book = new OrderBook();
  private readonly ids: readonly string[];
  private sum = 0;

  constructor(ids: readonly string[]) {
    this.ids = ids;
  }

  run(columns: Columns): number {
    const { type, side, ioc, quantity, price } = columns;
    const { book, ids } = this;
    for (let i = 0; i < columns.count; i++) {
      const id = ids[i]!;
      const size = quantity[i]!;
      if (type[i] === MESSAGE_NEW) {
        const order = { id, side: SIDES[side[i]!]!, size, price: price[i]! };
        const timeInForce = ioc[i] === 1 ? TimeInForce.IOC : TimeInForce.GTC;
        this.fold(book.limit({ ...order, timeInForce }), id);
        continue;
      }
      const isCancel = type[i] === MESSAGE_CANCEL;
      const found = isCancel ? book.cancel(id) : book.modify(id, { size, price: price[i]! });
      if (found === undefined || ("err" in found && found.err !== null)) continue;
      this.sum = folded(this.sum, Number(id));
      if ("done" in found) this.fold(found, id);
    }
    return this.sum;
  }

  /** Its answer holds the makers that were filled, the taker if it was, and the last maker. */
  private fold({ done, partial, partialQuantityProcessed, err }: IProcessOrder, id: string): void {
    if (err !== null) throw new Error(err.message);
    for (const order of done) {
      if (order.id !== id) this.sum = folded(this.sum, order.size + Number(order.id));
    }
    if (partial === null || partial.id === id) return;
    this.sum = folded(this.sum, partialQuantityProcessed + Number(partial.id));
  }
}
