/**
 * Failover to a replica that lacks the newest entries, under load, with real processes: at D3
 * nothing that was answered is gone, and what was not is sent again. Below: failover.long.test.ts.
 *
 *   client -> three services -> one address -> primary, then replica -> replica's replica
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { audit } from "../support/kill-audit.ts";
import { lastLine, ReplayClient } from "../support/kill-client.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";
import { writeKillFlow } from "../support/kill-flow.ts";
import { chain, failOver, part, tip } from "../support/redis-chain.ts";
import { redisAvailable } from "../support/redis-server.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-failover-"));
const flow = join(dir, "flow.bin");
const STORY_MS_MAX = 60_000;
const MESSAGES = 12_000;
/** More than ticks alone could be while the client waits. */
const LOST = 20;

beforeAll(() => writeKillFlow(flow, 12, MESSAGES));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.skipIf(!redisAvailable())("failover under load", () => {
  test(
    "D3: everything answered stands, everything else is done once",
    async () => {
      await using servers = await chain({ appendonly: "yes" });
      await using fleet = await KillFleet.start({
        services: "three",
        redis: servers.proxy.port,
        flags: ["--log-replicas=1", "--limits-drain-timeout-ms=1000"],
      });
      const client = new ReplayClient(fleet, flow);
      await client.start();
      await client.untilSent(0.05);
      const kept = await part(servers);
      const isEnough = async (): Promise<boolean> => (await tip(servers.primary)) >= kept + LOST;
      await until(isEnough, "records that only one node has");
      await failOver(servers);
      await client.untilDone();
      const result = JSON.parse(lastLine(fleet.said("client")));
      expect(result.matches_reference).toBe(true);
      expect(fleet.said("ingress")).toContain("lost suffix");
      expect(await tip(servers.replica, "generation")).toBeGreaterThan(1);
      const codes = await Promise.all(fleet.parts.map((name) => fleet.terminate(name)));
      expect(codes).toEqual([0, 0, 0]);
      const judged = await audit(fleet);
      expect(judged.verdict).toMatchObject({ ok: true, isPinned: true });
      expect(judged.matcher.roots).toBe(judged.matcher.recomputed);
      expect(judged.settlement.roots).toBe(judged.settlement.recomputed);
    },
    STORY_MS_MAX,
  );
});
