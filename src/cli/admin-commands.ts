/**
 * Admin commands: what operators do. Each is one frame signed here, by the operator's key, and
 * handed to ingress over HTTP; ingress holds no such key.
 */
import type { ReportJson } from "../client/http-json.ts";
import { parseAmount } from "../client/market-rules.ts";
import {
  STATE_CANCEL_ONLY,
  STATE_CLOSED,
  STATE_HALTED,
  STATE_OPEN,
  STATE_POST_ONLY,
} from "../protocol/codes.ts";
import { applyCommand } from "./admin-apply.ts";
import { upgradeCommand } from "./admin-upgrade.ts";
import { haltCommands } from "./admin-halt.ts";
import type { Cli } from "./cli.ts";
import { didYouMean } from "../edges/config-suggest.ts";
import { type Answer, type Args, type CommandSpec, integerOf, UsageError } from "./command.ts";
import { marketsText } from "./market-commands.ts";

export const OPERATOR_OPTION = {
  operator: { value: "FILE", help: "operator's private key [operator.pem among the keys]" },
} as const;

const MARKET = { name: "MARKET", help: "symbol or id" };
const ACCOUNT = { name: "ACCOUNT", help: "account number" };

export const ADMIN_COMMANDS: readonly CommandSpec[] = [
  {
    name: "admin market",
    about: "list, or move MARKET to another state; what may follow what stands in docs/RULES.md",
    args: [
      { name: "ACTION", help: "list, halt, resume, post-only, cancel-only or close (for ever)" },
      { ...MARKET, optional: true },
    ],
    options: OPERATOR_OPTION,
    examples: [
      "clob admin market list",
      "clob admin market halt BTC-USD",
      "clob admin market resume BTC-USD",
      "clob admin market cancel-only BTC-USD",
    ],
    run: market,
  },
  {
    name: "admin account",
    about: "suspend ACCOUNT (it may only cancel) or resume ACCOUNT",
    args: [{ name: "ACTION", help: "suspend or resume" }, ACCOUNT],
    options: OPERATOR_OPTION,
    examples: ["clob admin account suspend 7", "clob admin account resume 7"],
    run: async (cli, args) => {
      const isSuspended = actionOf(args, ["suspend", "resume"]) === "suspend";
      const account = integerOf("ACCOUNT", args.at(1), 1);
      const report = await suspendEverywhere(cli, account, isSuspended);
      const text = `account ${account} is ${isSuspended ? "suspended" : "open"}`;
      return done(report, text);
    },
  },
  {
    name: "admin deposit",
    about: "Credit an account with funds that the custodian holds",
    args: [
      ACCOUNT,
      { name: "ASSET", help: "symbol, such as USD" },
      { name: "AMOUNT", help: "such as 1000" },
    ],
    options: {
      reference: {
        value: "N",
        help: "rises from deposit to deposit; the same never pays twice [the time]",
      },
      ...OPERATOR_OPTION,
    },
    examples: ["clob admin deposit 7 USD 1000", "clob admin deposit 7 BTC 0.5 --reference 42"],
    run: deposit,
  },
  applyCommand(OPERATOR_OPTION),
  upgradeCommand(OPERATOR_OPTION),
  ...haltCommands(OPERATOR_OPTION),
];

const STATES = {
  halt: STATE_HALTED,
  resume: STATE_OPEN,
  "post-only": STATE_POST_ONLY,
  "cancel-only": STATE_CANCEL_ONLY,
  close: STATE_CLOSED,
} as const;
const MARKET_ACTIONS = ["list", "halt", "resume", "post-only", "cancel-only", "close"] as const;

async function market(cli: Cli, args: Args): Promise<Answer> {
  const action = actionOf(args, MARKET_ACTIONS);
  if (action === "list") {
    const markets = await cli.http.markets();
    return { data: { markets }, text: marketsText(markets) };
  }
  const name = args.positionals[1];
  if (name === undefined) throw new UsageError(`admin market ${action} needs MARKET`);
  const { rules } = await cli.market(name);
  const report = await cli.operator(rules.shard).setMarketState(rules.id, STATES[action]);
  return done(report, `${rules.symbol} is ${String(report["state"])}`);
}

/** Every shard keeps the state of an account for itself. */
async function suspendEverywhere(
  cli: Cli,
  account: number,
  isSuspended: boolean,
): Promise<ReportJson> {
  const only = cli.args.integer("shard", 1);
  const { shards } = await cli.http.status();
  const [first = 1, ...others] = only === undefined ? shards.map(({ shard }) => shard) : [only];
  const report = await cli.operator(first).suspend(account, isSuspended);
  for (const shard of others) await cli.operator(shard).suspend(account, isSuspended);
  return report;
}

async function deposit(cli: Cli, args: Args): Promise<Answer> {
  const account = integerOf("ACCOUNT", args.at(0), 1);
  const asset = await cli.asset(args.at(1));
  const amount = parseAmount(args.at(2), asset);
  const reference = args.integer("reference", 1) ?? Date.now() * 1000;
  cli.note(`reference ${reference}: give it again to try again without paying twice`);
  const report = await cli.operator().deposit({ asset: asset.id, account, amount, reference });
  const text = `account ${account} got ${args.at(2)} ${asset.symbol}`;
  return done({ ...report, reference }, text);
}

function actionOf<T extends string>(args: Args, among: readonly T[]): T {
  const action = among.find((one) => one === args.at(0));
  if (action !== undefined) return action;
  const meant = didYouMean(args.at(0), among);
  throw new UsageError(`ACTION is ${among.join(", ")}, not "${args.at(0)}"${meant}`);
}

function done(report: ReportJson, text: string): Answer {
  return { data: report, text: `${text} (position ${String(report["position"])})` };
}
