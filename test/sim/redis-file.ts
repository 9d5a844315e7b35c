/**
 * RedisFile: the append-only file of a simulated Redis, from the process down to the platter.
 *
 *   buffer      in the process: lost when it is killed
 *   written     in the page cache: lost when the host loses power, from any byte on
 *   synced      on the disk
 *
 * A file begins with a base (what a rewrite or a full resync left) and grows by transactions. Of
 * those it keeps what they change and how many bytes they take: one that is cut anywhere is not
 * there for whoever reads the file (readTransactions in resp.ts, compared with a real server's).
 */
import type { Prng } from "../../src/base/prng.ts";
import { Keyspace } from "./keyspace.ts";
import { type Arg, textOf } from "./resp.ts";

export type SyncPolicy = "none" | "everysec" | "always";

/** What one command or one script has changed. */
export interface Transaction {
  readonly effects: readonly (readonly Arg[])[];
  /** Its bytes in the file. */
  readonly size: number;
}

export class RedisFile {
  private base = new Keyspace();
  private chunks: Transaction[] = [];
  private buffer: Transaction[] = [];
  private size = 0;
  private synced = 0;
  /** Its disk says that it has synced, and has not. */
  isLying = false;

  /** A transaction as it is written; it is shared and stays as it is. */
  append(transaction: Transaction): void {
    this.buffer.push(transaction);
  }

  /** The buffer goes to the kernel. */
  write(): void {
    for (const chunk of this.buffer) {
      this.chunks.push(chunk);
      this.size += chunk.size;
    }
    this.buffer = [];
  }

  sync(): void {
    if (!this.isLying) this.synced = this.size;
  }

  /** All of it is replaced, and lasts. */
  rewrite(base: Keyspace): void {
    this.base = base.copy();
    this.chunks = [];
    this.buffer = [];
    this.size = this.synced = 0;
  }

  /** The process is gone in the middle of whatever it did: some of the buffer may be written. */
  loseBuffer(prng: Prng): void {
    const size = sizeOf(this.buffer);
    const kept = prng.chance(50) ? 0 : prng.between(0, size);
    this.chunks.push(...wholeUpTo(this.buffer, kept));
    this.buffer = [];
    this.size += kept;
  }

  /** The host is gone: anything behind what was synced may be missing, at any byte. */
  loseCache(prng: Prng): number {
    this.buffer = [];
    const { size } = this;
    const cut = prng.chance(30) ? this.synced : prng.between(this.synced, size);
    this.chunks = wholeUpTo(this.chunks, cut);
    this.size = cut;
    return size - cut;
  }

  loseAll(): void {
    this.rewrite(new Keyspace());
  }

  /** What a start finds; the torn end is cut off. */
  load(): Keyspace {
    this.size = sizeOf(this.chunks);
    this.synced = Math.min(this.synced, this.size);
    const keyspace = this.base.copy();
    for (const { effects } of this.chunks) replay(keyspace, effects);
    return keyspace;
  }
}

function sizeOf(transactions: readonly Transaction[]): number {
  return transactions.reduce((sum, { size }) => sum + size, 0);
}

/** Those that are there whole if the file is cut at this byte. */
function wholeUpTo(transactions: readonly Transaction[], cut: number): Transaction[] {
  let end = 0;
  return transactions.filter(({ size }) => (end += size) <= cut);
}

export function replay(keyspace: Keyspace, effects: readonly (readonly Arg[])[]): void {
  for (const effect of effects) {
    if (textOf(effect[0]!) !== "SELECT") keyspace.call(effect, []);
  }
}
