/**
 * DecimalOrder: an order in decimal strings, and the request in ticks, lots and units for it.
 *
 *   decimalOrder(rules, { side: "sell", type: "stop", stopPrice: "59000", price: "58500",
 *                         quantity: "0.5" })
 *
 * Exact or refused: what is no whole number of ticks, lots or units is never rounded.
 */
import { type MarketRules, parseAmount } from "./market-rules.ts";
import type { OrderTerms, PlaceRequest } from "./order-request.ts";

export interface DecimalOrder extends OrderTerms {
  /** Such as "60000.5"; of a market order or stop the protection price. */
  readonly price?: string;
  /** Of the base asset, such as "0.5". */
  readonly quantity: string;
  readonly stopPrice?: string;
  /** Of the quote asset, such as "1000". */
  readonly budget?: string;
}

/** Throws a ClientError that names the rule and the number that breaks it. */
export function decimalOrder(rules: MarketRules, order: DecimalOrder): PlaceRequest {
  const { price, quantity, stopPrice, budget, ...terms } = order;
  return {
    ...terms,
    market: rules.id,
    quantity: rules.lots(quantity),
    ...(price === undefined ? {} : { price: rules.ticks(price) }),
    ...(stopPrice === undefined ? {} : { stopPrice: rules.ticks(stopPrice, "stop price") }),
    ...(budget === undefined ? {} : { budget: parseAmount(budget, rules.quote, "budget") }),
  };
}
