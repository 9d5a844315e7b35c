/**
 * Redis is lost whole, with all shards, while transfers and new accounts are on their way between
 * them, and the store is away for one shard at times: at whatever moment, every shard is made anew
 * from its own export, the three fit each other, and in the end all money is there once.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { signerFromSeed } from "../../src/edges/keys.ts";
import { encodeTransfer } from "../../src/protocol/commands.ts";
import { ask } from "../log/redis-stand.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { ShardsConfig } from "../support/shards-config.ts";
import { VenueProcess } from "../support/venue-process.ts";
import { ShardsStand } from "./shards-stand.ts";

const USD = 1;
const SHARDS = [1, 2, 3];
const FUNDS = 1_000_000_000;
const MOMENTS = 12;
/** Within one, a step of the export begins and ends several times. */
const LIVES_MS_MAX = 5000;
const TEST_MS = 900_000;

const out = mkdtempSync(join(tmpdir(), "clob-restored-shards-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

type Owner = Awaited<ReturnType<ShardsStand["open"]>>;

class Story implements AsyncDisposable {
  readonly stand: ShardsStand;
  readonly random = new Prng(4711);
  private readonly env: Record<string, string>;
  private readonly redis: RedisServer;
  private readonly venue: VenueProcess;
  private readonly config: ShardsConfig;
  private accounts = 0;
  /** Restores after which the export had to go on elsewhere. */
  moves = 0;

  private constructor(parts: {
    env: Record<string, string>;
    redis: RedisServer;
    venue: VenueProcess;
    config: ShardsConfig;
  }) {
    this.env = parts.env;
    this.redis = parts.redis;
    this.venue = parts.venue;
    this.config = parts.config;
    this.stand = new ShardsStand(parts.venue, parts.config.path);
  }

  static async begin(name: string, flags: readonly string[] = []): Promise<Story> {
    const config = new ShardsConfig();
    const redis = await RedisServer.start({ appendonly: "no" });
    const env = { CLOB_EXPORT_DIR: join(out, name) };
    const venue = await VenueProcess.start({
      redis: redis.port,
      services: "three",
      flags: ["--config", config.path, ...flags],
      env,
    });
    const story = new Story({ env, redis, venue, config });
    const { stand } = story;
    await stand.until("genesis is settled", async () => {
      const { shards } = await stand.http.status();
      return shards.length === SHARDS.length && shards.every(({ position }) => position > 0);
    });
    const plan = await stand.clob(`admin apply ${stand.configPath} --yes -o json`);
    expect(plan.code).toBe(0);
    return story;
  }

  /** An account with funds, all of which the exports hold. */
  async own(): Promise<Owner> {
    const { stand } = this;
    const owner = await stand.open(signerFromSeed(new Uint8Array(32).fill(41)), [[USD, FUNDS]]);
    await stand.untilArrived();
    const { shards } = await stand.http.status();
    const settled = new Map(shards.map(({ shard, position }) => [shard, position]));
    await stand.until("all of it is archived", async () => {
      const now = await stand.http.status();
      return now.shards.every(({ shard, export: to }) => {
        return (to?.archived_position ?? 0) >= (settled.get(shard) ?? 0);
      });
    });
    return owner;
  }

  /** Funds go round between all pairs, and accounts are opened, until all is lost. */
  async liveAndLose(owner: Owner): Promise<void> {
    const over = new AbortController();
    const flow = Promise.allSettled([
      ...SHARDS.map((from) => this.sendFrom(owner, from, over.signal)),
      this.openAccounts(over.signal),
    ]);
    const isAway = this.random.below(2) === 0;
    const back = isAway ? this.sendAway(1 + this.random.below(SHARDS.length)) : () => undefined;
    await Bun.sleep(this.random.below(LIVES_MS_MAX));
    // Killed before Redis, in the middle of a step; or they live on and find it empty.
    const isKilled = this.random.below(2) === 0;
    if (isKilled) await this.venue.kill();
    await ask(this.redis.port, "FLUSHALL");
    if (!isKilled) await Bun.sleep(this.random.below(500));
    await this.venue.kill();
    back();
    over.abort();
    // A client whose venue is gone for good may wait for it.
    await Promise.race([flow, Bun.sleep(1000)]);
    this.stand.close();
    this.stand.forget();
  }

  /** The store cannot be used for that shard, until it is called back. */
  sendAway(shard: number): () => void {
    const place = join(this.env["CLOB_EXPORT_DIR"] ?? "", `shard-${shard}`);
    renameSync(place, `${place}.away`);
    writeFileSync(place, "no directory");
    return () => {
      rmSync(place);
      renameSync(`${place}.away`, place);
    };
  }

  private async sendFrom(owner: Owner, from: number, over: AbortSignal): Promise<void> {
    const client = this.stand.trade(owner);
    const others = SHARDS.filter((shard) => shard !== from);
    over.addEventListener("abort", () => client.close());
    const connection = await client.on(from);
    for (let i = 1; !over.aborted; i++) {
      await connection.send(others.map((to) => encodeTransfer(to, USD, i)));
      await Bun.sleep(5);
    }
  }

  async lose(): Promise<void> {
    await this.venue.kill();
    await ask(this.redis.port, "FLUSHALL");
    this.stand.forget();
  }

  private async openAccounts(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const seed = new Uint8Array(32).fill(42);
      new DataView(seed.buffer).setUint32(0, ++this.accounts, true);
      await this.stand.open(signerFromSeed(seed), []);
      await Bun.sleep(20);
    }
  }

  /** What restore says of each shard; stops at the first that it does not make. */
  async restore(): Promise<{ complaint: string; isExportBeyond: boolean }> {
    let isExportBeyond = false;
    for (const shard of SHARDS) {
      const said = await this.stand.clob(`restore --shard ${shard} -o json`);
      const data = JSON.parse(said.out);
      if (said.code !== 0) return { complaint: data.error.message, isExportBeyond };
      isExportBeyond ||= data.exportBeyond;
    }
    return { complaint: "", isExportBeyond };
  }

  /** As OPERATE says where a step of the old export was cut off. */
  async moveExport(): Promise<void> {
    this.moves++;
    await this.stand.untilCovered();
    const place = join(out, `moved-${this.moves}`);
    const copied = await this.stand.clob(`export ${place} -o json`);
    expect([copied.code, copied.code === 0 ? "" : copied.out]).toEqual([0, ""]);
    await this.venue.kill();
    this.env["CLOB_EXPORT_DIR"] = place;
    await this.venue.launch();
  }

  /** No account has more or less than it had, and nobody has anything twice. */
  async expectWhole(owner: Owner): Promise<void> {
    const { stand } = this;
    await stand.untilArrived();
    const [usd] = (await stand.http.balances(owner.account)).balances;
    expect(usd?.total).toBe("1000.000000");
    let net = 0n;
    for (const shard of SHARDS) {
      for (const asset of await stand.http.onShard(shard).assets()) {
        net += BigInt(asset.net.replace(".", ""));
      }
    }
    expect(net).toBe(0n);
  }

  launch(): Promise<void> {
    return this.venue.launch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stand.close();
    await this.venue.stop();
    await this.redis[Symbol.asyncDispose]();
    this.config[Symbol.dispose]();
  }
}

describe.skipIf(!redisAvailable())("three shards, all of them lost", () => {
  test(
    "are made anew at any moment, and fit each other",
    async () => {
      await using story = await Story.begin("archived");
      const owner = await story.own();
      for (let moment = 0; moment < MOMENTS; moment++) {
        await story.liveAndLose(owner);
        const { complaint, isExportBeyond } = await story.restore();
        expect([moment, complaint]).toEqual([moment, ""]);
        await story.launch();
        if (isExportBeyond) await story.moveExport();
        await story.expectWhole(owner);
      }
      await story.stand.verify(join(out, "verdict"), MOMENTS);
    },
    { timeout: TEST_MS },
  );

  test(
    "do not fit each other where entries are carried before they are archived",
    async () => {
      await using story = await Story.begin("durable", ["--settlement-carry=durable"]);
      const { stand } = story;
      const owner = await story.own();
      const back = story.sendAway(1);
      const client = stand.trade(owner);
      const { credited } = await client.transfer({ asset: USD, amount: 5, from: 1, to: 2 });
      const position = credited?.position ?? 0;
      expect(position).toBeGreaterThan(0);
      await stand.until("the credit is archived", async () => {
        const { shards } = await stand.http.status();
        const there = shards.find(({ shard }) => shard === 2)?.export?.archived_position ?? 0;
        return there >= position;
      });
      await story.lose();
      back();
      const { complaint } = await story.restore();
      expect(complaint).toContain("shard 2 has applied 1 credits of shard 1");
    },
    { timeout: TEST_MS },
  );
});
