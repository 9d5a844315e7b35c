/** Types of what the peers' packages have without types. */
declare module "limit-order-book" {
  export class LimitOrder {
    constructor(orderId: string, side: "bid" | "ask", price: string, size: string);
    readonly sizeRemaining: string;
  }

  export class LimitOrderBook {
    constructor(options: { symbol: string; priceStep: string; sizeStep: string });
    add(order: LimitOrder): { makers: { orderId: string; filled: string }[] };
    remove(orderId: string): LimitOrder | null;
  }
}

/** Its index names the types that need this enum, but not the enum. */
declare module "nodejs-order-book/dist/cjs/types.js" {
  export { TimeInForce } from "nodejs-order-book/dist/types/types";
}
