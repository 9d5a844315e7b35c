/**
 * Weather: what may go wrong right now between any two parts, and what has.
 *
 *   rates        parts of a thousand, of each command
 *   cuts         pairs that cannot reach each other until some time
 *   counts       faults by kind, for the report
 *   crashPoint   the effect of a process before or after which it dies, for the exhaustive mode
 */
import type { Prng } from "../../src/base/prng.ts";
import { Refusal } from "./keyspace.ts";
import { type Arg, textOf } from "./resp.ts";
import { MS, type Process, SECOND, type World } from "./world.ts";

export interface Rates {
  requestLost: number;
  /** It comes after what was sent later over newer connections, even if nobody waits any more. */
  requestLate: number;
  replyLost: number;
  replyLate: number;
  wrongReply: number;
  /** Of connections between traders and ingress, per piece of data. */
  reset: number;
}

export const CALM: Rates = {
  requestLost: 0,
  requestLate: 0,
  replyLost: 0,
  replyLate: 0,
  wrongReply: 0,
  reset: 0,
};

export type Fate = "" | "request lost" | "request late" | "reply lost" | "reply late" | Refusal;

const WRONG_REPLIES = [
  "LOADING Redis is loading the dataset in memory",
  "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
  "READONLY You can't write against a read only replica.",
  "NOSCRIPT No matching script. Please use EVAL.",
  "MISCONF Errors writing to the AOF file: No space left on device",
  "OOM command not allowed when used memory > 'maxmemory'.",
  "TRYAGAIN Multiple keys request during rehashing of slot",
  "NOREPLICAS Not enough good replicas to write.",
];

export class Weather {
  rates: Rates = CALM;
  latencyUs = 100;
  readonly counts = new Map<string, number>();
  /** Effects so far, by the name of the process without its number. */
  readonly effects = new Map<string, number>();
  crashPoint: { readonly role: string; readonly effect: number } | null = null;
  /** By role: what happens at its so manieth effect from now. */
  readonly awaited = new Map<string, { left: number; readonly run: () => void }>();
  /** By role: how its process dies. */
  readonly crashes = new Map<string, (why: string) => void>();
  private readonly world: World;
  private readonly prng: Prng;
  private readonly cuts = new Map<string, number>();

  constructor(world: World) {
    this.world = world;
    this.prng = world.prng("weather");
  }

  count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** From now on `from` does not reach `to`, for so long; names are those of roles. */
  cut(from: string, to: string, us: number): void {
    this.cuts.set(`${roleOf(from)} ${roleOf(to)}`, this.world.now + us);
  }

  heal(): void {
    this.rates = CALM;
    this.cuts.clear();
  }

  /** Microseconds for a piece of data one way; what meets a cut comes behind it, as TCP does. */
  latency(from: string, to: string): number {
    const isCut = this.cuts.size > 0;
    const until = isCut ? (this.cuts.get(`${roleOf(from)} ${roleOf(to)}`) ?? 0) : 0;
    const usual = 20 + this.prng.below(2 * this.latencyUs);
    return Math.max(0, until - this.world.now) + usual;
  }

  lateness(): number {
    return this.prng.between(1, 5) * this.prng.pick([MS, 100 * MS, SECOND]);
  }

  fateOf(args: readonly Arg[], from: string, to: string): Fate {
    const { rates, prng } = this;
    if (rates === CALM) return "";
    const draw = prng.below(1000);
    const lost = rates.requestLost + rates.replyLost;
    const late = lost + rates.replyLate;
    const wrong = late + rates.wrongReply;
    if (draw >= wrong + rates.requestLate) return "";
    if (draw >= wrong) return this.told("request late", args, `${from} to ${to}`);
    if (draw < rates.requestLost) return this.told("request lost", args, `${from} to ${to}`);
    if (draw < lost) return this.told("reply lost", args, `${from} to ${to}`);
    if (draw < late) return this.told("reply late", args, `${from} to ${to}`);
    const word = prng.pick(WRONG_REPLIES);
    this.told(`wrong reply ${word.split(" ")[0]}`, args, `${from} to ${to}`);
    return new Refusal(word);
  }

  isReset(from: string, to: string): boolean {
    if (this.prng.below(1000) >= this.rates.reset) return false;
    this.count("connection reset");
    this.world.say("network", `resets ${from} to ${to}`);
    return true;
  }

  /** Before and after whatever a process does to the world outside it. */
  effect({ role, isAlive }: Process, what: string): void {
    if (!isAlive) return;
    const effect = (this.effects.get(role) ?? 0) + 1;
    this.effects.set(role, effect);
    const awaited = this.awaited.get(role);
    if (awaited !== undefined && --awaited.left <= 0) {
      this.awaited.delete(role);
      awaited.run();
    }
    if (this.crashPoint?.role !== role || this.crashPoint.effect !== effect) return;
    this.count(`crash of ${role}`);
    this.crashes.get(role)?.(`crash point ${effect}: ${what}`);
  }

  private told<T extends string>(kind: T, args: readonly Arg[], way: string): T {
    this.count(kind);
    this.world.say("network", `${kind}: ${textOf(args[0]!)} from ${way}`);
    return kind;
  }
}

/** "matcher.3" is a matcher. */
export function roleOf(name: string): string {
  return name.split(".")[0]!;
}
