/**
 * Memory log: a log that dies with its process. The tests' twin of the real ones, under the same
 * conformance suite, with faults on request; nothing else may use it.
 *
 *   MemoryStore   what Redis or the disk would be: any number of handles on it
 *   fate(role)    asked before every append: what befalls it. Awaited, so that it can delay one
 *
 *     "ok"                 appended
 *     "refused"            LogFault, and not appended
 *     "full"               LogFull, and not appended; the writer goes on
 *     "lost"               LostSuffix, and not appended
 *     "unknown_executed"   LogFault that tells nothing, and appended
 *     "unknown_lost"       the same LogFault, and not appended
 *
 * A writer that has thrown is over, as with the real ones; a new one takes its place and fences it.
 */
import type { Upgrade } from "../protocol/governing.ts";
import { haltReason, withReason } from "./halt-mark.ts";
import {
  type Agreement,
  type ExecutionReader,
  type ExecutionWriter,
  type InputReader,
  type InputWriter,
  LogFault,
  LogFull,
  type LogEnd,
  LostSuffix,
  type Mark,
  type Retention,
  type SaidCommitment,
  type ShardLog,
  type Turn,
} from "./log.ts";
import { checkedGenesis, type GenesisFacts } from "./log-genesis.ts";
import { MemoryExecutionReader, MemoryInputReader, MemoryStream } from "./memory-stream.ts";
import { MemoryRetention } from "./memory-retention.ts";
import { MemoryTurns } from "./memory-turns.ts";
import { MemoryExecutionWriter, MemoryInputWriter } from "./memory-writers.ts";

export type Role = "in" | "ex";
export type Fate = "ok" | "refused" | "full" | "lost" | "unknown_executed" | "unknown_lost";

export class MemoryStore {
  readonly streams: Readonly<Record<Role, MemoryStream>> = {
    in: new MemoryStream(),
    ex: new MemoryStream(),
  };
  readonly shard: number;
  fate: (role: Role) => Fate | Promise<Fate> = () => "ok";
  facts: GenesisFacts | null = null;
  genesis: Uint8Array | null = null;
  halted: string | null = null;
  rules: readonly Upgrade[] = [];
  logTime = 0;
  fullness: number | null = null;
  readonly kept = new MemoryRetention(this.streams);
  readonly turns: MemoryTurns;

  constructor(shard: number) {
    this.shard = shard;
    this.turns = new MemoryTurns(shard);
  }

  /** One process's handle. */
  open(): ShardLog {
    return new MemoryLog(this);
  }

  /** Runs an append under its fate; throws what its writer has to throw. */
  async append(role: Role, execute: () => void): Promise<void> {
    const fate = await this.fate(role);
    if (fate === "ok" || fate === "unknown_executed") execute();
    if (fate === "full") throw new LogFull(`append to ${role}: there is no room`);
    if (fate === "lost") throw new LostSuffix(`append to ${role}`);
    if (fate === "refused") throw new LogFault(`append to ${role} was refused`);
    if (fate !== "ok") throw new LogFault(`append to ${role}: its outcome is unknown`);
  }
}

class MemoryLog implements ShardLog {
  readonly shard: number;
  readonly describe = "memory, nothing is kept";
  readonly hasStandbys = true;
  private readonly store: MemoryStore;
  private readonly turns: { close(): Promise<void> }[] = [];

  constructor(store: MemoryStore) {
    this.store = store;
    this.shard = store.shard;
  }

  async genesis(): Promise<Uint8Array | null> {
    return this.store.genesis?.slice() ?? null;
  }

  async create(genesisRecord: Uint8Array): Promise<void> {
    const facts = checkedGenesis(genesisRecord, this.shard);
    if (this.store.genesis !== null) throw new LogFault("there is a log already");
    this.store.genesis = genesisRecord.slice();
    this.store.facts = facts;
    this.store.logTime = facts.logTime;
    this.store.streams.in.add(1, this.store.genesis);
  }

  async rules(): Promise<readonly Upgrade[]> {
    return this.store.rules;
  }

  async restore(end: LogEnd): Promise<void> {
    const facts = checkedGenesis(end.genesisRecord, this.shard);
    if (this.store.genesis !== null) throw new LogFault("there is a log already");
    this.store.genesis = end.genesisRecord.slice();
    this.store.facts = facts;
    this.store.logTime = end.timeBefore;
    this.store.rules = end.rules;
    this.store.kept.restore(end);
  }

  async openInputWriter(): Promise<InputWriter> {
    return new MemoryInputWriter(this.store, this.facts());
  }

  openRestReader(): Promise<InputReader> {
    return this.openInputReader();
  }

  async openInputReader(): Promise<InputReader> {
    this.facts();
    return new MemoryInputReader(this.store.streams.in);
  }

  async openExecutionWriter(): Promise<ExecutionWriter> {
    this.facts();
    return this.keep(new MemoryExecutionWriter(this.store));
  }

  async writerOfExecutions(): Promise<string | null> {
    return this.store.turns.writer;
  }

  async takeTurn(): Promise<Turn> {
    return this.keep(this.store.turns.open());
  }

  async sayCommitment(said: SaidCommitment): Promise<Agreement> {
    return this.store.turns.say(said);
  }

  private keep<T extends { close(): Promise<void> }>(turn: T): T {
    this.turns.push(turn);
    return turn;
  }

  async openExecutionReader(): Promise<ExecutionReader> {
    this.facts();
    return new MemoryExecutionReader(this.store.streams.ex);
  }

  private facts(): GenesisFacts {
    if (this.store.facts === null) throw new LogFault("there is no log");
    return this.store.facts;
  }

  async halt(reason: string): Promise<void> {
    this.store.halted = withReason(this.store.halted, haltReason(reason));
  }

  async recoverLoss(loss: LostSuffix, durable: number): Promise<void> {
    if (durable > this.store.streams.in.tip()) throw loss;
  }

  async reaches(position: number): Promise<boolean> {
    return this.store.streams.in.tip() >= position;
  }

  async consume(name: string, position: number, silentMsMax: number): Promise<void> {
    this.store.kept.consume(name, position, silentMsMax);
  }

  async cover(mark: Mark, position: number): Promise<void> {
    this.store.kept.cover(mark, position);
  }

  async trim(upTo: number): Promise<Retention> {
    return this.store.kept.trim(upTo);
  }

  async retention(): Promise<Retention> {
    return this.store.kept.read();
  }

  async fullness(): Promise<number | null> {
    return this.store.fullness;
  }

  async halted(): Promise<string | null> {
    return this.store.halted;
  }

  standBy(): void {}

  async close(): Promise<void> {
    for (const turn of this.turns.splice(0)) await turn.close();
  }
}
