/**
 * Planted bugs about orders and money: rows of what the core might say instead. planted-bugs.ts.
 */
import type { PlantedBug } from "./planted-bugs.ts";

export const BUGS_OF_TRADING: readonly PlantedBug[] = [
  {
    name: "equal prices do not cross for sells",
    file: "src/engine/match.ts",
    find: "if (isSell ? price < limit : price > limit) return NO_REASON;",
    put: "if (isSell ? price <= limit : price > limit) return NO_REASON;",
  },
  {
    name: "a level whose youngest leaves forgets its queue's tail",
    file: "src/engine/book.ts",
    find: "if (next === 0) words[at + YOUNGEST] = previous;",
    put: "if (next === 0) words[at + YOUNGEST] = next;",
  },
  {
    name: "fill-or-kill may meet one maker more than there is room for",
    file: "src/engine/match.ts",
    find: "if (1 + reports >= room) return FOK_RECORD_FULL;",
    put: "if (1 + reports > room) return FOK_RECORD_FULL;",
  },
  {
    name: "fill-or-kill counts own makers under decrement",
    file: "src/engine/match.ts",
    find: "if (own && !passed && terms.selfTrade !== codes.STP_NONE) return found;",
    put: "if (own && !passed && terms.selfTrade % codes.STP_DECREMENT !== 0) return found;",
  },
  {
    name: "a price improvement stays held",
    file: "src/engine/match.ts",
    find: "this.balances.spend(seats[seat + SEAT_QUOTE]!, before - after, spent);",
    put: "this.balances.spend(seats[seat + SEAT_QUOTE]!, spent, spent);",
  },
  {
    name: "immediate orders may take an id that is open",
    file: "src/engine/order-checks.ts",
    find: "if (state.index.find(signer.account,",
    put: "if (terms.mayStay && state.index.find(signer.account,",
  },
  {
    name: "trade ids count over all markets",
    file: "src/engine/match.ts",
    find: "const trade = this.markets.trades(market) + 1;",
    put: "const trade = this.state.trades + 1;",
  },
  {
    name: "fees are rounded up",
    file: "src/ledger/money.ts",
    find: "if (product < SAFE_LIMIT) return Math.floor(product / PPM);",
    put: "if (product < SAFE_LIMIT) return Math.ceil(product / PPM);",
  },
  {
    name: "decrement forgets what the taker's lots held",
    file: "src/engine/match.ts",
    find: "else if (!this.holdsBudget(taker)) resting.reduce(",
    put: "else if (made < 0) resting.reduce(",
  },
  {
    name: "post-only slides two steps",
    file: "src/engine/order-checks.ts",
    find: "const price = terms.isSell ? opposite + step : opposite - step;",
    put: "const price = terms.isSell ? opposite + 2 * step : opposite - 2 * step;",
  },
  {
    name: "a replace forgets what was traded",
    file: "src/engine/orders.ts",
    find: "words[(slot << order.ORDER_SHIFT) + order.LEAVES] = terms.quantity;",
    put: `words[(slot << order.ORDER_SHIFT) + order.LEAVES] = terms.quantity;
    words[(slot << order.ORDER_SHIFT) + order.CUMULATIVE] = 0;`,
  },
  {
    name: "a replace does not count what the order holds already",
    file: "src/engine/order-checks.ts",
    find: "const free = this.balances.free(slot) + held;",
    put: "const free = this.balances.free(slot) + 0 * held;",
  },
  {
    name: "a budget covers the trades but not their fees",
    file: "src/engine/match.ts",
    find: "const ppm = takerSells ? 0 : rule[rules + RULE_TAKER_PPM]!;",
    put: "const ppm = takerSells ? 0 : 0 * rule[rules + RULE_TAKER_PPM]!;",
  },
  {
    name: "cancel both goes on after the maker",
    file: "src/engine/match.ts",
    find: "if (prevention === codes.STP_CANCEL_BOTH) return codes.CANCEL_SELF_TRADE;",
    put: "",
  },
  {
    name: "one open order too many is taken",
    file: "src/engine/order-checks.ts",
    find: "if (open >= openMax) return",
    put: "if (open > openMax) return",
  },
  {
    name: "the makers' fees go nowhere",
    file: "src/engine/match.ts",
    find: "FEES, makerFee + takerFee);",
    put: "FEES, takerFee);",
  },
  {
    name: "a step of matching begins with room for two",
    file: "src/engine/reports-out.ts",
    find: "export const ROOM_FOR_STEP = 3;",
    put: "export const ROOM_FOR_STEP = 2;",
  },
  {
    name: "a reduced order's lots stay in its level's sum",
    file: "src/engine/resting.ts",
    find: "book.shrink(level, lots);",
    put: "",
  },
  {
    name: "a mass cancel takes orders in halted markets too",
    file: "src/engine/cancels.ts",
    find: "own.gatherAll(signer.account, side, false);",
    put: "own.gatherAll(signer.account, side, true);",
  },
];
