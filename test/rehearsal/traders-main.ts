/**
 * The traders of a rehearsal as a process on a host of their own: every account on every shard
 * through the SDK, over the load balancer, with a journal and an exact memory of what it was told.
 *
 *   stdin, a word a line     stdout, a JSON value a line
 *   take                     what was answered since the last take
 *   move                     {} once every trader has had an answer to a frame sent from now on
 *   rest                     {} once nothing new is sent and nothing is waited for any more
 *   told                     how many reports each was told: a trade or a credit may still come
 *   finish                   {} once the histories are written; the process ends
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Prng } from "../../src/base/prng.ts";
import { readKeyFile } from "../../src/edges/keys.ts";
import { percentilesOf } from "../../src/load/percentiles.ts";
import * as codes from "../../src/protocol/codes.ts";
import { Orders } from "../chaos/orders.ts";
import { Trader } from "../chaos/trader.ts";
import type { TakenLoad, Told, TraderHistory, TradersTerms } from "./load.ts";

const POLL_MS = 20;
const BATCH_MAX = 4;
/** Half of the orders go to so many markets of each shard, so that they meet. */
const BUSY_MARKETS = 3;

class Traders {
  private readonly terms: TradersTerms;
  private readonly traders: Trader[] = [];
  /** By trader: when its newest frame was sent that was executed. */
  private readonly executed = new Map<Trader, number>();
  private waits: number[] = [];
  private acknowledged = 0;
  private wrong = "";

  constructor(terms: TradersTerms) {
    this.terms = terms;
    for (const { id, first, last } of terms.shards) {
      const all = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      const busy = all.flatMap((_, i) => first + (i % Math.min(BUSY_MARKETS, all.length)));
      for (const [index] of terms.accounts.entries()) this.add(index, id, [...all, ...busy]);
    }
  }

  start(): void {
    for (const trader of this.traders) trader.start();
  }

  take(): TakenLoad {
    const inHand = this.traders.map(({ oldestMs }) => oldestMs);
    const all = new Float64Array([...this.waits, ...inHand]);
    const { p50 = 0, p99 = 0, max = 0 } = percentilesOf(all) ?? {};
    const taken = { frames: this.waits.length, acknowledged: this.acknowledged, p50, p99, max };
    this.waits = [];
    this.acknowledged = 0;
    const out = this.traders.find((trader) => trader.out !== "");
    const wrong = this.wrong || (out === undefined ? "" : `${out.name} is out: ${out.out}`);
    return { ...taken, wrong };
  }

  async move(): Promise<void> {
    const since = performance.now();
    const isBehind = (one: Trader): boolean =>
      one.out === "" && (this.executed.get(one) ?? 0) < since;
    while (this.wrong === "" && this.traders.some(isBehind)) await Bun.sleep(POLL_MS);
  }

  async rest(): Promise<void> {
    for (const trader of this.traders) trader.finish();
    while (this.wrong === "" && this.traders.some(({ lacks, out }) => out === "" && lacks !== "")) {
      await Bun.sleep(POLL_MS);
    }
  }

  told(): Told[] {
    return this.traders.map(({ name, account, shard, told }) => {
      return { name, account, shard, told: told.length };
    });
  }

  finish(): void {
    const histories: TraderHistory[] = this.traders.map((trader) => {
      const { name, account, shard, told, frames } = trader;
      return { name, account, shard, told, frames, outcomes: [...trader.outcomes] };
    });
    writeFileSync(this.terms.histories, JSON.stringify(histories));
    for (const trader of this.traders) trader.close();
  }

  private add(index: number, shard: number, markets: readonly number[]): void {
    const { venueId, host, port, journals, gapMs, funds, shards } = this.terms;
    const { account, key, file } = this.terms.accounts[index]!;
    const prng = new Prng(account * 1000 + shard);
    const orders = new Orders({
      account,
      shard,
      shards: shards.length,
      batchMax: BATCH_MAX,
      prng,
      markets,
      funds,
    });
    const trader: Trader = new Trader({
      who: { account, key, signer: readKeyFile(file) },
      shard,
      venueId,
      doors: [{ host, port }],
      times: {},
      journal: join(journals, `${account}-${shard}`),
      orders,
      gapMs,
      isPatient: false,
      prng,
      onWrong: (why) => void (this.wrong ||= why),
      say: (text) => console.error(text),
      onOutcome: (outcome, ms) => {
        this.waits.push(ms);
        if (outcome !== "executed") return;
        const sent = performance.now() - ms;
        this.executed.set(trader, Math.max(this.executed.get(trader) ?? 0, sent));
      },
      onReport: ({ kind }) => {
        if (kind === codes.REPORT_ACCEPTED) this.acknowledged++;
      },
    });
    this.traders.push(trader);
  }
}

const terms: TradersTerms = JSON.parse(process.argv[2] ?? "");
const traders = new Traders(terms);
traders.start();
const answer = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "take") answer(traders.take());
  if (line === "move") {
    await traders.move();
    answer({});
  }
  if (line === "rest") {
    await traders.rest();
    answer({});
  }
  if (line === "told") answer(traders.told());
  if (line === "finish") {
    traders.finish();
    answer({});
    break;
  }
}
process.exit(0);
