/**
 * RedisFile: the append-only file of a simulated Redis, from the process down to the platter.
 *
 *   buffer      in the process: lost when it is killed
 *   written     in the page cache: lost when the host loses power, from any byte on
 *   synced      on the disk
 *
 * A file begins with a base (what a rewrite or a full resync left) and grows by transactions.
 */
import type { Prng } from "../../src/base/prng.ts";
import { Keyspace } from "./keyspace.ts";
import { type Arg, readTransactions, textOf } from "./resp.ts";

export type SyncPolicy = "none" | "everysec" | "always";

export class RedisFile {
  private base = new Keyspace();
  private chunks: Buffer[] = [];
  private buffer: Buffer[] = [];
  private size = 0;
  private synced = 0;
  /** Its disk says that it has synced, and has not. */
  isLying = false;

  /** A transaction as it is written; it is shared and stays as it is. */
  append(transaction: Buffer): void {
    this.buffer.push(transaction);
  }

  /** The buffer goes to the kernel. */
  write(): void {
    for (const chunk of this.buffer) {
      this.chunks.push(chunk);
      this.size += chunk.length;
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
    const rest = Buffer.concat(this.buffer);
    this.buffer = [];
    const kept = rest.subarray(0, prng.chance(50) ? 0 : prng.between(0, rest.length));
    this.chunks.push(kept);
    this.size += kept.length;
  }

  /** The host is gone: anything behind what was synced may be missing, at any byte. */
  loseCache(prng: Prng): number {
    this.buffer = [];
    const bytes = Buffer.concat(this.chunks);
    const cut = prng.chance(30) ? this.synced : prng.between(this.synced, bytes.length);
    this.chunks = [bytes.subarray(0, cut)];
    this.size = cut;
    return bytes.length - cut;
  }

  loseAll(): void {
    this.rewrite(new Keyspace());
  }

  /** What a start finds; the torn end is cut off. */
  load(): Keyspace {
    const bytes = Buffer.concat(this.chunks);
    const { effects, end } = readTransactions(bytes);
    this.chunks = [bytes.subarray(0, end)];
    this.size = end;
    this.synced = Math.min(this.synced, end);
    const keyspace = this.base.copy();
    replay(keyspace, effects);
    return keyspace;
  }
}

export function replay(keyspace: Keyspace, effects: readonly (readonly Arg[])[]): void {
  for (const effect of effects) {
    if (textOf(effect[0]!) !== "SELECT") keyspace.call(effect, []);
  }
}
