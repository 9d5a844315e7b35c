/**
 * Failover to a replica that lacks the newest entries, under load, with real processes, below D3:
 * reports that have left are gone, and the shard halts. At D3: failover.test.ts.
 *
 *   client -> three services -> one address -> primary, then replica -> replica's replica
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReplayClient } from "../support/kill-client.ts";
import { KillFleet } from "../support/kill-fleet.ts";
import { writeKillFlow } from "../support/kill-flow.ts";
import { chain, failOver, part, tip } from "../support/redis-chain.ts";
import { redisAvailable } from "../support/redis-server.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-failover-"));
const flow = join(dir, "flow.bin");
const STORY_MS_MAX = 60_000;
const MESSAGES = 12_000;

beforeAll(() => writeKillFlow(flow, 12, MESSAGES));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.skipIf(!redisAvailable())("failover under load", () => {
  test(
    "below D3 reports that have left are gone: the shard halts, and stays halted",
    async () => {
      await using servers = await chain({});
      const redis = servers.proxy.port;
      await using fleet = await KillFleet.start({ services: "three", redis });
      const kept = await part(servers);
      const client = new ReplayClient(fleet, flow);
      await client.start();
      await client.untilSent(0.05);
      const ends = fleet.parts.map(async (name) => [name, await fleet.exitOf(name)]);
      await failOver(servers);
      expect(await Promise.all(ends)).toEqual(fleet.parts.map((name) => [name, 1]));
      const why = /in ends at \d+, and reports up to \d+ have left: more was lost than log.durab/;
      for (const name of fleet.parts) expect(fleet.said(name)).toMatch(why);
      for (const name of ["ingress", "matcher"] as const) {
        await fleet.launch(name);
        expect(fleet.saidNow(name)).toMatch(/shard 1 is halted: in ends at/);
        expect(fleet.saidNow(name)).toContain("not served until it is cleared");
      }
      expect(await tip(servers.replica)).toBe(kept);
    },
    STORY_MS_MAX,
  );
});
