/**
 * SigningDesk: no commitment is signed before the other settlement was asked.
 *
 *   computed, compared -> said in the log
 *     agreed: another has said the same    signed
 *     first, or awaited for too long       signed by the one that leads
 *     differs: another has said another    Halt
 *
 * Whoever says a number first has the word; a second one that is not the same halts the shard, and
 * neither signs. Signatures are deterministic, so that both sign the same bytes or none. While two
 * are near the tip the one that leads waits for the other's word, a bounded time: one that has gone
 * wrong by itself is found before its lie is signed. Words are of one generation of the log.
 */
import { sha256 } from "../base/hash.ts";
import type { Agreement, ShardLog } from "../edges/log.ts";
import { Halt } from "../engine/halt.ts";
import { pause } from "../service/hold-place.ts";

/** Computed, compared with ex, and not signed yet. */
export interface DueCheckpoint {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly position: number;
  readonly inputRoot: Uint8Array;
  readonly statesRoot: Uint8Array;
  readonly logTime: number;
}

export interface SigningDeskParts {
  readonly log: Pick<ShardLog, "sayCommitment">;
  /** This settlement, the same after a restart, unlike any other. */
  readonly who: string;
  /** Whether this one leads. */
  readonly mayPublish: () => boolean;
  readonly sign: (checkpoint: DueCheckpoint) => void;
}

interface Waiting {
  readonly checkpoint: DueCheckpoint;
  readonly sinceMs: number;
}

/** The newest that wait; each commitment holds the hash of the one before it. */
const WAITING_MAX = 64;
/** Longest that one that leads waits for the word of another. */
const AWAIT_MS = 1000;
const POLL_MS = 20;
/** At an end: the log may be away. */
const FLUSH_MS = 1000;

export class SigningDesk {
  private readonly parts: SigningDeskParts;
  private readonly waiting: Waiting[] = [];
  private moved = Promise.withResolvers<void>();

  constructor(parts: SigningDeskParts) {
    this.parts = parts;
  }

  add(checkpoint: DueCheckpoint): void {
    this.waiting.push({ checkpoint, sinceMs: performance.now() });
    if (this.waiting.length > WAITING_MAX) this.waiting.shift();
    this.moved.resolve();
  }

  /** Until stopped; throws Halt where two settlements differ, LogFault. */
  async run(stop: AbortSignal): Promise<void> {
    const wake = (): void => this.moved.resolve();
    stop.addEventListener("abort", wake);
    while (!stop.aborted) {
      this.moved = Promise.withResolvers();
      if (this.waiting.length === 0) await this.moved.promise;
      else if (!(await this.tryFirst()) && !(await this.tryNewest())) await pause(POLL_MS, stop);
    }
    stop.removeEventListener("abort", wake);
  }

  /** Signs what may be signed now; the rest is for whoever comes next. */
  async flush(): Promise<void> {
    const late = new AbortController();
    const all = async (): Promise<void> => {
      while (this.waiting.length > 0 && (await this.tryFirst()));
      late.abort();
    };
    await Promise.race([all(), pause(FLUSH_MS, late.signal)]);
  }

  /**
   * The other may have said the first one before the log had its last generation, and says it no
   * more: one that it says now holds the hash of all before. False if there is none.
   */
  private async tryNewest(): Promise<boolean> {
    const [first] = this.waiting;
    const newest = this.waiting.at(-1);
    if (first === undefined || newest === undefined || newest === first) return false;
    if (performance.now() - first.sinceMs < AWAIT_MS) return false;
    if ((await this.say(newest.checkpoint)) !== "agreed") return false;
    this.parts.sign(newest.checkpoint);
    const at = this.waiting.indexOf(newest);
    this.waiting.splice(0, at + 1);
    return true;
  }

  private async say({ number, bytes, position }: DueCheckpoint): Promise<Agreement> {
    const { log, who } = this.parts;
    const agreement = await log.sayCommitment({ number, hash: sha256(bytes).toHex(), who });
    if (agreement !== "differs") return agreement;
    const why = `another settlement has computed another commitment ${number}`;
    throw new Halt(why, position);
  }

  /** False if it has to wait. */
  private async tryFirst(): Promise<boolean> {
    const first = this.waiting[0];
    if (first === undefined) return true;
    const { mayPublish, sign } = this.parts;
    const { checkpoint, sinceMs } = first;
    const agreement = await this.say(checkpoint);
    const isLate = performance.now() - sinceMs >= AWAIT_MS;
    const isAlone = agreement === "first" || (agreement === "awaited" && isLate);
    if (agreement === "agreed" || (isAlone && mayPublish())) sign(checkpoint);
    else if (agreement !== "older") return false;
    if (this.waiting[0] === first) this.waiting.shift();
    return true;
  }
}
