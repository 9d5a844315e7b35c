/**
 * The kill run: stories of test/support/kill-story.ts, many moments in each of four ways to run a
 * venue, and what came of it as JSON.
 *
 *   bun bench/kill-run.ts --rounds 4 --seed 1 [--moments 8] [--flow FILE] [--out FILE]
 *
 * A round is one replay in each way, with `moments` kills and a seed of its own. The first story
 * that does not end as an undisturbed one does ends the run with its way and seed.
 */
import { isDeepStrictEqual, parseArgs } from "node:util";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { writeKillFlow } from "../test/support/kill-flow.ts";
import { type Story, type StoryTerms, tellStory } from "../test/support/kill-story.ts";
import { RedisServer, redisAvailable } from "../test/support/redis-server.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    moments: { type: "string", default: "8" },
    flow: { type: "string", default: "" },
    out: { type: "string", default: "" },
  },
});
const rounds = Number(values.rounds);
const firstSeed = Number(values.seed);
const moments = Number(values.moments);
const started = performance.now();
const dir = mkdtempSync(join(tmpdir(), "clob-kill-run-"));
const flow = values.flow === "" ? join(dir, "deep-s11-n3000.bin") : values.flow;
if (values.flow === "") writeKillFlow(flow, 11, 3000);

const WAYS = [
  { name: "one process, embedded", services: "one", isRedis: false },
  { name: "three processes, embedded", services: "three", isRedis: false },
  { name: "one process, Redis", services: "one", isRedis: true },
  { name: "three processes, Redis", services: "three", isRedis: true },
] as const;

/** What the stories of one way came to. */
class Sum {
  stories = 0;
  moments = 0;
  records = 0;
  readonly killed: Record<string, number> = {};

  add(story: Story): void {
    this.stories++;
    this.moments += story.kills.length;
    this.records += story.audit.tip;
    for (const name of story.kills.flat()) this.killed[name] = (this.killed[name] ?? 0) + 1;
  }
}

try {
  const undisturbed = await tellStory({ services: "one", flow, seed: 0, moments: 0 });
  const sums = WAYS.map(() => new Sum());
  for (let round = 0; round < rounds; round++) {
    for (const [i, way] of WAYS.entries()) {
      const seed = firstSeed + round * WAYS.length + i;
      const story = await tell(way, seed);
      const why = difference(story, undisturbed);
      if (why !== "") throw new Error(`${way.name}, seed ${seed}: ${why}`);
      sums[i]!.add(story);
      const { name } = way;
      console.log(
        `${seconds()} s  seed ${seed}  ${name}: ${story.kills.length} kills, as if nothing`,
      );
    }
  }
  await report(undisturbed, sums);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exit(0);

async function tell(way: (typeof WAYS)[number], seed: number): Promise<Story> {
  const terms: StoryTerms = { services: way.services, flow, seed, moments };
  if (!way.isRedis) return tellStory(terms);
  if (!redisAvailable()) throw new Error("no redis-server here; npm test fetches it");
  await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "always" });
  return await tellStory({ ...terms, redis });
}

/** In what the story ended otherwise than the undisturbed one; "" if in nothing. */
function difference(story: Story, undisturbed: Story): string {
  const { audit, result, meaning, exitCodes } = story;
  if (result.matches_reference !== true) return `report stream ${result.report_sha256}`;
  if (!isDeepStrictEqual(meaning, undisturbed.meaning)) {
    return `balances or books: ${JSON.stringify(meaning)}`;
  }
  if (!audit.verdict.ok) return `export: ${audit.verdict.sentence}`;
  if (audit.matcher.roots !== audit.matcher.recomputed) return "the matcher's recovered roots";
  if (audit.settlement.roots !== audit.settlement.recomputed) return "settlement's recovered roots";
  if (exitCodes.some((code) => code !== 0)) return `exit codes ${exitCodes.join(", ")}`;
  return story.filesWithKeys.length === 0 ? "" : `keys in ${story.filesWithKeys.join(", ")}`;
}

function seconds(): number {
  return Math.round((performance.now() - started) / 1000);
}

async function report(undisturbed: Story, sums: readonly Sum[]): Promise<void> {
  const result = {
    commit: await gitCommit(),
    command: `bun bench/kill-run.ts ${process.argv.slice(2).join(" ")}`,
    flow: basename(flow),
    messages: undisturbed.result.messages,
    report_sha256: undisturbed.result.report_sha256,
    moments: sums.reduce((sum, way) => sum + way.moments, 0),
    differences: 0,
    ways: Object.fromEntries(WAYS.map(({ name }, i) => [name, sums[i]])),
    duration_s: seconds(),
    machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Bun ${Bun.version}`,
  };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  console.log(text);
  if (values.out !== "") await Bun.write(values.out, text);
}

async function gitCommit(): Promise<string> {
  const child = Bun.spawn(["git", "describe", "--always", "--dirty", "--abbrev=40"]);
  return (await new Response(child.stdout).text()).trim();
}
