/**
 * Archive: what the store of a run holds, and what the log may have let go of. Looked at whenever
 * a pointer moves, and behind each trim of the primary.
 *
 *   latest moves    all that it covers is there: records from 1 on, without a gap, and signed heads
 *   the log is trimmed   only what is archived, under a signed checkpoint, durable, and read by
 *                        every consumer that lives
 */
import { STATE_NOTE, ExportStore, INPUT_NOTE, LATEST } from "../../src/edges/export-store.ts";
import { decodeLatest } from "../../src/protocol/export-latest.ts";
import { decodeSealedHeader } from "../../src/protocol/sealed.ts";
import { noteSize } from "../../src/settlement-plane/commitment-file.ts";
import { readSaid } from "../../src/edges/retention.ts";
import { Violation } from "./oracle.ts";
import type { RedisNode } from "./redis-node.ts";
import { textOf } from "./resp.ts";
import type { SimStore } from "./sim-store.ts";

export class Archive {
  private readonly store: SimStore;
  private readonly records = new Map<number, number>();
  private readonly awaited = new Map<number, number>();
  private readonly trimmed = new Map<number, number>();
  /** Highest position of a shard that settlement has signed for, on any of its disks. */
  private readonly signed: (shard: number) => number;
  /** Trims that let go of something. */
  trims = 0;

  constructor(store: SimStore, signed: (shard: number) => number) {
    this.store = store;
    this.signed = signed;
  }

  /** Records of a shard that are in the store, under a signed head. */
  recordsOf(shard: number): number {
    return this.records.get(shard) ?? 0;
  }

  /** What is to be archived before all is at rest; "" for nothing. */
  get lacks(): string {
    for (const [shard, position] of this.awaited) {
      const archived = this.recordsOf(shard);
      if (archived < position) return `${archived} of ${position} of shard ${shard} are archived`;
    }
    return "";
  }

  /** All of that shard up to there, as soon as it can be. */
  await(shard: number, position: number): void {
    this.awaited.set(shard, position);
  }

  /** The primary is another one. Who has come since it was trimmed may need what is gone. */
  begin(node: RedisNode, shards: readonly number[]): void {
    for (const shard of shards) this.trimmed.set(shard, numberIn(node, shard, "trimmed"));
  }

  /** An object came, or moved. */
  changed(name: string, bytes: Uint8Array): void {
    const [, shard, object] = /^shard-(\d+)\/(.*)$/.exec(name) ?? [];
    if (object !== LATEST) return;
    const latest = decodeLatest(bytes);
    if (typeof latest === "string") throw new Violation(`${name}: ${latest}`);
    this.checkCovered(Number(shard), latest.records, latest.commitments);
    this.records.set(Number(shard), latest.records);
  }

  /** Behind a trim. */
  checkTrim(node: RedisNode, shards: readonly number[]): void {
    for (const shard of shards) {
      const before = this.trimmed.get(shard) ?? 0;
      const trimmed = numberIn(node, shard, "trimmed");
      this.trimmed.set(shard, trimmed);
      if (trimmed > before) this.checkGone(node, shard, trimmed);
    }
  }

  private checkGone(node: RedisNode, shard: number, trimmed: number): void {
    this.trims++;
    const refuse = (why: string): never => {
      throw new Violation(`shard ${shard} is trimmed up to ${trimmed}: ${why}`);
    };
    const archived = this.recordsOf(shard);
    if (archived < trimmed) refuse(`${archived} records are archived`);
    const signed = this.signed(shard);
    if (signed < trimmed) refuse(`${signed} are signed for`);
    const durable = numberIn(node, shard, "durable");
    if (durable < trimmed) refuse(`${durable} are durable`);
    const now = node.condition.micros();
    for (const [field, value] of node.commands.keyspace.hash(`ctl:{${shard}}`) ?? []) {
      const said = field.startsWith("use:") ? readSaid(textOf(value)) : null;
      if (said === null || Math.abs(now - said.since) > said.silentUsMax) continue;
      if (said.position <= trimmed) refuse(`${field} is at ${said.position}`);
    }
  }

  private checkCovered(shard: number, records: number, commitments: number): void {
    const refuse = (why: string): never => {
      throw new Violation(`shard ${shard}: latest covers ${records} records: ${why}`);
    };
    const object = (name: string) => this.store.objects.get(`shard-${shard}/${name}`);
    const sizeOf = (name: string): number => noteSize(object(name) ?? new Uint8Array(0));
    if (!(sizeOf(INPUT_NOTE) >= records)) refuse("its head is not there");
    if (!(sizeOf(STATE_NOTE) >= commitments)) refuse("the head of its commitments is not there");
    for (let next = 1; next <= records; ) {
      const whole = object(ExportStore.segmentName(next));
      const found = whole ?? object(ExportStore.partSegmentName(next, records));
      const header = found === undefined ? "it is missing" : decodeSealedHeader(found);
      if (typeof header === "string") return refuse(`the segment from ${next} on: ${header}`);
      next = header.last + 1;
    }
  }
}

function numberIn(node: RedisNode, shard: number, field: string): number {
  const value = node.commands.keyspace.hash(`ctl:{${shard}}`)?.get(field);
  return value === undefined ? 0 : Number(textOf(value));
}
