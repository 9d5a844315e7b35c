/**
 * Order queries: open orders, one order, and the trades of an account.
 */
import type { OrderJson } from "../client/http-json.ts";
import { MemoryJournal } from "../client/journal.ts";
import type { MarketRules } from "../client/market-rules.ts";
import * as codes from "../protocol/codes.ts";
import type { Report } from "../protocol/report.ts";
import type { Cli } from "./cli.ts";
import { type Answer, type Args, type CommandSpec, integerOf, UsageError } from "./command.ts";
import { fillData } from "./order-answer.ts";
import { textTable, timeText } from "./text-table.ts";

const FILLS = 20;
const LOOK_BACK = 10_000;

export const ORDER_QUERIES: readonly CommandSpec[] = [
  {
    name: "order show",
    about: "Show one order by its id",
    args: [{ name: "ID", help: "order id such as 9-55-0" }],
    options: {},
    examples: ["clob order show 9-55-0"],
    run: async (cli, args) => {
      const id = args.at(0);
      if (!isOrderId(id)) throw new UsageError(`ID is an order id such as 9-55-0, not "${id}"`);
      const order = await cli.http.order(id);
      return { data: order, text: ordersText([order]) };
    },
  },
  {
    name: "orders",
    about: "List the open orders of your account",
    args: [],
    options: {
      market: { value: "MARKET", help: "only this market" },
      account: { value: "N", help: "another account" },
    },
    examples: ["clob orders", "clob orders --market BTC-USD -o json"],
    run: async (cli, args) => {
      const account = await accountOf(cli, args);
      const market = args.text("market");
      const orders: OrderJson[] = [];
      let after: string | null = "";
      while (after !== null) {
        const page = { ...(market === undefined ? {} : { market }), limit: 1000 };
        const answer = await cli.http.orders(account, after === "" ? page : { ...page, after });
        orders.push(...answer.orders);
        after = answer.next;
      }
      const text = orders.length === 0 ? "no open orders" : ordersText(orders);
      return { data: { account, orders }, text };
    },
  },
  {
    name: "fills",
    about: "List your account's newest trades, from its own reports over TCP",
    args: [],
    options: {
      limit: { value: "N", help: `how many [${FILLS}]` },
      back: { value: "N", help: `how many reports to look back over [${LOOK_BACK}]` },
    },
    examples: ["clob fills", "clob fills --limit 100 -o json"],
    run: fills,
  },
];

/** Key, nonce, index; a client id has no dashes. */
export function isOrderId(text: string): boolean {
  return /^\d+-\d+-\d+$/.test(text);
}

/** `--account`, else the account of the key. */
export async function accountOf(cli: Cli, args: Args): Promise<number> {
  const text = args.text("account");
  return text === undefined ? (await cli.who()).account : integerOf("--account", text);
}

async function fills(cli: Cli, args: Args): Promise<Answer> {
  const limit = args.integer("limit", 1) ?? FILLS;
  const back = args.integer("back", 1) ?? LOOK_BACK;
  const who = await cli.who();
  const { reports } = await cli.http.account(who.account);
  const journal = new MemoryJournal();
  journal.mark(who.account, Math.max(0, reports - back));
  const found: Report[] = [];
  const onReport = (report: Report): void => {
    if (report.kind === codes.REPORT_FILL) found.push(report);
  };
  const client = await cli.client(who, { journal, onReport });
  client.close();
  const newest = found.slice(-limit).toReversed();
  const rules = new Map<number, MarketRules>();
  for (const { subject } of newest) {
    if (!rules.has(subject)) rules.set(subject, (await cli.market(String(subject))).rules);
  }
  const rows = newest.map((report) => fillData(report, rules.get(report.subject)!));
  const heads = ["time (UTC)", "market", "side", ">quantity", ">price", ">fee", "", "order"];
  const cells = rows.map((row) => [
    timeText(row.log_time_us),
    row.market,
    row.side,
    row.quantity,
    row.price,
    `${row.fee} ${row.fee_asset}`,
    row.liquidity,
    row.order_id,
  ]);
  const text = rows.length === 0 ? "no trades yet" : textTable(heads, cells);
  return { data: { account: who.account, fills: rows }, text };
}

function ordersText(orders: readonly OrderJson[]): string {
  const heads = ["order", "client id", "market", "side", ">price", ">open", ">filled", "state"];
  const rows = orders.map((order) => [
    order.order_id,
    order.client_order_id,
    order.market,
    order.side,
    order.price,
    order.leaves,
    order.filled,
    order.post_only ? `${order.state}, post-only` : order.state,
  ]);
  return textTable(heads, rows);
}
