/**
 * AdminCure: `clob admin upgrade` of a halted shard: a later version of the rules for the record at
 * which it halted, from that record on (docs/RULES.md 12). It does not lift the halt: settlement
 * executes the shard under that version first, and then it is cleared like any.
 */
import { ClientError } from "../client/errors.ts";
import { type HaltedJson, type RecomputedJson, signCure } from "../client/halted-json.ts";
import { callForm } from "../edges/call-form.ts";
import type { Upgrade } from "../protocol/governing.ts";
import { haltOf, untilRecomputed } from "./admin-halt.ts";
import type { Cli } from "./cli.ts";

const POLL_MS = 200;
const TIMEOUT_MS = 600_000;

export interface Poisoned extends HaltedJson {
  readonly recomputed: RecomputedJson;
}

/** The halt that this upgrade would cure; throws ClientError where it cures nothing. */
export async function poisonOf(cli: Cli, shard: number, from: number): Promise<Poisoned> {
  const halted = await untilRecomputed(cli, shard);
  const { poison, wrong } = halted.recomputed;
  if (poison === from) return halted;
  const taken = "it takes an upgrade only for the record that has no successor state";
  const why = poison === 0 ? (wrong === "" ? "there is none" : wrong) : `that is ${poison}`;
  throw refused("halted", `shard ${shard} is halted: ${taken}, and ${why}`);
}

/** Hands the Upgrade in and waits until settlement has found that it cures the record. */
export async function cureShard(cli: Cli, shard: number, to: Upgrade): Promise<void> {
  const halted = await poisonOf(cli, shard, to.from);
  const venue = Uint8Array.fromHex((await cli.http.status()).venue);
  const frame = signCure({ venue, shard }, halted.recomputed, to, cli.operatorKey());
  const refusals: unknown[] = [];
  // Nobody executes it before the halt is lifted, so its outcome is not what is waited for.
  void cli.http.postFrame(frame).catch((error: unknown) => {
    const isUnknown = error instanceof ClientError && error.code === "unknown_outcome";
    if (!isUnknown) refusals.push(error);
  });
  const until = Date.now() + (cli.args.integer("timeout", 1) ?? TIMEOUT_MS);
  for (;;) {
    if (refusals.length > 0) throw refusals[0];
    const now = await haltOf(cli, shard);
    if (now === null || isCured(now, to)) return;
    if (isNewer(now, halted)) throw notCured(shard, to, now);
    if (Date.now() > until) throw refused("unreachable", "settlement has not finished in time");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function isCured({ recomputed }: HaltedJson, { version, from }: Upgrade): boolean {
  const { rules } = recomputed ?? {};
  return recomputed?.wrong === "" && rules?.version === version && rules.from === from;
}

function isNewer({ recomputed }: HaltedJson, before: Poisoned): boolean {
  return recomputed !== null && recomputed.position > before.recomputed.position;
}

function notCured(shard: number, { version, from }: Upgrade, now: HaltedJson): ClientError {
  const why = now.recomputed?.wrong ?? "";
  const may = `version ${version} has no answer either to it or to a record behind it, or the key`;
  return refused(
    "halted",
    `record ${from} of shard ${shard} is not cured (${may} may not): ${why}`,
  );
}

/** What comes next, for people. */
export function clearNext(cli: Cli, shard: number, { version, from }: Upgrade): string {
  const clob = callForm(cli.io.env).clob;
  const cured = `shard ${shard}: record ${from} is cured by rules version ${version}`;
  return `${cured}; it is halted still, lift it with: ${clob} admin clear --shard ${shard}`;
}

function refused(code: string, message: string): ClientError {
  return new ClientError({ code, message });
}
