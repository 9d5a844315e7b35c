/**
 * ShardClients: one account's connections, one per shard, each opened when it is first needed.
 *
 * An account that was opened, or a key that was added, a moment ago is not known to every shard
 * yet. Its logon there is tried again until the directory has arrived, for a bounded time.
 */
import type { Report } from "../protocol/report.ts";
import { type AccountOptions, type Client, connect, type ConnectOptions } from "./client.ts";
import { aborted, ClientError, closed } from "./errors.ts";
import type { ClientJournal } from "./journal.ts";

export interface ShardClientsOptions
  extends Omit<ConnectOptions, "shard" | "journal" | "onReport" | "onGap" | "nonceHigh"> {
  /** Where frames to a shard are recorded before they leave; in memory if absent. */
  readonly journal?: (shard: number) => ClientJournal;
  /** Every numbered report in the order of its shard, each once in the life of this client. */
  readonly onReport?: (report: Report, shard: number) => void;
  readonly onGap?: (from: number, to: number, shard: number) => void;
  /** How long a shard may not know account or key before that is believed. */
  readonly directoryMsMax?: number;
}

const DIRECTORY_MS_MAX = 10_000;
const FIRST_WAIT_MS = 20;
const WAIT_MS_MAX = 500;

export class ShardClients {
  private readonly options: ShardClientsOptions;
  private readonly clients = new Map<number, Promise<Client>>();
  private readonly listeners = new Set<(report: Report, shard: number) => void>();
  private isClosed = false;

  constructor(options: ShardClientsOptions) {
    this.options = options;
  }

  /** The live connection to a shard; a failed one is tried anew by the next caller. */
  on(shard: number): Promise<Client> {
    const known = this.clients.get(shard);
    if (known !== undefined) return known;
    const opening = this.open(shard);
    this.clients.set(shard, opening);
    opening.catch(() => this.clients.delete(shard));
    return opening;
  }

  /** Called with reports of all shards; returns what ends it. */
  listen(listener: (report: Report, shard: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.isClosed = true;
    for (const client of this.clients.values()) {
      client.then((open) => open.close()).catch(() => undefined);
    }
  }

  private async open(shard: number): Promise<Client> {
    const { directoryMsMax = DIRECTORY_MS_MAX, signal } = this.options;
    const until = performance.now() + directoryMsMax;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(WAIT_MS_MAX, waitMs * 2)) {
      if (this.isClosed) throw closed();
      if (signal?.aborted === true) throw aborted(signal);
      try {
        return await connect(this.optionsFor(shard));
      } catch (error) {
        const isEarly = error instanceof ClientError && error.code === "unknown_key";
        if (!isEarly || performance.now() + waitMs > until) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  private optionsFor(shard: number): ConnectOptions {
    const { journal, onReport, onGap, directoryMsMax: _, ...rest } = this.options;
    const events: Pick<AccountOptions, "onReport" | "onGap"> = {
      onReport: (report) => {
        onReport?.(report, shard);
        for (const listener of this.listeners) listener(report, shard);
      },
      onGap: (from, to) => onGap?.(from, to, shard),
    };
    const own = journal === undefined ? {} : { journal: journal(shard) };
    return { ...rest, ...own, ...events, shard };
  }
}
