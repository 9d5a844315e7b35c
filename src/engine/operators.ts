/**
 * Operators: AssetOpen, MarketOpen, MarketState, AccountState, Clear (RULES 7).
 *
 * What can be said of an asset or market from the tables alone is said by `whyNoAsset` and
 * `whyNoMarket`, because genesis asks the same questions and answers with a halt.
 */
import { readU64 } from "../base/bytes.ts";
import type { Assets } from "../ledger/assets.ts";
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import type { Markets } from "./markets.ts";
import type { Parts } from "./parts.ts";
import type { ReportsOut } from "./reports-out.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";

/** Legal moves: bit `to` of the entry of `from`. States count from 1. */
const MOVES: readonly number[] = [
  0,
  moves(codes.STATE_POST_ONLY, codes.STATE_CANCEL_ONLY, codes.STATE_HALTED),
  moves(codes.STATE_OPEN, codes.STATE_CANCEL_ONLY, codes.STATE_HALTED),
  moves(codes.STATE_OPEN, codes.STATE_POST_ONLY, codes.STATE_HALTED, codes.STATE_CLOSED),
  moves(codes.STATE_OPEN, codes.STATE_POST_ONLY, codes.STATE_CANCEL_ONLY, codes.STATE_CLOSED),
  0,
];

export class Operators {
  private readonly state: State;
  private readonly assets: Assets;
  private readonly markets: Markets;
  private readonly signer: Signer;
  private readonly out: ReportsOut;
  /** Numbers of the last refusal by whyNoAsset and whyNoMarket. */
  private first = 0;
  private second = 0;

  constructor(parts: Parts) {
    this.state = parts.state;
    this.assets = parts.state.assets;
    this.markets = parts.state.markets;
    this.signer = parts.signer;
    this.out = parts.out;
  }

  /** Whether the key has the scope; if not, the reject is written. */
  private may(scope: number): boolean {
    const scopes = this.signer.scopes;
    if ((scopes & scope) !== 0) return true;
    this.out.reject(codes.REJECT_KEY_SCOPE, scopes, scope);
    return false;
  }

  assetOpen(view: DataView, at: number): void {
    if (!this.may(codes.SCOPE_MARKETS)) return;
    const code = this.whyNoAsset(view, at);
    if (code !== codes.ACCEPTED) return this.out.reject(code, this.first, this.second);
    this.assets.open(view, at);
    this.out.begin(codes.REPORT_ASSET_OPENED, 0, view.getUint32(at + command.ASSET_ID, true));
  }

  /** ACCEPTED, or why this asset cannot be opened. */
  whyNoAsset(view: DataView, at: number): number {
    const id = view.getUint32(at + command.ASSET_ID, true);
    if (this.assets.find(id) !== 0) return this.because(codes.REJECT_ASSET_EXISTS, id, 0);
    const { count } = this.assets;
    const max = this.state.limits.assetsMax;
    return count < max ? codes.ACCEPTED : this.because(codes.REJECT_ASSETS_FULL, count, max);
  }

  private because(code: number, first: number, second: number): number {
    this.first = first;
    this.second = second;
    return code;
  }

  marketOpen(view: DataView, at: number): void {
    if (!this.may(codes.SCOPE_MARKETS)) return;
    const code = this.whyNoMarket(view, at);
    if (code !== codes.ACCEPTED) return this.out.reject(code, this.first, this.second);
    this.openRange(view, at);
    const id = view.getUint32(at + command.MARKET_ID, true);
    const report = this.out.begin(codes.REPORT_MARKET_OPENED, 0, id);
    this.out.lots(report, view.getUint32(at + command.MARKET_COUNT, true));
  }

