/**
 * CarriedVenue: shards of one venue as settlement has them, with real engines, `ex` in memory, and
 * the real carrier between them. What ingress would do with a frame the test decides.
 *
 *   venue.write(shard, who, command)   a record with a frame of that signer, executed at once
 *   venue.compare(shard)               its reports are published and compared: they may be carried
 *   venue.archive(shard, position)     where it is exported: the export holds records up to there
 */
import { viewOf } from "../../src/base/bytes.ts";
import { crc32 } from "../../src/base/crc32.ts";
import { type Files, HOST_FILES } from "../../src/edges/files.ts";
import { MemoryStore } from "../../src/edges/memory-log.ts";
import type { ExecutionWriter, InputWriter, ShardLog } from "../../src/edges/log.ts";
import { Logger } from "../../src/edges/logger.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeDeposit, encodeKey, encodeShardOpen } from "../../src/protocol/commands.ts";
import { encodeExecution, ReportChain } from "../../src/protocol/execution.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { decodeGenesis, type Genesis, venueOf } from "../../src/protocol/genesis.ts";
import { encodePack, readRecord, RecordView } from "../../src/protocol/record.ts";
import { type Report, readReport, REPORT_SIZE, ReportBatch } from "../../src/protocol/report.ts";
import { CarryService } from "../../src/settlement-plane/carry-service.ts";
import type { Deliver } from "../../src/settlement-plane/carry-desk.ts";
import { CHECKPOINT, OPERATOR, recordOf, seeded, smallGenesis } from "./sealed-venue.ts";

const START_US = 1_764_000_000_000_000;
export const USD = 1;
export const TRADER = seeded(3);
const NO_FILES: Files = { ...HOST_FILES, makeDir: () => undefined, list: () => [] };

/** One shard: its engine, and what it has published. */
class CarriedShard {
  readonly engine: Engine;
  readonly genesis: Genesis;
  readonly genesisFrame: Uint8Array;
  readonly venue: Uint8Array;
  readonly store: MemoryStore;
  readonly reports: Report[] = [];
  private readonly chain = new ReportChain();
  private readonly record = new RecordView();
  private writer: ExecutionWriter | null = null;
  private input: InputWriter | null = null;
  private frames: Uint8Array[] = [];
  private unpublished: Uint8Array[] = [];
  private readonly nonces = { operator: 1, trader: 0 };

  constructor(shard: number, venue: Uint8Array | null) {
    const added = venue === null ? undefined : { shard, venue };
    this.genesisFrame = smallGenesis(OPERATOR, CHECKPOINT, added);
    const genesis = decodeGenesis(this.genesisFrame);
    if (typeof genesis === "string") throw new Error(genesis);
    this.genesis = genesis;
    this.venue = venueOf(this.genesisFrame, genesis);
    this.engine = new Engine(this.genesisFrame, { levels: createLevels, roots: false });
    this.store = new MemoryStore(shard);
  }

  async begin(): Promise<void> {
    const { shard } = this.genesis;
    const header = { shard, rulesVersion: codes.RULES_VERSION, directoryOrigin: 1 };
    const log = this.store.open();
    await log.create(encodePack({ ...header, logTime: START_US }, [this.genesisFrame]));
    this.writer = await log.openExecutionWriter();
    this.input = await log.openInputWriter();
    this.execute(this.genesisFrame);
    this.frames = [];
  }

  sign(who: "operator" | "trader", command: Uint8Array): Uint8Array {
    const isDirectory = command[0] === codes.COMMAND_ACCOUNT_OPEN;
    const operatorKind = isDirectory ? codes.FRAME_DIRECTORY : codes.FRAME_OPERATOR;
    const isOperator = who === "operator";
    const signer = isOperator ? OPERATOR : TRADER;
    const header = {
      kind: isOperator ? operatorKind : codes.FRAME_TRADER,
      shard: isDirectory ? codes.SHARD_DIRECTORY : this.genesis.shard,
      venue: this.venue,
      account: isOperator ? 0 : 1,
      key: isOperator ? 1 : 2,
      nonce: ++this.nonces[who],
      expiry: 0,
    };
    return signFrame(header, [command], (message) => signer.sign(message));
  }

