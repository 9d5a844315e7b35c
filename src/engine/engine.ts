/**
 * Engine: the public face of the core. Bytes of records in, bytes of reports out; see
 * docs/RULES.md.
 *
 *   genesis frame -> Engine -> apply(record) -> reports
 *                          \-> roots(), snapshot() ; restore(snapshot) -> Engine
 *
 * `apply` has an answer for every record that has a successor state, refusals included, and throws
 * Halt for the others, which changes nothing; told of a cure (docs/RULES.md 12) it has one for that
 * record too. It sees no clock, no randomness, no network and no disk.
 */
import { assert } from "../base/assert.ts";
import { equalBytes, SAFE_LIMIT, viewOf } from "../base/bytes.ts";
import { HASH_SIZE, sha256, sha256Into } from "../base/hash.ts";
import * as codes from "../protocol/codes.ts";
import {
  type Cure,
  type Governing,
  governs,
  isAhead,
  type Upgrade,
} from "../protocol/governing.ts";
import type { ReportChain } from "../protocol/execution.ts";
import { decodeGenesis, type Genesis } from "../protocol/genesis.ts";
import { RECORD_HEADER_SIZE, RECORD_TICK, type RecordView } from "../protocol/record.ts";
import type { ReportBatch } from "../protocol/report.ts";
import type { StateRoots } from "../proofs/checkpointer.ts";
import type { Commands } from "./commands.ts";
import { FrameCopies } from "./frame-copies.ts";
import { beginShard } from "./genesis-state.ts";
import { Halt } from "./halt.ts";
import { checkLimits } from "./limits.ts";
import { Roots } from "./roots.ts";
import { RULES, type RuleSet, ruleSet, type RuleTable } from "./rules.ts";
import { fillState } from "./snapshot-read.ts";
import { writeSnapshot } from "./snapshot-write.ts";
import { readSnapshotHeader } from "./snapshot.ts";
import { type StateOptions, State } from "./state.ts";
import { Views } from "./views.ts";

export { Halt } from "./halt.ts";

export interface EngineOptions extends StateOptions {
  /** The versions of the rules that are known; those that are released if absent. */
  readonly rules?: RuleTable;
}

export interface Restored {
  readonly engine: Engine;
  /** The report chain's value that the snapshot was given. */
  readonly chain: Uint8Array;
}

export class Engine {
  readonly state: State;
  /** As they were at the last `roots`; for proofs. */
  readonly tries: Roots;
  readonly views: Views;
  private readonly genesisFrame: Uint8Array;
  private readonly genesis: Genesis;
  private readonly table: RuleTable;
  private rules: RuleSet;
  private commands: Commands;
  private readonly frames = new FrameCopies();
  private readonly hash = new Uint8Array(HASH_SIZE);
  private readonly hashView = viewOf(this.hash);
  private readonly options: EngineOptions;
  /** The genesis begins no shard; half of it may be there. */
  private isHalted = false;
  /** The newest that it was told of. */
  private told: Cure | null = null;

  /** The state before record 1: nothing but limits, venue and shard. */
  constructor(genesisFrame: Uint8Array, options: EngineOptions) {
    const genesis = decodeGenesis(genesisFrame);
    if (typeof genesis === "string") throw new Halt(genesis, 1);
    const wrong = checkLimits(genesis.limits);
    if (wrong !== "") throw new Halt(wrong, 1);
    this.options = options;
    this.genesis = genesis;
    this.genesisFrame = genesisFrame.slice();
    this.state = new State(genesisFrame, genesis, options);
    this.table = options.rules ?? RULES;
    this.rules = ruleSet(this.table, this.state.governing.current);
    this.commands = this.rules.commands(this.state);
    this.tries = new Roots(this.state);
    this.views = new Views(this.state);
  }

  /** The engine as it was when it wrote `snapshot`, or what is wrong with the bytes. */
  static restore(
    genesisFrame: Uint8Array,
    snapshot: Uint8Array,
    options: EngineOptions,
  ): Restored | string {
    const header = readSnapshotHeader(snapshot);
    if (typeof header === "string") return header;
    const engine = new Engine(genesisFrame, options);
    const { state } = engine;
    const { version } = header.governing.current;
    const rules = engine.table.get(version);
    if (rules === undefined) {
      return `snapshot is under rules version ${version}, which this build does not know`;
    }
    engine.rules = rules;
    engine.commands = rules.commands(state);
    const isOurs =
      header.shard === state.shard &&
      header.directoryOrigin === state.directoryOrigin &&
      equalBytes(header.venue, state.venue) &&
      equalBytes(header.genesisHash, sha256(genesisFrame));
    if (!isOurs) return "snapshot is of another shard or venue";
    const wrong = fillState(snapshot, header, state, engine.commands.resting);
    return wrong === "" ? { engine, chain: header.reportChain } : wrong;
  }

  /** From now on Clear is held against this chain, which its owner steps after each record. */
  followChain(chain: ReportChain): void {
    this.state.reportChain = chain.value;
  }

  /** Records applied. */
  get position(): number {
    return this.state.position;
  }

  /** Of the last record. */
  get logTime(): number {
    return this.state.logTime;
  }

