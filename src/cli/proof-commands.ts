/**
 * Proof commands: take a copy that anyone can check, and check one.
 */
import { join } from "node:path";
import { ClientError } from "../client/errors.ts";
import { fromHex } from "../base/bytes.ts";
import { callForm } from "../edges/call-form.ts";
import { openVerifiers } from "../edges/verify.ts";
import { openShards } from "../service/open-shards.ts";
import { exportShard, type Exported } from "../settlement-plane/export.ts";
import { readCut } from "../settlement-plane/export-cut.ts";
import { judgeEngine } from "../verifier/engines.ts";
import { verdictText } from "../verifier/verdict-text.ts";
import { type Verdict, verifyExport } from "../verifier/verify-export.ts";
import type { Cli } from "./cli.ts";
import { type Answer, type Args, type CommandSpec, UsageError } from "./command.ts";
import { EXIT_VERIFICATION } from "./exit-codes.ts";

const ENGINES = ["fast", "naive"] as const;

export const PROOF_COMMANDS: readonly CommandSpec[] = [
  {
    name: "export",
    about: "Copy all that a stranger needs to check the venue, up to its newest checkpoint",
    args: [{ name: "DIR", help: "where to; made if it is not there" }],
    options: {},
    takesConfig: true,
    examples: ["clob export ./export", "clob export ./export --config config.toml --data ./data"],
    run: exportVenue,
  },
  {
    name: "verify",
    about:
      "Check an export: every signature, every result, every checkpoint; or name the first lie",
    args: [{ name: "DIR", help: "an export" }],
    options: {
      venue: { value: "ID", help: "the venue id you trust, 64 hex digits [unpinned]" },
      engine: { value: "NAME", among: ENGINES, help: "which engine judges [fast]" },
    },
    examples: ["clob verify ./export --venue ID", "clob verify ./export --engine naive -o json"],
    run: verify,
  },
];

async function exportVenue(cli: Cli, args: Args): Promise<Answer> {
  const { config } = cli;
  const only = args.integer("shard", 1);
  const ids = only === undefined ? config.shards.map(({ id }) => id) : [only];
  const shards = await openShards(config, ids);
  const done: Exported[] = [];
  try {
    const places = shards.map(({ log, venue, dir }) => {
      return { shard: log.shard, log, venue, settlementDir: join(dir, "settlement") };
    });
    const cut = await readCut(places);
    for (const place of places) {
      const published = cut.get(place.shard);
      if (published === undefined) continue;
      done.push(await exportShard({ ...place, published, out: args.at(0) }));
    }
  } finally {
    for (const { log } of shards) await log.close();
  }
  const venue = shards[0]?.venue.toHex() ?? "";
  const lines = done.map(
    ({ shard, records, checkpoints, bytes }) =>
      `shard ${shard}: ${records} records, ${checkpoints} checkpoints, ${bytes} bytes`,
  );
  const { clob } = callForm(cli.io.env);
  const next = `check it: ${clob} verify ${args.at(0)} --venue ${venue}`;
  return { data: { dir: args.at(0), venue, shards: done }, text: [...lines, next].join("\n") };
}

async function verify(cli: Cli, args: Args): Promise<Answer> {
  const text = args.text("venue");
  const venue = text === undefined ? null : fromHex(text);
  if (text !== undefined && venue?.length !== 32) {
    throw new UsageError(`--venue is 64 hex digits, not "${text}"`);
  }
  const engine = ENGINES.find((one) => one === args.text("engine")) ?? "fast";
  const { reference: verifier } = await openVerifiers();
  const openEngine = judgeEngine(engine);
  const progress = cli.io.isTerminal && !cli.isJson;
  let shownAt = 0;
  const verdict = await verifyExport({
    from: args.at(0),
    venue,
    verifier,
    openEngine,
    onProgress: (shard, position, of) => {
      if (!progress || performance.now() - shownAt < 200) return;
      shownAt = performance.now();
      cli.io.err(`\rshard ${shard}: ${position} of ${of}`);
    },
  });
  if (progress && shownAt > 0) cli.io.err("\r\x1b[K");
  return verdictAnswer(verdict);
}

function verdictAnswer(verdict: Verdict): Answer {
  const text = verdictText(verdict);
  if (verdict.ok) {
    const shards = verdict.shards.map((shard) => {
      const { genesis, venue, signedRecords, isCut, ...counts } = shard;
      return {
        venue: venue.toHex(),
        rules_version: genesis.rulesVersion,
        ...counts,
        signed_records: signedRecords,
        is_cut: isCut,
      };
    });
    const { carried, inFlight, ahead } = verdict.crossings;
    const crossings = { carried, in_flight: inFlight, ahead };
    return { data: { ok: true, pinned: verdict.isPinned, shards, crossings }, text };
  }
  const { shard, sentence, what, place } = verdict;
  if (what === "export") throw new ClientError({ code: "no_export", message: text });
  const data = { ok: false, shard, what, place, sentence };
  return { data, text, exitCode: EXIT_VERIFICATION };
}
