/**
 * World: virtual time, one heap of events, and the processes that they belong to.
 *
 *   at(delay, process, what, run)   an event; dropped unseen if its process has died by then
 *   step()                          the next event: `current` is its process, then all microtasks
 *
 * Every promise that code under test awaits is settled inside an event of its own process, so that
 * `current` tells whose code runs. Nothing here looks at the host's clock or randomness: the same
 * seed gives the same events, and `hash` says so.
 */
import { drainMicrotasks } from "bun:jsc";
import { crc32 } from "../../src/base/crc32.ts";
import { Prng } from "../../src/base/prng.ts";

export const MS = 1000;
export const SECOND = 1_000_000;
/** Wall time at which every run begins, microseconds. */
export const START_US = 1_700_000_000_000_000;

/** Whose code runs: a process of the venue, a client, or the store. Dies once, is never revived. */
export class Process {
  /** "matcher.3" is the third of role "matcher". */
  readonly name: string;
  readonly role: string;
  readonly prng: Prng;
  readonly bornAt: number;
  isAlive = true;
  /** SIGSTOP until then: what comes for it waits. */
  pausedUntil = 0;
  /** Its wall clock against true time, microseconds. */
  clockOffset = 0;
  /** Called once, when it dies, in nobody's name. */
  readonly onDeath: (() => void)[] = [];

  constructor(name: string, prng: Prng, bornAt: number) {
    this.name = name;
    this.role = name.split(".")[0]!;
    this.prng = prng;
    this.bornAt = bornAt;
  }
}

interface Event {
  time: number;
  readonly order: number;
  readonly process: Process;
  readonly what: string;
  readonly run: () => void;
  isOff: boolean;
}

/** What cancels an event. */
export interface Scheduled {
  isOff: boolean;
}

const TRACE_LINES_MAX = 200_000;
const encoder = new TextEncoder();

export class World {
  readonly seed: number;
  /** Microseconds since the start. */
  now = 0;
  current: Process;
  /** Of nobody: the network, the disk, the hand of fate. */
  readonly nature: Process;
  events = 0;
  hash = 0;
  /** Lines for people; kept only if asked for. */
  readonly trace: string[] = [];
  readonly keepsTrace: boolean;
  private readonly heap: Event[] = [];
  private order = 0;
  private births = 0;

  constructor(seed: number, keepsTrace = false) {
    this.seed = seed;
    this.keepsTrace = keepsTrace;
    this.nature = this.spawn("nature");
    this.current = this.nature;
  }

  /** Its numbers depend on the seed, its name and how many came before it of any name. */
  spawn(name: string): Process {
    const mix = crc32(encoder.encode(`${this.seed} ${name} ${this.births++}`));
    return new Process(name, new Prng(mix), this.now);
  }

  /** A generator of its own for this purpose. */
  prng(purpose: string): Prng {
    return new Prng(crc32(encoder.encode(`${this.seed} ${purpose}`)));
  }

  kill(process: Process, why: string): void {
    if (!process.isAlive) return;
    this.say(process.name, `dies: ${why}`);
    process.isAlive = false;
    const before = this.current;
    this.current = this.nature;
    for (const callback of process.onDeath.splice(0)) callback();
    this.current = before;
  }

  at(delay: number, process: Process, what: string, run: () => void): Scheduled {
    const time = this.now + Math.max(0, Math.round(delay));
    const event = { time, order: this.order++, process, what, run, isOff: false };
    this.push(event);
    return event;
  }

  /** `detail`: more of it, for people alone. */
  say(who: string, what: string, detail?: () => string): void {
    this.hash = Bun.hash.crc32(`${this.now} ${who} ${what}`, this.hash);
    if (this.keepsTrace && this.trace.length < TRACE_LINES_MAX) {
      const time = (this.now / SECOND).toFixed(6).padStart(11);
      this.trace.push(`${time} ${who.padEnd(14)} ${what}${detail?.() ?? ""}`);
    }
  }

  /** Runs the next event; false when there is none. */
  step(): boolean {
    const event = this.next();
    if (event === undefined) return false;
    this.now = event.time;
    this.events++;
    this.current = event.process;
    if (event.what !== "") this.say(event.process.name, event.what);
    event.run();
    drainMicrotasks();
    this.current = this.nature;
    return true;
  }

  private next(): Event | undefined {
    for (;;) {
      const event = this.pop();
      if (event === undefined) return undefined;
      const { time, process } = event;
      if (event.isOff || !process.isAlive) continue;
      if (process.pausedUntil <= time) return event;
      event.time = process.pausedUntil;
      this.push(event);
    }
  }

  /** Lets code begin in the name of a process. */
  enter(process: Process, run: () => void): void {
    const before = this.current;
    this.current = process;
    run();
    drainMicrotasks();
    this.current = before;
  }

  private push(event: Event): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  private pop(): Event | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
