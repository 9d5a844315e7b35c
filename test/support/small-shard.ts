/**
 * SmallShard: one naive engine with one market, and traders who each have a key and money. For
 * tests that state by hand what a command leads to.
 *
 *   const shard = new SmallShard({ traders: 2, makerFeePpm: 0 });
 *   shard.trade(1, order({ side: SIDE_SELL, price: 100, quantity: 5 }))   -> its reports
 */
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { encodeGenesis, type GenesisLimits } from "../../src/protocol/genesis.ts";
import { sha256 } from "../../src/base/hash.ts";
import { encodePack, readRecord, RecordView } from "../../src/protocol/record.ts";
import { readReport, type Report, REPORT_SIZE, ReportBatch } from "../../src/protocol/report.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export const MARKET = 1;
export const BASE = 1;
export const QUOTE = 2;
export const MONEY = 1_000_000_000;
export const LOG_TIME = 1_000_000;

const LIMITS: GenesisLimits = {
  accountsMax: 10,
  keysMax: 20,
  ordersMax: 100,
  marketsMax: 10,
  assetsMax: 10,
  reportsPerRecordMax: 1_000,
};

const RULES: encode.MarketRules = {
  market: MARKET,
  state: codes.STATE_OPEN,
  base: BASE,
  quote: QUOTE,
  lotUnits: 10,
  tickValue: 1,
  openOrdersMax: 50,
  priceMin: 1,
  priceMax: 10_000,
  quantityMin: 1,
  quantityMax: 1_000,
  makerFeePpm: 1_000,
  takerFeePpm: 2_500,
  symbol: "BASE-QUOTE",
  count: 1,
  priceStep: 1,
  quantityStep: 1,
};

export interface Setting extends Partial<encode.MarketRules>, Partial<GenesisLimits> {
  readonly traders?: number;
  readonly dayStartS?: number;
}

/** A good-till-canceled limit order of one lot at 100, but for what is said. */
export function order(fields: Partial<encode.NewOrder>): Bytes {
  return encode.encodeNewOrder({
    market: MARKET,
    side: codes.SIDE_BUY,
    type: codes.TYPE_LIMIT,
    tif: codes.TIF_GTC,
    clientOrderId: 1n,
    price: 100,
    quantity: 1,
    stp: codes.STP_NONE,
    postOnly: 0,
    ...fields,
  });
}

export class SmallShard {
  readonly engine: NaiveEngine;
  readonly genesisFrame: Bytes;
  /** Log time of the next record. */
  time = LOG_TIME;
  private readonly venue: Uint8Array;
  private readonly nonces = new Map<number, number>();

  constructor(setting: Setting = {}) {
    const { traders = 2, dayStartS = 0, ...rest } = setting;
    const limits = { ...LIMITS, ...rest };
    const market = { ...RULES, ...rest };
    this.genesisFrame = encodeGenesis(
      {
        shard: 1,
        directoryOrigin: 1,
        rulesVersion: codes.RULES_VERSION,
        random: new Uint8Array(16),
        checkpointIntervalUs: 1_000_000,
        checkpointCommands: 1_000,
        dayStartS,
        limits,
        checkpointKey: new Uint8Array(32).fill(9),
        operators: [{ publicKey: new Uint8Array(32).fill(200), scopes: codes.SCOPES_OPERATOR }],
        assets: [
          encode.encodeAssetOpen(BASE, 2, "BASE"),
          encode.encodeAssetOpen(QUOTE, 2, "QUOTE"),
        ],
        markets: [encode.encodeMarketOpen(market)],
        venueField: new Uint8Array(32),
      },
      () => new Uint8Array(64),
    );
    this.venue = sha256(this.genesisFrame);
    this.engine = new NaiveEngine(this.genesisFrame);
    this.applyFrame(this.genesisFrame);
    for (let id = 1; id <= traders; id++) this.openTrader(id);
  }

  /** Commands of a trader in one frame, signed with the account's first key. */
  trade(account: number, ...commands: readonly Bytes[]): Report[] {
    return this.send({ kind: codes.FRAME_TRADER, account, key: account + 1 }, commands);
  }

  operate(...commands: readonly Bytes[]): Report[] {
    return this.send({ kind: codes.FRAME_OPERATOR, account: 0, key: 1 }, commands);
  }

  direct(signer: { account: number; key: number }, command: Bytes): Report[] {
    return this.send({ kind: codes.FRAME_DIRECTORY, ...signer }, [command]);
  }

  /** A frame with the key's next nonce, unless `nonce` is given. */
  send(
    signer: { kind: number; account: number; key: number; nonce?: number; expiry?: number },
    commands: readonly Bytes[],
  ): Report[] {
    const next = (this.nonces.get(signer.key) ?? 0) + 1;
    if (signer.nonce === undefined) this.nonces.set(signer.key, next);
    const shard = signer.kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : 1;
    const header = { nonce: next, expiry: 0, shard, venue: this.venue, ...signer };
    return this.applyFrame(encodeFrame(header, commands));
  }

  tick(): Report[] {
    return this.applyFrame(new Uint8Array(0));
  }

  /** An empty frame is a tick. */
  applyFrame(frame: Bytes, header: { shard?: number; logTime?: number } = {}): Report[] {
    const usual = { shard: 1, rulesVersion: 1, directoryOrigin: 1, logTime: this.time };
    const bytes = encodePack({ ...usual, ...header }, [frame]);
    const record = new RecordView();
    const view = new DataView(bytes.buffer);
    if (readRecord(view, 0, record) !== "") throw new Error("a record of this shard is whole");
    const reports = new ReportBatch();
    this.engine.apply(view, record, reports);
    return Array.from({ length: reports.count }, (_, i) =>
      readReport(reports.view, i * REPORT_SIZE),
    );
  }

  /** [free, held] of base and of quote. */
  money(account: number): { base: number[]; quote: number[] } {
    const [base, quote] = this.engine
      .balances(account)
      .map(({ free, held }) => [Number(free), Number(held)]);
    return { base: base ?? [], quote: quote ?? [] };
  }

  private openTrader(account: number): void {
    const publicKey = new Uint8Array(32).fill(account);
    const type = codes.COMMAND_ACCOUNT_OPEN;
    this.direct({ account: 0, key: 1 }, encode.encodeKey(type, publicKey, codes.SCOPES_TRADER, 0));
    const reference = 2 * account;
    this.operate(
      encode.encodeDeposit(BASE, account, MONEY, reference),
      encode.encodeDeposit(QUOTE, account, MONEY, reference + 1),
    );
  }
}
