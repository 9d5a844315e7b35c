/**
 * KillStory: a public flow replayed into a venue whose processes are killed again and again.
 *
 *   start -> client replays with its own journal --kill at a seeded moment, bring back--> ... ->
 * end
 *     -> what is there by meaning -> SIGTERM to all -> audit
 *
 * A moment is a number of frames that have left, and a few milliseconds behind it. Whatever is
 * killed, the client is told nothing: it connects again and sends what its own record says.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Prng } from "../../src/base/prng.ts";
import { readU64, viewOf } from "../../src/base/bytes.ts";
import { HttpClient } from "../../src/client/http.ts";
import type { BalanceJson, BookJson, OrderJson } from "../../src/client/http-json.ts";
import type { ReplayResult } from "../../src/load/replay.ts";
import { REPORT_POSITION_AT, REPORT_SIZE } from "../../src/protocol/report.ts";
import { lastLine, ReplayClient } from "./kill-client.ts";
import { type Audit, audit, filesWithKeys } from "./kill-audit.ts";
import { KillFleet, type Part, until } from "./kill-fleet.ts";
import type { RedisServer } from "./redis-server.ts";

export interface StoryTerms {
  readonly services: "one" | "three";
  /** Absent: the embedded log. */
  readonly redis?: RedisServer;
  /** A workload file with a reference hash. */
  readonly flow: string;
  readonly seed: number;
  /** Kills; 0 is the undisturbed run. */
  readonly moments: number;
  /** SIGTERM instead of SIGKILL, and never to the client or to Redis. */
  readonly isGentle?: boolean;
}

/** What was killed at once. */
export type Victim = Part | "client" | "redis";

export interface Story {
  readonly kills: readonly (readonly Victim[])[];
  readonly result: ReplayResult & { readonly matches_reference: boolean | null };
  readonly meaning: Meaning;
  readonly audit: Audit;
  readonly exitCodes: readonly number[];
  /** Starts of a matcher and of a settlement that went on from a snapshot. */
  readonly fromSnapshot: { readonly matcher: number; readonly settlement: number };
  readonly filesWithKeys: readonly string[];
}

/** The state as traders see it: no nonce, no position, no time. */
export interface Meaning {
  readonly accounts: readonly {
    readonly balances: readonly Pick<BalanceJson, "symbol" | "free" | "held" | "total">[];
    readonly orders: readonly string[];
  }[];
  readonly bids: BookJson["bids"];
  readonly asks: BookJson["asks"];
  readonly trades: number;
}

const JITTER_MS = 30;
/** Who is asked to stop while others are too waits so long for reports that do not come. */
const DRAIN_MS = 1000;
/** The least that is allowed, so that kills fall between snapshots and into them. */
const SNAPSHOT_COMMANDS = 1000;
const SETTLED_MS = 60_000;

export async function tellStory(terms: StoryTerms): Promise<Story> {
  const { services, redis } = terms;
  const port = redis === undefined ? {} : { redis: redis.port };
  const flags = [
    `--limits-drain-timeout-ms=${DRAIN_MS}`,
    `--matcher-snapshot-commands=${SNAPSHOT_COMMANDS}`,
  ];
  await using fleet = await KillFleet.start({ services, ...port, flags });
  const killing = new Killing(fleet, terms);
  const kills = await killing.run().catch(async (error: unknown) => {
    throw new Error(`${String(error)}\n${fleet.lastWords()}\n${await fleet.vitals()}`);
  });
  const result: Story["result"] = JSON.parse(lastLine(fleet.said("client")));
  const before = await meaningOf(fleet, result);
  if (kills.length > 0) await killing.strikeAtRest();
  const meaning = kills.length > 0 ? await meaningOf(fleet, result) : before;
  if (!isDeepStrictEqual(meaning, before)) throw new Error("a kill at rest has changed the state");
  const ended = await Promise.all(fleet.parts.map((part) => fleet.terminate(part)));
  const exitCodes = [...killing.exitCodes, ...ended];
  const judged = await audit(fleet);
  return {
    kills,
    result,
    meaning,
    audit: judged,
    exitCodes,
    fromSnapshot: {
      matcher: logged(fleet, /"from_snapshot":[1-9]/g),
      settlement: logged(fleet, /"position":[1-9]\d*,"from":"[^"]+","checkpoints":/g),
    },
    filesWithKeys: filesWithKeys(fleet),
  };
}

/** How often this stands in the log lines of all parts. */
function logged(fleet: KillFleet, pattern: RegExp): number {
  const path = join(fleet.data, "log.jsonl");
  const lines = existsSync(path) ? readFileSync(path, "utf8") : "";
  return (
    [lines, ...fleet.parts.map((part) => fleet.said(part))].join("").match(pattern)?.length ?? 0
  );
}

class Killing {
  private readonly fleet: KillFleet;
  private readonly terms: StoryTerms;
  private readonly random: Prng;
  /** Of parts that were asked to stop. */
  readonly exitCodes: number[] = [];

