/**
 * Admin halt commands: fence a shard by hand, and lift a halt.
 *
 * A fence is a mark in the store, set from where the store can be reached: it must work when
 * ingress or matcher is what is broken. Lifting one is a signed frame, and takes that all of the
 * shard was executed once more (settlement does it) and is as it was published.
 */
import { callForm } from "../edges/call-form.ts";
import { ClientError } from "../client/errors.ts";
import { type HaltedJson, type RecomputedJson, signClear } from "../client/halted-json.ts";
import type { ReportJson } from "../client/http-json.ts";
import { haltReason } from "../edges/halt-mark.ts";
import { openLog } from "../edges/open-log.ts";
import type { Cli } from "./cli.ts";
import {
  type Answer,
  type Args,
  type CommandSpec,
  type OptionSpecs,
  UsageError,
} from "./command.ts";

const POLL_MS = 200;
const TIMEOUT_MS = 600_000;

export function haltCommands(options: OptionSpecs): readonly CommandSpec[] {
  return [
    {
      name: "admin fence",
      about: "Halt a shard by hand, at once: from where its log can be reached",
      args: [{ name: "REASON", help: "why, for everybody to read" }],
      options: {},
      takesConfig: true,
      examples: ["clob admin fence drill --shard 1"],
      run: fence,
    },
    {
      name: "admin clear",
      about: "Show what halts a shard and whether that may be lifted, and with --yes lift it",
      args: [],
      options: { yes: { help: "lift it" }, ...options },
      examples: ["clob admin clear --shard 1", "clob admin clear --shard 1 --yes"],
      run: clear,
    },
  ];
}

/** `--shard`; not needed where there is one. */
function shardOf(cli: Cli, ids: readonly number[]): number {
  const shard = cli.args.integer("shard", 1) ?? (ids.length === 1 ? ids[0] : undefined);
  if (shard === undefined) throw new UsageError(`say which with --shard: ${ids.join(", ")}`);
  if (ids.includes(shard)) return shard;
  throw new UsageError(`there is no shard ${shard}; there is: ${ids.join(", ")}`);
}

async function fence(cli: Cli, args: Args): Promise<Answer> {
  const { config } = cli;
  const shard = shardOf(
    cli,
    config.shards.map(({ id }) => id),
  );
  const log = await openLog(config, shard);
  try {
    const before = await log.halted();
    const reason = haltReason(`by hand, ${new Date().toISOString()}: ${args.at(0)}`);
    await log.halt(reason);
    const ends =
      before === null
        ? "its services end now; started again they serve the other shards and stand by this one"
        : `it was halted before, and a Clear must name this too: ${before}`;
    const next = `lift it then with: ${callForm(cli.io.env).clob} admin clear --shard ${shard}`;
    const text = [`shard ${shard} is halted: ${reason}`, ends, next].join("\n");
    return { data: { shard, reason }, text };
  } finally {
    await log.close();
  }
}

async function clear(cli: Cli, args: Args): Promise<Answer> {
  const { shards, venue } = await cli.http.status();
  const shard = shardOf(
    cli,
    shards.map((one) => one.shard),
  );
  const halted = await untilRecomputed(cli, shard);
  const { recomputed } = halted;
  if (recomputed.poison !== 0) throw refused("halted", poisonText(cli, shard, recomputed));
  if (recomputed.wrong !== "") throw refused("ended", endedText(shard, halted));
  const data = { shard, ...halted };
  const shown = haltText(shard, halted);
  if (!args.flag("yes")) return { data, text: `${shown}\nnothing was changed; lift it with --yes` };
  cli.note(shown);
  const frame = signClear({ venue: Uint8Array.fromHex(venue), shard }, halted, cli.operatorKey());
  const report = await postClear(cli, shard, frame);
  const still = await haltOf(cli, shard);
  if (still !== null) {
    const said = `a reason came while it was cleared: ${still.mark}\nlook at it once more`;
    throw refused("halted", `shard ${shard} is halted still; ${said}`);
  }
  return { data: { ...data, report }, text: `shard ${shard} is lifted, and goes on` };
}

/** Waits for settlement, which executes all of the shard once more. */
export async function untilRecomputed(
  cli: Cli,
  shard: number,
): Promise<HaltedJson & { readonly recomputed: RecomputedJson }> {
  const until = Date.now() + (cli.args.integer("timeout", 1) ?? TIMEOUT_MS);
  for (let i = 0; ; i++) {
    const halted = await haltOf(cli, shard);
    if (halted === null) throw refused("not_halted", `shard ${shard} is not halted`);
    const { recomputed } = halted;
    if (recomputed !== null) return { ...halted, recomputed };
    if (i === 0) cli.note(`halted: ${halted.mark}\nexecuting all of shard ${shard} once more ...`);
    if (Date.now() > until) throw refused("unreachable", "settlement has not finished in time");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export async function haltOf(cli: Cli, shard: number): Promise<HaltedJson | null> {
  const { shards } = await cli.http.status();
  return shards.find((one) => one.shard === shard)?.halted ?? null;
}

/** An answer that was lost is looked for: the halt is there no more if the Clear was taken. */
async function postClear(cli: Cli, shard: number, frame: Uint8Array): Promise<ReportJson | null> {
  try {
    const { reports } = await cli.http.postFrame(frame);
    const report = reports.at(-1);
    if (report?.["kind"] === "cleared") return report;
    throw refused(String(report?.["name"]), `refused: ${String(report?.["says"])}`);
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== "unknown_outcome") throw error;
    if ((await haltOf(cli, shard)) === null) return null;
    throw error;
  }
}

function haltText(shard: number, { reasons, recomputed }: HaltedJson): string {
  const { position = 0, published = 0, chain = "", rules } = recomputed ?? {};
  // The embedded log shows what is published once the shard goes on.
  const compared = published === 0 ? "" : `, and the ${published} published are right`;
  return [
    `shard ${shard} is halted behind record ${position}: ${reasonsText(reasons)}`,
    `all ${position} records were executed once more${compared}`,
    `report chain ${chain}, rules version ${rules?.version} from position ${rules?.from}`,
  ].join("\n");
}

function poisonText(cli: Cli, shard: number, { wrong, poison, rules }: RecomputedJson): string {
  const upgrade = `${callForm(cli.io.env).clob} admin upgrade --rules N --from ${poison}`;
  return [
    `shard ${shard} can't be lifted as it is: ${wrong}`,
    `a version of the rules above ${rules.version} that has an answer for that record cures it;`,
    `once every build knows it: ${upgrade} --shard ${shard}`,
    "until then keep its log and its export as they are; without a cure the shard has ended, and",
    "its markets open anew, as new ones, in a new shard or venue",
  ].join("\n");
}

function endedText(shard: number, { reasons, recomputed }: HaltedJson): string {
  return [
    `shard ${shard} has ended and can't be lifted: ${recomputed?.wrong}`,
    `it was halted: ${reasonsText(reasons)}`,
    "keep its log and its export, which show who did it; its markets open anew, as new ones, in",
    "a new shard or venue",
  ].join("\n");
}

/** One on the line, several on lines of their own: lifting it says that none is left. */
function reasonsText(reasons: readonly string[]): string {
  if (reasons.length === 1) return reasons[0] ?? "";
  return `for ${reasons.length} reasons\n${reasons.map((one) => `  - ${one}`).join("\n")}`;
}

function refused(code: string, message: string): ClientError {
  return new ClientError({ code, message });
}
