/**
 * The restart run: a shard of so many commands, matcher and settlement killed with kill -9 while
 * their newest snapshots are old, and how long each needs until it is where it was; as JSON.
 *
 *   bun bench/restart-run.ts [--commands 10000000] [--batch 128] [--log embedded,redis]
 *                            [--out FILE]
 *
 * Until the matcher matches, until settlement has compared the log's last record; first one after
 * the other, beside an ingress that begins before them, then all three at once. A run in
 * which a snapshot is younger than a million commands ends without a result.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Part } from "../test/support/kill-fleet.ts";
import { fillLog } from "../test/support/long-log.ts";
import { vitalsOf } from "../test/support/market-story.ts";
import { MarketVenue, oneShardConfig } from "../test/support/market-venue.ts";
import { RedisServer } from "../test/support/redis-server.ts";

const { values } = parseArgs({
  options: {
    commands: { type: "string", default: "10000000" },
    batch: { type: "string", default: "128" },
    log: { type: "string", default: "embedded,redis" },
    out: { type: "string", default: "" },
  },
});
const commands = Number(values.commands);
const batch = Number(values.batch);
/** Of the matcher, which counts reports. */
const SNAPSHOT_COMMANDS = 10_000_000;
const AGE_MIN = 1_000_000;
/** Settlement saves more often than the matcher: it begins with what it had so long before. */
const OLD_COMMANDS = 1_100_000;
const MARKETS = 100;
const AHEAD_RECORDS_MAX = 4096;
const POLL_MS = 50;
const WAIT_MS = 600_000;
const PARTS: readonly Part[] = ["matcher", "settlement", "ingress"];
const started = performance.now();

