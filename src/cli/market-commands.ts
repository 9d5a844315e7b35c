/**
 * Market commands: what is traded, at what prices, and what was.
 */
import { timeText } from "../client/explain.ts";
import type { MarketJson, TradeJson } from "../client/http-json.ts";
import { watchBook } from "./book-watch.ts";
import { bookText } from "./book-text.ts";
import type { CommandSpec } from "./command.ts";
import { textTable } from "./text-table.ts";

const DEPTH = 10;

export const MARKET_COMMANDS: readonly CommandSpec[] = [
  {
    name: "markets",
    about: "List the markets with their steps and best prices",
    args: [],
    options: {},
    examples: ["clob markets", "clob markets -o json"],
    run: async (cli) => {
      const markets = await cli.http.markets();
      return { data: { markets }, text: marketsText(markets) };
    },
  },
  {
    name: "book",
    about: "Show a market's best levels; --watch keeps them fresh until Ctrl-C",
    args: [{ name: "MARKET", help: "symbol or id, such as BTC-USD" }],
    options: {
      depth: { value: "N", help: "levels a side [10]" },
      watch: { short: "w", help: "follow /v1/stream; with -o json one line for each change" },
    },
    examples: ["clob book BTC-USD", "clob book BTC-USD --watch", "clob book 1 --depth 50 -o json"],
    run: async (cli, args) => {
      const depth = args.integer("depth", 1) ?? DEPTH;
      const { json, rules } = await cli.market(args.at(0));
      if (args.flag("watch")) return watchBook(cli, json.symbol, depth);
      const book = await cli.http.book(rules.id, depth);
      return { data: book, text: bookText(book, depth) };
    },
  },
  {
    name: "trades",
    about: "Show a market's newest trades",
    args: [{ name: "MARKET", help: "symbol or id, such as BTC-USD" }],
    options: { limit: { value: "N", help: "how many [20]" } },
    examples: ["clob trades BTC-USD", "clob trades BTC-USD --limit 100 -o json"],
    run: async (cli, args) => {
      const limit = args.integer("limit", 1) ?? 20;
      const trades = await cli.http.trades((await cli.market(args.at(0))).rules.id, { limit });
      return { data: trades, text: tradesText(trades.trades) };
    },
  },
];

export function marketsText(markets: readonly MarketJson[]): string {
  const heads = [">id", "symbol", "state", ">tick", ">lot", ">bid", ">ask", ">last", ">trades"];
  const rows = markets.map((market) => [
    String(market.id),
    market.symbol,
    market.state,
    market.tick ?? "-",
    market.lot,
    market.best_bid ?? "-",
    market.best_ask ?? "-",
    market.last_price ?? "-",
    String(market.trades),
  ]);
  return textTable(heads, rows);
}

function tradesText(trades: readonly TradeJson[]): string {
  if (trades.length === 0) return "no trades yet";
  const rows = trades.map(({ id, price, quantity, taker_side, log_time_us }) => [
    String(id),
    timeText(log_time_us),
    taker_side,
    quantity,
    price,
  ]);
  return textTable([">trade", "time (UTC)", "taker", ">quantity", ">price"], rows);
}
