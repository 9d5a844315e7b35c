/**
 * Redis marks: what one process knows of a shard's log, so that a server that knows less is found
 * out before anything is read from it or written to it.
 *
 *   readers of in    the newest entry that each handed out, and the sum of its bytes
 *   writers of in    term and number of each one's newest pack, and its last position
 *   writer of ex     its epoch
 *
 * A new connection may lead to another server: a replica that took over and lacks the newest
 * entries (DESIGN 4, Lost suffix). So every one is checked against all marks of its process first.
 */
import { crc32 } from "../base/crc32.ts";
import { Fenced, Gone, LogFault, LostSuffix } from "./log.ts";
import { listOf, numberOf, type RedisConnection, type Reply, textOf } from "./redis-connection.ts";

export interface RedisShard {
  readonly shard: number;
  /** in, ex, ctl, dur. */
  readonly keys: readonly string[];
  /** Hex of the venue id that this log had when it was opened. */
  readonly venue: string;
}

export interface StreamEntry {
  /** Position of the last record that it covers. */
  readonly last: number;
  readonly fields: ReadonlyMap<string, Uint8Array>;
}

/** Void: what it stands for may be gone, and its reader or writer is over. */
interface Mark {
  isVoid: boolean;
}

/** The newest entry of `in` that a reader handed out; 0 for none. */
export interface ReadMark extends Mark {
  last: number;
  sum: number;
  /** Its log time. */
  time: number;
}

export interface EpochMark extends Mark {
  readonly epoch: number;
  /** Told at each check what the server says is durable. */
  readonly onDurable: (durable: number) => void;
}

export interface PackMark extends Mark {
  readonly slot: string;
  term: number;
  pack: number;
  last: number;
  /** Of the log when this writer was last found to be in order. */
  generation: number;
}

/** What the control hash says. */
export interface LogState {
  readonly generation: number;
  readonly inputTip: number;
  readonly executionTip: number;
  readonly durable: number;
  /** Entries that end at or below it are gone. */
  readonly trimmed: number;
  /** Why the shard is halted, or null. */
  readonly halted: string | null;
}

export class Marks {
  readonly reads = new Set<ReadMark>();
  readonly packs = new Set<PackMark>();
  readonly epochs = new Set<EpochMark>();
  /** Generation that this handle saw last. */
  generation = 0;
  /** See ShardLog.standBy. */
  standsBy: string | null = null;

  /** After a loss nobody who began before it may go on. */
  voidAll(): void {
    for (const marks of [this.reads, this.packs, this.epochs]) {
      for (const mark of marks) mark.isVoid = true;
    }
  }
}

/** The newest entry of `in` that any reader of this handle has read: its position and log time. */
export function newestRead({ reads }: Marks): readonly [last: string, time: string] {
  let newest = { last: 0, time: 0 };
  for (const read of reads) if (!read.isVoid && read.last > newest.last) newest = read;
  return [String(newest.last), String(newest.time)];
}

/** For readers and writers, before and after each turn. */
export function refuseVoid(mark: Mark): void {
  if (mark.isVoid) throw new LostSuffix("the newest entries, as another part has found", true);
}

const FIELDS = ["venue", "generation", "in_tip", "ex_tip", "durable", "epoch", "halted", "trimmed"];

