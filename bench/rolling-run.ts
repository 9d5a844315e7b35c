/**
 * The rolling run: every process of a venue on Redis restarted under load, round after round, and
 * what traders waited for it, as JSON.
 *
 *   bun bench/rolling-run.ts --rounds 5 [--out FILE]
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { RedisServer, redisAvailable } from "../test/support/redis-server.ts";
import { ROLL_PARTS, type Rolled, rollStory } from "../test/support/roll-story.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1" },
    out: { type: "string", default: "" },
  },
});
if (!redisAvailable()) throw new Error("no redis-server here; npm test fetches it");
const started = performance.now();
const rounds = Number(values.rounds);
await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "always" });
const { rolls, calm_longest_order_ms, load, exits, audit } = await rollStory(redis.port, rounds);

const child = Bun.spawn(["git", "describe", "--always", "--dirty", "--abbrev=40"]);
const text = JSON.stringify(
  {
    commit: (await new Response(child.stdout).text()).trim(),
    command: `bun bench/rolling-run.ts ${process.argv.slice(2).join(" ")}`,
    rounds,
    parts: Object.fromEntries(ROLL_PARTS.map((part) => [part, sumOf(part)])),
    calm_longest_order_ms,
    load,
    exits,
    verified: audit.verdict.ok,
    records: audit.tip,
    duration_s: Math.round((performance.now() - started) / 1000),
    machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Bun ${Bun.version}`,
  },
  null,
  2,
);
console.log(text);
if (values.out !== "") await Bun.write(values.out, `${text}\n`);

/** Median and worst of a part's restarts. */
function sumOf(part: string) {
  const mine = rolls.filter((one) => one.part === part);
  const of = (name: keyof Omit<Rolled, "part">) => {
    const sorted = mine.map((one) => one[name]).toSorted((a, b) => a - b);
    return { median: sorted[sorted.length >> 1] ?? 0, worst: sorted.at(-1) ?? 0 };
  };
  return {
    restarts: mine.length,
    drain_ms: of("drain_ms"),
    start_ms: of("start_ms"),
    longest_order_ms: of("longest_order_ms"),
  };
}
process.exit(0);
