/**
 * Redis link: repeats a step on new connections until its outcome is known, or patience is over.
 *
 *   reply               known: done
 *   refusal "later"     known: not done (LOADING, BUSY ...); tried again
 *   out of memory       the same, or LogFull at once for who asked for that and has no try behind
 *                       it whose outcome is unknown
 *   any other refusal   known: not done; becomes Fenced or LogFault
 *   no answer           unknown: the same step again on a new connection
 *
 * So every step given to it must be one that is harmless when it is executed twice.
 */
import type { RedisHost } from "./config-address.ts";
import { Fenced, LogFault, LogFull, LostSuffix, Unreachable } from "./log.ts";
import {
  type RedisAccess,
  type RedisConnection,
  RedisGone,
  RedisRefusal,
} from "./redis-connection.ts";
import { openPrimary } from "./redis-primary.ts";
import { hostText, type RedisTargets } from "./redis-targets.ts";

const PAUSE_MS_MIN = 10;
const PAUSE_MS_MAX = 500;

/** First words of refusals that pass by themselves. */
const OUT_OF_MEMORY = "OOM";
const NOT_READY = ["LOADING", "BUSY", "MASTERDOWN", "READONLY", "UNBLOCKED", "ERR WAIT cannot"];
const ELSEWHERE = ["MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"];
const NOT_KEPT = ["MISCONF", "NOREPLICAS", "REPLICAS"];
const LATER = NOT_READY.concat(ELSEWHERE, NOT_KEPT, "GENERATION", OUT_OF_MEMORY);
const SILENCE_NOTICE_MS = 1000;
const NOTICE_MS = 5000;

export interface RedisLinkOptions {
  readonly access: RedisAccess;
  readonly targets: RedisTargets;
  /** Looks at the log of a new connection before it is used; throws if it is not ours. */
  readonly check?: (connection: RedisConnection) => Promise<unknown>;
  /** Longest that an outcome may be unknown, or Redis unreachable. */
  readonly unreachableMsMax: number;
  /** Told why something waits: a refusal at once, silence when it lasts; then now and then. */
  readonly notice?: (why: string) => void;
}

export interface SettleOptions {
  /** Out of memory is told as LogFull at once, not waited for. */
  readonly throwsFull?: boolean;
}

export class RedisLink {
  private readonly options: RedisLinkOptions;
  private readonly name: string;
  private connection: RedisConnection | null = null;
  private host: RedisHost;
  private isClosed = false;

  constructor(options: RedisLinkOptions, name: string) {
    this.options = options;
    this.host = options.targets.current;
    this.name = name;
  }

  /** The outcome of `step`; `what` names it in errors. `attempt` counts from 0. */
  async settle<T>(
    what: string,
    step: (connection: RedisConnection, attempt: number) => Promise<T>,
    { throwsFull = false }: SettleOptions = {},
  ): Promise<T> {
    const patience = new Patience(this.options);
    let isUnknown = false;
    for (let attempt = 0; ; attempt++) {
      try {
        return await step(await this.connected(), attempt);
      } catch (error) {
        const reason = passingReason(error);
        this.options.targets.learn(this.host, error);
        isUnknown ||= error instanceof RedisGone;
        if (throwsFull && !isUnknown && reason.startsWith(OUT_OF_MEMORY)) {
          throw new LogFull(`redis ${hostText(this.host)}: ${what}: ${reason}`);
        }
        // A refusal that is final came over a connection that is in order.
        if (reason !== "" || !(error instanceof RedisRefusal)) this.drop();
        if (reason === "") throw asLogError(error);
        if (this.isClosed) throw new LogFault(`${what}: closed before the outcome was known`);
        await patience.pause(`redis ${hostText(this.host)}: ${what}: ${reason}`, error);
      }
    }
  }

  /** For what may as well not happen: nothing if there is no connection, or no yes. */
  async tryOnce(step: (connection: RedisConnection) => Promise<unknown>): Promise<void> {
    const { connection } = this;
    if (connection?.isOpen() !== true) return;
    try {
      await step(connection);
    } catch (error) {
      if (!(error instanceof RedisGone || error instanceof RedisRefusal)) throw error;
    }
  }

  private async connected(): Promise<RedisConnection> {
    if (this.connection?.isOpen() === true) return this.connection;
    this.drop();
    const { access, targets, check } = this.options;
    this.host = targets.current;
    const connection = await openPrimary(access, this.host, this.name);
    this.connection = connection;
    await check?.(connection);
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
  private readonly options: Pick<RedisLinkOptions, "unreachableMsMax" | "notice">;
  private readonly startMs = performance.now();
  private noticeAtMs = this.startMs + SILENCE_NOTICE_MS;
  private pauseMs = PAUSE_MS_MIN;

  constructor(options: Pick<RedisLinkOptions, "unreachableMsMax" | "notice">) {
    this.options = options;
  }

  /** Throws Unreachable once too much time has gone by. */
  async pause(why: string, error: unknown): Promise<void> {
    const { unreachableMsMax: msMax, notice } = this.options;
    const now = performance.now();
    const leftMs = this.startMs + msMax - now;
    if (leftMs <= 0) throw new Unreachable(`${why} (for ${msMax} ms)`);
    const isFirst = this.pauseMs === PAUSE_MS_MIN;
    if (now >= this.noticeAtMs || (isFirst && error instanceof RedisRefusal)) {
      this.noticeAtMs = now + NOTICE_MS;
      notice?.(why);
    }
    await Bun.sleep(Math.min(this.pauseMs, leftMs));
    this.pauseMs = Math.min(this.pauseMs * 2, PAUSE_MS_MAX);
  }
}

/** What is in the way, if it may pass by itself; "" otherwise. */
export function passingReason(error: unknown): string {
  if (error instanceof RedisGone) return error.message;
  if (!(error instanceof RedisRefusal)) return "";
  const isPassing = LATER.some((word) => error.message.startsWith(word));
  return isPassing ? error.message : "";
}

/** A refusal in the log's own terms. */
export function asLogError(error: unknown): unknown {
  if (!(error instanceof RedisRefusal)) return error;
  const message = error.message;
  if (message.startsWith("SUFFIX ")) return new LostSuffix(message.slice("SUFFIX ".length));
  const isFence = message.startsWith("FENCED ") || message.startsWith("HALTED ");
  return isFence ? new Fenced(message.slice("FENCED ".length)) : new LogFault(message);
}
