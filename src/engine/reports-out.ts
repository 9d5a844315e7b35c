/**
 * ReportsOut: writes the reports of one record, byte by byte as protocol/report.ts lays them out.
 *
 * What all reports of a record have alike (position, log time) is set once per record; what those
 * of its frame have, or those of what is due (tag, room), once for each; what is alike for a
 * command (its bytes, index), once per command. Numbers are given out here, which is also what
 * marks an account as changed: nothing of an account changes without a report to it, but for the
 * nonce of who carries (carry.ts).
 */
import { writeU64 } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import { TAG_SIZE } from "../protocol/frame.ts";
import * as report from "../protocol/report.ts";
import { ReportBatch } from "../protocol/report.ts";
import * as order from "./order-slab.ts";
import { SEAT_ACCOUNT, SEAT_MARKET, SEAT_SHIFT } from "./seats.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";

/** A command that begins with less room is refused. */
export const ROOM_FOR_COMMAND = 4;
/** A stop that is triggered: its report, and a step of matching. */
export const ROOM_FOR_STOP = 4;
/** A step of matching: two fills, and the cancel of the rest. */
export const ROOM_FOR_STEP = 3;
/** A cancel of a mass cancel or for a timer, and its end. */
export const ROOM_FOR_CANCEL = 2;

export const ROOM_FOR_REPORT = 1;

export class ReportsOut {
  private batch = new ReportBatch(1);
  private readonly state: State;
  private readonly signer: Signer;
  private readonly reportsMax: number;
  /** What the part of the record that is being applied may bring the reports to. */
  private limit = 0;
  /** Reports in the batch when the record began. */
  private start = 0;
  private positionLow = 0;
  private positionHigh = 0;
  private timeLow = 0;
  private timeHigh = 0;
  private tagLow = 0;
  private tagHigh = 0;

  /** The command being applied: its bytes, and its number in the frame. */
  private input: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;
  index = 0;
  /** Commands of the frame that are still to come. */
  private after = 0;

  constructor(state: State, signer: Signer) {
    this.state = state;
    this.signer = signer;
    this.reportsMax = state.limits.reportsPerRecordMax;
  }

  beginRecord(batch: ReportBatch, position: number, logTime: number): void {
    this.batch = batch;
    this.start = batch.count;
    this.positionLow = position >>> 0;
    this.positionHigh = Math.floor(position / 0x1_0000_0000);
    this.timeLow = logTime >>> 0;
    this.timeHigh = Math.floor(logTime / 0x1_0000_0000);
  }

  /** What is due writes no more than half of the reports, and no command caused it. */
  beginDue(): void {
    this.limit = this.reportsMax >>> 1;
    this.tagLow = 0;
    this.tagHigh = 0;
    this.index = codes.INDEX_DUE;
    this.after = 0;
  }

  beginFrame(hash: DataView): void {
    this.limit = this.reportsMax;
    this.tagLow = hash.getInt32(0, true);
    this.tagHigh = hash.getInt32(TAG_SIZE / 2, true);
  }

  beginCommand(input: DataView, at: number, index: number, after: number): void {
    this.input = input;
    this.at = at;
    this.index = index;
    this.after = after;
  }

  /** Reports that this command, or what is due, may still cause. */
  room(): number {
    return this.limit - (this.batch.count - this.start) - this.after;
  }

  /** Begins a numbered report; `head` is kind, side, liquidity and reason as one word. */
  begin(head: number, account: number, subject: number): number {
    const state = this.state;
    const number = state.accounts.number[account]! + 1;
    state.accounts.number[account] = number;
    state.changes.account(account);
    const at = this.blank(head, account);
    const view = this.batch.view;
    writeU64(view, at + report.REPORT_NUMBER_AT, number);
    view.setUint32(at + report.REPORT_SUBJECT_AT, subject, true);
    return at;
  }