/** Throws LostSuffix, Fenced or LogFault if this server's log is not what `marks` say. */
export async function checkMarks(
  connection: RedisConnection,
  { keys, venue }: RedisShard,
  marks: Marks,
): Promise<LogState> {
  // As they are now: they may go on while the question is on its way.
  const packs = [...marks.packs].map((pack) => ({ ...pack }));
  const reads = [...marks.reads].map((read) => ({ ...read }));
  const slots = packs.map(({ slot }) => `slot:${slot}`);
  const reply = listOf(await connection.command(["HMGET", keys[2]!, ...FIELDS, ...slots]));
  const [found = null, generation, inputTip, executionTip, durable, epoch, halted, trimmed] = reply;
  if (found === null) throw new LogFault(`LOST: there is no log at ${keys[2]} any more`);
  if (textOf(found) !== venue) throw new LogFault(`LOST: ${keys[2]} has another genesis`);
  const state = {
    generation: numberOf(generation),
    inputTip: numberOf(inputTip),
    executionTip: numberOf(executionTip),
    durable: numberOf(durable),
    trimmed: trimmed instanceof Uint8Array ? numberOf(trimmed) : 0,
    halted: halted instanceof Uint8Array ? textOf(halted) : null,
  };
  const tip = state.inputTip;
  for (const ours of marks.epochs) {
    if (!ours.isVoid && ours.epoch < numberOf(epoch))
      throw new Fenced(`this is epoch ${numberOf(epoch)}`);
  }
  for (const [i, pack] of packs.entries()) checkPack(pack, reply[FIELDS.length + i], tip);
  await checkReads(connection, keys, { reads, ...state });
  for (const ours of marks.epochs) if (!ours.isVoid) ours.onDurable(state.durable);
  for (const pack of marks.packs) pack.generation = state.generation;
  marks.generation = state.generation;
  return state;
}

function checkPack(ours: PackMark, reply: Reply | undefined, tip: number): void {
  if (ours.isVoid) return;
  const text = reply === null || reply === undefined ? "0:0" : textOf(reply);
  const [term = 0, pack = 0] = text.split(":").map(Number);
  if (term > ours.term) throw new Fenced(`another writer has taken slot ${ours.slot}`);
  const isGone = term < ours.term || pack < ours.pack || tip < ours.last;
  if (!isGone) return;
  throw new LostSuffix(`in ends at ${tip}, and pack ${ours.pack} at ${ours.last} is not there`);
}

async function checkReads(
  connection: RedisConnection,
  keys: readonly string[],
  { reads, inputTip: tip, trimmed }: LogState & { reads: readonly ReadMark[] },
): Promise<void> {
  const key = keys[0]!;
  for (const { last, sum, isVoid } of reads) {
    if (isVoid || last === 0) continue;
    if (tip < last) throw new LostSuffix(`${key} ends at ${tip}, and ${last} was known`);
    // Whoever slept for so long can't know any more whether it is the log that was read.
    if (last <= trimmed) throw new Gone(trimmed + 1, `entry 0-${last} of ${key}`);
    const entry = await entryFrom(connection, key, last);
    if (entry?.last === last && sumOf(entry) === sum) continue;
    await refuseTrimmed(connection, keys, last, `entry 0-${last} of ${key}`);
    throw new LostSuffix(`entry 0-${last} of ${key} is not the one that was read`);
  }
}

/** Throws Gone where the log was trimmed so far between one question and the next. */
export async function refuseTrimmed(
  connection: RedisConnection,
  keys: readonly string[],
  position: number,
  what: string,
): Promise<void> {
  const reply = await connection.command(["HGET", keys[2]!, "trimmed"]);
  const trimmed = reply instanceof Uint8Array ? numberOf(reply) : 0;
  if (position <= trimmed) throw new Gone(trimmed + 1, what);
}

/** The entry that covers this position, or null behind the end. */
export async function entryFrom(
  connection: RedisConnection,
  key: string,
  position: number,
): Promise<StreamEntry | null> {
  const ask = ["XRANGE", key, `0-${position}`, "+", "COUNT", "1"];
  const [found] = listOf(await connection.command(ask));
  return found === undefined ? null : readEntry(found);
}

export function readEntry(reply: Reply): StreamEntry {
  const [id, list] = listOf(reply);
  const [, position] = textOf(id).split("-");
  const items = listOf(list);
  const fields = new Map<string, Uint8Array>();
  for (let i = 0; i + 1 < items.length; i += 2) {
    const value = items[i + 1];
    if (value instanceof Uint8Array) fields.set(textOf(items[i]), value);
  }
  return { last: Number(position), fields };
}

export function sumOf(entry: StreamEntry): number {
  let sum = 0;
  for (const value of entry.fields.values()) sum = crc32(value, sum);
  return sum;
}
