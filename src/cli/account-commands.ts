/**
 * Account commands: keys, accounts, balances, withdrawals.
 */
import { existsSync } from "node:fs";
import { parseDecimal } from "../base/decimal.ts";
import type { AccountJson, BalanceJson, VenueBalanceJson } from "../client/http-json.ts";
import { ClientError } from "../client/errors.ts";
import { rejectOf, timeText } from "../client/explain.ts";
import { parseAmount } from "../client/market-rules.ts";
import { callForm } from "../edges/call-form.ts";
import { generateKeyFile, readKeyFile } from "../edges/keys.ts";
import { SCOPES_TRADER } from "../protocol/codes.ts";
import { reportToJson } from "../protocol/report-json.ts";
import type { Cli } from "./cli.ts";
import { type Answer, type Args, type CommandSpec, integerOf, UsageError } from "./command.ts";
import { writeIds } from "./identity.ts";
import { accountOf } from "./order-queries.ts";
import { SCOPE_NAMES, scopesOf } from "./scopes.ts";
import { textTable } from "./text-table.ts";

const OPERATOR = { value: "FILE", help: "operator's private key [operator.pem among the keys]" };
const ACCOUNT = { account: { value: "N", help: "another account" } };

export const ACCOUNT_COMMANDS: readonly CommandSpec[] = [
  {
    name: "keygen",
    about: "Make a private key in a new file that only you may read",
    args: [{ name: "FILE", help: "where [clob-key.pem]", optional: true }],
    options: {},
    examples: ["clob keygen", "clob keygen keys/me.pem"],
    run: (cli, args) => Promise.resolve(keygen(cli, args.positionals[0] ?? "clob-key.pem")),
  },
  {
    name: "account open",
    about: "Open an account for a key, and note its ids beside the key file",
    args: [],
    options: {
      operator: OPERATOR,
      scopes: { value: "LIST", help: `of ${SCOPE_NAMES.join(",")} [all of them]` },
    },
    examples: [
      "clob account open --key clob-key.pem",
      "clob account open --key bot.pem --scopes trade,cancel,read",
    ],
    run: openAccount,
  },
  {
    name: "account show",
    about: "Show an account: balances, keys, orders",
    args: [{ name: "ACCOUNT", help: "its number [that of your key]", optional: true }],
    options: {},
    examples: ["clob account show", "clob account show 7 -o json"],
    run: async (cli, args) => {
      const [text] = args.positionals;
      const id = text === undefined ? (await cli.who()).account : integerOf("ACCOUNT", text);
      const account = await cli.http.account(id);
      if (cli.args.text("shard") !== undefined) {
        return { data: account, text: accountText(account, account.balances, 2) };
      }
      const { balances, positions } = await cli.http.balances(id);
      const whole = accountText(account, balances, positions.length);
      return { data: { ...account, balances, positions }, text: whole };
    },
  },
  {
    name: "balance",
    about: "Show free and held funds, over all shards or with --shard of one",
    args: [],
    options: ACCOUNT,
    examples: ["clob balance", "clob balance --account 7 -o json"],
    run: async (cli, args) => {
      const id = await accountOf(cli, args);
      if (cli.args.text("shard") !== undefined) {
        const { account, balances, position } = await cli.http.account(id);
        return { data: { account, position, balances }, text: balancesText(balances) };
      }
      const { account, balances, positions } = await cli.http.balances(id);
      const position = positions[0]?.position ?? 0;
      return { data: { account, position, balances, positions }, text: balancesText(balances) };
    },
  },
  {
    name: "withdraw",
    about: "Take funds off the venue; final once a checkpoint covers it and it is exported",
    args: [
      { name: "ASSET", help: "symbol, such as USD" },
      { name: "AMOUNT", help: "such as 12.5" },
    ],
    options: {
      to: { value: "HEX", help: "destination, 64 hex digits that the custodian understands" },
    },
    examples: [`clob withdraw USD 100 --to ${"00".repeat(31)}01`],
    run: withdraw,
  },
];

function keygen(cli: Cli, path: string): Answer {
  const { publicKey } = generateKeyFile(path);
  const data = { file: path, public_key: publicKey.toHex() };
  const { clob } = callForm(cli.io.env);
  const next = `open an account for it: ${clob} account open --key ${path}`;
  return { data, text: `${path}\npublic key ${data.public_key}\n${next}` };
}