const runs: Record<string, object> = {};
for (const kind of values.log.split(",")) {
  if (kind === "embedded") runs[kind] = await measure(null);
  else {
    const aof = { appendonly: "yes", appendfsync: "everysec", "auto-aof-rewrite-percentage": "0" };
    await using redis = await RedisServer.start(aof);
    runs[kind] = await measure(redis);
  }
}
const result = {
  commit: await gitCommit(),
  command: `bun bench/restart-run.ts ${process.argv.slice(2).join(" ")}`,
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Bun ${Bun.version}`,
  duration_s: Math.round((performance.now() - started) / 1000),
  commands,
  batch,
  ...runs,
};
const text = `${JSON.stringify(result, null, 2)}\n`;
console.log(text);
if (values.out !== "") await Bun.write(values.out, text);
process.exit(0);

async function measure(redis: RedisServer | null) {
  const dir = mkdtempSync(join(tmpdir(), "clob-restart-"));
  const path = join(dir, "config.toml");
  writeFileSync(
    path,
    `${oneShardConfig(MARKETS)}\n[matcher]\nsnapshot_commands = ${SNAPSHOT_COMMANDS}\n`,
  );
  await using venue = await MarketVenue.start(redis, path);
  try {
    await venue.fund();
    say("funded");
    await venue.fleet.terminate("ingress");
    const from = performance.now();
    const tip = await fill(venue);
    const filledS = secondsSince(from);
    say(`${tip} records written`);
    await untilSettled(venue, tip);
    say("all of them settled");
    const behindS = secondsSince(from) - filledS;
    for (const part of PARTS) await venue.fleet.kill(part);
    // On the embedded log nobody reads a tail that its writer has not looked at.
    venue.fleet.begin("ingress");
    const matcher = await restart(venue, ["matcher"], tip);
    takeOld(venue);
    const settlement = await restart(venue, ["settlement"], tip);
    await venue.fleet.untilReady("ingress", WAIT_MS);
    for (const part of PARTS) await venue.fleet.kill(part);
    takeOld(venue);
    const together = await restart(venue, PARTS, tip);
    return {
      records: tip,
      filled_s: filledS,
      settled_after_s: behindS,
      matcher,
      settlement,
      together,
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/**
 * Settlement is never far behind, so that its snapshots fall where they would. Those that it had
 * a while before the end are put by.
 */
async function fill(venue: MarketVenue): Promise<number> {
  const [shard] = venue.shards;
  if (shard === undefined) throw new Error("a venue has a shard");
  const { venue: id } = await venue.http.status();
  let settled = 0;
  let hasOld = false;
  const room = async (tip: number): Promise<void> => {
    while (tip - settled > AHEAD_RECORDS_MAX) {
      settled = (await venue.http.status()).shards[0]?.position ?? 0;
      if (tip - settled > AHEAD_RECORDS_MAX) await Bun.sleep(POLL_MS);
    }
    if (hasOld || commands - settled * batch > OLD_COMMANDS) return;
    hasOld = true;
    cpSync(snapshotsOf(venue), `${snapshotsOf(venue)}-old`, { recursive: true });
  };
  const { config, traders } = venue;
  const flow = { seed: 1, commands, batch, room };
  return fillLog({ config, venue: Uint8Array.fromHex(id), shard, traders, ...flow });
}

function snapshotsOf(venue: MarketVenue): string {
  return join(venue.fleet.dataOf("settlement"), "shard-1", "settlement", "snapshots");
}

/** As if its newest snapshots had been lost. */
function takeOld(venue: MarketVenue): void {
  rmSync(snapshotsOf(venue), { recursive: true });
  cpSync(`${snapshotsOf(venue)}-old`, snapshotsOf(venue), { recursive: true });
}

async function untilSettled(venue: MarketVenue, tip: number): Promise<void> {
  const isThere = ({ position }: { readonly position: number }): boolean => position >= tip;
  await venue.until("settlement", (shards) => shards.every(isThere), WAIT_MS);
}

/** Starts these parts at once; seconds until each is where it was. */
async function restart(venue: MarketVenue, parts: readonly Part[], tip: number) {
  const { fleet } = venue;
  const loadBefore = loadavg()[0];
  const from = performance.now();
  for (const part of parts) fleet.begin(part);
  const waits = parts.map(async (part) => {
    await fleet.untilReady(part, WAIT_MS);
    const readyS = secondsSince(from);
    if (part === "settlement") await untilSettled(venue, tip);
    if (part === "matcher") await untilMatching(venue);
    return [
      part,
      { ready_s: readyS, caught_up_s: secondsSince(from), ...snapshotOf(venue, part, tip) },
    ] as const;
  });
  const entries = Object.fromEntries(await Promise.all(waits));
  const found = { ...entries, load_average: [loadBefore, loadavg()[0]], vitals: vitalsOf(venue) };
  say(JSON.stringify(found));
  return found;
}

/** Ready is what /readyz says: it has the rest of `ex`, and matches. */
async function untilMatching(venue: MarketVenue): Promise<void> {
  for (;;) {
    const { ok } = await fetch(`${venue.fleet.matcherUrl}/readyz`);
    if (ok) return;
    await Bun.sleep(POLL_MS);
  }
}

/** How old the snapshot was that a part began with. */
function snapshotOf(venue: MarketVenue, part: Part, tip: number) {
  if (part === "ingress") return {};
  const said = venue.fleet.saidNow(part);
  const line = said.split("\n").find((one) => one.includes('"message":"recovered"')) ?? "{}";
  const { from_snapshot, position } = JSON.parse(line);
  const at = part === "matcher" ? from_snapshot : position;
  const age = (tip - at) * batch;
  if (!(age >= AGE_MIN)) throw new Error(`${part}'s snapshot is ${age} commands old: ${line}`);
  return { snapshot_position: at, snapshot_age_commands: age };
}

function say(what: string): void {
  console.log(`${Math.round(secondsSince(started))} s  ${what}`);
}

function secondsSince(from: number): number {
  return Math.round(performance.now() - from) / 1000;
}

async function gitCommit(): Promise<string> {
  const child = Bun.spawn(["git", "describe", "--always", "--dirty", "--abbrev=40"]);
  return (await new Response(child.stdout).text()).trim();
}
