/**
 * ArchivedLog: a shard's log whose `in` has no beginning: what was trimmed comes from the export.
 *
 *   read(after) -> the log has it: the log's   -> Gone: the export's, up to where the log begins
 *
 * All else is the log's own. `ex` below the trim need not exist, for it is a pure function of `in`:
 * who reads it meets Gone, and executes.
 */
import {
  type Agreement,
  type ExecutionReader,
  type ExecutionWriter,
  Gone,
  type InputBatch,
  type InputReader,
  type InputWriter,
  type LogEnd,
  LogFault,
  type LostSuffix,
  type Mark,
  type Retention,
  type SaidCommitment,
  type ShardLog,
  type Turn,
} from "../edges/log.ts";
import type { Upgrade } from "../protocol/governing.ts";
import type { InputArchive } from "./input-archive.ts";

export type OpenArchive = () => InputArchive;

export class ArchivedLog implements ShardLog {
  readonly shard: number;
  readonly describe: string;
  private readonly log: ShardLog;
  private readonly openArchive: OpenArchive;

  constructor(log: ShardLog, openArchive: OpenArchive) {
    this.log = log;
    this.openArchive = openArchive;
    this.shard = log.shard;
    this.describe = log.describe;
  }

  async openInputReader(): Promise<InputReader> {
    return new ArchivedInputReader(await this.log.openInputReader(), this.openArchive);
  }

  async openRestReader(): Promise<InputReader> {
    return new ArchivedInputReader(await this.log.openRestReader(), this.openArchive);
  }

  genesis(): Promise<Uint8Array | null> {
    return this.log.genesis();
  }

  create(genesisRecord: Uint8Array): Promise<void> {
    return this.log.create(genesisRecord);
  }

  rules(): Promise<readonly Upgrade[]> {
    return this.log.rules();
  }

  restore(end: LogEnd): Promise<void> {
    return this.log.restore(end);
  }

  openInputWriter(): Promise<InputWriter> {
    return this.log.openInputWriter();
  }

  openExecutionWriter(): Promise<ExecutionWriter> {
    return this.log.openExecutionWriter();
  }

  get hasStandbys(): boolean {
    return this.log.hasStandbys;
  }

  writerOfExecutions(): Promise<string | null> {
    return this.log.writerOfExecutions();
  }

  takeTurn(): Promise<Turn> {
    return this.log.takeTurn();
  }

  sayCommitment(said: SaidCommitment): Promise<Agreement> {
    return this.log.sayCommitment(said);
  }

  openExecutionReader(): Promise<ExecutionReader> {
    return this.log.openExecutionReader();
  }

  halt(reason: string): Promise<void> {
    return this.log.halt(reason);
  }

  recoverLoss(loss: LostSuffix, durable: number): Promise<void> {
    return this.log.recoverLoss(loss, durable);
  }

  reaches(position: number): Promise<boolean> {
    return this.log.reaches(position);
  }

  consume(name: string, position: number, silentMsMax: number): Promise<void> {
    return this.log.consume(name, position, silentMsMax);
  }

  cover(mark: Mark, position: number): Promise<void> {
    return this.log.cover(mark, position);
  }

  trim(upTo: number): Promise<Retention> {
    return this.log.trim(upTo);
  }

  retention(): Promise<Retention> {
    return this.log.retention();
  }

  fullness(): Promise<number | null> {
    return this.log.fullness();
  }

  halted(): Promise<string | null> {
    return this.log.halted();
  }

  standBy(reason: string | null): void {
    this.log.standBy(reason);
  }

  close(): Promise<void> {
    return this.log.close();
  }
}

class ArchivedInputReader implements InputReader {
  private readonly reader: InputReader;
  private readonly openArchive: OpenArchive;
  private archive: InputArchive | null = null;
  /** The log is known to begin here, or later. */
  private begin = 1;

  constructor(reader: InputReader, openArchive: OpenArchive) {
    this.reader = reader;
    this.openArchive = openArchive;
  }

  async read(after: number, bytesMax: number, stop: AbortSignal): Promise<InputBatch | null> {
    if (after + 1 >= this.begin) {
      try {
        return await this.reader.read(after, bytesMax, stop);
      } catch (fault) {
        if (!(fault instanceof Gone)) throw fault;
        this.begin = fault.first;
      }
    }
    if (stop.aborted) return null;
    this.archive ??= this.openArchive();
    // A store may hang for as long as its own patience lasts, which a stop does not wait for.
    const batch = await unlessStopped(this.archive.read(after), stop);
    if (batch !== null || stop.aborted) return batch;
    const range = `records ${after + 1} to ${this.begin - 1}`;
    throw new LogFault(`${range} are neither in the log nor in the export`);
  }

  tip(): Promise<number> {
    return this.reader.tip();
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}

/** Null if it is stopped before. */
async function unlessStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T | null> {
  const stopped = Promise.withResolvers<null>();
  const end = (): void => stopped.resolve(null);
  stop.addEventListener("abort", end);
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    stop.removeEventListener("abort", end);
  }
}
