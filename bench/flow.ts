/**
 * Flow: a workload as the records of a shard, ready for any engine's `apply`.
 *
 * The shard: assets 1 (quote) and 2 (base), markets 1 .. n of them without bands, accounts whose
 * deposits cover everything. With two accounts buys are the first's, sells the second's; cancels
 * and modifies are by who sent the last new order with that id. Signatures are zero: `apply` does
 * not look at them.
 */
import { viewOf } from "../src/base/bytes.ts";
import type { Message, Workload } from "../src/load/workload.ts";
import { MESSAGE_CANCEL, MESSAGE_NEW } from "../src/load/workload.ts";
import * as codes from "../src/protocol/codes.ts";
import * as command from "../src/protocol/commands.ts";
import { encodeFrame, type FrameHeader, SIGNATURE_SIZE } from "../src/protocol/frame.ts";
import { encodeGenesis, type Genesis } from "../src/protocol/genesis.ts";
import { encodePack, readRecord, RecordView } from "../src/protocol/record.ts";
import { ReportBatch } from "../src/protocol/report.ts";
import { sha256 } from "../src/base/hash.ts";

/** What a flow needs of an engine, whichever it is. */
export interface ApplyEngine {
  apply(view: DataView, record: RecordView, reports: ReportBatch): void;
}

export interface FlowOptions {
  /** Accounts that share the messages: 1, or 2 for buys and sells. */
  readonly accounts: 1 | 2;
  /** Commands per frame, at most. */
  readonly batchMax: number;
  /** Markets over which the order ids are spread. */
  readonly markets: number;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  readonly ordersMax: number;
}

export const PLAIN_FLOW: FlowOptions = {
  accounts: 2,
  batchMax: 128,
  markets: 1,
  makerFeePpm: 0,
  takerFeePpm: 0,
  ordersMax: 1 << 20,
};

export interface Flow {
  readonly genesisFrame: Uint8Array;
  /** Records 1 .. : genesis, accounts, deposits. */
  readonly setup: Uint8Array;
  /** The messages' records, one after the other. */
  readonly records: Uint8Array;
  /** By record of `records`: its first message. */
  readonly firsts: readonly number[];
  readonly messageCount: number;
}

const SHARD = 1;
const QUOTE = 1;
const BASE = 2;
/** Two accounts together stay below 2^53. */
const DEPOSIT = 2 ** 51;
const RECORD = { shard: SHARD, rulesVersion: 1, directoryOrigin: SHARD, logTime: 1_000_000 };

/** Unsigned: the engine leaves signatures to who reads the log. */
const unsigned = (): Uint8Array => new Uint8Array(SIGNATURE_SIZE);

export function buildFlow(workload: Workload, options: FlowOptions): Flow {
  const genesisFrame = encodeGenesis(flowGenesis(options), unsigned);
  const writer = new FlowWriter(sha256(genesisFrame), options);
  const setup = encodePack(RECORD, [genesisFrame, ...writer.setupFrames()]);
  for (let i = 0; i < workload.count; i++) writer.add(workload.message(i), i);
  writer.flush();
  return {
    genesisFrame,
    setup,
    records: encodePack(RECORD, writer.frames),
    firsts: writer.firsts,
    messageCount: workload.count,
  };
}

function flowGenesis(options: FlowOptions): Genesis {
  const market = command.encodeMarketOpen({
    market: 1,
    state: codes.STATE_OPEN,
    base: BASE,
    quote: QUOTE,
    lotUnits: 1,
    tickValue: 1,
    openOrdersMax: codes.U32_MAX,
    priceMin: 1,
    priceMax: codes.U32_MAX,
    quantityMin: 1,
    quantityMax: codes.U32_MAX,
    makerFeePpm: options.makerFeePpm,
    takerFeePpm: options.takerFeePpm,
    symbol: "M#",
    count: options.markets,
    priceStep: 1,
    quantityStep: 1,
  });
  return {
    shard: SHARD,
    directoryOrigin: SHARD,
    rulesVersion: codes.RULES_VERSION,
    random: new Uint8Array(16),
    checkpointIntervalUs: 1_000_000,
    checkpointCommands: 100_000,
    dayStartS: 0,
    limits: {
      accountsMax: 16,
      keysMax: 16,
      ordersMax: options.ordersMax,
      marketsMax: options.markets,
      assetsMax: 2,
      reportsPerRecordMax: 65_536,
    },
    checkpointKey: new Uint8Array(32),
    operators: [{ publicKey: new Uint8Array(32).fill(9), scopes: codes.SCOPES_OPERATOR }],
    assets: [command.encodeAssetOpen(QUOTE, 6, "USD"), command.encodeAssetOpen(BASE, 8, "BTC")],
    markets: [market],
    venueField: new Uint8Array(32),
  };
}

