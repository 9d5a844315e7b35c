/**
 * Redis is lost whole (FLUSHALL): everybody ends, the log is made anew from the export, who knows
 * more than it holds does not start, and the venue goes on as the same one.
 */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { ask } from "../log/redis-stand.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";
import { PlainTrader } from "../support/plain-trader.ts";
import { redisAvailable, RedisServer } from "../support/redis-server.ts";

const TEST_MS = 120_000;
const PARTS = ["matcher", "settlement", "ingress"] as const;
const MAIN = "src/cli/main.ts";
/** Records are exported when the test says so: what comes behind is lost for certain. */
const FLAGS = ["--settlement-publish-delay-ms=3600000"];

async function checkpointAt(fleet: KillFleet, position: number): Promise<void> {
  const http = new HttpClient({ settlement: fleet.address.settlement });
  const covers = async (): Promise<boolean> => {
    const { shards } = await http.status();
    return (shards[0]?.checkpoint?.position ?? 0) >= position;
  };
  await until(covers, "a checkpoint");
}

async function cli(fleet: KillFleet, name: string, ...args: string[]): Promise<string> {
  const code = await fleet.run(name, [MAIN, ...args]);
  if (code !== 0) throw new Error(`clob ${args.join(" ")}: ${fleet.said(name)}`);
  return fleet.said(name);
}

describe.skipIf(!redisAvailable())("a lost Redis", () => {
  test(
    "is made anew from the export, and says what is lost",
    async () => {
      await using redis = await RedisServer.start({ appendonly: "no" });
      await using fleet = await KillFleet.start({
        services: "three",
        redis: redis.port,
        flags: FLAGS,
      });
      const out = join(fleet.data, "export");
      const trader = await PlainTrader.open(fleet);
      const before = await trader.resume(1);
      const kept = (await trader.place(before.wire, 200)).at(-1)!;
      await checkpointAt(fleet, kept.position);
      await cli(fleet, "export", "export", out);
      const lost = (await trader.place(before.wire, 50)).at(-1)!;
      await checkpointAt(fleet, lost.position);
      // A snapshot of what will be lost lies in its directory.
      expect(await fleet.terminate("matcher")).toBe(0);
      await fleet.launch("matcher");

      await ask(redis.port, "FLUSHALL");
      for (const part of PARTS) expect(await fleet.exitOf(part)).toBe(1);
      for (const part of PARTS) {
        fleet.begin(part);
        expect(await fleet.exitOf(part)).toBe(1);
        expect(fleet.saidNow(part)).toContain("has no genesis");
      }

      const said = await cli(fleet, "restore", "restore", "--shard", "1", "--output", "json");
      const { position, generation, made } = JSON.parse(said);
      expect(made).toBe(true);
      expect(position).toBeGreaterThanOrEqual(kept.position);
      expect(position).toBeLessThan(lost.position);
      const aside = join(fleet.data, "shard-1", `lost-${generation}`);
      expect(existsSync(join(aside, "snapshots"))).toBe(true);
      expect(existsSync(join(aside, "settlement", "commitments"))).toBe(true);

      await Promise.all(PARTS.map((part) => fleet.launch(part)));
      const after = await trader.resume(1);
      expect(after.numbers).toEqual(after.numbers.map((_, i) => i + 1));
      expect(after.numbers.length).toBeGreaterThan(200);
      const newest = (await trader.place(after.wire, 30)).at(-1)!;
      expect(newest.position).toBeGreaterThan(position);
      await checkpointAt(fleet, newest.position);
      await cli(fleet, "again", "export", out);
      expect(await fleet.run("verify", [MAIN, "verify", out], false)).toBe(0);
    },
    TEST_MS,
  );

  test(
    "a service that knows more than the restored log does not start",
    async () => {
      await using redis = await RedisServer.start({ appendonly: "no" });
      await using fleet = await KillFleet.start({
        services: "three",
        redis: redis.port,
        flags: FLAGS,
      });
      const trader = await PlainTrader.open(fleet);
      const { wire } = await trader.resume(1);
      const kept = (await trader.place(wire, 20)).at(-1)!;
      await checkpointAt(fleet, kept.position);
      await cli(fleet, "export", "export", join(fleet.data, "export"));
      await trader.place(wire, 20);
      expect(await fleet.terminate("matcher")).toBe(0);
      await ask(redis.port, "FLUSHALL");
      for (const part of ["settlement", "ingress"]) expect(await fleet.exitOf(part)).toBe(1);
      // As from another machine: its own directory, the same keys and the same export.
      const elsewhere = join(fleet.dir, "elsewhere");
      const places = ["--log-data-dir", elsewhere, "--venue-keys-dir", join(fleet.data, "keys")];
      const from = ["--settlement-export-dir", join(fleet.data, "export")];
      const args = [MAIN, "restore", "--shard", "1", ...places, ...from];
      expect(await fleet.run("elsewhere", args, false)).toBe(0);

      fleet.begin("matcher");
      expect(await fleet.exitOf("matcher")).toBe(1);
      expect(fleet.saidNow("matcher")).toContain("run: clob restore --shard 1");
      expect(await cli(fleet, "here", "restore", "--shard", "1")).toContain("restored before");
      await Promise.all(PARTS.map((part) => fleet.launch(part)));
      const again = await trader.resume(1);
      await trader.place(again.wire, 5);
    },
    TEST_MS,
  );
});
