/**
 * NaiveEngine: the second engine, the judge of the fast one. Written from RULES.md alone.
 *
 *   record --> halt?                                     (2.1)
 *          --> which rules govern    naive-rules         (12)
 *          --> what is due           naive-due           (9)
 *          --> known key? nonce?     unnumbered reject   (2.4, 2.5)
 *          --> whole frame refused?  a reject each       (2.6)
 *          --> command by command    naive-orders, naive-cancels, naive-account-commands,
 *                                    naive-directory, naive-operators, naive-links, naive-carry
 *
 * Slow where slow is simpler. It shares nothing with the fast engine but the bytes of the protocol.
 * `apply` either throws NaiveHalt and has changed nothing, or has moved to the next position.
 */
import { assert } from "../base/assert.ts";
import { equalBytes, SAFE_LIMIT, toHex } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import * as codes from "../protocol/codes.ts";
import * as fields from "../protocol/command-layout.ts";
import * as frames from "../protocol/frame.ts";
import {
  type Cure,
  type Governing,
  governs,
  isAhead,
  type Upgrade,
} from "../protocol/governing.ts";
import type { ReportChain } from "../protocol/execution.ts";
import { decodeGenesis, type Genesis, venueOf } from "../protocol/genesis.ts";
import { RECORD_HEADER_SIZE, RECORD_TICK, type RecordView } from "../protocol/record.ts";
import type { ReportBatch } from "../protocol/report.ts";
import { levelsOf, type NaiveLevel } from "./naive-book.ts";
import * as directory from "./naive-directory.ts";
import { freeOf, heldOf } from "./naive-ledger.ts";
import * as operators from "./naive-operators.ts";
import { type NaiveRootSet, rootsOf } from "./naive-roots.ts";
import {
  NAIVE_RULES,
  type NaiveCommands,
  type NaiveRuleSet,
  type NaiveRuleTable,
} from "./naive-rules.ts";
import * as states from "./naive-state.ts";
import { NaiveHalt } from "./naive-state.ts";
import { type Answer, NaiveTurn, refuse } from "./naive-turn.ts";
import { NaiveVoice, TAG_OF_DUE, type VoiceParts, writeNext } from "./naive-voice.ts";

/** A command begins only if the most that a simple one says still fits. */
const ROOM_TO_BEGIN = 4;

export class NaiveEngine {
  /** Public, so that tests can look at everything; nobody else writes to it. */
  state: states.NaiveState;
  private told: Cure | null = null;
  private readonly genesisFrame: Uint8Array;
  private readonly venue: Uint8Array;
  private readonly rules: NaiveRuleTable;

  constructor(genesisFrame: Uint8Array, rules: NaiveRuleTable = NAIVE_RULES) {
    const genesis = decodeGenesis(genesisFrame);
    if (typeof genesis === "string") throw new NaiveHalt(genesis);
    this.genesisFrame = genesisFrame.slice();
    this.rules = rules;
    this.venue = venueOf(genesisFrame, genesis);
    this.state = beginShard(genesis);
  }

  get position(): number {
    return this.state.position;
  }

  /** From now on Clear is held against this chain, which its owner steps after each record. */
  followChain(chain: ReportChain): void {
    this.state.reportChain = chain.value;
  }

  get logTime(): number {
    return this.state.logTime;
  }

  /** The rules version that governs the record at this position, one behind ours or at it. */
  governs(position: number): Upgrade {
    const { governing, position: last } = this.state;
    const isCured = this.told?.from === position && position > last;
    return isCured && this.told !== null ? this.told : governs(governing, position);
  }

  get governing(): Governing {
    return this.state.governing;
  }

  /** See the fast engine's. */
  cure(cure: Cure): void {
    const { position } = this.state;
    assert(position > 0 && cure.from === position + 1, "what is cured is the next record");
    this.told = cure;
  }

  get isCuring(): boolean {
    return isAhead(this.told, this.state.position);
  }

  fork(): NaiveEngine {
    const copy = new NaiveEngine(this.genesisFrame, this.rules);
    copy.state = structuredClone(this.state);
    return copy;
  }

