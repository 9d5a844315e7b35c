/**
 * The stream's book against the orders: after each of many random records with stops, expiries,
 * cascades, slides and decrements, the book that a reader keeps from deltas is what the open orders
 * that do not wait add up to.
 */
import { expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { BookMirror } from "../../src/client/book-mirror.ts";
import type { LevelJson } from "../../src/client/http-json.ts";
import type { StreamMessage } from "../../src/client/stream-json.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { rejectCode } from "../../src/protocol/codes.ts";
import type { Report } from "../../src/protocol/report.ts";
import { reportKindName } from "../../src/protocol/report-json.ts";
import { MarketFeed } from "../../src/settlement-plane/market-feed.ts";
import type { MarketTerms } from "../../src/settlement-plane/market-terms.ts";
import { FedShard, limit, marketRules } from "./fed-shard.ts";

const RECORDS = 3000;
const PRICES = { priceMin: 5_999_900, priceMax: 6_000_100 };
const ACCOUNTS = [1, 2, 3];

/** One market as a reader sees it, flushed after records that the listener was told of. */
class Reading {
  readonly shard: FedShard;
  readonly mirror = new BookMirror("BTC-USD");
  readonly reports = new Map<string, number>();
  private readonly feed: MarketFeed;
  private readonly terms: MarketTerms;
  private lastTrade = "";
  wrong = "";

  constructor(reportsPerRecordMax: number) {
    this.shard = new FedShard({ markets: [marketRules(PRICES)], reportsPerRecordMax });
    const terms = this.shard.marketData.directory.find("BTC-USD");
    if (terms === null) throw new Error("the shard has this market");
    this.terms = terms;
    this.feed = new MarketFeed(terms, this.shard);
    this.take(this.feed.snapshot());
    this.feed.readers.add({ send: (text) => this.take(text) });
    this.listen();
  }

  /** The feed is flushed as market data flushes it, but behind each record. */
  private listen(): void {
    const { marketData } = this.shard;
    let isChanged = false;
    marketData.onChange = () => (isChanged = true);
    marketData.onTrade = (_market, trade) => this.feed.addTrade(trade);
    marketData.onBatch = () => {
      if (isChanged) this.feed.flush();
      isChanged = false;
    };
  }

  private take(text: string): void {
    const message: StreamMessage = JSON.parse(text);
    if (message.type === "snapshot") this.wrong ||= this.mirror.begin(message);
    if (message.type === "delta") this.wrong ||= this.mirror.apply(message);
    if (message.type === "trade") this.lastTrade = message.price;
  }

  count(reports: readonly Report[]): void {
    for (const report of reports) {
      const name = nameOf(report);
      this.reports.set(name, (this.reports.get(name) ?? 0) + 1);
    }
  }

  /** What the open orders add up to, those that wait left out. */
  levels(side: number): LevelJson[] {
    const lots = new Map<number, number>();
    const { views } = this.shard.engine;
    for (const order of ACCOUNTS.flatMap((account) => views.ordersOf(account))) {
      if (order.side !== side || order.waits) continue;
      lots.set(order.price, (lots.get(order.price) ?? 0) + order.leaves);
    }
    const rising = [...lots].toSorted(([a], [b]) => (side === codes.SIDE_BUY ? b - a : a - b));
    return rising.map(([price, sum]) => [this.terms.price(price), this.terms.quantity(sum)]);
  }

  check(): void {
    const last = this.shard.engine.views.lastPrice(1);
    expect(this.wrong).toBe("");
    expect(this.mirror.bids).toEqual(this.levels(codes.SIDE_BUY));
    expect(this.mirror.asks).toEqual(this.levels(codes.SIDE_SELL));
    expect(this.lastTrade).toBe(last === 0 ? "" : this.terms.price(last));
  }
}

function randomOrder(random: Prng, now: number, id: bigint): encode.NewOrder {
  const price = (): number => 6_000_000 + random.between(-20, 20);
  const type = random.pick([1, 1, 1, 1, 2, 3, 4, 4]);
  const isStop = type === codes.TYPE_STOP || type === codes.TYPE_STOP_LIMIT;
  const immediate = [codes.TIF_IOC, codes.TIF_FOK];
  const resting = [codes.TIF_GTC, codes.TIF_GTC, codes.TIF_GTD, codes.TIF_DAY];
  const tifs = type === codes.TYPE_MARKET ? immediate : isStop ? resting : [...resting, 2];
  const tif = random.pick(tifs);
  const mayRest = type === codes.TYPE_LIMIT && tif !== codes.TIF_IOC;
  const hasBudget = type === codes.TYPE_MARKET && tif === codes.TIF_IOC && random.chance(50);
  return {
    market: 1,
    side: random.pick([codes.SIDE_BUY, codes.SIDE_SELL]),
    type,
    tif,
    clientOrderId: id,
    price: price(),
    quantity: random.between(1, 30),
    stp: random.pick([0, 1, 2, 3, 4, 4]),
    postOnly: mayRest ? random.pick([0, 0, 0, 1, 2]) : 0,
    stopPrice: isStop ? price() : 0,
    goodTill: tif === codes.TIF_GTD ? now + random.between(0, 300_000) : 0,
    budget: hasBudget ? random.between(1, 200_000_000) : 0,
  };
}

function randomCommand(random: Prng, now: number): Uint8Array<ArrayBuffer> {
  const id = BigInt(random.between(1, 25));
  switch (random.below(12)) {
    case 0:
      return encode.encodeCancel(1, id);
    case 1:
      return encode.encodeReduce(1, id, random.between(1, 5));
    case 2:
      return encode.encodeReplace(1, id, 6_000_000 + random.between(-20, 20), random.between(1, 9));
    case 3:
      return random.chance(10) ? encode.encodeMassCancel(0, random.below(3)) : limit({ price: 1 });
    case 4:
      return encode.encodeDeadMan(random.pick([0, 50_000, 400_000]));
    default:
      return encode.encodeNewOrder(randomOrder(random, now, id));
  }
}

/** What a run must have met: the kind, and why; of a trigger, whether it was left over. */
function nameOf({ kind, reason, index, code }: Report): string {
  const why = kind === codes.REPORT_REJECTED ? rejectCode(code).name : String(reason);
  return `${reportKindName(kind)} ${why}${index === codes.INDEX_DUE ? " due" : ""}`;
}

const MET = [
  "triggered 0",
  "fill 0",
  `canceled ${codes.CANCEL_SELF_TRADE}`,
  `reduced ${codes.CANCEL_SELF_TRADE}`,
  `canceled ${codes.CANCEL_BUDGET}`,
  `canceled ${codes.CANCEL_EXPIRED} due`,
  `canceled ${codes.CANCEL_DEAD_MAN} due`,
  "timer_fired 0 due",
  "replaced 0",
];
/** With little room in a record. */
const MET_LEFT_OVER = ["triggered 0 due", "rejected catching_up", "timer_fired 1 due"];

test.each([
  { reportsPerRecordMax: 10_000, met: MET },
  { reportsPerRecordMax: 16, met: [...MET, ...MET_LEFT_OVER] },
])("with $reportsPerRecordMax reports a record, after every record", (setting) => {
  const random = new Prng(20_251_123);
  const reading = new Reading(setting.reportsPerRecordMax);
  const { shard } = reading;
  for (let i = 0; i < RECORDS; i++) {
    const count = random.between(1, 3);
    const commands = Array.from({ length: count }, () => randomCommand(random, shard.nowUs));
    const isTick = random.chance(5);
    reading.count(
      isTick ? shard.tick(random.below(200_000)) : shard.trade(random.pick(ACCOUNTS), ...commands),
    );
    reading.check();
  }
  shard.close();
  expect(setting.met.filter((name) => (reading.reports.get(name) ?? 0) < 10)).toEqual([]);
});