  constructor(fleet: KillFleet, terms: StoryTerms) {
    this.fleet = fleet;
    this.terms = terms;
    this.random = new Prng(terms.seed);
  }

  /** Until the client has ended well; whom it killed. */
  async run(): Promise<Victim[][]> {
    const kills: Victim[][] = [];
    const client = new ReplayClient(this.fleet, this.terms.flow);
    await client.start();
    for (const moment of this.moments()) {
      await client.untilSent(moment);
      await Bun.sleep(this.random.unit() * JITTER_MS);
      if (client.isDone) break;
      const victims = this.victims();
      await this.strike(victims, client);
      kills.push(victims);
    }
    await client.untilDone();
    await this.untilReady();
    return kills;
  }

  /** All parts once more, when nothing new comes: what they recover then is all there is. */
  async strikeAtRest(): Promise<void> {
    await this.strike([...this.fleet.parts]);
    await this.untilReady();
  }

  private async untilReady(): Promise<void> {
    await Promise.all(this.fleet.parts.map((part) => this.fleet.untilReady(part)));
  }

  /** Who is still starting is asked only once it serves; how it ends before is another test's. */
  private terminate(victims: readonly Victim[]): Promise<number[]> {
    const parts = this.fleet.parts.filter((part) => victims.includes(part));
    return Promise.all(
      parts.map(async (part) => {
        await this.fleet.untilReady(part);
        return this.fleet.terminate(part);
      }),
    );
  }

  /** Shares of the flow, rising, none at its very end. */
  private moments(): number[] {
    const shares = Array.from({ length: this.terms.moments }, () => this.random.unit() * 0.97);
    return shares.sort((a, b) => a - b);
  }

  private victims(): Victim[] {
    const { parts } = this.fleet;
    const [first = "venue"] = parts;
    const one = this.terms.services === "one" ? first : parts[this.random.below(parts.length)]!;
    const dice = this.random.below(10);
    if (this.terms.isGentle === true) return dice < 5 ? [one] : [...parts];
    if (dice < 5) return [one];
    if (dice === 5) return ["client"];
    if (dice === 6) return [one, "client"];
    if (dice === 7 && this.terms.redis !== undefined) return ["redis"];
    if (dice === 8 && this.terms.redis !== undefined) return [...parts, "redis"];
    return [...parts];
  }

  /** Kills all of them, lets a moment pass or none, and begins them anew; waits for nothing. */
  private async strike(victims: readonly Victim[], client?: ReplayClient): Promise<void> {
    const { redis, isGentle = false } = this.terms;
    if (isGentle) this.exitCodes.push(...(await this.terminate(victims)));
    await Promise.all(
      victims.map((victim) => (victim === "redis" ? redis?.kill() : this.fleet.kill(victim))),
    );
    await Bun.sleep(this.random.chance(50) ? 0 : this.random.below(100));
    if (victims.includes("redis")) await redis?.restart();
    for (const victim of victims) {
      if (victim === "client") await client?.start();
      else if (victim !== "redis") this.fleet.begin(victim);
    }
  }
}

/** What settlement says once a checkpoint covers the whole replay. */
async function meaningOf(fleet: KillFleet, result: ReplayResult): Promise<Meaning> {
  const http = new HttpClient({ settlement: fleet.address.settlement });
  const end = lastPosition(fleet);
  const isCovered = async (): Promise<boolean> => {
    const [shard] = (await http.status()).shards;
    return (shard?.checkpoint?.position ?? 0) >= end;
  };
  await until(isCovered, "a checkpoint that covers the replay", SETTLED_MS);
  const accounts = [];
  for (const id of result.accounts) {
    const { balances } = await http.account(id);
    accounts.push({
      balances: balances.map(({ symbol, free, held, total }) => ({ symbol, free, held, total })),
      orders: (await ordersOf(http, id)).map(orderText),
    });
  }
  const { bids, asks } = await http.book(result.market, 1000);
  const { trades } = await http.market(result.market);
  return { accounts, bids, asks, trades };
}

/** Of the newest report that the client has received. */
function lastPosition(fleet: KillFleet): number {
  const view = viewOf(readFileSync(join(fleet.dir, "journal", "reports.bin")));
  let last = 0;
  for (let at = 0; at < view.byteLength; at += REPORT_SIZE) {
    last = Math.max(last, readU64(view, at + REPORT_POSITION_AT));
  }
  return last;
}

async function ordersOf(http: HttpClient, account: number): Promise<OrderJson[]> {
  const all: OrderJson[] = [];
  for (let after: string | null = ""; after !== null; ) {
    const page = await http.orders(
      account,
      after === "" ? { limit: 1000 } : { limit: 1000, after },
    );
    all.push(...page.orders);
    after = page.next;
  }
  return all;
}

function orderText({ client_order_id: id, side, price, leaves, filled }: OrderJson): string {
  return `${id} ${side} ${leaves} at ${price}, ${filled} filled`;
}
