/**
 * Doctor of a fleet, on real processes over a real Redis: what it says when all is well, when a
 * standby is missing, when a leader dies, and of addresses that are none.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../support/free-ports.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { VenueProcess } from "../support/venue-process.ts";
import { clob } from "./capture.ts";

const MS_MAX = 60_000;
const ROOT = join(import.meta.dir, "..", "..");

interface Check {
  readonly name: string;
  readonly state: string;
  readonly found: string;
  readonly fix: string;
}

describe.skipIf(!redisAvailable())("doctor --fleet", () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-fleet-doctor-"));
  const standbyPort = freePort();
  let redis: RedisServer;
  let venue: VenueProcess;
  let standby: Bun.Subprocess;

  beforeAll(async () => {
    redis = await RedisServer.start({ appendonly: "yes" });
    venue = await VenueProcess.start({ redis: redis.port, services: "three" });
    standby = Bun.spawn(
      [process.execPath, "src/market-matcher/main.ts", "--data", dir, "--http", `${standbyPort}`],
      { cwd: ROOT, env: venue.environment, stdout: "ignore", stderr: "inherit" },
    );
    const ready = `http://127.0.0.1:${standbyPort}/readyz`;
    while ((await fetch(ready).catch(() => null))?.ok !== true) await Bun.sleep(50);
    const key = join(dir, "me.pem");
    expect((await run(`keygen ${key}`)).code).toBe(0);
    expect((await run(`account open --key ${key}`)).code).toBe(0);
    expect((await run("admin deposit 1 USD 1000")).code).toBe(0);
  }, MS_MAX);

  afterAll(async () => {
    standby.kill("SIGKILL");
    await standby.exited;
    await venue.stop();
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  function run(line: string) {
    const { host, port, ingress, settlement } = venue.address;
    const at = ["--tcp", `${host}:${port}`, "--ingress", ingress, "--settlement", settlement];
    return clob([...line.split(" "), ...at, "--data", venue.dir, "-o", "json"], {
      PATH: process.env["PATH"] ?? "",
      HOME: dir,
    });
  }

  async function look(addresses: readonly string[]): Promise<{ code: number; checks: Check[] }> {
    const key = join(dir, "me.pem");
    const { code, out } = await run(`doctor --fleet ${addresses.join(",")} --key ${key}`);
    return { code, checks: JSON.parse(out).checks };
  }

  const ofAll = (): string[] => venue.http.map((url) => url.replace("http://", ""));
  const named = (checks: readonly Check[], name: string): Check | undefined =>
    checks.find((check) => check.name === name);

  test(
    "of a fleet with a standby: each service, who leads, the level, one order",
    async () => {
      const { code, checks } = await look([...ofAll(), `127.0.0.1:${standbyPort}`]);
      expect(checks.filter(({ state }) => state === "wrong")).toEqual([]);
      expect(code).toBe(0);
      const [, , matcher = ""] = ofAll();
      expect(named(checks, matcher)?.found).toBe("matcher, ready");
      expect(named(checks, "shard 1")?.found).toBe(`led by ${matcher}, 1 stand by`);
      expect(named(checks, "log level")?.found).toContain("redis");
      expect(named(checks, "one order")?.found).toMatch(/^\S+: placed and canceled in [\d.]+ ms$/);
      // One of two settlements: a warning, for all goes on.
      expect(named(checks, "settlement pair")?.state).toBe("warning");
    },
    MS_MAX,
  );

  test(
    "warns of a shard without a standby, and the order left nothing behind",
    async () => {
      const { code, checks } = await look(ofAll());
      expect(code).toBe(0);
      expect(named(checks, "shard 1")).toMatchObject({
        state: "warning",
        fix: "start a second matcher for it on another machine",
      });
      const { out } = await run(`orders --key ${join(dir, "me.pem")}`);
      expect(JSON.parse(out).orders).toEqual([]);
    },
    MS_MAX,
  );

  test(
    "says where the export goes, and why it waits",
    async () => {
      const { checks } = await look(ofAll());
      const place = join(venue.dir, "export", "shard-1");
      expect(named(checks, "export")).toMatchObject({ state: "ok" });
      expect(named(checks, "export")?.found).toContain("directory");
      while (!existsSync(place)) await Bun.sleep(10);
      renameSync(place, `${place}.away`);
      writeFileSync(place, "no directory");
      let seen = named(checks, "export");
      while (seen?.state === "ok") seen = named((await look(ofAll())).checks, "export");
      expect(seen).toMatchObject({ state: "warning" });
      expect(seen?.found).toStartWith("shard 1: ");
      rmSync(place);
      renameSync(`${place}.away`, place);
      while (seen?.state !== "ok") seen = named((await look(ofAll())).checks, "export");
    },
    MS_MAX,
  );

  test(
    "names what does not answer, and a role that nobody has",
    async () => {
      const [ingress = ""] = ofAll();
      const nobody = `127.0.0.1:${freePort()}`;
      const { code, checks } = await look([ingress, nobody]);
      expect(code).toBe(1);
      expect(named(checks, nobody)?.found).toStartWith("does not answer: ");
      expect(named(checks, "matcher")?.found).toBe("none answers");
      expect(named(checks, "settlement")?.found).toBe("none answers");
    },
    MS_MAX,
  );

  test(
    "an address that is none is a wrong use",
    async () => {
      const { code } = await run("doctor --fleet 9090");
      expect(code).toBe(2);
    },
    MS_MAX,
  );
});