  /** Applies the record that lies at `record.at` of `view`; its reports are added to `reports`. */
  apply(view: DataView, record: RecordView, reports: ReportBatch): void {
    const at = record.at + RECORD_HEADER_SIZE;
    const frame = new Uint8Array(view.buffer, view.byteOffset + at, record.frameSize);
    const current = this.governs(this.state.position + 1);
    const rules = this.rules.get(current.version);
    if (rules === undefined) throw new NaiveHalt(`no rules of version ${current.version}`);
    this.haltIfWrong(record, frame, rules);
    if (current !== this.state.governing.current) {
      const { version, from } = current;
      this.state.governing = { current: { version, from }, next: null };
    }
    this.state.position++;
    this.state.logTime = record.logTime;
    if (this.state.position === 1) return;
    const most = this.state.genesis.limits.reportsPerRecordMax;
    const stamp = { position: this.state.position, logTime: record.logTime, tag: TAG_OF_DUE };
    const parts = { state: this.state, stamp, reports, before: reports.count, most };
    rules.doWhatIsDue(new NaiveVoice({ ...parts, most: Math.floor(most / 2) }));
    if (record.kind === RECORD_TICK) return;
    const tag = toHex(sha256(frame).subarray(0, frames.TAG_SIZE));
    const frameView = new DataView(view.buffer, frame.byteOffset, frame.length);
    this.applyFrame(frameView, { ...parts, stamp: { ...stamp, tag } }, rules);
  }

  roots(): NaiveRootSet {
    return rootsOf(this.state);
  }

  /** The key with this id, or null: for whoever checks signatures. */
  publicKeyOf(key: number): Uint8Array | null {
    return this.state.keys[key - 1]?.publicKey ?? null;
  }

  /** What an account has, by asset id. */
  balances(account: number): { asset: number; free: bigint; held: bigint }[] {
    const owner = this.state.accounts[account];
    assert(owner !== undefined, "only accounts that exist have balances");
    return [...this.state.assets.keys()]
      .sort((a, b) => a - b)
      .map((asset) => ({ asset, free: freeOf(owner, asset), held: heldOf(owner, asset) }));
  }

  /** Price levels of one side of the book, best first: stops that wait are not in it. */
  levels(market: number, side: number): NaiveLevel[] {
    const found = this.state.markets.get(market);
    assert(found !== undefined, "only markets that exist have levels");
    return levelsOf(found, side);
  }

  /** All open orders, oldest first; the field `waits` tells stops from what lies in the book. */
  openOrders(): states.NaiveOrder[] {
    return states.allOrders(this.state);
  }

  private haltIfWrong(record: RecordView, frame: Uint8Array, rules: NaiveRuleSet): void {
    const { genesis, logTime, position } = this.state;
    const { version } = this.governs(position + 1);
    if (record.shard !== genesis.shard) throw new NaiveHalt("another shard's record");
    if (record.rulesVersion < 1 || record.rulesVersion > version) {
      throw new NaiveHalt("rules that do not govern yet");
    }
    if (record.directoryOrigin !== genesis.directoryOrigin) throw new NaiveHalt("other directory");
    if (record.logTime >= SAFE_LIMIT) throw new NaiveHalt("log time is not below 2^53");
    if (record.logTime < logTime) throw new NaiveHalt("log time goes back");
    if (position === 0) {
      if (!equalBytes(frame, this.genesisFrame)) throw new NaiveHalt("record 1 is not genesis");
      return;
    }
    if (record.kind === RECORD_TICK) return;
    const { shard, directoryOrigin } = genesis;
    const code = rules.checkFrame(frame, { venue: this.venue, shard, directoryOrigin });
    if (code !== codes.ACCEPTED) throw new NaiveHalt(codes.rejectCode(code).says);
  }

  private applyFrame(view: DataView, parts: VoiceParts, rules: NaiveRuleSet): void {
    const header = frames.readFrameHeader(view, 0);
    const { kind, nonce } = header;
    const key = directory.keyOf(this.state, header.key, header.account);
    const refusal =
      key === undefined
        ? refuse(codes.REJECT_UNKNOWN_KEY)
        : directory.checkFrameNonce(key, kind, nonce);
    if (key === undefined || refusal !== null) {
      writeNext(parts.reports, parts.stamp, {
        kind: codes.REPORT_REJECTED,
        account: header.account,
        orderKey: header.key,
        orderNonce: nonce,
        ...refusal,
      });
      return;
    }
    directory.spendFrameNonce(key, kind, nonce);
    const account = this.state.accounts[header.account]!;
    const turn = new NaiveTurn({ ...parts, account, key, nonce, view });
    applyCommands(turn, checkWhole(key, header, parts.stamp.logTime), rules.commands);
  }
}