/** Gathers commands of one account into frames. Account a signs with key a + 1. */
class FlowWriter {
  readonly frames: Uint8Array[] = [];
  readonly firsts: number[] = [];
  private readonly venue: Uint8Array;
  private readonly options: FlowOptions;
  private readonly owners = new Map<bigint, number>();
  private readonly nonces = [0, 0, 0];
  private pending: Uint8Array[] = [];
  private account = 1;
  private first = 0;

  constructor(venue: Uint8Array, options: FlowOptions) {
    this.venue = venue;
    this.options = options;
  }

  setupFrames(): Uint8Array[] {
    const frames: Uint8Array[] = [];
    let nonce = 0;
    const push = (kind: number, shard: number, body: Uint8Array): void => {
      const header = { kind, shard, venue: this.venue, account: 0, key: 1, expiry: 0 };
      frames.push(encodeFrame({ ...header, nonce: ++nonce }, [body]));
    };
    for (let account = 1; account <= this.options.accounts; account++) {
      const key = new Uint8Array(32).fill(account);
      const open = command.encodeKey(codes.COMMAND_ACCOUNT_OPEN, key, codes.SCOPES_TRADER, 0);
      push(codes.FRAME_DIRECTORY, codes.SHARD_DIRECTORY, open);
      for (const asset of [QUOTE, BASE]) {
        const deposit = command.encodeDeposit(asset, account, DEPOSIT, nonce + 1);
        push(codes.FRAME_OPERATOR, SHARD, deposit);
      }
    }
    return frames;
  }

  add(message: Message, index: number): void {
    const account = this.ownerOf(message);
    const isFull = this.pending.length >= this.options.batchMax;
    if (account !== this.account || isFull) this.flush();
    if (this.pending.length === 0) this.first = index;
    this.account = account;
    this.pending.push(this.commandOf(message));
  }

  private ownerOf(message: Message): number {
    if (this.options.accounts === 1) return 1;
    if (message.type === MESSAGE_NEW) this.owners.set(message.orderId, message.side + 1);
    return this.owners.get(message.orderId) ?? 1;
  }

  private commandOf(message: Message): Uint8Array {
    const { orderId, price, quantity } = message;
    const market = marketOf(orderId, this.options.markets);
    if (message.type === MESSAGE_CANCEL) return command.encodeCancel(market, orderId);
    if (message.type !== MESSAGE_NEW)
      return command.encodeReplace(market, orderId, price, quantity);
    return command.encodeNewOrder({
      market,
      side: message.side + codes.SIDE_BUY,
      type: codes.TYPE_LIMIT,
      tif: message.ioc ? codes.TIF_IOC : codes.TIF_GTC,
      clientOrderId: orderId,
      price,
      quantity,
      stp: codes.STP_NONE,
      postOnly: codes.POST_ONLY_OFF,
    });
  }

  flush(): void {
    if (this.pending.length === 0) return;
    const nonce = this.nonces[this.account]! + 1;
    this.nonces[this.account] = nonce;
    const header: FrameHeader = {
      kind: codes.FRAME_TRADER,
      shard: SHARD,
      venue: this.venue,
      account: this.account,
      key: this.account + 1,
      nonce,
      expiry: 0,
    };
    this.frames.push(encodeFrame(header, this.pending));
    this.firsts.push(this.first);
    this.pending = [];
  }
}

/** Which of the markets 1 .. n an order id goes to: a multiplicative hash spreads dense ids. */
function marketOf(orderId: bigint, markets: number): number {
  const hash = Math.imul(Number(orderId & 0xffff_ffffn), 0x9e3779b1) >>> 0;
  return 1 + (hash % markets);
}

/** Applies the records of a pack; `each` sees the reports of each, on loan. */
export function applyPack(
  engine: ApplyEngine,
  pack: Uint8Array,
  each: (index: number, reports: Uint8Array) => void,
): void {
  const view = viewOf(pack);
  const record = new RecordView();
  const reports = new ReportBatch();
  let index = 0;
  for (let at = 0; at < pack.length; at = record.end) {
    const wrong = readRecord(view, at, record);
    if (wrong !== "") throw new Error(wrong);
    reports.clear();
    engine.apply(view, record, reports);
    each(index++, reports.slice(0));
  }
}

/** Applies the records of a pack and counts their reports: the loop that is timed. */
export function replayPack(engine: ApplyEngine, pack: Uint8Array): number {
  const view = viewOf(pack);
  const record = new RecordView();
  const reports = new ReportBatch();
  let count = 0;
  for (let at = 0; at < pack.length; at = record.end) {
    readRecord(view, at, record);
    reports.clear();
    engine.apply(view, record, reports);
    count += reports.count;
  }
  return count;
}
