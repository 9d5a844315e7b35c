/**
 * Lines: what can be said in a play, a row each: the words, and the command they stand for.
 *
 *   buys 5 at 101 ...                                        what may follow: order-words.ts
 *   cancels #1 | cancels id 7 [in m2] | cancels all [buys | sells] [in m2]
 *   replaces #1 with 5 at 101     reduces #1 by 2       withdraws 5 USD      logs on from 3
 *   sets its timer to 50          disconnects all [buys | sells] [in m2]
 *   pays ana 5 USD [ref 9]        suspends ana | frees ana      sets m1 halted
 *   opens account [for trade, read] [with key 3]
 *   adds key for trade, read [until 90] [with key 3]           revokes key 3
 *   opens asset 3 | opens market 3 [of 3 and 1] [times 2]
 *   of other shards: shard-lines.ts
 */
import * as codes from "../../src/protocol/codes.ts";
import * as command from "../../src/protocol/commands.ts";
import {
  accountOf,
  assetOf,
  type Context,
  type Groups,
  line,
  type Row,
  SCOPE_LIST,
  scopesOf,
} from "./line-parts.ts";
import { orderOf } from "./order-words.ts";
import { STATES } from "./says.ts";
import { SHARD_ROWS } from "./shard-lines.ts";
import { PLAIN_MARKET } from "./stage-genesis.ts";

