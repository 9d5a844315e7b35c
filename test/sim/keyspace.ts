/**
 * Keyspace: what a Redis holds, as far as our log uses it: streams and hashes, and the commands on
 * them. A model, checked against a real server by redis-model.test.ts.
 *
 *   call(args, effects)   the reply; every change is added to `effects` as it goes to file
 */
import { type Arg, bytesOf, textOf, type Word } from "./resp.ts";

/** The server's own refusal; its first word tells what of. */
export class Refusal extends Error {
  override readonly name = "ReplyError";
}

export type Reply = Uint8Array | number | null | readonly Reply[];

export interface Entry {
  /** The second part of the id; the first is always 0 here. */
  readonly id: number;
  readonly fields: readonly Arg[];
}

export interface Stream {
  entries: Entry[];
  last: number;
}

type Hash = Map<string, Arg>;

const WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
const SMALL_ID = "ERR The ID specified in XADD is equal or smaller than the target stream top item";
const WRITES = new Set([
  "HSET",
  "HSETNX",
  "HDEL",
  "HINCRBY",
  "XADD",
  "XTRIM",
  "XGROUP",
  "FLUSHALL",
]);
/** Of these a server that is out of memory takes no more. */
const DENIED_WHEN_FULL = new Set(["HSET", "HSETNX", "HINCRBY", "XADD", "XGROUP"]);

/** Longer arguments are values, which nobody looks into. */
const NAME_MAX = 80;

export function isWrite(name: string): boolean {
  return WRITES.has(name);
}

export function isDeniedWhenFull(name: string): boolean {
  return DENIED_WHEN_FULL.has(name);
}

export class Keyspace {
  private readonly keys = new Map<string, Stream | Hash>();

  call(args: readonly Word[], effects: Arg[][]): Reply {
    const name = nameOf(args[0]!);
    const rest: string[] = [];
    for (let i = 1; i < args.length; i++) rest.push(nameOf(args[i]!));
    const before = effects.length;
    const reply = this.run(name, rest, args);
    if (this.changed && effects.length === before) effects.push(args.map(argOf));
    return reply;
  }

  /** Whether the last call changed something. */
  private changed = false;

  stream(key: string): Stream | null {
    const found = this.keys.get(key);
    if (found instanceof Map) throw new Refusal(WRONG_TYPE);
    return found ?? null;
  }

  hash(key: string): Hash | null {
    const found = this.keys.get(key);
    if (found !== undefined && !(found instanceof Map)) throw new Refusal(WRONG_TYPE);
    return found ?? null;
  }

  /** What XREAD answers of a stream; null while nothing is there. */
  behind(key: string, after: number, count: number): Reply[] | null {
    const stream = this.stream(key);
    if (stream === null || (stream.entries.at(-1)?.id ?? 0) <= after) return null;
    return entriesIn(stream, after + 1, Number.POSITIVE_INFINITY, count).map(entryReply);
  }

  copy(): Keyspace {
    const copy = new Keyspace();
    for (const [key, value] of this.keys) {
      if (value instanceof Map) copy.keys.set(key, new Map(value));
      else copy.keys.set(key, { entries: [...value.entries], last: value.last });
    }
    return copy;
  }

  /** Fields and entries. */
  get size(): number {
    let size = 0;
    for (const value of this.keys.values()) {
      size += value instanceof Map ? value.size : value.entries.length;
    }
    return size;
  }

  /** Everything, in an order of its own, for comparison. */
  dump(): string {
    const lines: string[] = [];
    for (const key of [...this.keys.keys()].sort()) {
      const value = this.keys.get(key)!;
      if (value instanceof Map) {
        const pairs = [...value].map(([field, bytes]) => `${field}=${hex(bytes)}`);
        lines.push(`${key} ${pairs.sort().join(" ")}`);
      } else {
        const rows = value.entries.map(({ id, fields }) => `0-${id}:${fields.map(hex).join(",")}`);
        lines.push(`${key} last 0-${value.last} ${rows.join(" ")}`);
      }
    }
    return lines.join("\n");
  }

  private run(name: string, args: readonly string[], raw: readonly Word[]): Reply {
    this.changed = false;
    switch (name) {
      case "EXISTS":
        return args.filter((key) => this.keys.has(key)).length;
      case "HGET":
        return this.hash(args[0]!)?.get(args[1]!) ?? null;
      case "HMGET":
        return args.slice(1).map((field) => this.hash(args[0]!)?.get(field) ?? null);
      case "HGETALL":
        return [...(this.hash(args[0]!) ?? [])].flatMap(([field, value]) => [
          bytesOf(field),
          value,
        ]);
      case "HSET":
        return this.hset(args, raw);
      case "HSETNX":
        return this.hash(args[0]!)?.has(args[1]!) === true ? 0 : this.hset(args, raw);
      case "HDEL":
        return this.hdel(args);
      case "HINCRBY":
        return this.hincrby(args);
      case "XADD":
        return this.xadd(args, raw);
      case "XTRIM":
        return this.xtrim(args);
      case "XGROUP":
        return this.xgroup(args);
      case "XRANGE":
        return this.xrange(args);
      case "FLUSHALL":
        this.keys.clear();
        this.changed = true;
        return bytesOf("OK");
      default:
        throw new Refusal(`ERR unknown command '${name}', with args beginning with: `);
    }
  }

