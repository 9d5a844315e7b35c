/**
 * Planted bugs about stops, time, nonces, tables, roots, snapshots and the levels. planted-bugs.ts.
 */
import type { PlantedBug } from "./planted-bugs.ts";

export const BUGS_OF_TIME: readonly PlantedBug[] = [
  {
    name: "buys always go first in a cascade",
    file: "src/engine/stops.ts",
    find: "return this.slab.arrival(buy) < this.slab.arrival(sell) ? buy : sell;",
    put: "return buy;",
  },
  {
    name: "the window is not widened by a lower price",
    file: "src/engine/windows.ts",
    find: "if (isNew || low < this.low[market]!) this.low[market] = low;",
    put: "if (isNew) this.low[market] = low;",
  },
  {
    name: "a stop at the very last price waits",
    file: "src/engine/orders.ts",
    find: "if (last === 0 || (isSell ? last > stopPrice : last < stopPrice)) {",
    put: "if (last === 0 || (isSell ? last >= stopPrice : last <= stopPrice)) {",
  },
  {
    name: "a market takes orders while stops are left over in it",
    file: "src/engine/order-checks.ts",
    find: "const isBehind = state.isLate || windows.isOpen(market);",
    put: "const isBehind = state.isLate;",
  },
  {
    name: "of orders that expire at one time the youngest goes first",
    file: "src/engine/deadlines.ts",
    find: "(at[one] === at[other] && tie[one]! < tie[other]!)",
    put: "(at[one] === at[other] && tie[one]! > tie[other]!)",
  },
  {
    name: "an order expires at its good till when something else is due",
    file: "src/engine/due.ts",
    find: "while (expiries.earliest < logTime) {",
    put: "while (expiries.earliest <= logTime) {",
  },
  {
    name: "what is due bears the tag of the frame before",
    file: "src/engine/reports-out.ts",
    find: "this.tagLow = 0;",
    put: "",
  },
  {
    name: "what is due may fill the whole record",
    file: "src/engine/reports-out.ts",
    find: "this.limit = this.reportsMax >>> 1;",
    put: "this.limit = this.reportsMax;",
  },
  {
    name: "the trading day ends a microsecond late",
    file: "src/engine/terms.ts",
    find: "return Math.min(begin + (codes.DAY_US - 1), codes.AMOUNT_MAX);",
    put: "return Math.min(begin + codes.DAY_US, codes.AMOUNT_MAX);",
  },
  {
    name: "a dead-man timer leaves orders in halted markets",
    file: "src/engine/dead-man.ts",
    find: "own.gatherAll(account, 0, true);",
    put: "own.gatherAll(account, 0, false);",
  },
  {
    name: "a disconnect frame works more than once",
    file: "src/engine/commands.ts",
    find: "logon[key] = 0;",
    put: "logon[key] = nonce;",
  },
  {
    name: "a leap of the nonce leaves one old bit in the window",
    file: "src/engine/keys.ts",
    find: "if (nonce - high > 1) this.clear(key, high + 1, nonce);",
    put: "if (nonce - high > 1) this.clear(key, high + 2, nonce);",
  },
  {
    name: "an order's id loses the upper half of its nonce",
    file: "src/engine/orders.ts",
    find: "order.pack(signer.nonceHigh, terms.selfTrade, terms.postOnly);",
    put: "order.pack(0 * signer.nonceHigh, terms.selfTrade, terms.postOnly);",
  },
  {
    name: "an id that was moved aside is lost when another leaves",
    file: "src/engine/order-cells.ts",
    find: "if (((cell - home) & mask) < ((cell - hole) & mask)) continue;",
    put: "if (((cell - home) & mask) <= ((cell - hole) & mask)) continue;",
  },
  {
    name: "an id that has not moved to the new cells yet is not found",
    file: "src/engine/order-index.ts",
    find: "return slot === 0 && this.old !== null ?",
    put: "return slot === 0 && this.old !== null && low > 0 ?",
  },
  {
    name: "own orders of several markets come out of order",
    file: "src/engine/arrival-heap.ts",
    find: "if (child + 1 < this.count &&",
    put: "if (child + 2 < this.count &&",
  },
  {
    name: "the root of books does not see a maker that was traded in part",
    file: "src/engine/match.ts",
    find: "else this.state.changes.order(maker);",
    put: "",
  },
  {
    name: "a snapshot loses the good till of orders",
    file: "src/engine/snapshot-write.ts",
    find: "writeU64(view, at + 56, state.goodTill(slot));",
    put: "",
  },
  {
    name: "a restored engine forgets who is logged on",
    file: "src/engine/snapshot-accounts.ts",
    find: "keys.logon[key] = logon;",
    put: "keys.logon[key] = 0 * logon;",
  },
  {
    name: "a restored engine forgets the timers",
    file: "src/engine/snapshot-accounts.ts",
    find: "if (timer !== 0) state.timers.put(account, account);",
    put: "",
  },
  {
    name: "the plain levels keep a best price that is gone",
    file: "src/engine/levels.ts",
    find: "if (before === NO_LEVEL) this.best[side] = after;",
    put: "if (before === NO_LEVEL && after !== NO_LEVEL) this.best[side] = after;",
  },
  {
    name: "the plain levels link a new level to the wrong neighbour",
    file: "src/engine/levels.ts",
    find: "better = highestBelow(words, words[home + CHILDREN + highestBit(others)]!);",
    put: "better = lowestBelow(words, words[home + CHILDREN + highestBit(others)]!);",
  },
  {
    name: "the C tree links a new level to the wrong neighbour",
    file: "native/price_levels.c",
    find: "worse = lowest_below(h, n->child[lowest_bit(higher)]);",
    put: "worse = highest_below(h, n->child[lowest_bit(higher)]);",
  },
  {
    name: "the C tree gives a node the prefix of another",
    file: "native/price_levels.c",
    find: "n->prefix = key & above(n->shift);",
    put: "n->prefix = ~key & above(n->shift);",
  },
  {
    name: "the C tree goes down without looking at the prefix",
    file: "native/price_levels.c",
    find: "if (((key ^ n->prefix) & above(n->shift)) != 0) break;",
    put: "if (((key ^ n->prefix) & above(n->shift)) != 0 && n->shift == 0) break;",
  },
  {
    name: "the C tree finds a level that has left",
    file: "native/price_levels.c",
    find: "return h->left == LEVELS_NONE || home_of(h)[at].side > 0 ? at : LEVELS_NONE;",
    put: "return at;",
  },
];
