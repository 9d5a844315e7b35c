/**
 * The markets run: 21,000 markets on ten shards as processes on a real Redis, random signed orders
 * on all of them, every report, and the verdict of both engines; what came of it as JSON.
 *
 *   bun bench/markets-run.ts --commands 1000000 [--seed 1] [--batch 64] [--window 8] [--out FILE]
 *
 * The story is test/support/market-story.ts. Beside it the same processes with one market start and
 * are weighed empty. Anything that is not as it should be ends the run without a result.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type MarketStory, tellMarketStory, vitalsOf } from "../test/support/market-story.ts";
import { MarketVenue, oneShardConfig } from "../test/support/market-venue.ts";
import { RedisServer } from "../test/support/redis-server.ts";

const { values } = parseArgs({
  options: {
    commands: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    batch: { type: "string", default: "64" },
    window: { type: "string", default: "8" },
    out: { type: "string", default: "" },
  },
});
const SHARDS = 10;
const started = performance.now();
const AOF = { appendonly: "yes", appendfsync: "everysec" };

const one = await weighOneMarket();
const redis = await RedisServer.start(AOF);
const story = await tellMarketStory(redis, {
  seed: Number(values.seed),
  commandsPerShard: Math.ceil(Number(values.commands) / SHARDS),
  batch: Number(values.batch),
  window: Number(values.window),
});
const why = complaint(story);
if (why !== "") throw new Error(why);
const result = {
  commit: await gitCommit(),
  command: `bun bench/markets-run.ts ${process.argv.slice(2).join(" ")}`,
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Bun ${Bun.version}`,
  redis: "7.0, appendfsync everysec, same machine",
  duration_s: Math.round((performance.now() - started) / 1000),
  empty_with_one_market: one,
  ...story,
};
const text = `${JSON.stringify(result, null, 2)}\n`;
console.log(text);
if (values.out !== "") await Bun.write(values.out, text);
await redis.stop();
process.exit(0);

async function weighOneMarket() {
  const dir = mkdtempSync(join(tmpdir(), "clob-markets-run-"));
  try {
    const config = join(dir, "config.toml");
    writeFileSync(config, oneShardConfig(1));
    await using server = await RedisServer.start(AOF);
    await using venue = await MarketVenue.start(server, config);
    return vitalsOf(venue);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** "" where all is as it should be. */
function complaint({ wrong, markets, markets_with_orders, verify }: MarketStory): string {
  const [first] = wrong;
  if (first !== undefined) return first;
  if (markets_with_orders !== markets) return `${markets - markets_with_orders} markets untouched`;
  const bad = Object.entries(verify).find(([, verdict]) => !verdict.ok);
  return bad === undefined ? "" : `${bad[0]} engine: ${bad[1].sentence}`;
}

async function gitCommit(): Promise<string> {
  const child = Bun.spawn(["git", "describe", "--always", "--dirty", "--abbrev=40"]);
  return (await new Response(child.stdout).text()).trim();
}