  /** The next record, as settlement re-executes it. */
  execute(frame: Uint8Array): ReportBatch {
    const { engine, record, chain } = this;
    this.frames.push(frame);
    const bytes = recordOf(frame, START_US + engine.position * 1000, this.genesis.shard);
    const view = viewOf(bytes);
    const wrong = readRecord(view, 0, record);
    if (wrong !== "") throw new Error(wrong);
    const reports = new ReportBatch();
    const before = chain.value.slice();
    engine.apply(view, record, reports);
    const own = reports.slice(0);
    chain.step(own);
    for (let at = 0; at < own.length; at += REPORT_SIZE)
      this.reports.push(readReport(viewOf(own), at));
    const header = {
      shard: this.genesis.shard,
      rulesVersion: codes.RULES_VERSION,
      directoryOrigin: 1,
      first: engine.position,
      last: engine.position,
      epoch: this.writer?.epoch ?? 1,
      durable: engine.position,
      lastCrc: crc32(bytes),
      chainBefore: before,
      chain: chain.value,
    };
    this.unpublished.push(encodeExecution(header, own));
    return reports;
  }

  async publish(): Promise<void> {
    const frames = this.frames.splice(0);
    if (frames.length > 0) await this.input?.append(frames);
    for (const record of this.unpublished.splice(0)) await this.writer?.append(record);
  }
}

export class CarriedVenue {
  readonly shards = new Map<number, CarriedShard>();
  readonly stop = new AbortController();
  readonly warnings: string[] = [];
  /** The log as settlement opens it. */
  openLog = (store: MemoryStore): ShardLog => store.open();
  /** By shard; null where nothing is exported. */
  archived: Map<number, number> | null = null;
  private service: CarryService | null = null;
  private running: Promise<void> = Promise.resolve();

  static async begin(ids: readonly number[]): Promise<CarriedVenue> {
    const venue = new CarriedVenue();
    for (const id of ids) {
      const lead = venue.shards.get(1)?.venue ?? null;
      const shard = new CarriedShard(id, lead);
      venue.shards.set(id, shard);
      await shard.begin();
    }
    return venue;
  }

  /** Shards that know each other, and an account with funds on the lowest, shard 1. */
  static async linked(ids: readonly number[], funds: number): Promise<CarriedVenue> {
    const venue = await CarriedVenue.begin(ids);
    for (const id of ids) {
      for (const other of ids.filter((one) => one !== id && (id === 1 || one !== 1))) {
        venue.write(id, "operator", encodeShardOpen(other));
      }
    }
    const { SCOPES_TRADER: all, COMMAND_ACCOUNT_OPEN: type } = codes;
    venue.write(1, "operator", encodeKey(type, TRADER.publicKey, all, 0));
    venue.write(1, "operator", encodeDeposit(USD, 1, funds, 1));
    return venue;
  }

  shard(id: number): CarriedShard {
    const shard = this.shards.get(id);
    if (shard === undefined) throw new Error(`there is no shard ${id}`);
    return shard;
  }

  /** The carrier begins, as after a start; what was written before it must find in `ex`. */
  carry(deliver: Deliver, leadership = { leads: true, term: 1 }): void {
    const write = (line: string): void => void this.warnings.push(line);
    const logger = new Logger({ sink: { write, close: () => {} }, severityMin: "warning" });
    this.service = new CarryService({
      shards: [...this.shards.values()].map(({ store, genesis, genesisFrame, venue }) => {
        const log = this.openLog(store);
        return { log, genesis, genesisFrame, venue, dir: "none", halted: null };
      }),
      engineOf: (id) => this.shard(id).engine,
      signer: OPERATOR,
      keyFile: "carry.pem",
      deliver,
      leadership,
      ...this.exported(),
      logger,
      files: NO_FILES,
      stop: this.stop.signal,
    });
    this.running = this.service.carrier.run();
  }

  private exported(): { archived?: (shard: number) => number } {
    const { archived } = this;
    return archived === null ? {} : { archived: (shard) => archived.get(shard) ?? 0 };
  }

  /** The first position of that shard for whose archiving the carrier waits, or 0. */
  awaited(id: number): number {
    return this.service?.awaited(id) ?? 0;
  }

  archive(id: number, position: number): void {
    this.archived?.set(id, position);
    this.service?.carrier.notify();
  }

  get inFlight(): number {
    return this.service?.carrier.inFlight ?? 0;
  }

  execute(id: number, frame: Uint8Array): ReportBatch {
    const reports = this.shard(id).execute(frame);
    this.service?.onReports(id, reports);
    return reports;
  }

  write(id: number, who: "operator" | "trader", command: Uint8Array): void {
    this.execute(id, this.shard(id).sign(who, command));
  }

  async compare(id: number): Promise<void> {
    const shard = this.shard(id);
    await shard.publish();
    this.service?.onCompared(id, shard.engine.position);
  }

  async end(): Promise<void> {
    this.stop.abort();
    await this.running;
  }
}
