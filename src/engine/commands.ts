/**
 * Commands: from a frame to its commands. Is the key known, the nonce fresh, the frame in time?
 * Then each command in order goes to the class that knows it (RULES 2).
 */
import { assert } from "../base/assert.ts";
import { readU64 } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import { COMMAND_SIZE } from "../protocol/command-layout.ts";
import * as frame from "../protocol/frame.ts";
import { Cancels } from "./cancels.ts";
import { CarryIn } from "./carry.ts";
import { DeadMan } from "./dead-man.ts";
import { Directory } from "./directory.ts";
import { Due } from "./due.ts";
import { Funds } from "./funds.ts";
import { Matcher } from "./match.ts";
import { Operators } from "./operators.ts";
import { Orders } from "./orders.ts";
import { ReportsOut, ROOM_FOR_COMMAND } from "./reports-out.ts";
import { Resting } from "./resting.ts";
import { Signer } from "./signer.ts";
import type { State } from "./state.ts";
import { Stops } from "./stops.ts";
import { Taking } from "./taking.ts";
import { Transfers } from "./transfers.ts";
import { Upgrades } from "./upgrades.ts";

export class Commands {
  readonly out: ReportsOut;
  readonly operators: Operators;
  readonly resting: Resting;
  readonly due: Due;
  protected readonly state: State;
  protected readonly signer = new Signer();
  private readonly orders: Orders;
  private readonly cancels: Cancels;
  private readonly deadMan: DeadMan;
  private readonly funds: Funds;
  private readonly directory: Directory;
  private readonly transfers: Transfers;
  private readonly carryIn: CarryIn;
  private readonly upgrades: Upgrades;
  /** Why the frame is refused as a whole, with its numbers; see `refusal`. */
  private first = 0;
  private second = 0;

  constructor(state: State) {
    this.state = state;
    this.out = new ReportsOut(state, this.signer);
    const resting = new Resting(state, this.out);
    this.resting = resting;
    const matcher = new Matcher(state, resting, this.out);
    const taking = new Taking(state, resting, matcher);
    const stops = new Stops({ state, out: this.out, resting, matcher, taking });
    const parts = { state, signer: this.signer, out: this.out, resting, matcher, taking, stops };
    this.operators = new Operators(parts);
    this.orders = new Orders(parts);
    this.cancels = new Cancels(parts);
    this.deadMan = new DeadMan(parts);
    this.due = new Due({ state, out: this.out, resting, stops, deadMan: this.deadMan });
    this.funds = new Funds(parts);
    this.directory = new Directory(parts);
    this.transfers = new Transfers(parts);
    this.carryIn = new CarryIn(parts, this.directory);
    this.upgrades = new Upgrades(parts);
  }

  /** Applies a frame that checkFrame has accepted, at `start` of `view`. */
  applyFrame(view: DataView, start: number): void {
    const { signer, out } = this;
    const keys = this.state.keys;
    const key = view.getUint32(start + frame.FRAME_KEY_AT, true);
    signer.account = view.getUint32(start + frame.FRAME_ACCOUNT_AT, true);
    signer.key = key;
    signer.nonce = readU64(view, start + frame.FRAME_NONCE_AT);
    signer.nonceLow = view.getUint32(start + frame.FRAME_NONCE_AT, true);
    signer.nonceHigh = view.getUint32(start + frame.FRAME_NONCE_AT + 4, true);
    if (!keys.has(key) || keys.account[key] !== signer.account) {
      return out.refuseFrame(codes.REJECT_UNKNOWN_KEY, 0, 0);
    }
    const isDisconnect = view.getUint8(start + frame.FRAME_KIND_AT) === codes.FRAME_DISCONNECT;
    const isFresh = isDisconnect ? this.takeLogon(key) : this.takeNonce(key, signer.nonce);
    if (!isFresh) return;
    signer.scopes = keys.scopes[key]!;
    const expiry = readU64(view, start + frame.FRAME_EXPIRY_AT);
    const code = this.refusal(expiry, this.state.logTime);
    this.applyCommands(view, start, code);
  }

  /** Uses the nonce up, or writes the reject. */
  private takeNonce(key: number, nonce: number): boolean {
    const { keys } = this.state;
    const { out } = this;
    const high = keys.high[key]!;
    const highest = high + codes.NONCE_AHEAD_MAX;
    const lowest = high - codes.NONCE_WINDOW + 1;
    if (nonce > highest) out.refuseFrame(codes.REJECT_NONCE_TOO_FAR, nonce, highest);
    else if (nonce < lowest) out.refuseFrame(codes.REJECT_NONCE_TOO_OLD, nonce, lowest);
    else if (nonce <= high && keys.isUsed(key, nonce)) {
      out.refuseFrame(codes.REJECT_DUPLICATE, nonce, high);
    } else {
      keys.use(key, nonce);
      return true;
    }
    return false;
  }

