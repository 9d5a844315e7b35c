/**
 * DemoFlow: two makers that quote and trade in the demo's markets, so that its books move.
 *
 *   every 100 ms the next market's ladder takes a step -> a frame of each maker, if it has wishes
 *
 * They are traders like any other: keys, TCP, signed frames, journals in <data>/demo-journals, so
 * that a restart goes on with the next nonce. A maker has one frame on its way at most; while it
 * waits, its quotes rest. What a crash left in the books is cancelled at the next start.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseStep, parseSteps } from "../base/decimal.ts";
import { Prng } from "../base/prng.ts";
import { type Client, connect } from "../client/client.ts";
import { FileJournal } from "../client/journal-file.ts";
import type { Config, MarketConfig } from "../edges/config.ts";
import { readKeyFile } from "../edges/keys.ts";
import { BATCH_COUNT_MAX } from "../protocol/codes.ts";
import { marketSymbol } from "../protocol/command-layout.ts";
import type { Report } from "../protocol/report.ts";
import type { DemoAccount } from "./demo-accounts.ts";
import { DemoLadder } from "./demo-ladder.ts";

export interface DemoFlowParts {
  readonly config: Config;
  readonly accounts: readonly DemoAccount[];
  /** TCP port of ingress. */
  readonly port: number;
}

const JOURNALS_DIR = "demo-journals";
const STEP_MS = 100;
/** More demo markets than these stay quiet. */
const MARKETS_MAX = 8;
const STOP_MS_MAX = 2000;
/** Worth of one quote, in whole units of the quote asset. */
const QUOTE_WORTH = 300;
const START_PRICES: Readonly<Record<string, string>> = {
  BTC: "60000",
  ETH: "3000",
  SOL: "150",
  DOGE: "0.1",
};

export class DemoFlow {
  private readonly makers: readonly Maker[];
  private readonly ladders: readonly DemoLadder[];
  private readonly timer: ReturnType<typeof setInterval>;
  private turn = 0;

  /** Connects both makers and begins; throws a ClientError when the venue does not take them. */
  static async start(parts: DemoFlowParts): Promise<DemoFlow> {
    const makers: Maker[] = [];
    const ladders = openLadders(parts.config);
    const onReport = (report: Report): void => {
      for (const ladder of ladders) ladder.onReport(report);
    };
    for (const account of parts.accounts) {
      if (account.role === "maker") makers.push(await Maker.start(parts, account, onReport));
    }
    return new DemoFlow(makers, ladders);
  }

  private constructor(makers: readonly Maker[], ladders: readonly DemoLadder[]) {
    this.makers = makers;
    this.ladders = ladders;
    this.timer = setInterval(() => this.step(), STEP_MS);
  }

  /** Cancels what the makers have in the books and says goodbye. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.makers.map((maker) => maker.stop()));
  }

  private step(): void {
    const ladder = this.ladders[this.turn++ % this.ladders.length];
    const [first, second] = this.makers;
    if (ladder === undefined || first === undefined || second === undefined) return;
    if (first.lostCount + second.lostCount > 0) {
      this.beginAgain();
      return;
    }
    const wishes = ladder.step([first.isReady, second.isReady]);
    first.send(wishes[0]);
    second.send(wishes[1]);
  }

  /** What became of a frame is not known: the books are swept, and filled anew. */
  private beginAgain(): void {
    if (!this.makers.every((maker) => maker.isReady)) return;
    for (const ladder of this.ladders) ladder.clear();
    for (const maker of this.makers) maker.sweep();
  }
}

/** One maker: its connection, and the frame that is on its way. */
class Maker {
  private readonly client: Client;
  private waiting: Promise<unknown> | null = null;
  /** Frames or reports of which nothing more is known. */
  lostCount = 0;

  static async start(
    { config, port }: DemoFlowParts,
    { account, key, file }: DemoAccount,
    onReport: (report: Report) => void,
  ): Promise<Maker> {
    const dir = join(config.log.dataDir, JOURNALS_DIR);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const { host } = config.ingress.tcpAddress;
    let lose = (): void => undefined;
    const client = await connect({
      host: host === "0.0.0.0" ? "127.0.0.1" : host,
      port,
      account,
      key,
      signer: readKeyFile(join(config.venue.keysDir, file)),
      journal: new FileJournal(join(dir, `account-${account}.journal`)),
      onReport,
      onGap: () => lose(),
    });
    const maker = new Maker(client);
    lose = () => maker.lostCount++;
    await client.cancelAll();
    return maker;
  }

  private constructor(client: Client) {
    this.client = client;
  }

  get isReady(): boolean {
    return this.waiting === null && this.client.isLive;
  }

  send(commands: readonly Uint8Array[]): void {
    if (commands.length === 0) return;
    this.follow(this.client.send(commands.slice(0, BATCH_COUNT_MAX)));
  }

  /** Takes all quotes out of the books. */
  sweep(): void {
    this.lostCount = 0;
    this.follow(this.client.cancelAll());
  }

  async stop(): Promise<void> {
    const signal = AbortSignal.timeout(STOP_MS_MAX);
    await this.client.cancelAll({}, { signal }).then(nothing, nothing);
    this.client.close();
  }

  private follow(sent: Promise<unknown>): void {
    this.waiting = sent.then(
      () => (this.waiting = null),
      () => {
        this.waiting = null;
        this.lostCount++;
      },
    );
  }
}

function nothing(): void {
  // A maker that cannot say goodbye leaves quotes, and the next start sweeps them.
}

/** Ladders of the first shard's first markets. */
function openLadders(config: Config): DemoLadder[] {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  let id = BigInt(Date.now()) << 20n;
  const nextId = (): bigint => ++id;
  return demoMarkets(config).map(
    (market, index) =>
      new DemoLadder({
        market,
        startPrice: startPrice(config, market),
        quoteUnits: QUOTE_WORTH * 10 ** decimalsOf(config, market.quote),
        random: new Prng(seed + index),
        nextId,
        now: () => Date.now() * 1000,
      }),
  );
}

/** Each market by itself, ranges taken apart, as far as they fit. */
function demoMarkets(config: Config): MarketConfig[] {
  const shard = config.shards[0]?.id;
  const markets: MarketConfig[] = [];
  for (const range of config.markets) {
    if (range.shard !== shard || range.state !== "open") continue;
    for (let i = 0; i < range.count && markets.length < MARKETS_MAX; i++) {
      const id = range.id + i;
      markets.push({ ...range, id, count: 1, symbol: marketSymbol(range.symbol, id) });
    }
  }
  return markets;
}

/** Ticks: a price that people expect where the base asset has one, else the middle of the band. */
function startPrice(config: Config, market: MarketConfig): number {
  const { priceMin, priceMax, priceStep } = market;
  const symbol = config.assets.find((asset) => asset.id === market.base)?.symbol ?? "";
  const tick = parseStep(market.tick);
  const text = START_PRICES[symbol];
  const known = text === undefined || typeof tick === "string" ? "" : parseSteps(text, tick);
  const isInBand = typeof known === "number" && known > priceMin && known < priceMax;
  const price = isInBand ? known : (priceMin + priceMax) / 2;
  return Math.round(price / priceStep) * priceStep;
}

function decimalsOf(config: Config, asset: number): number {
  return config.assets.find((row) => row.id === asset)?.decimals ?? 0;
}