  private blank(head: number, account: number): number {
    const at = this.batch.add();
    const view = this.batch.view;
    view.setInt32(at, head, true);
    view.setUint32(at + report.REPORT_ACCOUNT_AT, account, true);
    view.setUint32(at + report.REPORT_POSITION_AT, this.positionLow, true);
    view.setUint32(at + report.REPORT_POSITION_AT + 4, this.positionHigh, true);
    view.setUint32(at + report.REPORT_LOG_TIME_AT, this.timeLow, true);
    view.setUint32(at + report.REPORT_LOG_TIME_AT + 4, this.timeHigh, true);
    view.setInt32(at + report.REPORT_TAG_AT, this.tagLow, true);
    view.setInt32(at + report.REPORT_TAG_AT + 4, this.tagHigh, true);
    view.setUint16(at + report.REPORT_INDEX_AT, this.index, true);
    return at;
  }

  numbers(at: number, first: number, second: number): void {
    const view = this.batch.view;
    writeU64(view, at + report.REPORT_FIRST_AT, first);
    writeU64(view, at + report.REPORT_SECOND_AT, second);
  }

  /** The report's field `last`. */
  lots(at: number, last: number): void {
    this.batch.view.setUint32(at + report.REPORT_LAST_AT, last, true);
  }

  /** The report of an order as it is in its slot, at its own price. */
  order(slot: number, head: number, last: number, first: number): number {
    const slab = this.state.slab;
    const words = slab.words;
    const seats = this.state.seats.words;
    const from = slot << order.ORDER_SHIFT;
    const seatSide = words[from + order.SEAT_SIDE]!;
    const seat = (seatSide >> 1) << SEAT_SHIFT;
    const side = (seatSide & 1) + codes.SIDE_BUY;
    const market = this.state.markets.id(seats[seat + SEAT_MARKET]!);
    const at = this.begin(head | (side << 8), seats[seat + SEAT_ACCOUNT]!, market);
    const view = this.batch.view;
    view.setInt32(at + report.REPORT_ORDER_NONCE_AT, words[from + order.NONCE_LOW]!, true);
    view.setUint32(at + report.REPORT_ORDER_NONCE_AT + 4, slab.nonceHigh(slot), true);
    view.setInt32(at + report.REPORT_ORDER_KEY_AT, slab.key(slot), true);
    view.setUint16(at + report.REPORT_ORDER_INDEX_AT, slab.index(slot), true);
    view.setInt32(at + report.REPORT_CLIENT_ID_AT, words[from + order.CLIENT_LOW]!, true);
    view.setInt32(at + report.REPORT_CLIENT_ID_AT + 4, words[from + order.CLIENT_HIGH]!, true);
    view.setInt32(at + report.REPORT_PRICE_AT, words[from + order.PRICE]!, true);
    view.setUint32(at + report.REPORT_LAST_AT, last, true);
    view.setInt32(at + report.REPORT_CUMULATIVE_AT, words[from + order.CUMULATIVE]!, true);
    view.setInt32(at + report.REPORT_LEAVES_AT, words[from + order.LEAVES]!, true);
    writeU64(view, at + report.REPORT_FIRST_AT, first);
    return at;
  }

  /** A stop's report when a price has reached it. */
  triggered(slot: number, stopPrice: number, reachedBy: number): void {
    this.second(this.order(slot, codes.REPORT_TRIGGERED, 0, stopPrice), reachedBy);
  }

  second(at: number, value: number): void {
    writeU64(this.batch.view, at + report.REPORT_SECOND_AT, value);
  }

  /** What a fill has beyond an order's report: the trade's price, and the fee. */
  fill(at: number, price: number, fee: number): void {
    const view = this.batch.view;
    view.setUint32(at + report.REPORT_PRICE_AT, price, true);
    writeU64(view, at + report.REPORT_SECOND_AT, fee);
  }

  /** account_opened or key_added. */
  key(kind: number, account: number, key: number): void {
    this.keyTerms(this.begin(kind, account, this.state.keys.account[key]!), key);
  }

