/**
 * UpgradedVenue: one shard on a memory log with the services' own matcher and settlement, which
 * know the rules versions that a test gives them. Who signs is real, and so is the verdict.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { viewOf } from "../../src/base/bytes.ts";
import { type Signer, signerFromSeed } from "../../src/edges/keys.ts";
import { Logger } from "../../src/edges/logger.ts";
import type { ObjectStore } from "../../src/edges/object-store.ts";
import { MemoryStore } from "../../src/edges/memory-log.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { encodeVerifyBatch, judgeVerifyBatch } from "../../src/edges/verify-batch.ts";
import type { FrameJudge } from "../../src/edges/verify-pool.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import type { RuleTable } from "../../src/engine/rules.ts";
import { Matcher } from "../../src/market-matcher/matcher.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import type { NaiveRuleTable } from "../../src/naive/naive-rules.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as commands from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { decodeGenesis, type Genesis, venueOf } from "../../src/protocol/genesis.ts";
import { encodeUpgrade } from "../../src/protocol/governing.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { type Report, REPORT_SIZE, readReport } from "../../src/protocol/report.ts";
import { decodeExecution, type Execution } from "../../src/protocol/execution.ts";
import { exportShard } from "../../src/settlement-plane/export.ts";
import { Settlement } from "../../src/settlement-plane/settlement.ts";
import { type Verdict, verifyExport } from "../../src/verifier/verify-export.ts";
import type { VerifyEngine } from "../../src/verifier/verify-shard.ts";
import { CHECKPOINT, OPERATOR, recordOf, smallGenesis } from "../support/sealed-venue.ts";

export const TRADER = signerFromSeed(new Uint8Array(32).fill(77));
const { reference } = await openVerifiers();
const READ_MAX = 1 << 20;
const NEVER = new AbortController().signal;
const quiet = new Logger({
  sink: { write: () => undefined, close: () => undefined },
  severityMin: "error",
});

export const judge: FrameJudge = {
  verify: async (signed) => judgeVerifyBatch(encodeVerifyBatch(signed), reference),
};

export class UpgradedVenue {
  readonly store = new MemoryStore(1);
  readonly log = this.store.open();
  readonly genesisFrame: Uint8Array;
  readonly genesis: Genesis;
  readonly venue: Uint8Array;
  readonly dir: string;
  private readonly nonces = new Map<number, number>();

  protected constructor(dir: string, genesisFrame?: Uint8Array) {
    this.dir = dir;
    this.genesisFrame = new Uint8Array(genesisFrame ?? smallGenesis(OPERATOR, CHECKPOINT));
    const genesis = decodeGenesis(this.genesisFrame);
    if (typeof genesis === "string") throw new Error(genesis);
    this.genesis = genesis;
    this.venue = venueOf(this.genesisFrame, genesis);
  }

  /** With one trader, who has 1,000 of asset 1. */
  static async open(dir: string): Promise<UpgradedVenue> {
    const venue = new UpgradedVenue(dir);
    await venue.begin();
    return venue;
  }

  protected async begin(): Promise<void> {
    mkdirSync(this.dir, { recursive: true });
    await this.log.create(recordOf(this.genesisFrame, Date.now() * 1000));
    const scopes = codes.SCOPES_TRADER;
    const open = commands.encodeKey(codes.COMMAND_ACCOUNT_OPEN, TRADER.publicKey, scopes, 0);
    await this.append(this.operator(codes.FRAME_DIRECTORY, open));
    await this.append(this.operator(codes.FRAME_OPERATOR, commands.encodeDeposit(1, 1, 1000, 1)));
  }

  /** Each call is a pack. Returns the last position. */
  async append(...frames: readonly Uint8Array[]): Promise<number> {
    const writer = await this.log.openInputWriter();
    return (await writer.append(frames)).last;
  }

  async ticks(count: number): Promise<number> {
    return this.append(...Array.from({ length: count }, () => new Uint8Array(0)));
  }

  /** What comes now is at least a second later in log time: a border of checkpoints. */
  nextSecond(): void {
    this.store.logTime = Math.max(this.store.logTime, Date.now() * 1000) + 1_000_000;
  }

  operator(kind: number, command: Uint8Array): Uint8Array {
    const isDirectory = kind === codes.FRAME_DIRECTORY;
    const shard = isDirectory ? codes.SHARD_DIRECTORY : 1;
    return this.signed({ kind, shard, account: 0, key: 1 }, command, OPERATOR);
  }

  upgrade(version: number, from: number): Uint8Array {
    return this.operator(codes.FRAME_OPERATOR, encodeUpgrade({ version, from }));
  }

  /** Of the trader. */
  withdraw(asset: number, amount: number): Uint8Array {
    const command = commands.encodeWithdraw(asset, amount, new Uint8Array(32));
    const key = this.genesis.operators.length + 1;
    return this.signed({ kind: codes.FRAME_TRADER, shard: 1, account: 1, key }, command, TRADER);
  }

  protected signed(
    who: { kind: number; shard: number; account: number; key: number },
    command: Uint8Array,
    signer: Signer,
  ): Uint8Array {
    const nonce = (this.nonces.get(who.key) ?? 0) + 1;
    this.nonces.set(who.key, nonce);
    const header = { ...who, venue: this.venue, nonce, expiry: 0 };
    return signFrame(header, [command], (message) => signer.sign(message));
  }

  /** A matcher's life: until it has matched up to `position`, or what ended it. */
  async match(
    rules: RuleTable,
    position: number,
    name = "matcher",
    { batchBytesMax = READ_MAX, snapshotRecords = 1000 } = {},
  ): Promise<Error | null> {
    const stop = new AbortController();
    const matcher = new Matcher({
      log: this.store.open(),
      halted: this.store.halted,
      genesis: this.genesis,
      genesisFrame: this.genesisFrame,
      options: { levels: createLevels, roots: false, rules },
      snapshotDir: join(this.dir, name),
      snapshotRecords,
      batchBytesMax,
      standbyPollMs: 1,
      logger: quiet,
      stop: stop.signal,
    });
    return this.until(matcher.run(), stop, () => matcher.counts.position >= position);
  }

  /** Likewise a settlement's. */
  async settle(rules: RuleTable, position: number): Promise<Error | null> {
    const stop = new AbortController();
    const settlement = new Settlement({
      log: this.store.open(),
      genesis: this.genesis,
      genesisFrame: this.genesisFrame,
      venue: this.venue,
      options: { levels: createLevels, roots: true, rules },
      judge,
      aheadBytesMax: READ_MAX,
      checkpointSigner: CHECKPOINT,
      dir: join(this.dir, "settlement"),
      who: "one",
      mayPublish: () => true,
      snapshotRecords: 1,
      logger: quiet,
      onReports: () => undefined,
      onBatch: () => undefined,
      stop: stop.signal,
    });
    return this.until(settlement.run(), stop, () => settlement.engine.position >= position);
  }

  private async until(
    run: Promise<void>,
    stop: AbortController,
    isThere: () => boolean,
  ): Promise<Error | null> {
    const outcome = run.then(
      () => null,
      (fault: Error) => fault,
    );
    const ended = outcome.then(() => true);
    while (!isThere()) {
      if (await Promise.race([ended, Bun.sleep(1).then(() => false)])) break;
    }
    stop.abort();
    return outcome;
  }

  async export(name: string): Promise<string> {
    const out = join(this.dir, name);
    const settlementDir = join(this.dir, "settlement");
    await exportShard({ log: this.log, venue: this.venue, settlementDir, out });
    return out;
  }

  /** By the fast engine and by the naive one, where there is a table for it. */
  async verify(
    from: string | (() => ObjectStore),
    rules: RuleTable,
    naive: NaiveRuleTable | null,
  ): Promise<Verdict[]> {
    const options = { levels: createLevels, roots: true, rules };
    const opens: ((frame: Uint8Array) => VerifyEngine)[] = [(frame) => new Engine(frame, options)];
    if (naive !== null) opens.push((frame) => new NaiveEngine(frame, naive));
    const verdicts: Verdict[] = [];
    for (const openEngine of opens) {
      const place = typeof from === "string" ? from : from();
      const parts = { venue: this.venue, verifier: reference, rules, openEngine };
      verdicts.push(await verifyExport({ ...parts, from: place }));
    }
    return verdicts;
  }

  /** Rules versions that the headers of `in` name, from position 1 on. */
  async stamps(): Promise<number[]> {
    const versions: number[] = [];
    await this.eachRecord((_view, record) => versions.push(record.rulesVersion));
    return versions;
  }

  async eachRecord(step: (view: DataView, record: RecordView) => void): Promise<void> {
    const reader = await this.log.openInputReader();
    const record = new RecordView();
    for (let position = 0; position < (await reader.tip()); ) {
      const batch = await reader.read(position, READ_MAX, NEVER);
      const view = viewOf(batch!.bytes);
      for (let at = 0; at < view.byteLength; at = record.end, position++) {
        const wrong = readRecord(view, at, record);
        if (wrong !== "") throw new Error(wrong);
        step(view, record);
      }
    }
  }

  async executions(): Promise<Execution[]> {
    const reader = await this.log.openExecutionReader();
    const found: Execution[] = [];
    for (let after = 0; after < (await reader.tip()); ) {
      for (const bytes of (await reader.read(after, READ_MAX, NEVER))!) {
        const execution = decodeExecution(bytes);
        if (typeof execution === "string") throw new Error(execution);
        found.push(execution);
        after = execution.last;
      }
    }
    return found;
  }

  /** What was said at this position. */
  async said(position: number): Promise<Report[]> {
    const all: Report[] = [];
    for (const { reports } of await this.executions()) {
      for (let at = 0; at < reports.length; at += REPORT_SIZE) {
        all.push(readReport(viewOf(reports), at));
      }
    }
    return all.filter((report) => report.position === position);
  }
}
