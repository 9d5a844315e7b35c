/**
 * FinishedOrders: what became of the orders that were finished last, by order id, the oldest
 * forgotten.
 *
 *   orders   order id text -> what is known of it, in the order of finishing
 *
 * What only the book knew (self-trade prevention, post-only) is gone with the order.
 */
import { orderIdText } from "../protocol/report-json.ts";

export interface FinishedOrder {
  readonly account: number;
  readonly market: number;
  readonly side: number;
  readonly clientOrderId: bigint;
  /** Its limit in ticks. */
  readonly price: number;
  /** Lots. */
  readonly filled: number;
  readonly isCanceled: boolean;
}

export interface OrderId {
  readonly key: number;
  readonly nonce: number;
  readonly index: number;
}

/** About 13 MB when full. */
const KEPT = 65_536;

export class FinishedOrders {
  private readonly kept: number;
  private readonly orders = new Map<string, FinishedOrder>();

  constructor(kept = KEPT) {
    this.kept = kept;
  }

  add(id: OrderId, order: FinishedOrder): void {
    this.orders.set(orderIdText(id.key, id.nonce, id.index), order);
    if (this.orders.size <= this.kept) return;
    const [oldest] = this.orders.keys();
    if (oldest !== undefined) this.orders.delete(oldest);
  }

  find(id: OrderId): FinishedOrder | null {
    return this.orders.get(orderIdText(id.key, id.nonce, id.index)) ?? null;
  }
}