  /** All that others may know of a key. */
  keyTerms(at: number, key: number): void {
    const keys = this.state.keys;
    const view = this.batch.view;
    this.batch.bytes.set(keys.publicKey(key), at + report.REPORT_PUBLIC_KEY_AT);
    this.keyId(at, key);
    view.setUint32(at + report.REPORT_SCOPES_AT, keys.scopes[key]!, true);
    writeU64(view, at + report.REPORT_EXPIRY_AT, keys.expiry[key]!);
  }

  /** Of a key report or an outbox; of an outbox that is a credit the asset id. */
  keyId(at: number, id: number): void {
    this.batch.view.setUint32(at + report.REPORT_KEY_ID_AT, id, true);
  }

  /** What this shard owes another. It is no account's report, so that no number rises by it. */
  outbox(entry: number, destination: number, account: number, number: number): number {
    const at = this.blank(codes.REPORT_OUTBOX | (entry << 24), account);
    const view = this.batch.view;
    writeU64(view, at + report.REPORT_NUMBER_AT, number);
    view.setUint32(at + report.REPORT_SUBJECT_AT, destination, true);
    return at;
  }

  /** Refuses the frame before its key is trusted: unnumbered, about the frame, not its commands. */
  refuseFrame(code: number, first: number, second: number): void {
    this.index = 0;
    const at = this.blank(codes.REPORT_REJECTED, this.signer.account);
    this.signerOrder(at);
    this.batch.view.setUint16(at + report.REPORT_CODE_AT, code, true);
    this.numbers(at, first, second);
  }

  /** Refuses the command. */
  reject(code: number, first: number, second: number): void {
    const input = this.input;
    const type = input.getUint8(this.at);
    const head = codes.REPORT_REJECTED | (sideOf(input, this.at, type) << 8) | (type << 24);
    const at = this.begin(head, this.signer.account, subjectOf(input, this.at, type));
    const view = this.batch.view;
    view.setUint16(at + report.REPORT_CODE_AT, code, true);
    this.signerOrder(at);
    this.numbers(at, first, second);
    if (type <= codes.COMMAND_REDUCE) this.copyOrderFields(at, type);
  }

  /** The order id that this frame and index make. */
  private signerOrder(at: number): void {
    const view = this.batch.view;
    view.setUint32(at + report.REPORT_ORDER_NONCE_AT, this.signer.nonceLow, true);
    view.setUint32(at + report.REPORT_ORDER_NONCE_AT + 4, this.signer.nonceHigh, true);
    view.setUint32(at + report.REPORT_ORDER_KEY_AT, this.signer.key, true);
    view.setUint16(at + report.REPORT_ORDER_INDEX_AT, this.index, true);
  }

  private copyOrderFields(at: number, type: number): void {
    const view = this.batch.view;
    const input = this.input;
    const id = this.at + command.COMMAND_CLIENT_ID;
    view.setInt32(at + report.REPORT_CLIENT_ID_AT, input.getInt32(id, true), true);
    view.setInt32(at + report.REPORT_CLIENT_ID_AT + 4, input.getInt32(id + 4, true), true);
    if (type !== codes.COMMAND_NEW_ORDER && type !== codes.COMMAND_REPLACE) return;
    const price = input.getUint32(this.at + command.ORDER_PRICE, true);
    const quantity = input.getUint32(this.at + command.ORDER_QUANTITY, true);
    view.setUint32(at + report.REPORT_PRICE_AT, price, true);
    view.setUint32(at + report.REPORT_LAST_AT, quantity, true);
  }
}

function sideOf(input: DataView, at: number, type: number): number {
  if (type === codes.COMMAND_NEW_ORDER) return input.getUint8(at + command.ORDER_SIDE);
  return type === codes.COMMAND_MASS_CANCEL ? input.getUint8(at + command.MASS_SIDE) : 0;
}

function subjectOf(input: DataView, at: number, type: number): number {
  const none =
    type === codes.COMMAND_DEAD_MAN ||
    type === codes.COMMAND_LOGON ||
    type === codes.COMMAND_ACCOUNT_OPEN ||
    type === codes.COMMAND_KEY_ADD;
  return none ? 0 : input.getUint32(at + 4, true);
}
