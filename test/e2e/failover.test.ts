/**
 * Failover to a replica that lacks the newest entries, under load, with real processes: at D3
 * nothing that was answered is gone, and what was not is sent again; below, the shard halts.
 *
 *   client -> three services -> one address -> primary, then replica -> replica's replica
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, replicaOf } from "../log/redis-stand.ts";
import { audit } from "../support/kill-audit.ts";
import { lastLine, ReplayClient } from "../support/kill-client.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";
import { writeKillFlow } from "../support/kill-flow.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-failover-"));
const flow = join(dir, "flow.bin");
const STORY_MS_MAX = 60_000;
const MESSAGES = 12_000;
/** More than ticks alone could be while the client waits. */
const LOST = 20;

beforeAll(() => writeKillFlow(flow, 12, MESSAGES));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Servers extends AsyncDisposable {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly proxy: TcpProxy;
}

async function chain(options: Record<string, string>): Promise<Servers> {
  const primary = await RedisServer.start(options);
  const replica = await replicaOf(primary, options);
  const last = await replicaOf(replica, options);
  const proxy = new TcpProxy(primary.port);
  const dispose = async (): Promise<void> => {
    proxy.stop();
    await Promise.all([primary, replica, last].map((server) => server.stop()));
  };
  return { primary, replica, proxy, [Symbol.asyncDispose]: dispose };
}

async function tip({ port }: RedisServer, field = "in_tip"): Promise<number> {
  return Number(String(await ask(port, "HGET", "ctl:{1}", field)));
}

/** From here on the replica has no more than now; the position where it stays. */
async function part({ replica }: Servers): Promise<number> {
  await ask(replica.port, "REPLICAOF", "NO", "ONE");
  return tip(replica);
}

async function failOver({ primary, replica, proxy }: Servers): Promise<void> {
  await primary.kill();
  proxy.switchTo(replica.port);
}

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
