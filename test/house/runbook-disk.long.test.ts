/**
 * docs/RUNBOOK.md, Full disk: a disk of Redis and one of settlement that are really full, small
 * file systems of their own, below processes that trade. What it says happens, and its cure cures.
 */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { Room } from "../chaos/room.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { TWO } from "../support/runbook-config.ts";
import { RunbookFleet } from "../support/runbook-fleet.ts";
import { RunbookLoad } from "../support/runbook-load.ts";

const MS_MAX = 240_000;
const ROOM_BYTES = 32 << 20;
const ALWAYS = { appendonly: "yes", appendfsync: "always" };
const dir = mkdtempSync(join(tmpdir(), "clob-disk-"));
const probe = redisAvailable() ? await Room.open(join(dir, "probe"), 1 << 20) : null;
await probe?.close();

async function opened(redis: RedisServer): Promise<RunbookFleet> {
  const fleet = new RunbookFleet(redis.port, TWO);
  fleet.addMatcher("market-matcher@1", "HOST:9092", "1-10");
  await fleet.run("clob init");
  const units = ["market-matcher@1", "settlement-plane", "ingress-verifier"];
  for (const unit of units) await fleet.systemctl("start", unit);
  await fleet.run("clob admin apply ./config.toml --yes");
  await fleet.run("clob keygen ./me.pem");
  await fleet.run("clob account open --key ./me.pem");
  await fleet.run("clob admin deposit 1 USD 100000");
  return fleet;
}

async function checkpointOver(fleet: RunbookFleet, position: number): Promise<void> {
  const { CLOB_SETTLEMENT: settlement = "" } = fleet.shell.env;
  const http = new HttpClient({ settlement, ingress: "" });
  const reached = async (): Promise<number> => {
    const { shards } = await http.status();
    return shards[0]?.checkpoint?.position ?? 0;
  };
  while ((await reached().catch(() => 0)) < position) await Bun.sleep(20);
}

test.skipIf(probe === null)(
  "Redis's disk (needs redis-server, namespaces): it ends, and with room what waited is done",
  async () => {
    const room = (await Room.open(join(dir, "redis"), ROOM_BYTES))!;
    const place = { dir: room.dir, conf: join(dir, "redis.conf"), within: room.within };
    await using redis = await RedisServer.start(ALWAYS, place);
    await using fleet = await opened(redis);
    await using load = await RunbookLoad.begin(fleet);
    await load.more(5);
    room.fill();
    const waits = load.place();
    while (redis.isAlive) await Bun.sleep(20);
    room.clear();
    await redis.restart();
    expect(await waits).toBe("open");
    await load.more(5);
    expect(await load.outcome()).toEqual(["open"]);
    await room.close();
  },
  MS_MAX,
);

test.skipIf(probe === null)(
  "settlement's disk (needs redis-server, namespaces): it names the file, trading goes on",
  async () => {
    await using redis = await RedisServer.start(ALWAYS);
    const place = join(dir, "settlement");
    const room = (await Room.open(place, ROOM_BYTES))!;
    await using fleet = await opened(redis);
    await fleet.systemctl("stop", "settlement-plane");
    const { program, flags } = fleet.units.get("settlement-plane")!;
    const elsewhere = flags.map((flag) => (flag.endsWith("/settlement-plane") ? place : flag));
    fleet.units.set("settlement-plane", { program, flags: elsewhere });
    fleet.within.set("settlement-plane", room.within);
    await fleet.systemctl("start", "settlement-plane");
    await using load = await RunbookLoad.begin(fleet);
    await load.more(5);
    await checkpointOver(fleet, load.position);
    room.fill();
    await load.more(5);
    const { code, said } = await fleet.endOf("settlement-plane");
    expect(code).toBe(1);
    expect(said.split("\n").findLast((line) => line !== "")).toContain("ENOSPC");
    expect(said).toContain(place);
    await load.more(5);
    room.clear();
    await fleet.systemctl("start", "settlement-plane");
    await checkpointOver(fleet, load.position);
    expect(await load.outcome()).toEqual(["open"]);
    await room.close();
    rmSync(dir, { recursive: true, force: true });
  },
  MS_MAX,
);
