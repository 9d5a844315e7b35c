/**
 * `clob transfer`: free funds from one shard to another, and whether they have arrived.
 */
import { ClientError } from "../client/errors.ts";
import { rejectOf } from "../client/explain.ts";
import type { AssetJson } from "../client/http-json.ts";
import { parseAmount } from "../client/market-rules.ts";
import { reportToJson } from "../protocol/report-json.ts";
import type { Cli } from "./cli.ts";
import { type Answer, type Args, type CommandSpec, UsageError } from "./command.ts";

export const TRANSFER: CommandSpec = {
  name: "transfer",
  about: "Move free funds between shards; orders do it by themselves with --move",
  args: [
    { name: "ASSET", help: "symbol, such as USD" },
    { name: "AMOUNT", help: "such as 12.5" },
  ],
  options: {
    to: { value: "SHARD", help: "where to" },
    from: { value: "SHARD", help: "where from [where most of it is free]" },
  },
  examples: ["clob transfer USD 100 --to 2", "clob transfer USD 100 --from 2 --to 1"],
  run: transfer,
};

async function transfer(cli: Cli, args: Args): Promise<Answer> {
  const to = args.integer("to", 1);
  if (to === undefined) throw new UsageError("transfer needs --to SHARD");
  const said = args.integer("from", 1);
  if (said === to) throw new UsageError(`--from and --to are both shard ${to}: nothing would move`);
  await checkServed(cli, [to, ...(said === undefined ? [] : [said])]);
  const asset = await cli.asset(args.at(0));
  const amount = parseAmount(args.at(1), asset);
  const who = await cli.who();
  const from = said ?? (await richest(cli, who.account, { asset, to }));
  const venue = cli.venue(who);
  try {
    const { sent, credited } = await venue.transfer({ asset: asset.id, amount, from, to });
    const [report] = sent.reports;
    if (report === undefined)
      throw new ClientError({ code: "unknown_outcome", message: sent.state });
    if (sent.state === "rejected") throw rejectOf(report, undefined, asset);
    const what = `${args.at(1)} ${asset.symbol} from shard ${from} to shard ${to}`;
    const text = credited === null ? `on its way: ${what}` : `moved ${what}`;
    const arrived = credited === null ? null : reportToJson(credited);
    return { data: { from, to, sent: reportToJson(report), credited: arrived }, text };
  } finally {
    venue.close();
  }
}

async function checkServed(cli: Cli, asked: readonly number[]): Promise<void> {
  const there = (await cli.http.status()).shards.map(({ shard }) => shard);
  const absent = asked.find((shard) => !there.includes(shard));
  if (absent === undefined) return;
  const message = `there is no shard ${absent}; this venue has: ${there.join(", ")}`;
  throw new ClientError({ code: "unknown_shard", message });
}

/** The other shard where most of it is free, as far as settlement has come. */
async function richest(
  cli: Cli,
  account: number,
  { asset, to }: { readonly asset: AssetJson; readonly to: number },
): Promise<number> {
  const { balances } = await cli.http.balances(account);
  const row = balances.find((one) => one.asset === asset.id);
  const others = (row?.shards ?? []).filter(({ shard }) => shard !== to);
  // Decimals of one asset have the same digits after the point: the longer text is the larger one.
  const [most] = others.sort((a, b) => b.free.length - a.free.length || (a.free < b.free ? 1 : -1));
  if (most !== undefined) return most.shard;
  const message = `account ${account} has no ${asset.symbol} on another shard than ${to}`;
  throw new ClientError({ code: "insufficient_funds", message });
}
