/**
 * FedShard: a real engine fed with records, and the whole read side of settlement over it. For
 * tests of HTTP and stream that state by hand what was traded.
 *
 *   const shard = new FedShard();
 *   shard.trade(1, limit({ side: SIDE_SELL, price: 6_000_100, quantity: 2_000 }));
 *   await shard.get("/v1/markets/BTC-USD/book")
 *
 * Two markets, three funded traders whose keys have the id account + 1, 10 ms of log time each.
 */
import type { Hono } from "hono";
import { sha256 } from "../../src/base/hash.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { Checkpointer, inputOrigin, statesOrigin } from "../../src/proofs/checkpointer.ts";
import { signCheckpoint } from "../../src/proofs/checkpoint-note.ts";
import { noteKey } from "../../src/proofs/signed-note.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { ReportChain } from "../../src/protocol/execution.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import type { ShardLog } from "../../src/edges/log.ts";
import { decodeGenesis, encodeGenesis, type Genesis } from "../../src/protocol/genesis.ts";
import { encodePack, readRecord, RecordView } from "../../src/protocol/record.ts";
import { readReport, type Report, REPORT_SIZE, ReportBatch } from "../../src/protocol/report.ts";
import { createSettlementHttp } from "../../src/settlement-plane/http.ts";
import { ReadCounts } from "../../src/settlement-plane/http-metrics.ts";
import type { ExportProgress } from "../../src/settlement-plane/exporter.ts";
import { MarketData } from "../../src/settlement-plane/market-data.ts";
import type { Recompute } from "../../src/settlement-plane/recompute.ts";
import type { ShardData } from "../../src/settlement-plane/shard-data.ts";
import type { PublishedCheckpoint } from "../../src/settlement-plane/checkpoint-notes.ts";
import { generateKeyPairSync, sign } from "node:crypto";

type Bytes = Uint8Array<ArrayBuffer>;

export const USD = 1;
export const BTC = 2;
export const BTC_USD = 1;
export const ETH_USD = 7;
export const FIRST_TIME = 1_764_000_000_000_000;
const RECORD_US = 10_000;
/** Each trader's: 1,000,000 USD and 100 BTC. */
const FUNDS = new Map([
  [USD, 1_000_000_000_000],
  [BTC, 10_000_000_000],
]);

const LIMITS = {
  accountsMax: 100,
  keysMax: 100,
  ordersMax: 20_000,
  marketsMax: 100,
  assetsMax: 10,
  reportsPerRecordMax: 10_000,
};

export function marketRules(fields: Partial<encode.MarketRules>): encode.MarketRules {
  return {
    market: BTC_USD,
    state: codes.STATE_OPEN,
    base: BTC,
    quote: USD,
    lotUnits: 10_000,
    tickValue: 1,
    openOrdersMax: 4096,
    priceMin: 100_000,
    priceMax: 100_000_000,
    quantityMin: 1,
    quantityMax: 1_000_000,
    makerFeePpm: 200,
    takerFeePpm: 500,
    symbol: "BTC-USD",
    count: 1,
    priceStep: 1,
    quantityStep: 1,
    ...fields,
  };
}

/** A good-till-canceled limit order of 0.0010 at 60000.00, but for what is said. */
export function limit(fields: Partial<encode.NewOrder>): Bytes {
  return encode.encodeNewOrder({
    market: BTC_USD,
    side: codes.SIDE_BUY,
    type: codes.TYPE_LIMIT,
    tif: codes.TIF_GTC,
    clientOrderId: 1n,
    price: 6_000_000,
    quantity: 10,
    stp: codes.STP_NONE,
    postOnly: 0,
    ...fields,
  });
}

export interface FedSettings {
  readonly rowsMax?: number;
  readonly tradesKept?: number;
  readonly requestsMax?: number;
  readonly markets?: readonly encode.MarketRules[];
  readonly reportsPerRecordMax?: number;
}

