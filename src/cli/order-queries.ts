/**
 * Order queries: open orders, one order, and the trades of an account.
 */
import { timeText } from "../client/explain.ts";
import type { FinishedOrderJson, OrderJson } from "../client/http-json.ts";
import { MemoryJournal } from "../client/journal.ts";
import type { MarketRules } from "../client/market-rules.ts";
import * as codes from "../protocol/codes.ts";
import type { Report } from "../protocol/report.ts";
import type { Cli } from "./cli.ts";
import { type Answer, type Args, type CommandSpec, integerOf, UsageError } from "./command.ts";
import { fillData } from "./order-answer.ts";
import { textTable } from "./text-table.ts";

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
      const order = await cli.order(id);
      return { data: order, text: ordersText([order]) };
    },
  },
  {
    name: "orders",
    about: "List the open orders of your account, and the stops that wait",
    args: [],
    options: {
      market: { value: "MARKET", help: "only this market" },
      account: { value: "N", help: "another account" },
    },
    examples: ["clob orders", "clob orders --market BTC-USD -o json"],
    run: async (cli, args) => {
      const account = await accountOf(cli, args);
      const market = args.text("market");
      const shards =
        market === undefined ? await cli.shards() : [(await cli.market(market)).rules.shard];
      const orders: OrderJson[] = [];
      for (const shard of shards) {
        let after: string | null = "";
        while (after !== null) {
          const page = { ...(market === undefined ? {} : { market }), limit: 1000 };
          const more = after === "" ? page : { ...page, after };
          const answer = await cli.http.onShard(shard).orders(account, more);
          orders.push(...answer.orders);
          after = answer.next;
        }
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
  const found: Report[] = [];
  const onReport = (report: Report): void => {
    if (report.kind === codes.REPORT_FILL) found.push(report);
  };
  for (const shard of await cli.shards()) {
    const { reports } = await cli.http.onShard(shard).account(who.account);
    const journal = new MemoryJournal();
    journal.mark(who.account, Math.max(0, reports - back));
    const client = await cli.client(who, { shard, journal, onReport });
    client.close();
  }
  found.sort((a, b) => a.logTime - b.logTime);
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

type Order = OrderJson | FinishedOrderJson;

/** Columns for stops and times only where an order has one. */
const COLUMNS: readonly {
  readonly head: string;
  readonly cell: (order: Order) => string;
  readonly isRare?: boolean;
}[] = [
  { head: "order", cell: (order) => order.order_id },
  { head: "client id", cell: (order) => order.client_order_id },
  { head: "market", cell: (order) => order.market },
  { head: "side", cell: (order) => order.side },
  { head: ">stop", cell: (order) => order.stop_price ?? "", isRare: true },
  { head: ">price", cell: (order) => order.price },
  { head: ">open", cell: (order) => order.leaves },
  { head: ">filled", cell: (order) => order.filled },
  { head: "state", cell: stateText },
  { head: "good till (UTC)", cell: goodTillText, isRare: true },
];

function stateText({ state, post_only: postOnly, reason }: Order): string {
  const why = reason === null ? "" : `: ${reason}`;
  if (postOnly === null || postOnly === "off") return state + why;
  return `${state}, post-only${postOnly === "slide" ? " slide" : ""}`;
}

function goodTillText({ good_till_us: us }: Order): string {
  return us === null || us === 0 ? "" : timeText(us);
}

function ordersText(orders: readonly Order[]): string {
  const shown = COLUMNS.filter(
    ({ isRare, cell }) => isRare !== true || orders.some((order) => cell(order) !== ""),
  );
  const rows = orders.map((order) => shown.map(({ cell }) => cell(order)));
  return textTable(
    shown.map(({ head }) => head),
    rows,
  );
}
