/**
 * Segment log: the embedded log of one shard, files in one directory of one machine.
 *
 *   <data dir>/shard-1/   in-*.seg ex-*.seg   see segment-files.ts and protocol/segment.ts
 *                         in.*.sock ex.*.sock who writes, and how far; see directory-lock.ts
 *                         ex.epoch            term of the newest matcher, in digits
 *                         halted              why the shard is halted; absent while it is not
 *                         rules               upgrades, see log-rules.ts; absent while none is
 *                         use.* keep.* genesis   see segment-retention.ts
 *
 * D2: `in` is synced before anybody hears of it. Opening walks the last segment only.
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { assert } from "../base/assert.ts";
import type { Upgrade } from "../protocol/governing.ts";
import { type ClockSources, HOST_CLOCK } from "./clock.ts";
import { bellPlace, claimRole, type Role } from "./directory-lock.ts";
import {
  type ExecutionReader,
  type ExecutionWriter,
  type InputReader,
  type InputWriter,
  InUse,
  LogFault,
  type LogEnd,
  type LostSuffix,
  type Mark,
  type Retention,
  type ShardLog,
} from "./log.ts";
import { SegmentAppender } from "./segment-appender.ts";
import { checkedGenesis, type GenesisFacts, genesisFacts } from "./log-genesis.ts";
import { haltReason } from "./halt-mark.ts";
import { haltIn, liftHalt, writeHalt } from "./segment-halt.ts";
import { OfOneMachine } from "./of-one-machine.ts";
import { LogTime } from "./segment-clock.ts";
import { keepRule, keptRules } from "./segment-rules.ts";
import { type Disk, realDisk, syncDirectory, writeFileLasting } from "./segment-disk.ts";
import { listSegments, segmentPath, shardDir } from "./segment-files.ts";
import { readGenesis, recoverExecution, recoverInput, type Tail } from "./segment-recover.ts";
import { restoreSegments, writeGenesis } from "./segment-restore.ts";
import { SegmentRetention } from "./segment-retention.ts";
import { type ReaderPlace, SegmentExecutionReader, SegmentInputReader } from "./segment-readers.ts";
import { SegmentExecutionWriter, SegmentInputWriter } from "./segment-writers.ts";

export interface SegmentLogOptions {
  /** The data directory; the shard's own is made inside. */
  readonly dir: string;
  readonly shard: number;
  readonly segmentBytesMax: number;
  readonly clockDifferenceMsMax: number;
  readonly clock?: ClockSources;
  readonly disk?: Disk;
}

class SegmentLog extends OfOneMachine implements ShardLog {
  readonly shard: number;
  readonly describe: string;
  private readonly dir: string;
  private readonly disk: Disk;
  private readonly open = new Set<{ close(): Promise<void> }>();
  private readonly options: SegmentLogOptions;

  constructor(options: SegmentLogOptions) {
    super();
    this.options = options;
    assert(options.segmentBytesMax >= 65_536, "a segment has room for 64 KiB or more");
    this.shard = options.shard;
    this.dir = shardDir(options.dir, options.shard);
    this.disk = options.disk ?? realDisk;
    this.describe = `embedded, D2, data ${options.dir}`;
  }

  async genesis(): Promise<Uint8Array | null> {
    return fs.existsSync(this.dir) ? (readGenesis(this.dir)?.record ?? null) : null;
  }

  async create(genesisRecord: Uint8Array): Promise<void> {
    const facts = checkedGenesis(genesisRecord, this.shard);
    await this.make(() => {
      if (listSegments(this.dir, "in").length > 0) {
        throw new LogFault(`${this.options.dir} already holds a log of shard ${this.shard}`);
      }
      writeGenesis(this.dir, facts, genesisRecord);
      syncDirectory(this.options.dir);
      syncDirectory(join(this.options.dir, "..")); // The data directory may be new, too.
    });
  }

  async restore(end: LogEnd): Promise<void> {
    const facts = checkedGenesis(end.genesisRecord, this.shard);
    await this.make(() => restoreSegments(this.dir, facts, end));
  }

  /** Alone, in a directory that is there. */
  private async make(step: () => void): Promise<void> {
    fs.mkdirSync(this.dir, { recursive: true });
    const bell = await claimRole(bellPlace(this.dir, "in"), this.options.dir);
    try {
      step();
    } finally {
      bell.close();
    }
  }

  async rules(): Promise<readonly Upgrade[]> {
    return keptRules(this.dir);
  }

  async openInputWriter(): Promise<InputWriter> {
    const facts = this.facts();
    const bell = await claimRole(bellPlace(this.dir, "in"), this.options.dir);
    try {
      const tail = recoverInput(this.dir);
      const { clock = HOST_CLOCK, clockDifferenceMsMax } = this.options;
      const logTime = new LogTime(clock, clockDifferenceMsMax, tail.logTime);
      const appender = this.appender("in", facts, tail);
      const { shard, rulesVersion, directoryOrigin } = facts;
      const stamp = { shard, rulesVersion, directoryOrigin };
      const halted = (): string | null => haltIn(this.dir);
      const parts = { appender, bell, logTime, stamp, halted, rules: () => keptRules(this.dir) };
      const writer = new SegmentInputWriter(parts, tail.next - 1);
      bell.open(bellPlace(this.dir, "in"), tail.next - 1);
      return this.keep(writer);
    } catch (error) {
      bell.close();
      throw error;
    }
  }

