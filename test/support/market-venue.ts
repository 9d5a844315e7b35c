/**
 * MarketVenue: deploy/markets-21000.toml as real processes on a real Redis, a matcher that owns all
 * shards, ingress and settlement, and two accounts that are funded on every shard.
 *
 * Funds enter at the lowest shard, as all deposits do, and the carrier brings them to the others.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { OperatorClient } from "../../src/client/operator.ts";
import { connectVenue } from "../../src/client/venue-client.ts";
import type { Config } from "../../src/edges/config.ts";
import { readConfig } from "../../src/edges/config-read.ts";
import { signerFromSeed } from "../../src/edges/keys.ts";
import { SCOPES_TRADER } from "../../src/protocol/codes.ts";
import { marketsOf } from "../../src/market-matcher/shard-choice.ts";
import { KillFleet, type Part, until } from "./kill-fleet.ts";
import type { LoadShard, Trader } from "./market-load.ts";
import type { RedisServer } from "./redis-server.ts";

const MARKETS_CONFIG = join(import.meta.dir, "../../deploy/markets-21000.toml");
const SAMPLE_PER_SHARD = 2100;
const PARTS: readonly Part[] = ["matcher", "settlement", "ingress"];
/** Units of each asset on each shard for each account. */
const FUNDS = 20_000_000_000_000;
const WAIT_MS = 120_000;

/** The sample's text with as many shards, and fewer markets on each. */
export function smallerConfig(perShard: number): string {
  const text = readFileSync(MARKETS_CONFIG, "utf8");
  return text
    .replace(/count = (\d+)/, (_, count) => `count = ${(count / SAMPLE_PER_SHARD) * perShard}`)
    .replaceAll(/markets = "(\d+)-(\d+)"/g, (_, first, last) => {
      const before = ((first - 1) / SAMPLE_PER_SHARD) * perShard;
      return `markets = "${before + 1}-${(last / SAMPLE_PER_SHARD) * perShard}"`;
    });
}

/** The sample's text with one shard, and so many markets on it. */
export function oneShardConfig(markets: number): string {
  const text = smallerConfig(markets).replace(/count = \d+/, `count = ${markets}`);
  return text.slice(0, text.indexOf("[[shard]]\nid = 2"));
}

export class MarketVenue implements AsyncDisposable {
  readonly fleet: KillFleet;
  readonly config: Config;
  readonly configPath: string;
  readonly shards: readonly LoadShard[];
  readonly http: HttpClient;
  readonly traders: Trader[] = [];
  /** Milliseconds from the start of each process until it was ready. */
  readonly startMs: Record<string, number> = {};

  private constructor(fleet: KillFleet, configPath: string) {
    const read = readConfig({ file: configPath, env: fleet.env(), flags: { data: fleet.data } });
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    this.fleet = fleet;
    this.configPath = configPath;
    this.config = read.config;
    this.shards = read.config.shards.map(({ id }) => {
      return { shard: id, markets: marketsOf(read.config, [id]) };
    });
    this.http = new HttpClient(fleet.address);
  }

  /** Over Redis, or the embedded log; the shards do not know each other yet. */
  static async start(redis: RedisServer | null, config = MARKETS_CONFIG): Promise<MarketVenue> {
    const log = redis === null ? {} : { redis: redis.port };
    const fleet = new KillFleet({ services: "three", config, ...log });
    await fleet.init();
    const venue = new MarketVenue(fleet, config);
    for (const part of PARTS) await venue.launch(part);
    return venue;
  }

  async launch(part: Part): Promise<void> {
    const from = performance.now();
    await this.fleet.launch(part);
    this.startMs[part] = Math.round(performance.now() - from);
  }

  /** Stops all, as an operator does, and starts them again. */
  async restart(): Promise<void> {
    for (const part of PARTS.toReversed()) {
      const code = await this.fleet.terminate(part);
      if (code !== 0) throw new Error(`${part} ended with ${code}: ${this.fleet.saidNow(part)}`);
    }
    for (const part of PARTS) await this.launch(part);
  }