/** What a line's words stand for. */
export interface Meaning {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

const IN = "(?: in m(?<market>\\d+))?";
const ORDER = "(?:#(?<order>\\d+)|id (?<id>\\d+))";

const TRADER = codes.FRAME_TRADER;
const OPERATOR = codes.FRAME_OPERATOR;
const DIRECTORY = codes.FRAME_DIRECTORY;

const ROWS: readonly Row[] = [
  [
    line("(?<side>buys|sells) (?<quantity>\\d+) at (?<price>\\d+)(?<options>(?: .*)?)"),
    TRADER,
    newOrder,
  ],
  [line(`cancels all(?: (?<side>buys|sells))?${IN}`), TRADER, massCancel],
  [line(`cancels ${ORDER}${IN}`), TRADER, (g, c) => command.encodeCancel(...target(g, c))],
  [
    line(`replaces ${ORDER}${IN} with (?<quantity>\\d+) at (?<price>\\d+)`),
    TRADER,
    (g, c) => command.encodeReplace(...target(g, c), Number(g["price"]), Number(g["quantity"])),
  ],
  [
    line(`reduces ${ORDER}${IN} by (?<quantity>\\d+)`),
    TRADER,
    (g, c) => command.encodeReduce(...target(g, c), Number(g["quantity"])),
  ],
  [line("withdraws (?<amount>\\d+) (?<asset>\\w+)"), TRADER, withdraw],
  [
    line("sets its timer to (?<timeout>\\d+)"),
    TRADER,
    (g) => command.encodeDeadMan(Number(g["timeout"])),
  ],
  [line("logs on from (?<number>\\d+)"), codes.FRAME_LOGON, logon],
  [line(`disconnects all(?: (?<side>buys|sells))?${IN}`), codes.FRAME_DISCONNECT, massCancel],
  [line("pays (?<who>\\w+) (?<amount>\\d+) (?<asset>\\w+)(?: ref (?<ref>\\d+))?"), OPERATOR, pay],
  [line("(?<verb>suspends|frees) (?<who>\\w+)"), OPERATOR, accountState],
  [line("sets m(?<market>\\d+) (?<state>\\w+)"), OPERATOR, marketState],
  [
    line(`opens account(?: for ${SCOPE_LIST})?(?: with key (?<like>\\d+))?`),
    DIRECTORY,
    (g, c) => key(g, c, codes.COMMAND_ACCOUNT_OPEN),
  ],
  [
    line(`adds key for ${SCOPE_LIST}(?: until (?<until>\\d+))?(?: with key (?<like>\\d+))?`),
    DIRECTORY,
    (g, c) => key(g, c, codes.COMMAND_KEY_ADD),
  ],
  [line("revokes key (?<key>\\d+)"), DIRECTORY, (g) => command.encodeKeyRevoke(Number(g["key"]))],
  [
    line("opens asset (?<asset>\\d+)"),
    OPERATOR,
    (g) => command.encodeAssetOpen(Number(g["asset"]), 2, `A${g["asset"]}`),
  ],
  [
    line(
      "opens market (?<market>\\d+)(?: of (?<base>\\d+) and (?<quote>\\d+))?(?: times (?<n>\\d+))?",
    ),
    OPERATOR,
    marketOpen,
  ],
  ...SHARD_ROWS,
];

/** The command that the words stand for; a typo must not pass. */
export function meaningOf(words: string, context: Context): Meaning {
  for (const [pattern, kind, encode] of ROWS) {
    const match = pattern.exec(words);
    if (match !== null) return { kind, bytes: encode(match.groups ?? {}, context) };
  }
  throw new Error(`not a line of a play: ${words}`);
}

function marketOf(groups: Groups): number {
  return Number(groups["market"] ?? 1);
}

function sideOf(word: string | undefined): number {
  if (word === undefined) return 0;
  return word === "buys" ? codes.SIDE_BUY : codes.SIDE_SELL;
}

function newOrder(groups: Groups, context: Context): Uint8Array {
  const begin = {
    side: sideOf(groups["side"]),
    quantity: Number(groups["quantity"]),
    price: Number(groups["price"]),
    clientOrderId: 0n,
  };
  const options = groups["options"] ?? "";
  const named = / id \d/.test(options);
  return command.encodeNewOrder(
    orderOf({ ...begin, clientOrderId: named ? 0n : context.freshId() }, options),
  );
}

/** Market and client id of `#1` or `id 7 in m2`; #n with a market asks there for its id. */
function target(groups: Groups, context: Context): [number, bigint] {
  if (groups["id"] !== undefined) return [marketOf(groups), BigInt(groups["id"])];
  const order = context.orders[Number(groups["order"]) - 1];
  if (order === undefined) throw new Error(`there is no order #${groups["order"]} yet`);
  const market = groups["market"] === undefined ? order.market : marketOf(groups);
  return [market, order.clientOrderId];
}

function massCancel(groups: Groups): Uint8Array {
  const market = groups["market"] === undefined ? 0 : marketOf(groups);
  return command.encodeMassCancel(market, sideOf(groups["side"]));
}

function withdraw(groups: Groups): Uint8Array {
  return command.encodeWithdraw(assetOf(groups), Number(groups["amount"]), new Uint8Array(32));
}

function logon(groups: Groups): Uint8Array {
  return command.encodeLogon(Number(groups["number"]), new Uint8Array(32));
}

function pay(groups: Groups, context: Context): Uint8Array {
  const account = accountOf(groups, context);
  const reference = Number(groups["ref"] ?? Number(context.freshId()) + 2_000_000);
  return command.encodeDeposit(assetOf(groups), account, Number(groups["amount"]), reference);
}

function accountState(groups: Groups, context: Context): Uint8Array {
  const account = accountOf(groups, context);
  return command.encodeAccountState(account, groups["verb"] === "suspends" ? 1 : 0);
}

function marketState(groups: Groups): Uint8Array {
  const state = STATES.indexOf(groups["state"] ?? "");
  if (state < 1) throw new Error(`no such state: ${groups["state"]}`);
  return command.encodeMarketState(marketOf(groups), state);
}

function key(groups: Groups, context: Context, type: number): Uint8Array {
  const like = groups["like"] === undefined ? undefined : Number(groups["like"]);
  return context.stage.keyCommand(type, scopesOf(groups), Number(groups["until"] ?? 0), like);
}

function marketOpen(groups: Groups): Uint8Array {
  return command.encodeMarketOpen({
    ...PLAIN_MARKET,
    market: marketOf(groups),
    base: Number(groups["base"] ?? PLAIN_MARKET.base),
    quote: Number(groups["quote"] ?? PLAIN_MARKET.quote),
    count: Number(groups["n"] ?? 1),
  });
}