  private hset(args: readonly string[], raw: readonly Word[]): number {
    const hash: Hash = this.hash(args[0]!) ?? new Map<string, Arg>();
    this.keys.set(args[0]!, hash);
    let added = 0;
    for (let i = 1; i + 1 < args.length; i += 2) {
      if (!hash.has(args[i]!)) added++;
      hash.set(args[i]!, ownOf(raw[i + 2]!));
    }
    this.changed = true;
    return added;
  }

  private hdel(args: readonly string[]): number {
    const hash = this.hash(args[0]!);
    const gone = args.slice(1).filter((field) => hash?.delete(field) === true).length;
    if (hash?.size === 0) this.keys.delete(args[0]!);
    this.changed = gone > 0;
    return gone;
  }

  private hincrby(args: readonly string[]): number {
    const hash: Hash = this.hash(args[0]!) ?? new Map<string, Arg>();
    const before = hash.get(args[1]!);
    const sum = Number(before === undefined ? 0 : textOf(before)) + Number(args[2]);
    if (!Number.isSafeInteger(sum)) throw new Refusal("ERR hash value is not an integer");
    this.keys.set(args[0]!, hash);
    hash.set(args[1]!, bytesOf(String(sum)));
    this.changed = true;
    return sum;
  }

  /** XADD key [NOMKSTREAM] [MAXLEN n] 0-n field value ... */
  private xadd(args: readonly string[], raw: readonly Word[]): Reply {
    let at = 1;
    const makes = args[at] !== "NOMKSTREAM";
    if (!makes) at++;
    const max = args[at] === "MAXLEN" ? Number(args[at + 1]) : Number.POSITIVE_INFINITY;
    if (args[at] === "MAXLEN") at += 2;
    const id = Number(args[at]!.split("-")[1]);
    if (id === 0) throw new Refusal("ERR The ID specified in XADD must be greater than 0-0");
    const known = this.stream(args[0]!);
    if (known === null && !makes) return null;
    const stream = known ?? { entries: [], last: 0 };
    if (id <= stream.last) throw new Refusal(SMALL_ID);
    this.keys.set(args[0]!, stream);
    stream.entries.push({ id, fields: raw.slice(at + 2).map(ownOf) });
    if (stream.entries.length > max) stream.entries = stream.entries.slice(-max);
    stream.last = id;
    this.changed = true;
    return bytesOf(`0-${id}`);
  }

  /** XTRIM key MINID = 0-n */
  private xtrim(args: readonly string[]): number {
    const stream = this.stream(args[0]!);
    if (stream === null) return 0;
    const least = Number(args[3]!.split("-")[1]);
    const before = stream.entries.length;
    stream.entries = stream.entries.filter(({ id }) => id >= least);
    this.changed = stream.entries.length < before;
    return before - stream.entries.length;
  }

  /** Used only to make an empty stream. */
  private xgroup(args: readonly string[]): Reply {
    this.changed = true;
    const stream = this.stream(args[1]!);
    if (args[0] === "DESTROY") return 1;
    if (stream === null) this.keys.set(args[1]!, { entries: [], last: 0 });
    return bytesOf("OK");
  }

  private xrange(args: readonly string[]): Reply {
    const [key = "", from = "-", to = "+", , count] = args;
    const low = from === "-" ? 0 : Number(from.split("-")[1]);
    const high = to === "+" ? Number.POSITIVE_INFINITY : Number(to.split("-")[1]);
    const stream = this.stream(key);
    const most = count === undefined ? Number.POSITIVE_INFINITY : Number(count);
    return stream === null ? [] : entriesIn(stream, low, high, most).map(entryReply);
  }
}

/** Those from `low` to `high`, `count` at most; found from the end, where readers mostly are. */
function entriesIn({ entries }: Stream, low: number, high: number, count: number): Entry[] {
  let at = entries.length;
  while (at > 0 && entries[at - 1]!.id >= low) at--;
  const found: Entry[] = [];
  for (; at < entries.length && found.length < count && entries[at]!.id <= high; at++) {
    found.push(entries[at]!);
  }
  return found;
}

function entryReply({ id, fields }: Entry): Reply {
  return [bytesOf(`0-${id}`), fields];
}

function nameOf(word: Word): string {
  if (typeof word === "string") return word;
  return word.length > NAME_MAX ? "" : textOf(word);
}

function argOf(word: Word): Arg {
  return typeof word === "string" ? bytesOf(word) : word;
}

/** Bytes that nobody else has. */
function ownOf(word: Word): Arg {
  return typeof word === "string" ? bytesOf(word) : word.slice();
}

function hex(bytes: Arg): string {
  return Buffer.from(bytes).toString("hex");
}
