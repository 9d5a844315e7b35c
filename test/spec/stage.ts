/**
 * Stage: a small shard for plays. Who is who, whose nonce is next, and one record after the other.
 *
 * Everybody who is named gets an account and funds when first spoken of. `operator` holds every
 * operator scope, `clerk` custody alone. After each record money is counted: per asset free + held
 * + fees of fills must be deposits - withdrawals, whatever happened.
 */
import { viewOf } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as command from "../../src/protocol/commands.ts";
import { encodeFrame, SIGNATURE_SIZE } from "../../src/protocol/frame.ts";
import { encodeGenesis, type GenesisLimits } from "../../src/protocol/genesis.ts";
import { encodePack, readRecord, RecordView } from "../../src/protocol/record.ts";
import { type Report, readReport, REPORT_SIZE, ReportBatch } from "../../src/protocol/report.ts";
import type { SpecEngine } from "./engines.ts";

export const USD = 1;
export const BTC = 2;
export const ASSETS: Readonly<Record<string, number>> = { USD, BTC };

export interface StageOptions {
  /** Of market 1, over the plain rules. */
  readonly market?: Partial<command.MarketRules>;
  readonly limits?: Partial<GenesisLimits>;
  /** What an account has of each asset when it is first named; 1,000,000 if not said. */
  readonly funds?: number;
  /** Seconds after midnight at which a trading day begins. */
  readonly dayStartS?: number;
  /** Whether each line about an order says the book behind it. */
  readonly books?: boolean;
}

const SHARD = 1;
const START_TIME = 1000;
const NO_TAG = "00".repeat(8);
const LIMITS: GenesisLimits = {
  accountsMax: 20,
  keysMax: 40,
  ordersMax: 40,
  marketsMax: 4,
  assetsMax: 3,
  reportsPerRecordMax: 1000,
};
export const PLAIN_MARKET: command.MarketRules = {
  market: 1,
  state: codes.STATE_OPEN,
  base: BTC,
  quote: USD,
  lotUnits: 1,
  tickValue: 1,
  openOrdersMax: 100,
  priceMin: 1,
  priceMax: 100_000,
  quantityMin: 1,
  quantityMax: 100_000,
  makerFeePpm: 0,
  takerFeePpm: 0,
  symbol: "M#",
  count: 1,
  priceStep: 1,
  quantityStep: 1,
};

/** A key that can sign: its id, its account, and the last nonce it used. */
export interface Signer {
  readonly account: number;
  readonly key: number;
  nonce: number;
}

/** What may be set of a frame beyond its signer. */
export interface FrameTerms {
  nonce?: number;
  expiry?: number;
  /** Another key than the account's first: its name, or a number that may be nobody's. */
  key?: string;
}

export class Stage {
  readonly engine: SpecEngine;
  readonly accounts = new Map<string, number>();
  readonly signers = new Map<string, Signer>();
  /** Log time of the next record. */
  time = START_TIME;
  /** Reports of the last record. */
  said: readonly Report[] = [];
  private readonly venue: Uint8Array;
  private readonly reports = new ReportBatch();
  private readonly numbers = new Map<number, number>();
  private readonly fees = new Map<number, number>();
  private readonly funds: number;
  private reference = 1_000_000;
  private keyCount = 2;
  /** Deposits less withdrawals, by asset. */
  private readonly outside = new Map<number, number>();

  constructor(open: (genesisFrame: Uint8Array) => SpecEngine, options: StageOptions) {
    const frame = stageGenesis(options);
    this.engine = open(frame);
    this.venue = sha256(frame);
    this.funds = options.funds ?? 1_000_000;
    this.signers.set("operator", { account: 0, key: 1, nonce: 0 });
    this.signers.set("clerk", { account: 0, key: 2, nonce: 0 });
    this.accounts.set("operator", 0);
    this.accounts.set("clerk", 0);
    this.record(frame);
  }

  /** The signer of this name; an account and its funds if it is new. */
  signer(name: string): Signer {
    const known = this.signers.get(name);
    if (known !== undefined) return known;
    this.openAccount(name);
    for (const asset of this.funds === 0 ? [] : [USD, BTC]) {
      const account = this.accounts.get(name)!;
      const deposit = command.encodeDeposit(asset, account, this.funds, ++this.reference);
      this.send("operator", codes.FRAME_OPERATOR, [deposit]);
    }
    return this.signers.get(name)!;
  }

  private openAccount(name: string): void {
    const open = this.keyCommand(codes.COMMAND_ACCOUNT_OPEN, codes.SCOPES_TRADER, 0);
    const [opened] = this.send("operator", codes.FRAME_DIRECTORY, [open]);
    if (opened?.kind !== codes.REPORT_ACCOUNT_OPENED) {
      throw new Error(`no account for ${name}, who must be named before something is due`);
    }
    this.know(name, name, opened);
  }

  /** The key that this report tells of is called so from now on, and its account `owner`. */
  know(name: string, owner: string, added: Report): void {
    const account = added.subject;
    this.accounts.set(owner, account);
    this.signers.set(name, { account, key: keyIn(added), nonce: 0 });
  }

  /** A command with a public key that nobody has; the one of key `like` if that is given. */
  keyCommand(type: number, scopes: number, expiry: number, like = this.keyCount + 1): Uint8Array {
    return command.encodeKey(type, publicKeyOf(like), scopes, expiry);
  }