  async openInputReader(): Promise<InputReader> {
    return this.keep(new SegmentInputReader(this.readerPlace("in", 1)));
  }

  async openRestReader(): Promise<InputReader> {
    const tip = await this.restTip();
    const place = this.readerPlace("in", 1);
    const synced = tip ?? place.synced;
    return this.keep(new SegmentInputReader({ ...place, synced }));
  }

  /** The tip of a log that nobody writes to, found as its next writer would; null if one does. */
  private async restTip(): Promise<number | null> {
    try {
      const bell = await claimRole(bellPlace(this.dir, "in"), this.options.dir);
      try {
        const { file, next } = recoverInput(this.dir);
        file?.close();
        return next - 1;
      } finally {
        bell.close();
      }
    } catch (error) {
      if (error instanceof InUse) return null;
      throw error;
    }
  }

  async openExecutionWriter(): Promise<ExecutionWriter> {
    const facts = this.facts();
    const bell = await claimRole(bellPlace(this.dir, "ex"), this.options.dir);
    try {
      const tail = recoverExecution(this.dir);
      const epoch = this.takeEpoch(tail.epoch);
      const appender = this.appender("ex", facts, tail);
      const lift = (mark: string, last: number): Promise<void> => liftHalt(this.dir, mark, last);
      const keep = (one: Upgrade): void => keepRule(this.dir, one);
      const parts = { appender, bell, epoch, lift, keep };
      const writer = new SegmentExecutionWriter(parts, tail.next - 1);
      bell.open(bellPlace(this.dir, "ex"), tail.next - 1);
      return this.keep(writer);
    } catch (error) {
      bell.close();
      throw error;
    }
  }

  async openExecutionReader(): Promise<ExecutionReader> {
    return this.keep(new SegmentExecutionReader(this.readerPlace("ex", 2)));
  }

  async halt(reason: string): Promise<void> {
    await writeHalt(this.dir, haltReason(reason));
  }

  /** What is synced is not lost by failover: a file that ends early is for people to look at. */
  async recoverLoss(loss: LostSuffix): Promise<void> {
    throw loss;
  }

  /** Whoever writes looks at the tail when it opens it. */
  async reaches(): Promise<boolean> {
    return true;
  }

  async consume(name: string, position: number, silentMsMax: number): Promise<void> {
    this.kept().consume(name, position, silentMsMax);
  }

  async cover(mark: Mark, position: number): Promise<void> {
    this.kept().cover(mark, position);
  }

  async trim(upTo: number): Promise<Retention> {
    return this.kept().trim(upTo);
  }

  async retention(): Promise<Retention> {
    return this.kept().read();
  }

  private kept(): SegmentRetention {
    this.facts();
    const { clock = HOST_CLOCK } = this.options;
    return new SegmentRetention(this.dir, () => clock.wallMs() * 1000);
  }

  /** On disk: a full one ends the writer. */
  async fullness(): Promise<null> {
    return null;
  }

  async halted(): Promise<string | null> {
    return haltIn(this.dir);
  }

  /** Nobody here is told of a halt while he reads. */
  standBy(): void {}

  private facts(): GenesisFacts {
    const genesis = fs.existsSync(this.dir) ? readGenesis(this.dir) : null;
    if (genesis === null) {
      throw new LogFault(`${this.options.dir} holds no log of shard ${this.shard}`);
    }
    const facts = genesisFacts(genesis.record);
    if (typeof facts !== "string") return facts;
    throw new LogFault(`${segmentPath(this.dir, "in", 1)} begins with no genesis: ${facts}`);
  }

  private appender(role: Role, facts: GenesisFacts, tail: Tail): SegmentAppender {
    const { segmentBytesMax } = this.options;
    const { dir, disk, shard } = this;
    return new SegmentAppender(
      { dir, role, shard, venue: facts.venue, segmentBytesMax, disk },
      tail,
    );
  }

  /** The next term; no two writers ever have the same, power loss or not. */
  private takeEpoch(seen: number): number {
    const path = join(this.dir, "ex.epoch");
    const kept = fs.existsSync(path) ? Number(fs.readFileSync(path, "utf8")) : 0;
    if (!Number.isSafeInteger(kept)) throw new LogFault(`${path} holds no number`);
    const epoch = Math.max(kept, seen) + 1;
    writeFileLasting(path, new TextEncoder().encode(String(epoch)));
    return epoch;
  }

  /** All but the last `unsynced` segments are on the disk for good. */
  private readerPlace(role: Role, unsynced: number): ReaderPlace {
    this.facts();
    const first = listSegments(this.dir, role).at(-unsynced) ?? 1;
    const bell = bellPlace(this.dir, role);
    return { dir: this.dir, role, bell, synced: first - 1 };
  }

  private keep<T extends { close(): Promise<void> }>(end: T): T {
    this.open.add(end);
    return end;
  }

  async close(): Promise<void> {
    for (const end of this.open) await end.close();
    this.open.clear();
  }
}

export function openSegmentLog(options: SegmentLogOptions): ShardLog {
  return new SegmentLog(options);
}
