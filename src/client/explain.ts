/**
 * Explain: a reject in words, with the rule and the two numbers that disagree.
 *
 *   tick: price is not a multiple of the price step (price 7, step 5)
 *   insufficient_funds: free funds do not cover it (needed 60.030000 USD, free 12.000000 USD)
 *
 * Without the market's rules the numbers are ticks, lots and units as the engine counts them.
 */
import { scopeNames } from "../protocol/code-names.ts";
import * as codes from "../protocol/codes.ts";
import { marketStateName } from "../protocol/report-json.ts";
import type { Report } from "../protocol/report.ts";
import { ClientError } from "./errors.ts";
import { type Asset, formatAmount, type MarketRules } from "./market-rules.ts";

type Unit = "price" | "quantity" | "funds" | "state" | "scopes" | "time" | "count";

/** Names of `first` and `second` of a reject, and what they count. */
const NUMBERS: ReadonlyMap<number, readonly [string, string, Unit]> = new Map([
  [codes.REJECT_DUPLICATE, ["nonce", "highest used", "count"]],
  [codes.REJECT_NONCE_TOO_OLD, ["nonce", "lowest known", "count"]],
  [codes.REJECT_NONCE_TOO_FAR, ["nonce", "highest allowed", "count"]],
  [codes.REJECT_FRAME_EXPIRED, ["expiry", "log time", "count"]],
  [codes.REJECT_KEY_EXPIRED, ["expiry", "log time", "count"]],
  [codes.REJECT_KEY_SCOPE, ["the key has", "needed", "scopes"]],
  [codes.REJECT_MARKET_STATE, ["now", "needed", "state"]],
  [codes.REJECT_TICK, ["price", "step", "price"]],
  [codes.REJECT_LOT, ["quantity", "step", "quantity"]],
  [codes.REJECT_QUANTITY_MIN, ["quantity", "minimum", "quantity"]],
  [codes.REJECT_QUANTITY_MAX, ["quantity", "maximum", "quantity"]],
  [codes.REJECT_PRICE_BAND, ["price", "bound", "price"]],
  [codes.REJECT_AMOUNT_OVERFLOW, ["price or filled", "quantity", "count"]],
  [codes.REJECT_FUNDS, ["needed", "free", "funds"]],
  [codes.REJECT_OPEN_ORDERS, ["open", "maximum", "count"]],
  [codes.REJECT_ORDERS_FULL, ["open", "maximum", "count"]],
  [codes.REJECT_POST_ONLY_CROSSES, ["price", "best opposite", "price"]],
  [codes.REJECT_FOK_UNFILLED, ["quantity", "available", "quantity"]],
  [codes.REJECT_REDUCE, ["quantity", "open", "quantity"]],
  [codes.REJECT_STATE_MOVE, ["from", "to", "state"]],
  [codes.REJECT_ORDER_EXPIRED, ["good till", "log time", "time"]],
  [codes.REJECT_LOGON_GONE, ["the logon named", "the key's last", "count"]],
  [codes.REJECT_REFERENCE, ["reference", "last", "count"]],
  [codes.REJECT_DEPOSITS_MAX, ["amount", "deposits so far", "count"]],
  [codes.REJECT_ACCOUNTS_FULL, ["accounts", "maximum", "count"]],
  [codes.REJECT_KEYS_FULL, ["keys", "maximum", "count"]],
]);

/** With the market of an order, or the asset of a withdrawal or transfer, in decimals. */
export function rejectOf(report: Report, market?: MarketRules, asset?: Asset): ClientError {
  const { code, first, second } = report;
  const { name, says, retry } = codes.rejectCode(code);
  const row = NUMBERS.get(code);
  const numbers = row === undefined ? "" : ` (${describe(row, { report, market, asset })})`;
  return new ClientError({
    code: name,
    message: `${name}: ${says}${numbers}`,
    retryable: retry,
    stated: row === undefined ? null : first,
    limit: row === undefined ? null : second,
  });
}

function describe(row: readonly [string, string, Unit], context: Context): string {
  const { report } = context;
  const [, limit, unit] = row;
  const stated = isStopPrice(report) ? "stop price" : row[0];
  const show = (value: number): string => showNumber(value, unit, context);
  return `${stated} ${show(report.first)}, ${limit} ${show(report.second)}`;
}

/** The reject is about the stop price where the number stated is not the order's own price. */
function isStopPrice({ code, reason, first, price }: Report): boolean {
  const isOfPrice = code === codes.REJECT_TICK || code === codes.REJECT_PRICE_BAND;
  return isOfPrice && reason === codes.COMMAND_NEW_ORDER && price !== 0 && first !== price;
}

interface Context {
  readonly report: Report;
  readonly market: MarketRules | undefined;
  readonly asset: Asset | undefined;
}

function showNumber(value: number, unit: Unit, { report, market, asset }: Context): string {
  if (unit === "state") return marketStateName(value);
  if (unit === "scopes") return scopesText(value);
  if (unit === "time") return timeText(value);
  if (unit === "funds" && asset !== undefined) return fundsText(value, asset);
  if (market === undefined || unit === "count") return String(value);
  if (unit === "price") return market.price(value);
  if (unit === "quantity") return market.quantity(value);
  const isOrder = report.reason === codes.COMMAND_NEW_ORDER;
  if (!isOrder || report.side === 0) return String(value);
  return fundsText(value, report.side === codes.SIDE_BUY ? market.quote : market.base);
}

function fundsText(value: number, asset: Asset): string {
  return `${formatAmount(value, asset)} ${asset.symbol}`;
}

function scopesText(bits: number): string {
  const names = scopeNames(bits);
  return names.length === 0 ? "none" : names.join("+");
}

/** Log time in UTC, to the microsecond. */
export function timeText(us: number): string {
  const seconds = new Date(Math.floor(us / 1e6) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(us % 1e6).padStart(6, "0")}Z`;
}