export class FedShard {
  readonly engine: Engine;
  readonly parts: {
    genesis: Genesis;
    venue: Uint8Array;
    log: Pick<ShardLog, "describe" | "halted" | "writerOfExecutions">;
  };
  readonly data: ShardData;
  readonly marketData: MarketData;
  readonly counts = new ReadCounts();
  readonly app: Hono;
  latest: PublishedCheckpoint | null = null;
  isReady = true;
  isHalted = false;
  exported: ExportProgress | null = null;
  recompute: Pick<Recompute, "found"> | null = null;
  halted: string | null = null;
  readonly leadership = { leads: true, term: 1, counts: { turns: 1 } };
  /** This server's clock, moved by the tests. */
  nowMs = FIRST_TIME / 1000;
  private logTime = FIRST_TIME;
  private readonly reports = new ReportBatch();
  private readonly record = new RecordView();
  private readonly nonces = new Map<number, number>();
  private readonly chain = new ReportChain();
  private readonly checkpointer: Checkpointer;
  private readonly signer = generateKeyPairSync("ed25519");

  constructor(settings: FedSettings = {}) {
    const genesisFrame = makeGenesis(settings);
    const genesis = decodeGenesis(genesisFrame);
    if (typeof genesis === "string") throw new Error(genesis);
    const [writerOfExecutions, halted] = [async () => null, async () => this.halted];
    const log = { describe: "embedded, D2, ./data", halted, writerOfExecutions };
    this.parts = { genesis, venue: sha256(genesisFrame), log };
    this.engine = new Engine(genesisFrame, { levels: createLevels, roots: true });
    this.checkpointer = new Checkpointer({
      shard: genesis.shard,
      directoryOrigin: genesis.directoryOrigin,
      intervalUs: genesis.checkpointIntervalUs,
      commandsMax: genesis.checkpointCommands,
    });
    const { rowsMax = 1000, tradesKept = 1024, requestsMax = 1024 } = settings;
    const wallMs = (): number => this.nowMs;
    const marketData = (this.marketData = new MarketData({ tradesKept }, wallMs));
    this.data = marketData.addShard(1, this);
    this.data.matchedPosition = 1;
    const { leadership, counts } = this;
    const settlements = new Map([[1, this]]);
    const side = { settlements, leadership, marketData, rowsMax, venueName: "demo", wallMs };
    this.app = createSettlementHttp({ side, counts, limits: { httpRequestsMax: requestsMax } });
    this.apply(genesisFrame);
    for (let account = 1; account <= 3; account++) this.openTrader(account);
  }

  close(): void {
    this.marketData.close();
  }

  /** Status, content type and body of a request. */
  async ask(path: string, init?: RequestInit): Promise<[number, string, unknown]> {
    const answer = await this.app.request(path, init);
    return [answer.status, answer.headers.get("content-type") ?? "", await answer.json()];
  }

  /** The body of a request that is answered. */
  async get(path: string): Promise<unknown> {
    const [status, type, body] = await this.ask(path);
    if (status !== 200 || !type.startsWith("application/json"))
      throw new Error(`${status} ${path}`);
    return body;
  }

  /** Log time of the record that comes next. */
  get nowUs(): number {
    return this.logTime;
  }

  /** A record without a frame, so much later. */
  tick(laterUs = 0): Report[] {
    this.logTime += laterUs;
    return this.apply(new Uint8Array(0));
  }

  /** Commands of a trader in one frame, signed with the account's first key. */
  trade(account: number, ...commands: readonly Bytes[]): Report[] {
    return this.send({ kind: codes.FRAME_TRADER, account, key: account + 1 }, commands);
  }

  operate(...commands: readonly Bytes[]): Report[] {
    return this.send({ kind: codes.FRAME_OPERATOR, account: 0, key: 1 }, commands);
  }

  /** A command for the directory, signed with the account's first key. */
  direct(account: number, command: Bytes): Report[] {
    return this.send({ kind: codes.FRAME_DIRECTORY, account, key: account + 1 }, [command]);
  }

  /** The next frame of the key has this nonce. */
  nonce(key: number, next: number): void {
    this.nonces.set(key, next - 1);
  }