  /** One record with a frame of these commands, and what the engine said. */
  send(
    name: string,
    kind: number,
    commands: readonly Uint8Array[],
    terms: FrameTerms = {},
  ): Report[] {
    const { account } = this.signer(name);
    const signer = this.keyOf(terms.key ?? name, account);
    const nonce = terms.nonce ?? signer.nonce + 1;
    signer.nonce = Math.max(signer.nonce, nonce);
    const shard = kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : SHARD;
    const header = { kind, shard, venue: this.venue, account, key: signer.key, nonce };
    const said = this.record(encodeFrame({ ...header, expiry: terms.expiry ?? 0 }, commands));
    checkOrderIds(said, signer.key, nonce);
    return said;
  }

  private keyOf(name: string, account: number): Signer {
    if (/^\d+$/.test(name)) return { account, key: Number(name), nonce: 0 };
    const key = this.signers.get(name);
    if (key === undefined) throw new Error(`there is no key ${name}`);
    return key;
  }

  /** A record without a frame. */
  tick(): Report[] {
    return this.record(new Uint8Array(0));
  }

  private record(frame: Uint8Array): Report[] {
    const header = { shard: SHARD, rulesVersion: 1, directoryOrigin: SHARD, logTime: this.time };
    const view = viewOf(encodePack(header, [frame]));
    const record = new RecordView();
    if (readRecord(view, 0, record) !== "") throw new Error("the stage writes whole records");
    this.reports.clear();
    this.engine.apply(view, record, this.reports);
    const said = Array.from({ length: this.reports.count }, (_, i) =>
      readReport(this.reports.view, i * REPORT_SIZE),
    );
    const added = said.filter((report) => report.kind === codes.REPORT_KEY_ADDED);
    this.keyCount = Math.max(this.keyCount, ...added.map(keyIn));
    this.said = said;
    checkStamps(said, frame);
    this.checkNumbers(said);
    this.checkMoney(said);
    return said;
  }

  /** Every account's reports are numbered densely. */
  private checkNumbers(said: readonly Report[]): void {
    for (const { account, number } of said) {
      if (number === 0) continue;
      const next = (this.numbers.get(account) ?? 0) + 1;
      if (number !== next) throw new Error(`report ${number} of account ${account} is not ${next}`);
      this.numbers.set(account, number);
    }
  }

  private checkMoney(said: readonly Report[]): void {
    for (const report of said) {
      const isTrader = report.account !== 0;
      if (report.kind === codes.REPORT_FILL) add(this.fees, USD, report.second);
      if (report.kind === codes.REPORT_DEPOSITED && isTrader) {
        add(this.outside, report.subject, report.first);
      }
      if (report.kind === codes.REPORT_WITHDRAWN) add(this.outside, report.subject, -report.first);
    }
    for (const asset of [USD, BTC]) {
      let sum = this.engine.fees(asset);
      if (sum !== (this.fees.get(asset) ?? 0)) throw new Error(`fees of asset ${asset}: ${sum}`);
      for (const account of new Set(this.accounts.values())) {
        const [free, held] = this.engine.balance(account, asset);
        if (free < 0 || held < 0) throw new Error(`account ${account} owes asset ${asset}`);
        sum += free + held;
      }
      const outside = this.outside.get(asset) ?? 0;
      if (sum !== outside) throw new Error(`of asset ${asset} there is ${sum}, not ${outside}`);
    }
  }
}

/** What is due comes first and has no frame; each other report names its own. */
function checkStamps(said: readonly Report[], frame: Uint8Array): void {
  const frameTag = sha256(frame).subarray(0, 8).toHex();
  const count = said.filter(({ index }) => index === codes.INDEX_DUE).length;
  for (const [i, { index, tag }] of said.entries()) {
    const isDue = index === codes.INDEX_DUE;
    if (isDue !== i < count) throw new Error("what is due comes first");
    if (tag !== (isDue ? NO_TAG : frameTag)) throw new Error(`a report has the tag ${tag}`);
  }
}

/** An order that was accepted is called after the frame, and the command in it, that placed it. */
function checkOrderIds(said: readonly Report[], key: number, nonce: number): void {
  for (const report of said) {
    if (report.kind !== codes.REPORT_ACCEPTED) continue;
    const { orderKey, orderNonce, orderIndex, index } = report;
    const isOwn = orderKey === key && orderNonce === nonce && orderIndex === index;
    if (!isOwn) throw new Error(`an order is called ${orderKey}/${orderNonce}/${orderIndex}`);
  }
}

function add(sums: Map<number, number>, asset: number, amount: number): void {
  sums.set(asset, (sums.get(asset) ?? 0) + amount);
}

/** account_opened and key_added have the key id where other reports have `cumulative`. */
function keyIn(added: Report): number {
  return added.cumulative;
}

function publicKeyOf(key: number): Uint8Array {
  return new Uint8Array(32).fill(key);
}

function stageGenesis(options: StageOptions): Uint8Array {
  const rules = { ...PLAIN_MARKET, ...options.market };
  const genesis = {
    shard: SHARD,
    directoryOrigin: SHARD,
    rulesVersion: codes.RULES_VERSION,
    random: new Uint8Array(16),
    checkpointIntervalUs: 1,
    checkpointCommands: 1,
    dayStartS: options.dayStartS ?? 0,
    limits: { ...LIMITS, ...options.limits },
    checkpointKey: new Uint8Array(32),
    operators: [
      { publicKey: publicKeyOf(1), scopes: codes.SCOPES_OPERATOR },
      { publicKey: publicKeyOf(2), scopes: codes.SCOPE_CUSTODY },
    ],
    assets: [command.encodeAssetOpen(USD, 2, "USD"), command.encodeAssetOpen(BTC, 8, "BTC")],
    markets: [
      command.encodeMarketOpen(rules),
      command.encodeMarketOpen({ ...PLAIN_MARKET, market: 2 }),
    ],
    venueField: new Uint8Array(32),
  };
  return encodeGenesis(genesis, () => new Uint8Array(SIGNATURE_SIZE));
}
