/**
 * Key commands: one more key for an account, and one less. So a trader's keys are rotated: add the
 * new one, use it, revoke the old.
 */
import { ClientError } from "../client/errors.ts";
import { rejectOf } from "../client/explain.ts";
import type { CommandResult } from "../client/frame-tracker.ts";
import { readKeyFile } from "../edges/keys.ts";
import { SCOPES_TRADER } from "../protocol/codes.ts";
import { reportToJson } from "../protocol/report-json.ts";
import type { Cli } from "./cli.ts";
import { type Answer, type Args, type CommandSpec, integerOf } from "./command.ts";
import { writeIds } from "./identity.ts";
import { SCOPE_NAMES, scopesOf } from "./scopes.ts";

export const KEY_COMMANDS: readonly CommandSpec[] = [
  {
    name: "key add",
    about: "One more key for your account, signed by the one you have; notes its ids beside it",
    args: [{ name: "FILE", help: "the new private key, made by clob keygen" }],
    options: {
      scopes: { value: "LIST", help: `of ${SCOPE_NAMES.join(",")} [all of them]` },
    },
    examples: ["clob key add bot.pem --scopes trade,cancel", "clob key add new.pem --key old.pem"],
    run: addKey,
  },
  {
    name: "key revoke",
    about:
      "One key less: what it signs is refused from then on; see account show for their numbers",
    args: [{ name: "KEY", help: "its number" }],
    options: {},
    examples: ["clob key revoke 9 --key new.pem"],
    run: revokeKey,
  },
];

async function addKey(cli: Cli, args: Args): Promise<Answer> {
  const file = args.at(0);
  const { publicKey } = readKeyFile(file);
  const who = await cli.who();
  const scopes = scopesOf(args.text("scopes")) ?? SCOPES_TRADER;
  const venue = cli.venue(who);
  try {
    const report = onlyReport(await venue.addKey({ publicKey, scopes }));
    const key = Number(report["key"]);
    const { venue: id } = await cli.http.status();
    const noted = writeIds(file, { venue: id, account: who.account, key });
    const data = { ...report, account: who.account, file, noted };
    return { data, text: `key ${key} of account ${who.account} is ${file}; noted in ${noted}` };
  } finally {
    venue.close();
  }
}

async function revokeKey(cli: Cli, args: Args): Promise<Answer> {
  const key = integerOf("KEY", args.at(0), 1);
  const venue = cli.venue(await cli.who());
  try {
    const report = onlyReport(await venue.revokeKey(key));
    return { data: report, text: `key ${key} is revoked (position ${String(report["position"])})` };
  } finally {
    venue.close();
  }
}

function onlyReport({ state, reports, error }: CommandResult): Record<string, unknown> {
  const report = reports.at(-1);
  if (report === undefined) {
    throw error ?? new ClientError({ code: "unknown_outcome", message: `the command is ${state}` });
  }
  if (state === "rejected") throw rejectOf(report);
  return { ...reportToJson(report) };
}