  /** The rules versions in force and to come. */
  get governing(): Governing {
    return this.state.governing;
  }

  /** The rules version that governs the record at this position, one behind ours or at it. */
  governs(position: number): Upgrade {
    const { state, told } = this;
    const isCured = told !== null && told.from === position && state.position < position;
    return isCured ? told : governs(state.governing, position);
  }

  /** The record behind this one, which has no successor state, is governed by that version. */
  cure(cure: Cure): void {
    const { position } = this.state;
    assert(position > 0 && cure.from === position + 1, "what is cured is the next record");
    this.told = cure;
  }

  /** A cure governs here, and the Upgrade that signs for it lies ahead: nothing ends here. */
  get isCuring(): boolean {
    return isAhead(this.told, this.state.position);
  }

  /** The same state, to try something on; it has no roots. */
  fork(): Engine {
    const options = { ...this.options, roots: false };
    const copy = Engine.restore(this.genesisFrame, this.snapshot(this.state.reportChain), options);
    assert(typeof copy !== "string", "a snapshot that was just made can be restored");
    return copy.engine;
  }

  /** Trades so far, in all markets. */
  get tradeCount(): number {
    return this.state.trades;
  }

  /** The public key with this id, a view, or null if there is none yet. */
  publicKeyOf(key: number): Uint8Array | null {
    const { keys } = this.state;
    return keys.has(key) ? keys.publicKey(key) : null;
  }

  /**
   * Applies the record at position + 1, read from `view` by readRecord, and adds its reports.
   * A Halt has changed nothing, but at record 1: then this engine is of no further use.
   */
  apply(view: DataView, record: RecordView, reports: ReportBatch): void {
    assert(!this.isHalted, "a halted engine is not asked again");
    const state = this.state;
    const upgrade = this.governs(state.position + 1);
    const wrong = this.checkRecord(record, upgrade.version);
    if (wrong !== "") this.halt(wrong);
    const rules = this.rulesOf(upgrade);
    const isTick = record.kind === RECORD_TICK;
    if (isTick && state.position === 0) this.halt("the first record is a tick");
    const frame = isTick ? NO_FRAME : this.frames.of(view, record);
    if (state.position === 0) this.begin(frame);
    else if (!isTick) this.checkFrame(frame, rules);
    // From here on the record has a successor state.
    if (upgrade !== state.governing.current) this.beginUpgrade(upgrade, rules);
    state.logTime = record.logTime;
    const { out, due } = this.commands;
    out.beginRecord(reports, state.position + 1, record.logTime);
    if (due.isThere) due.settle();
    if (!isTick && state.position !== 0) {
      sha256Into(frame, this.hash);
      out.beginFrame(this.hashView);
      this.commands.applyFrame(view, record.at + RECORD_HEADER_SIZE);
    }
    state.position++;
  }

  /** The state as bytes, see snapshot.ts. `reportChain`: the caller's 32 bytes that go with it. */
  snapshot(reportChain: Uint8Array): Uint8Array<ArrayBuffer> {
    return writeSnapshot(this.state, sha256(this.genesisFrame), reportChain);
  }

  /** Roots of the state (RULES 8); costs what changed since they were last asked. */
  roots(): StateRoots {
    assert(this.state.changes.on, "an engine that is asked for roots was told so");
    return this.tries.update();
  }

  private halt(reason: string): never {
    this.isHalted = this.state.position === 0;
    throw new Halt(reason, this.state.position + 1);
  }

  /** Throws UnknownRules before anything has changed. */
  private rulesOf(upgrade: Upgrade): RuleSet {
    if (upgrade === this.state.governing.current) return this.rules;
    return ruleSet(this.table, upgrade);
  }

  private beginUpgrade(upgrade: Upgrade, rules: RuleSet): void {
    const { version, from } = upgrade;
    this.state.governing = { current: { version, from }, next: null };
    this.rules = rules;
    this.commands = rules.commands(this.state);
  }

  /** A header may name an earlier version: who appended it did not know of the upgrade yet. */
  private checkRecord(record: RecordView, version: number): string {
    const state = this.state;
    if (record.shard !== state.shard) return `it is of shard ${record.shard}`;
    const isGoverned = record.rulesVersion >= 1 && record.rulesVersion <= version;
    if (!isGoverned) {
      return `it names rules version ${record.rulesVersion}`;
    }
    if (record.directoryOrigin !== state.directoryOrigin) {
      return `it names directory origin ${record.directoryOrigin}`;
    }
    if (record.logTime >= SAFE_LIMIT) return "its log time is not below 2^53";
    return record.logTime < state.logTime ? "its log time goes back" : "";
  }

  private begin(frame: Uint8Array): void {
    if (!equalBytes(frame, this.genesisFrame)) this.halt("it is not this shard's genesis");
    const wrong = beginShard(this.genesis, this.state, this.commands.operators);
    if (wrong !== "") this.halt(wrong);
  }

  private checkFrame(frame: Uint8Array, rules: RuleSet): void {
    const code = rules.checkFrame(this.frames.viewOf(frame), this.state);
    if (code !== codes.ACCEPTED) this.halt(`its frame: ${codes.rejectCode(code).says}`);
  }
}

const NO_FRAME = new Uint8Array(0);