  /** Uses the key's logon up, which a disconnect frame names as its nonce, or writes the reject. */
  private takeLogon(key: number): boolean {
    const { logon } = this.state.keys;
    const { nonce } = this.signer;
    if (logon[key] !== nonce) {
      this.out.refuseFrame(codes.REJECT_LOGON_GONE, nonce, logon[key]!);
      return false;
    }
    logon[key] = 0;
    return true;
  }

  /** ACCEPTED, or why each command of the frame is refused; its numbers in `first`, `second`. */
  private refusal(expiry: number, logTime: number): number {
    const { keys } = this.state;
    const key = this.signer.key;
    this.first = expiry;
    this.second = logTime;
    if (expiry !== 0 && logTime > expiry) return codes.REJECT_FRAME_EXPIRED;
    const keyExpiry = keys.expiry[key]!;
    this.first = keyExpiry;
    if (keys.revoked[key] === 0) {
      return keyExpiry !== 0 && logTime > keyExpiry ? codes.REJECT_KEY_EXPIRED : codes.ACCEPTED;
    }
    this.first = 0;
    this.second = 0;
    return codes.REJECT_KEY_REVOKED;
  }

  private applyCommands(view: DataView, start: number, refusal: number): void {
    const { out } = this;
    const count = view.getUint16(start + frame.FRAME_COUNT_AT, true);
    let at = start + frame.FRAME_HEADER_SIZE;
    for (let i = 0; i < count; i++) {
      const type = view.getUint8(at);
      out.beginCommand(view, at, i, count - 1 - i);
      if (refusal !== codes.ACCEPTED) out.reject(refusal, this.first, this.second);
      else if (out.room() < ROOM_FOR_COMMAND) out.reject(codes.REJECT_RECORD_FULL, 0, 0);
      else this.applyCommand(view, at, type);
      at += COMMAND_SIZE[type]!;
    }
  }

  protected applyCommand(view: DataView, at: number, type: number): void {
    switch (type) {
      case codes.COMMAND_NEW_ORDER:
        return this.orders.newOrder(view, at);
      case codes.COMMAND_CANCEL:
        return this.cancels.cancel(view, at);
      case codes.COMMAND_REPLACE:
        return this.orders.replace(view, at);
      case codes.COMMAND_REDUCE:
        return this.cancels.reduce(view, at);
      case codes.COMMAND_MASS_CANCEL:
        return this.cancels.massCancel(view, at);
      case codes.COMMAND_WITHDRAW:
        return this.funds.withdraw(view, at);
      case codes.COMMAND_DEAD_MAN:
        return this.deadMan.set(view, at);
      case codes.COMMAND_TRANSFER:
        return this.transfers.transfer(view, at);
      case codes.COMMAND_LOGON:
        return this.directory.logon(view, at);
      case codes.COMMAND_ACCOUNT_OPEN:
        return this.directory.accountOpen(view, at);
      case codes.COMMAND_KEY_ADD:
        return this.directory.keyAdd(view, at);
      case codes.COMMAND_KEY_REVOKE:
        return this.directory.keyRevoke(view, at);
      default:
        return this.applyOperators(view, at, type);
    }
  }

  private applyOperators(view: DataView, at: number, type: number): void {
    switch (type) {
      case codes.COMMAND_ASSET_OPEN:
        return this.operators.assetOpen(view, at);
      case codes.COMMAND_MARKET_OPEN:
        return this.operators.marketOpen(view, at);
      case codes.COMMAND_MARKET_STATE:
        return this.operators.marketState(view, at);
      case codes.COMMAND_ACCOUNT_STATE:
        return this.operators.accountState(view, at);
      case codes.COMMAND_DEPOSIT:
        return this.funds.deposit(view, at);
      case codes.COMMAND_SHARD_OPEN:
        return this.transfers.shardOpen(view, at);
      case codes.COMMAND_CARRY:
        return this.carryIn.carry(view, at);
      case codes.COMMAND_UPGRADE:
        return this.upgrades.upgrade(view, at);
      case codes.COMMAND_CLEAR:
        return this.operators.clear(view, at);
      default:
        assert(false, "checkFrame accepts no other command");
    }
  }
}
