/**
 * Redis link: repeats a step on new connections until its outcome is known, or patience is over.
 *
 *   reply               known: done
 *   refusal "later"     known: not done (LOADING, BUSY ...); tried again
 *   any other refusal   known: not done; becomes Fenced or LogFault
 *   no answer           unknown: the same step again on a new connection
 *
 * So every step given to it must be one that is harmless when it is executed twice.
 */
import { Fenced, LogFault, Unreachable } from "./log.ts";
import { type RedisAccess, RedisConnection, RedisGone, RedisRefusal } from "./redis-connection.ts";

const PAUSE_MS_MIN = 10;
const PAUSE_MS_MAX = 500;

/** First words of refusals that pass by themselves. */
const LATER = ["LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN", "READONLY", "OOM"];

export interface RedisLinkOptions {
  readonly access: RedisAccess;
  /** Longest that an outcome may be unknown, or Redis unreachable. */
  readonly unreachableMsMax: number;
}

export class RedisLink {
  private readonly options: RedisLinkOptions;
  private readonly name: string;
  private connection: RedisConnection | null = null;
  private isClosed = false;

  constructor(options: RedisLinkOptions, name: string) {
    this.options = options;
    this.name = name;
  }

  /** The outcome of `step`; `what` names it in errors. `attempt` counts from 0. */
  async settle<T>(
    what: string,
    step: (connection: RedisConnection, attempt: number) => Promise<T>,
  ): Promise<T> {
    const patience = new Patience(this.options.unreachableMsMax);
    for (let attempt = 0; ; attempt++) {
      try {
        return await step(await this.connected(), attempt);
      } catch (error) {
        const reason = passingReason(error);
        this.drop();
        if (reason === "") throw asLogError(error);
        if (this.isClosed) throw new LogFault(`${what}: closed before the outcome was known`);
        await patience.pause(`${addressOf(this.options.access)}: ${what}: ${reason}`);
      }
    }
  }

  private async connected(): Promise<RedisConnection> {
    if (this.connection?.isOpen() === true) return this.connection;
    this.drop();
    const connection = await RedisConnection.open(this.options.access, this.name);
    this.connection = connection;
    return connection;
  }

  private drop(): void {
    this.connection?.close();
    this.connection = null;
  }

  close(): void {
    this.isClosed = true;
    this.drop();
  }
}

/** Pauses that grow, until the time is over. */
export class Patience {
  private readonly msMax: number;
  private readonly startMs = performance.now();
  private pauseMs = PAUSE_MS_MIN;

  constructor(msMax: number) {
    this.msMax = msMax;
  }

  /** Throws Unreachable once too much time has gone by. */
  async pause(why: string): Promise<void> {
    const leftMs = this.startMs + this.msMax - performance.now();
    if (leftMs <= 0) throw new Unreachable(`${why} (for ${this.msMax} ms)`);
    await Bun.sleep(Math.min(this.pauseMs, leftMs));
    this.pauseMs = Math.min(this.pauseMs * 2, PAUSE_MS_MAX);
  }
}

/** What is in the way, if it may pass by itself; "" otherwise. */
export function passingReason(error: unknown): string {
  if (error instanceof RedisGone) return error.message;
  if (!(error instanceof RedisRefusal)) return "";
  return LATER.some((word) => error.message.startsWith(word)) ? error.message : "";
}

/** A refusal in the log's own terms. */
export function asLogError(error: unknown): unknown {
  if (!(error instanceof RedisRefusal)) return error;
  const message = error.message;
  const isFence = message.startsWith("FENCED ") || message.startsWith("HALTED ");
  return isFence ? new Fenced(message.slice("FENCED ".length)) : new LogFault(message);
}

export function addressOf(access: RedisAccess): string {
  return `redis ${access.host}:${access.port}`;
}