  /** ACCEPTED, or why this range of markets cannot be opened. */
  whyNoMarket(view: DataView, at: number): number {
    for (const field of [command.MARKET_BASE, command.MARKET_QUOTE]) {
      const asset = view.getUint32(at + field, true);
      if (this.assets.find(asset) === 0) {
        return this.because(codes.REJECT_UNKNOWN_ASSET, asset, 0);
      }
    }
    const id = view.getUint32(at + command.MARKET_ID, true);
    const count = view.getUint32(at + command.MARKET_COUNT, true);
    const taken = this.lowestTaken(id, count);
    if (taken !== 0) return this.because(codes.REJECT_MARKET_EXISTS, taken, 0);
    const { max } = this.markets;
    const after = this.markets.count + count;
    return after <= max ? codes.ACCEPTED : this.because(codes.REJECT_MARKETS_FULL, after, max);
  }

  /** The lowest id of the range that a market has, or 0. Goes through the shorter of the two. */
  private lowestTaken(id: number, count: number): number {
    const markets = this.markets;
    if (count <= markets.count) {
      for (let i = id; i < id + count; i++) if (markets.find(i) !== 0) return i;
      return 0;
    }
    let lowest = 0;
    for (let slot = 1; slot <= markets.count; slot++) {
      const other = markets.id(slot);
      const isIn = other >= id && other < id + count;
      if (isIn && (lowest === 0 || other < lowest)) lowest = other;
    }
    return lowest;
  }

  openRange(view: DataView, at: number): void {
    const id = view.getUint32(at + command.MARKET_ID, true);
    const count = view.getUint32(at + command.MARKET_COUNT, true);
    for (let i = 0; i < count; i++) {
      this.state.changes.market(this.markets.open(view, at, id + i, this.assets));
    }
  }

  marketState(view: DataView, at: number): void {
    const { markets, out } = this;
    if (!this.may(codes.SCOPE_HALT)) return;
    const id = view.getUint32(at + command.STATE_TARGET, true);
    const slot = markets.find(id);
    if (slot === 0) return out.reject(codes.REJECT_UNKNOWN_MARKET, id, 0);
    const from = markets.state(slot);
    const to = view.getUint8(at + command.STATE_VALUE);
    if (((MOVES[from]! >> to) & 1) === 0) return out.reject(codes.REJECT_STATE_MOVE, from, to);
    markets.setState(slot, to);
    this.state.changes.market(slot);
    out.numbers(out.begin(codes.REPORT_MARKET_STATE | (to << 24), 0, id), from, to);
  }

  accountState(view: DataView, at: number): void {
    const { accounts } = this.state;
    if (!this.may(codes.SCOPE_ACCOUNTS)) return;
    const account = view.getUint32(at + command.STATE_TARGET, true);
    if (!accounts.has(account)) return this.out.reject(codes.REJECT_UNKNOWN_ACCOUNT, account, 0);
    const suspended = view.getUint8(at + command.STATE_VALUE);
    accounts.suspended[account] = suspended;
    const head = codes.REPORT_ACCOUNT_STATE | (suspended << 24);
    this.out.begin(head, account, account);
    this.out.begin(head, 0, account);
  }

  /** It changes nothing here: whoever executes a halted shard's log lifts the halt for it. */
  clear(view: DataView, at: number): void {
    const { out, state } = this;
    if (!this.may(codes.SCOPE_HALT)) return;
    const position = readU64(view, at + command.CLEAR_POSITION);
    if (position !== state.position) {
      return out.reject(codes.REJECT_CLEAR_POSITION, position, state.position);
    }
    for (const [i, byte] of state.reportChain.entries()) {
      if (view.getUint8(at + command.CLEAR_CHAIN + i) === byte) continue;
      return out.reject(codes.REJECT_CLEAR_CHAIN, 0, 0);
    }
    out.numbers(out.begin(codes.REPORT_CLEARED, 0, 0), position, 0);
  }
}

/** Bits of the states that may follow. */
function moves(...to: readonly number[]): number {
  return to.reduce((bits, state) => bits | (1 << state), 0);
}