async function openAccount(cli: Cli, args: Args): Promise<Answer> {
  const scopes = scopesOf(args.text("scopes")) ?? SCOPES_TRADER;
  const file = cli.keyFile();
  if (!existsSync(file)) {
    throw new ClientError({ code: "no_key", message: `${file} is not there; see: clob keygen` });
  }
  const { publicKey } = readKeyFile(file);
  const { venue } = await cli.http.status();
  const known = await cli.http.keyOwner(publicKey);
  const ids = known ?? (await cli.operator().openAccount(publicKey, { scopes }));
  const { account, key } = ids;
  const noted = writeIds(file, { venue, account, key });
  const data = { account, key, file, noted, opened: known === null };
  const head = known === null ? "opened" : "it is open already:";
  return { data, text: `${head} account ${account}, key ${key}; noted in ${noted}` };
}

async function withdraw(cli: Cli, args: Args): Promise<Answer> {
  const to = args.text("to");
  if (to === undefined || !/^[0-9a-f]{64}$/i.test(to)) {
    const said = to === undefined ? "" : `, not "${to}"`;
    throw new UsageError(`withdraw needs --to with 64 hex digits${said}`);
  }
  const asset = await cli.asset(args.at(0));
  const amount = parseAmount(args.at(1), asset);
  const who = await cli.who();
  const shard = await shardWith(cli, who.account, { asset: asset.id, amount });
  const client = await cli.client(who, { shard });
  try {
    const destination = Uint8Array.fromHex(to);
    const { reports, state } = await client.withdraw({ asset: asset.id, amount, destination });
    const [report] = reports;
    if (report === undefined) throw new ClientError({ code: "unknown_outcome", message: state });
    if (state === "rejected") throw rejectOf(report, undefined, asset);
    const final = await finality(cli, shard, report.position);
    const text = `withdrew ${args.at(1)} ${asset.symbol} at position ${report.position}`;
    return { data: { ...reportToJson(report), ...final.data }, text: `${text}; ${final.text}` };
  } finally {
    client.close();
  }
}

/** A withdrawal is final once it is archived: exported, and under a signed checkpoint there. */
async function finality(
  cli: Cli,
  asked: number,
  position: number,
): Promise<{ data: { final: boolean; archived_position: number | null }; text: string }> {
  const { shards, directory_shard } = await cli.http.status();
  const id = asked === 0 ? directory_shard : asked;
  const exported = shards.find(({ shard }) => shard === id)?.export ?? null;
  const archived = exported?.archived_position ?? null;
  const data = { final: archived !== null && archived >= position, archived_position: archived };
  if (archived === null) {
    return { data, text: "final once `clob export` covers it: nothing is exported continuously" };
  }
  const text = data.final ? "final" : `final once that is archived (now ${archived}: clob status)`;
  return { data, text };
}

/** `--shard`, else the lowest where so much is free; the reject of the lowest says the rest. */
async function shardWith(
  cli: Cli,
  account: number,
  { asset, amount }: { readonly asset: number; readonly amount: number },
): Promise<number> {
  const only = cli.args.integer("shard", 1);
  if (only !== undefined) return only;
  const { balances } = await cli.http.balances(account);
  const row = balances.find((one) => one.asset === asset);
  const parts = row?.shards.map(({ shard, free }) => {
    return { shard, units: parseDecimal(free, row.decimals) };
  });
  const found = parts?.find(({ units }) => typeof units === "number" && units >= amount);
  return found?.shard ?? 0;
}

/** Orders, reports and nonces are those of the shard that was asked, which is said of several. */
function accountText(
  account: AccountJson,
  balances: readonly AnyBalance[],
  shards: number,
): string {
  const state = account.suspended ? "suspended: only cancels" : "open";
  const where = shards > 1 ? `on shard ${account.shard}: ` : "";
  const head = `account ${account.account}, ${state}, ${where}${account.open_orders} open orders, `;
  const keys = account.keys.map((key) => [
    String(key.key),
    key.revoked ? "revoked" : key.scopes.join(","),
    String(key.nonce_high),
    key.public_key,
  ]);
  const timer = account.timer_us;
  return [
    `${head}${account.reports} reports, as of position ${account.position}`,
    ...(timer === 0 ? [] : [`dead-man timer: fires after ${timeText(timer)}`]),
    balancesText(balances),
    textTable([">key", "scopes", ">nonce", "public key"], keys),
  ].join("\n\n");
}

type AnyBalance = BalanceJson & Partial<Pick<VenueBalanceJson, "shards">>;

/** The split below each balance that has one. */
function balancesText(balances: readonly AnyBalance[]): string {
  if (balances.length === 0) return "no funds";
  const rows = balances.flatMap(({ symbol, free, held, total, shards = [] }) => {
    const split = shards.length > 1 ? shards : [];
    const parts = split.map((one) => [`  shard ${one.shard}`, one.free, one.held, one.total]);
    return [[symbol, free, held, total], ...parts];
  });
  return textTable(["asset", ">free", ">held", ">total"], rows);
}
