/**
 * MarketStory: the fleet of deploy/markets-21000.toml from `clob init` to a verdict, and what each
 * step took.
 *
 *   init, start, link, fund -> random orders on every market, all reports -> settled, covered
 *     -> export -> verify by both engines -> stop, start again
 */
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import type { Part } from "./kill-fleet.ts";
import { MarketLoad, type LoadTerms } from "./market-load.ts";
import { MarketVenue } from "./market-venue.ts";
import type { RedisServer } from "./redis-server.ts";

export type Vitals = Readonly<Record<string, { rss_mb: number; peak_mb: number; cpu_s: number }>>;

const PARTS: readonly Part[] = ["matcher", "settlement", "ingress"];
/** Clock ticks a second in /proc, on every Linux that Bun runs on. */
const TICKS = 100;
const ENGINES = ["fast", "naive"] as const;

export interface StoryTerms extends LoadTerms {
  readonly seed: number;
  /** Instead of the sample. */
  readonly config?: string;
}

interface EngineVerdict {
  readonly ok: boolean;
  readonly pinned: boolean;
  readonly crossings: { readonly carried: number; readonly in_flight: number };
  /** By shard. */
  readonly records: readonly number[];
  /** What is wrong. */
  readonly sentence: string;
  readonly s: number;
}

export async function tellMarketStory(redis: RedisServer, terms: StoryTerms) {
  const { seed, config } = terms;
  await using venue = await MarketVenue.start(redis, config);
  const start = { ...venue.startMs };
  const empty = vitalsOf(venue);
  const linkS = await seconds(() => venue.link());
  const fundS = await seconds(() => venue.fund());
  const { shards } = venue;
  const load = await MarketLoad.open(venue.fleet.address, venue.traders, { shards, seed });
  const before = vitalsOf(venue);
  const loadBefore = loadavg()[0] ?? 0;
  const loadS = await seconds(() => load.run(terms));
  const behindS = await seconds(() => venue.untilSettled(load.lastReports()));
  const full = vitalsOf(venue);
  const counts = { ...load.counts };
  const listed = await listMarkets(venue);
  const verdicts = await verify(venue);
  await venue.restart();
  // The same connections, healed: what is asked for now is answered by the processes of now.
  await load.run({ ...terms, commandsPerShard: terms.batch });
  load.close();
  const markets = venue.shards.reduce((sum, shard) => sum + shard.markets.length, 0);
  return {
    shards: venue.shards.length,
    markets,
    markets_with_orders: load.touched.size,
    wrong: load.wrong,
    start_ms: start,
    restart_ms: venue.startMs,
    commands_after_restart: load.counts.commands - counts.commands,
    link_s: linkS,
    fund_s: fundS,
    load: {
      ...counts,
      batch: terms.batch,
      seconds: loadS,
      commands_per_s: Math.round(counts.commands / loadS),
      settled_after_s: behindS,
      cpu_s: cpuBetween(before, full),
      load_average: [loadBefore, loadavg()[0] ?? 0],
    },
    memory: { empty, full },
    ...listed,
    ...verdicts,
  };
}

export type MarketStory = Awaited<ReturnType<typeof tellMarketStory>>;

/** What operators look at: all markets over HTTP, a plan of nothing, and no complaint. */
async function listMarkets(venue: MarketVenue) {
  let listed = 0;
  const listS = await seconds(async () => {
    listed = (await venue.http.markets()).length;
  });
  const again = await venue.clob("again", ["admin", "apply", venue.configPath, "--yes"]);
  const doctor = await venue.clob("doctor", ["doctor"]);
  return {
    listed,
    list_s: listS,
    nothing_to_apply: again.code === 0 && again.data.plan.length === 0,
    apply_again_s: again.seconds,
    doctor: doctorWords(doctor.data),
    doctor_s: doctor.seconds,
  };
}

/** Where all is well the log that it saw, else what is not well. */
function doctorWords({ checks }: { checks: { name: string; state: string; found: string }[] }) {
  const bad = checks.filter(({ state }) => state !== "ok");
  if (bad.length > 0) return bad.map(({ name, found }) => `${name}: ${found}`).join("; ");
  return checks.find(({ name }) => name === "log")?.found ?? "no log";
}

async function verify(venue: MarketVenue) {
  await venue.untilCovered();
  const dir = join(venue.fleet.dir, "export");
  const copied = await venue.clob("export", ["export", dir]);
  if (copied.code !== 0) throw new Error(copied.said);
  const verdicts: Record<string, EngineVerdict> = {};
  for (const engine of ENGINES) {
    const words = ["verify", dir, "--venue", copied.data.venue, "--engine", engine];
    const { code, data, seconds: took } = await venue.clob(`verify-${engine}`, words);
    const { ok, pinned, crossings, sentence = "" } = data;
    const records = (data.shards ?? []).map((shard: { records: number }) => shard.records);
    verdicts[engine] = { ok: ok && code === 0, pinned, crossings, records, sentence, s: took };
  }
  return { export_s: copied.seconds, verify: verdicts };
}

export function vitalsOf(venue: MarketVenue): Vitals {
  const alive = PARTS.filter((part) => venue.fleet.isAlive(part));
  return Object.fromEntries(alive.map((part) => [part, vitals(venue.fleet.pid(part))]));
}

/** Resident now and at most, and processor time so far. */
function vitals(pid: number): Vitals[string] {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kb = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const cpu = (Number(fields[11]) + Number(fields[12])) / TICKS;
  return {
    rss_mb: Math.round(kb("VmRSS") / 1024),
    peak_mb: Math.round(kb("VmHWM") / 1024),
    cpu_s: Math.round(cpu * 100) / 100,
  };
}

function cpuBetween(before: Vitals, after: Vitals): Record<string, number> {
  return Object.fromEntries(
    PARTS.map((part) => [
      part,
      Math.round(((after[part]?.cpu_s ?? 0) - (before[part]?.cpu_s ?? 0)) * 100) / 100,
    ]),
  );
}

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await run();
  return Math.round(performance.now() - from) / 1000;
}
