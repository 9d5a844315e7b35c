/**
 * kill -9 at random moments of a replay, a few for each way of running; `bun bench/kill-run.ts`
 * does the long run. Afterwards everything is as if nothing had happened, and a stranger agrees.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeKillFlow } from "./kill-flow.ts";
import { type Story, tellStory } from "./kill-story.ts";
import { RedisServer, redisAvailable } from "./redis-server.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-kills-"));
const flow = join(dir, "flow.bin");
const MOMENTS = 4;
/** Many processes start here; a busy machine takes its time. */
const STORY_MS_MAX = 60_000;

let undisturbed: Story;
beforeAll(async () => {
  writeKillFlow(flow, 11, 1200);
  undisturbed = await tellStory({ services: "one", flow, seed: 0, moments: 0 });
}, STORY_MS_MAX);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function expectAsIfNothingHappened(story: Story): void {
  expect(story.kills.length).toBeGreaterThan(0);
  expect(story.result.matches_reference).toBe(true);
  expect(story.meaning).toEqual(undisturbed.meaning);
  expect(story.audit.verdict).toMatchObject({ ok: true, isPinned: true });
  expect(story.audit.matcher.position).toBe(story.audit.tip);
  expect(story.audit.matcher.roots).toBe(story.audit.matcher.recomputed);
  expect(story.audit.settlement.roots).toBe(story.audit.settlement.recomputed);
  expect(story.fromSnapshot.matcher).toBeGreaterThan(0);
  expect(story.fromSnapshot.settlement).toBeGreaterThan(0);
  expect(story.exitCodes.filter((code) => code !== 0)).toEqual([]);
  expect(story.filesWithKeys).toEqual([]);
}

test("undisturbed: the flow leaves queues on both sides and money in both assets", () => {
  const { meaning, result } = undisturbed;
  expect(result.matches_reference).toBe(true);
  expect(meaning.bids.length).toBeGreaterThan(3);
  expect(meaning.asks.length).toBeGreaterThan(3);
  expect(meaning.accounts.map(({ balances }) => balances.map(({ symbol }) => symbol))).toEqual([
    ["USD", "BTC"],
    ["USD", "BTC"],
  ]);
  expect(meaning.accounts.map(({ orders }) => orders.length > 20)).toEqual([true, true]);
});

export interface Way {
  readonly services: "one" | "three";
  readonly log: "embedded" | "Redis";
  readonly seed: number;
}

/** One story for each way. */
export function killSuite(ways: readonly Way[]): void {
  describe.each(ways)("killed again and again, $services process(es), $log", (way) => {
    const { services, log, seed } = way;
    test.skipIf(log === "Redis" && !redisAvailable())(
      "and nothing is lost or done twice",
      async () => {
        const terms = { services, flow, seed, moments: MOMENTS };
        if (log === "embedded") return expectAsIfNothingHappened(await tellStory(terms));
        await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "always" });
        expectAsIfNothingHappened(await tellStory({ ...terms, redis }));
      },
      STORY_MS_MAX,
    );
  });
}