  private send(
    signer: { kind: number; account: number; key: number },
    commands: readonly Bytes[],
  ): Report[] {
    const nonce = (this.nonces.get(signer.key) ?? 0) + 1;
    this.nonces.set(signer.key, nonce);
    const shard = signer.kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : 1;
    const { venue } = this.parts;
    return this.apply(encodeFrame({ nonce, expiry: 0, shard, venue, ...signer }, commands));
  }

  /** One record, as settlement's loop takes it; an empty frame is a tick. */
  apply(frame: Bytes): Report[] {
    const header = { shard: 1, rulesVersion: 1, directoryOrigin: 1, logTime: this.logTime };
    this.logTime += RECORD_US;
    const bytes = encodePack(header, [frame]);
    const view = new DataView(bytes.buffer);
    const { reports, record } = this;
    if (readRecord(view, 0, record) !== "") throw new Error("a record of this shard is whole");
    reports.clear();
    this.engine.apply(view, record, reports);
    this.chain.step(reports.slice(0));
    this.checkpointer.follow(bytes, header.logTime, 1);
    this.marketData.onReports(1, reports);
    this.marketData.onBatch();
    return Array.from({ length: reports.count }, (_, i) =>
      readReport(reports.view, i * REPORT_SIZE),
    );
  }

  /** Commits and signs what was applied so far. */
  checkpoint(): void {
    const number = this.checkpointer.count;
    const { position } = this.checkpointer;
    this.checkpointer.commit(this.engine.roots(), this.chain.value);
    const venue = this.parts.venue.toHex();
    const raw = this.signer.publicKey.export({ type: "spki", format: "der" }).subarray(-32);
    const key = noteKey(venue, new Uint8Array(raw));
    const signed = (origin: string, size: number, root: Uint8Array): Uint8Array =>
      signCheckpoint(
        { origin, size, root },
        key,
        (message) => new Uint8Array(sign(null, message, this.signer.privateKey)),
      );
    this.latest = {
      number,
      position,
      logTime: this.engine.logTime,
      inputNote: signed(inputOrigin(venue, 1), position, this.checkpointer.inputRoot),
      stateNote: signed(statesOrigin(venue, 1), number + 1, this.checkpointer.statesRoot),
    };
    this.marketData.onBatch();
  }

  private openTrader(account: number): void {
    const type = codes.COMMAND_ACCOUNT_OPEN;
    const publicKey = new Uint8Array(32).fill(account);
    const open = encode.encodeKey(type, publicKey, codes.SCOPES_TRADER, 0);
    this.send({ kind: codes.FRAME_DIRECTORY, account: 0, key: 1 }, [open]);
    const deposits = [...FUNDS].map(([asset, amount]) =>
      encode.encodeDeposit(asset, account, amount, 10 * account + asset),
    );
    this.operate(...deposits);
  }
}

function defaultMarkets(): encode.MarketRules[] {
  return [
    marketRules({}),
    marketRules({ market: ETH_USD, symbol: "ETH-USD", state: codes.STATE_POST_ONLY }),
  ];
}

function makeGenesis(settings: FedSettings): Bytes {
  const { markets = defaultMarkets() } = settings;
  const { reportsPerRecordMax = LIMITS.reportsPerRecordMax } = settings;
  const genesis: Genesis = {
    shard: 1,
    directoryOrigin: 1,
    rulesVersion: codes.RULES_VERSION,
    random: new Uint8Array(16),
    checkpointIntervalUs: 1_000_000,
    checkpointCommands: 100_000,
    dayStartS: 0,
    limits: { ...LIMITS, reportsPerRecordMax },
    checkpointKey: new Uint8Array(32).fill(9),
    operators: [{ publicKey: new Uint8Array(32).fill(200), scopes: codes.SCOPES_OPERATOR }],
    assets: [encode.encodeAssetOpen(USD, 6, "USD"), encode.encodeAssetOpen(BTC, 8, "BTC")],
    markets: markets.map(encode.encodeMarketOpen),
    venueField: new Uint8Array(32),
  };
  return encodeGenesis(genesis, () => new Uint8Array(64));
}