/** Why the whole frame is refused, each command of it. */
function checkWhole(key: states.NaiveKey, header: frames.FrameHeader, logTime: number): Answer {
  if (header.expiry !== 0 && logTime > header.expiry) {
    return refuse(codes.REJECT_FRAME_EXPIRED, header.expiry, logTime);
  }
  if (key.revoked) return refuse(codes.REJECT_KEY_REVOKED);
  if (key.expiry !== 0 && logTime > key.expiry) {
    return refuse(codes.REJECT_KEY_EXPIRED, key.expiry, logTime);
  }
  return null;
}

function applyCommands(turn: NaiveTurn, whole: Answer, commands: NaiveCommands): void {
  const count = turn.view.getUint16(frames.FRAME_COUNT_AT, true);
  turn.at = frames.FRAME_HEADER_SIZE;
  for (turn.index = 0; turn.index < count; turn.index++) {
    turn.later = count - turn.index - 1;
    const type = turn.u8(0);
    const answer = whole ?? applyCommand(turn, type, commands);
    if (answer !== null) {
      const said = { ...answer, ...ofCommand(turn, type) };
      turn.say(turn.account, codes.REPORT_REJECTED, said);
    }
    turn.at += fields.COMMAND_SIZE[type]!;
  }
}

function applyCommand(turn: NaiveTurn, type: number, commands: NaiveCommands): Answer {
  if (turn.room() < ROOM_TO_BEGIN) return refuse(codes.REJECT_RECORD_FULL);
  const command = commands.get(type);
  assert(command !== undefined, "checkFrame lets only known commands in");
  return command(turn);
}

const HAS_SIDE = [codes.COMMAND_NEW_ORDER, codes.COMMAND_MASS_CANCEL];
const HAS_PRICE = [codes.COMMAND_NEW_ORDER, codes.COMMAND_REPLACE];
const HAS_CLIENT_ID = [...HAS_PRICE, codes.COMMAND_CANCEL, codes.COMMAND_REDUCE];
const NO_SUBJECT = [
  codes.COMMAND_DEAD_MAN,
  codes.COMMAND_LOGON,
  codes.COMMAND_ACCOUNT_OPEN,
  codes.COMMAND_KEY_ADD,
];

/** What a reject repeats of the command it refuses (RULES.md section 3). */
function ofCommand(turn: NaiveTurn, type: number) {
  const hasPrice = HAS_PRICE.includes(type);
  return {
    reason: type,
    orderKey: turn.key.id,
    orderNonce: turn.nonce,
    orderIndex: turn.index,
    subject: NO_SUBJECT.includes(type) ? 0 : turn.u32(fields.COMMAND_MARKET),
    // NewOrder and MassCancel have their side in the same byte.
    side: HAS_SIDE.includes(type) ? turn.u8(fields.ORDER_SIDE) : 0,
    clientOrderId: HAS_CLIENT_ID.includes(type) ? turn.u64(fields.COMMAND_CLIENT_ID) : 0n,
    price: hasPrice ? turn.u32(fields.ORDER_PRICE) : 0,
    last: hasPrice ? turn.u32(fields.ORDER_QUANTITY) : 0,
  };
}

/** Account 0 with its keys, the assets, the markets. */
function beginShard(genesis: Genesis): states.NaiveState {
  const state = states.emptyState(genesis);
  for (const { publicKey, scopes } of genesis.operators) {
    if (directory.isKeyTaken(state, publicKey)) throw new NaiveHalt("an operator key twice");
    directory.addKey(state, 0, { publicKey, scopes, expiry: 0 });
  }
  if (state.keys.length > genesis.limits.keysMax) throw new NaiveHalt("too many operator keys");
  for (const asset of genesis.assets) haltIfRefused(operators.openAsset(state, asset));
  for (const market of genesis.markets) haltIfRefused(operators.openMarkets(state, market));
  return state;
}

function haltIfRefused(answer: Answer): void {
  if (answer !== null) throw new NaiveHalt(codes.rejectCode(answer.code).says);
}
