/**
 * Order changes: cancel, replace, reduce, cancel all. An order is named by the id that the venue
 * gave it (9-55-0), or by its own client id together with --market.
 */
import type { Client } from "../client/client.ts";
import type { CancelAllRequest, OrderRef } from "../client/order-request.ts";
import type { Cli, Market } from "./cli.ts";
import { type Answer, type CommandSpec, orderIdOf, UsageError } from "./command.ts";
import { isOrderId } from "./order-queries.ts";
import { type CanceledAnswer, doneAnswer, joined, orderAnswer } from "./order-answer.ts";

const ID = { name: "ID", help: "order id such as 9-55-0, or a client id with --market" };
const MARKET = { market: { value: "MARKET", help: "symbol or id; needed for client ids" } };

export const ORDER_CHANGES: readonly CommandSpec[] = [
  {
    name: "cancel",
    about: "Cancel open orders",
    args: [{ ...ID, many: true }],
    options: MARKET,
    examples: ["clob cancel 9-55-0", "clob cancel 42 43 --market BTC-USD"],
    run: async (cli, args) => {
      const answers: Answer[] = [];
      for (const id of args.positionals) {
        const { ref, market } = await findOrder(cli, id);
        const result = await withClient(cli, market, (client) => client.cancel(ref));
        answers.push(await doneAnswer(cli, result));
      }
      const text = answers.map((answer) => answer.text).join("\n");
      return { data: { answers: answers.map(({ data }) => data) }, text };
    },
  },
  {
    name: "cancel-all",
    about: "Cancel all open orders, or those of a market or a side",
    args: [],
    options: {
      market: { value: "MARKET", help: "only this market" },
      side: { value: "SIDE", among: ["buy", "sell"], help: "only this side" },
    },
    examples: ["clob cancel-all", "clob cancel-all --market BTC-USD --side sell"],
    run: async (cli, args) => {
      const name = args.text("market");
      const market = name === undefined ? undefined : await cli.market(name);
      const side = args.text("side");
      const request: CancelAllRequest = {
        ...(market === undefined ? {} : { market: market.rules.id }),
        ...(side === "buy" || side === "sell" ? { side } : {}),
      };
      const shards = market === undefined ? await cli.shards() : [market.rules.shard];
      return cancelOn(cli, shards, request);
    },
  },
  {
    name: "replace",
    about: "Give an open order another price and open quantity; it goes to the tail",
    args: [ID],
    options: {
      price: { value: "PRICE", help: "the new price" },
      quantity: { value: "QUANTITY", help: "the new open quantity" },
      ...MARKET,
    },
    examples: ["clob replace 9-55-0 --price 59900 --quantity 0.4"],
    run: async (cli, args) => {
      const [price, quantity] = [args.text("price"), args.text("quantity")];
      if (price === undefined || quantity === undefined) {
        throw new UsageError("replace needs --price and --quantity");
      }
      const { ref, market } = await findOrder(cli, args.at(0));
      const { rules } = market;
      const request = { ...ref, price: rules.ticks(price), quantity: rules.lots(quantity) };
      const since = performance.now();
      const result = await withClient(cli, market, (client) => client.replace(request));
      return orderAnswer(result, rules, performance.now() - since);
    },
  },
  {
    name: "reduce",
    about: "Take a quantity off an open order; it keeps its place",
    args: [ID, { name: "QUANTITY", help: "how much to take off" }],
    options: MARKET,
    examples: ["clob reduce 9-55-0 0.1"],
    run: async (cli, args) => {
      const { ref, market } = await findOrder(cli, args.at(0));
      const request = { ...ref, quantity: market.rules.lots(args.at(1)) };
      const since = performance.now();
      const result = await withClient(cli, market, (client) => client.reduce(request));
      return orderAnswer(result, market.rules, performance.now() - since);
    },
  },
];

interface Found {
  readonly ref: OrderRef;
  readonly market: Market;
}

async function findOrder(cli: Cli, id: string): Promise<Found> {
  const named = cli.args.text("market");
  if (isOrderId(id)) {
    const order = await cli.order(id);
    const market = await cli.market(String(order.market_id));
    const clientOrderId = BigInt(order.client_order_id);
    return { ref: { market: order.market_id, clientOrderId }, market };
  }
  if (!/^\d+$/.test(id)) {
    throw new UsageError(`ID is an order id such as 9-55-0 or a client id, not "${id}"`);
  }
  const clientOrderId = orderIdOf("ID", id);
  if (named === undefined) {
    throw new UsageError(`${id} is a client id: say in which market with --market`);
  }
  const market = await cli.market(named);
  return { ref: { market: market.rules.id, clientOrderId }, market };
}

async function cancelOn(
  cli: Cli,
  shards: readonly number[],
  request: CancelAllRequest,
): Promise<Answer> {
  const venue = cli.venue(await cli.who());
  try {
    const answers: CanceledAnswer[] = [];
    for (const shard of shards) {
      answers.push(await doneAnswer(cli, await (await venue.on(shard)).cancelAll(request)));
    }
    return joined(answers);
  } finally {
    venue.close();
  }
}

async function withClient<T>(
  cli: Cli,
  market: Market,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await cli.client(await cli.who(), { shard: market.rules.shard });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}
