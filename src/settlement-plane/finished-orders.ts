/**
 * FinishedOrders: what became of the orders that were finished last, by order id, the oldest
 * forgotten.
 *
 *   orders   order id text -> what is known of it
 *   ids      [ id | id | ... ] of the kept ones; `at` is the oldest once it is full
 *
 * The ring of ids names the oldest at once. Asking the map for its first key would walk over the
 * holes of all that were forgotten.
 *
 * What only the book knew (self-trade prevention, post-only, good till) is gone with the order.
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
  /** Why it was canceled; 0 when it was filled. */
  readonly reason: number;
  /** Ticks, of one that was seen being triggered; else 0. */
  readonly stopPrice: number;
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
  private readonly ids: string[] = [];
  private at = 0;

  constructor(kept = KEPT) {
    this.kept = kept;
  }

  add(id: OrderId, order: FinishedOrder): void {
    const text = orderIdText(id.key, id.nonce, id.index);
    const isKnown = this.orders.has(text);
    this.orders.set(text, order);
    if (isKnown) return;
    const oldest = this.ids[this.at];
    if (oldest !== undefined) this.orders.delete(oldest);
    this.ids[this.at] = text;
    this.at = (this.at + 1) % this.kept;
  }

  find(id: OrderId): FinishedOrder | null {
    return this.orders.get(orderIdText(id.key, id.nonce, id.index)) ?? null;
  }
}
