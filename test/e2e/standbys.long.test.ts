/**
 * Two matchers and two settlements on one Redis, as real processes: each leader is killed in turn
 * while orders come. Afterwards everything is as if nothing had happened: the report stream has the
 * hash of an undisturbed run, and a stranger's verdict on the exports of both settlements is yes.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { ask } from "../log/redis-stand.ts";
import { audit } from "../support/kill-audit.ts";
import { lastLine, ReplayClient } from "../support/kill-client.ts";
import { until } from "../support/kill-fleet.ts";
import { writeKillFlow } from "../support/kill-flow.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { type Role, StandbyFleet } from "../support/standby-fleet.ts";

const STORY_MS_MAX = 90_000;
const dir = mkdtempSync(join(tmpdir(), "clob-standbys-"));
const flow = join(dir, "flow.bin");
beforeAll(() => writeKillFlow(flow, 12, 1200));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Kills the one that leads; the other leads, and the killed one comes back as its standby. */
async function passOn(pair: StandbyFleet, role: Role): Promise<void> {
  const leader = await pair.untilLed(role);
  await pair.fleet.kill(leader);
  const other = pair.other(role, leader);
  await until(() => pair.leads(other), `${other} to lead after ${leader}`);
  await pair.bringBack(leader);
  expect((await pair.ready(leader))?.role).not.toBe("leader");
}

async function settledTip(pair: StandbyFleet, name: string, tip: number): Promise<boolean> {
  const http = new HttpClient({ settlement: pair.http(name) });
  const [shard] = (await http.status()).shards;
  return (shard?.checkpoint?.position ?? 0) >= tip;
}

describe.skipIf(!redisAvailable())("two of each", () => {
  test(
    "each leader is killed in turn under load: exactly once, gapless, and verified",
    async () => {
      await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "always" });
      await using pair = await StandbyFleet.start({ redis: redis.port });
      const { fleet } = pair;
      const client = new ReplayClient(fleet, flow, () => pair.client());
      await client.start();
      const roles: readonly Role[] = ["matcher", "settlement", "matcher", "settlement"];
      for (const [i, role] of roles.entries()) {
        await client.untilSent((i + 1) / 6);
        await passOn(pair, role);
      }
      await client.untilDone();
      const result = JSON.parse(lastLine(fleet.said("client")));
      expect(result.matches_reference).toBe(true);
      // Both settlements sign all that was traded, and neither says anything else.
      const tip = Number(String(await ask(redis.port, "HGET", "ctl:{1}", "ex_tip")));
      for (const name of pair.names("settlement")) {
        await until(() => settledTip(pair, name, tip), `${name} to sign it`);
      }
      for (const name of [...pair.names("settlement"), ...pair.names("matcher")]) {
        expect(await fleet.terminate(name)).toBe(0);
      }
      expect(await fleet.terminate("ingress")).toBe(0);
      for (const i of [0, 1] as const) {
        const data = fleet.dataOf(pair.names("settlement")[i]);
        const judged = await audit(fleet, data, fleet.dataOf(pair.names("matcher")[i]));
        expect(judged.verdict).toMatchObject({ ok: true, isPinned: true });
        expect(judged.matcher.roots).toBe(judged.matcher.recomputed);
        expect(judged.settlement.roots).toBe(judged.settlement.recomputed);
      }
    },
    STORY_MS_MAX,
  );
});
