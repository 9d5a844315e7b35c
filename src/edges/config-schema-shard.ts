/**
 * Rows of [[asset]], [[market]] and [[shard]]: what is traded, and which log it belongs to.
 *
 * All of it goes into genesis. What is added to the file later counts only after
 * `clob admin apply` has turned it into signed commands.
 */
import { SHARD_MAX, U32_MAX } from "../protocol/codes.ts";
import { choice, integer, type Row, text } from "./config-row.ts";

export const MARKET_ID_MAX = 1_000_000;
export const SHARD_ID_MAX = SHARD_MAX;

/** Legal states of a market (DESIGN 7), as written in the file. */
export const MARKET_STATES = ["open", "post_only", "cancel_only", "halted", "closed"] as const;

type Cell = Omit<Row, "section" | "genesis">;

const ASSET_CELLS: readonly Cell[] = [
  { key: "id", kind: integer(1, 65_535), doc: "Number of the asset, never reused." },
  {
    key: "symbol",
    kind: text(/^[A-Z0-9]{1,16}$/, "1 to 16 of A-Z and 0-9"),
    doc: "Name of the asset.",
  },
  {
    key: "decimals",
    kind: integer(0, 15),
    doc: "Digits after the point: one unit is 10^-decimals, and all amounts are whole units.",
  },
];

const MARKET_CELLS: readonly Cell[] = [
  {
    key: "id",
    kind: integer(1, MARKET_ID_MAX),
    doc: "Number of the market, never reused; of the first one, if `count` is above 1.",
  },
  {
    key: "count",
    kind: integer(1, MARKET_ID_MAX),
    fallback: 1,
    doc: "Makes this many markets with ids from `id` upward, else alike.",
  },
  {
    key: "symbol",
    kind: text(
      /^(?=.{1,16}$)[A-Z0-9-]*#?[A-Z0-9-]*$/,
      "1 to 16 of A-Z, 0-9, - and one # for the id",
    ),
    doc: "Name of the market. `#` becomes its id and is needed if `count` is above 1.",
  },
  { key: "base", kind: text(/^.+$/, "symbol of an asset"), doc: "Asset that is bought and sold." },
  { key: "quote", kind: text(/^.+$/, "symbol of an asset"), doc: "Asset that it is paid with." },
  { key: "tick", kind: { type: "decimal" }, doc: "Step of the price, in quote for 1 base." },
  { key: "lot", kind: { type: "decimal" }, doc: "Step of the quantity, in base." },
  {
    key: "quantity_min",
    kind: { type: "decimal" },
    doc: "Smallest order, in base, a multiple of `lot`.",
  },
  {
    key: "quantity_max",
    kind: { type: "decimal" },
    doc: "Largest order, in base, a multiple of `lot`.",
  },
  {
    key: "price_min",
    kind: { type: "decimal" },
    doc: "Lower end of the price band, in quote for 1 base, a multiple of `tick`.",
  },
  {
    key: "price_max",
    kind: { type: "decimal" },
    doc: "Upper end of the price band, in quote for 1 base, a multiple of `tick`.",
  },
  {
    key: "price_step_ticks",
    kind: integer(1, U32_MAX),
    fallback: 1,
    doc: "Prices are multiples of this many ticks.",
  },
  {
    key: "quantity_step_lots",
    kind: integer(1, U32_MAX),
    fallback: 1,
    doc: "Quantities are multiples of this many lots.",
  },
  {
    key: "maker_fee_ppm",
    kind: integer(0, 100_000),
    fallback: 0,
    doc: "Fee of the resting side in parts per million of the amount paid.",
  },
  {
    key: "taker_fee_ppm",
    kind: integer(0, 100_000),
    fallback: 0,
    doc: "Fee of the incoming side in parts per million of the amount paid.",
  },
  {
    key: "open_orders_max",
    kind: integer(1, 16_777_216),
    fallback: 1024,
    doc: "Open orders of one account in this market.",
  },
  { key: "state", kind: choice(...MARKET_STATES), fallback: "open", doc: "State to begin with." },
];

const SHARD_CELLS: readonly Cell[] = [
  { key: "id", kind: integer(1, SHARD_ID_MAX), doc: "Number of the shard; the lowest directs." },
  {
    key: "markets",
    kind: { type: "ranges" },
    doc: "Ids of its markets, such as `1-2100` or `1-4,9`. Every market is in one shard.",
  },
];

export const SHARD_ROWS: readonly Row[] = [
  ...ASSET_CELLS.map((cell) => ({ ...cell, section: "asset", genesis: true })),
  ...MARKET_CELLS.map((cell) => ({ ...cell, section: "market", genesis: true })),
  ...SHARD_CELLS.map((cell) => ({ ...cell, section: "shard", genesis: true })),
];
