/**
 * Memory writers: the two writing ends of a memory log, each over once it has thrown, or once a
 * newer one of its role was opened.
 */
import { assert } from "../base/assert.ts";
import type { Upgrade } from "../protocol/governing.ts";
import { encodePack } from "../protocol/record.ts";
import {
  type Appended,
  type ExecutionWriter,
  Fenced,
  haltSentence,
  type InputWriter,
} from "./log.ts";
import { isAboutRecord } from "./halted-frame.ts";
import type { GenesisFacts } from "./log-genesis.ts";
import { stampedVersion, withUpgrade } from "./log-rules.ts";
import type { MemoryStream } from "./memory-stream.ts";
import { Term } from "./memory-term.ts";
import type { MemoryTurns } from "./memory-turns.ts";
import { ownRecord } from "./segment-writers.ts";

/** What writers need of a MemoryStore. */
interface WriterStore {
  readonly shard: number;
  readonly streams: Readonly<Record<"in" | "ex", MemoryStream>>;
  readonly turns: MemoryTurns;
  halted: string | null;
  logTime: number;
  rules: readonly Upgrade[];
  readonly kept: { lift(): void };
  append(role: "in" | "ex", execute: () => void): Promise<void>;
}

export class MemoryInputWriter implements InputWriter {
  private readonly store: WriterStore;
  private readonly facts: GenesisFacts;
  private readonly term: Term;

  constructor(store: WriterStore, facts: GenesisFacts) {
    this.store = store;
    this.facts = facts;
    this.term = new Term(store.streams.in);
  }

  tip(): number {
    return this.term.stream.tip();
  }

  append(frames: readonly Uint8Array[]): Promise<Appended> {
    assert(frames.length > 0, "a pack has a frame or a tick");
    return this.term.run(async () => {
      const first = this.tip() + 1;
      await this.store.append("in", () => this.execute(frames));
      return { first, last: first + frames.length - 1, logTime: this.store.logTime };
    });
  }

  appendToHalted(frame: Uint8Array, mark: string): Promise<Appended | null> {
    return this.term.run(async () => {
      const first = this.tip() + 1;
      if (this.store.halted !== mark || !isAboutRecord(frame, this.tip())) return null;
      await this.store.append("in", () => this.add([frame]));
      return { first, last: first, logTime: this.store.logTime };
    });
  }

  private execute(frames: readonly Uint8Array[]): void {
    const { halted, shard } = this.store;
    if (halted !== null) throw new Fenced(haltSentence(shard, halted));
    this.add(frames);
  }

  private add(frames: readonly Uint8Array[]): void {
    this.term.refuseIfFenced();
    this.store.logTime = Math.max(this.store.logTime, Date.now() * 1000);
    const records = frames.map((frame, i) => {
      const { rulesVersion: first } = this.facts;
      const rulesVersion = stampedVersion(first, this.store.rules, this.tip() + 1 + i);
      return encodePack({ ...this.facts, rulesVersion, logTime: this.store.logTime }, [frame]);
    });
    this.term.stream.add(frames.length, new Uint8Array(Buffer.concat(records)));
  }

  async close(): Promise<void> {}
}

export class MemoryExecutionWriter implements ExecutionWriter {
  readonly epoch: number;
  private readonly store: WriterStore;
  private readonly term: Term;

  constructor(store: WriterStore) {
    this.store = store;
    store.turns.lead("ex", this);
    this.term = new Term(store.streams.ex);
    this.epoch = this.term.number;
  }

  tip(): number {
    return this.term.stream.tip();
  }

  durableWith(last: number): number {
    return last;
  }

  async append(record: Uint8Array, lifts?: string): Promise<void> {
    this.term.refuseIfFenced();
    const { first, last } = ownRecord(record, this.epoch, this.tip());
    await this.term.run(() =>
      this.store.append("ex", () => {
        this.term.refuseIfFenced();
        this.term.stream.add(last - first + 1, record.slice());
        if (lifts === undefined || lifts !== this.store.halted) return;
        this.store.halted = null;
        this.store.kept.lift();
      }),
    );
  }

  async govern(upgrade: Upgrade): Promise<void> {
    this.term.refuseIfFenced();
    this.store.rules = withUpgrade(this.store.rules, upgrade);
  }

  async close(): Promise<void> {
    this.store.turns.giveBack("ex", this);
  }
}