  /** `clob` as its own process; what it said, and how long it took. */
  async clob(name: string, words: readonly string[]) {
    const { host, port, ingress, settlement } = this.fleet.address;
    const addresses = ["--tcp", `${host}:${port}`, "--ingress", ingress];
    const flags = [...addresses, "--settlement", settlement, "-o", "json"];
    const from = performance.now();
    const code = await this.fleet.run(name, ["src/cli/main.ts", ...words, ...flags]);
    const seconds = (performance.now() - from) / 1000;
    const said = this.fleet.said(name);
    const json = said.slice(said.lastIndexOf("\n{", said.length - 2) + 1);
    return { code, seconds, said, data: JSON.parse(json) };
  }

  /** All shards learn of each other. */
  async link(): Promise<void> {
    await this.until("genesis is settled", (shards) => shards.every((one) => one.position > 0));
    const { code, said } = await this.clob("apply", ["admin", "apply", this.configPath, "--yes"]);
    if (code !== 0) throw new Error(said);
    const others = this.shards.length - 1;
    await this.until("all shards know all", (shards) => {
      return shards.every(({ links }) => links.length === others);
    });
  }

  /** Opens both accounts and brings their funds to every shard. */
  async fund(): Promise<void> {
    const operator = new OperatorClient(this.http, this.fleet.operator);
    const shards = this.shards.map(({ shard }) => shard);
    const [directory = 1] = shards;
    let reference = 0;
    for (const byte of [51, 52]) {
      const signer = signerFromSeed(new Uint8Array(32).fill(byte));
      const who = await operator.openAccount(signer.publicKey, { scopes: SCOPES_TRADER });
      this.traders.push({ signer, ...who });
      const { host, port, settlement } = this.fleet.address;
      const client = connectVenue({ signer, ...who, host, port, settlement });
      for (const { id: asset } of this.config.assets) {
        const amount = FUNDS * shards.length;
        await operator.deposit({ asset, account: who.account, amount, reference: ++reference });
        const sends = shards.slice(1).map((to) => {
          return client.transfer({ asset, amount: FUNDS, from: directory, to });
        });
        for (const { sent, credited } of await Promise.all(sends)) {
          if (credited === null) throw new Error(`not credited: ${sent.error?.message ?? "late"}`);
        }
      }
      client.close();
    }
  }

  /** Settlement has this number of reports of each trader, by shard. */
  async untilSettled(reports: readonly (readonly number[])[]): Promise<void> {
    for (const [index, { shard }] of this.shards.entries()) {
      const http = this.http.onShard(shard);
      for (const [trader, { account }] of this.traders.entries()) {
        const wanted = reports[index]?.[trader] ?? 0;
        const isThere = async () => (await http.account(account)).reports >= wanted;
        await until(isThere, `settlement of shard ${shard}`, WAIT_MS);
      }
    }
  }

  /** Checkpoints cover all that is settled now. */
  async untilCovered(): Promise<void> {
    const { shards } = await this.http.status();
    const tips = new Map(shards.map(({ shard, position }) => [shard, position]));
    await this.until("checkpoints", (now) => {
      return now.every((one) => (one.checkpoint?.position ?? 0) >= (tips.get(one.shard) ?? 0));
    });
  }

  async until(
    what: string,
    isSo: (shards: Awaited<ReturnType<HttpClient["status"]>>["shards"]) => boolean,
    waitMs = WAIT_MS,
  ): Promise<void> {
    await until(
      async () => {
        // Nobody answers while it starts, or not in time on a busy machine.
        const { shards } = await this.http.status().catch(() => ({ shards: [] }));
        return shards.length === this.shards.length && isSo(shards);
      },
      what,
      waitMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet.stop();
  }
}
