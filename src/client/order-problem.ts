/**
 * OrderProblem: why no venue takes an order whose fields do not go together, as one sentence in
 * the order's own words. The venue has the same table (docs/PROTOCOL.md, new_order).
 */
import type { PlaceRequest, TimeInForce } from "./order-request.ts";

type Asked = PlaceRequest & { readonly timeInForce: TimeInForce };

/** The first thing that is wrong with it, "" if its fields go together. */
export function orderProblem(order: Asked): string {
  const { type = "limit", timeInForce, goodTill, postOnly, price = 0, quantity } = order;
  const isStop = type === "stop" || type === "stop_limit";
  const isImmediate = timeInForce === "ioc" || timeInForce === "fok";
  const hasBudget = (order.budget ?? 0) !== 0;
  const hasStopPrice = (order.stopPrice ?? 0) !== 0;
  if (quantity === 0) return "a quantity is 1 lot or more";
  if (price === 0 && !hasBudget) return "only with a budget may an order leave its price out";
  if (isStop && !hasStopPrice) return `type ${type} needs stopPrice`;
  if (!isStop && hasStopPrice) {
    return `a stop price is for types stop and stop_limit, not ${type}`;
  }
  if (timeInForce === "gtd" && goodTill === undefined) return "time in force gtd needs goodTill";
  if (timeInForce !== "gtd" && goodTill !== undefined) {
    return `goodTill is for time in force gtd, not ${timeInForce}`;
  }
  if (type === "market" && !isImmediate) {
    return `a market order never rests: its time in force is ioc or fok, not ${timeInForce}`;
  }
  if (isStop && isImmediate) {
    return `a stop may wait: its time in force is gtc, gtd or day, not ${timeInForce}`;
  }
  if (hasBudget && (type !== "market" || timeInForce !== "ioc")) {
    return `a budget is for market orders that are ioc, not for ${type} ${timeInForce}`;
  }
  const isPostOnly = postOnly !== undefined && postOnly !== false;
  if (isPostOnly && (type !== "limit" || isImmediate)) {
    return `post-only is for limit orders that may rest, not for ${type} ${timeInForce}`;
  }
  return "";
}
