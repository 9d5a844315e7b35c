/**
 * CatchUpDesk: how many readers of old reports a shard has at once, and where those come from.
 *
 *   ring (memory)  <-  ex of the log  <-  executed again, from a snapshot and the export
 *
 * Reading `ex` takes a connection and a few MiB, executing again takes an engine: of the first
 * there are `resumesMax`, of the second one. Who is live already and has fallen behind waits for
 * its turn; a logon that would wait behind as many is refused, and may come again.
 */
import type { Engine } from "../engine/engine.ts";
import { Past, type PastParts } from "../service/past.ts";

export class CatchUpDesk {
  private readonly max: number;
  private readonly past: PastParts | null;
  private readonly waiters: (() => void)[] = [];
  private running = 0;
  private executing: Promise<void> = Promise.resolve();
  readonly counts = { scans: 0, refused: 0, executed: 0 };

  /** `past`: null where the log never lets go of anything. */
  constructor(max: number, past: PastParts | null) {
    this.max = max;
    this.past = past;
  }

  /** Whether one more would have to wait behind as many as may run. */
  get isFull(): boolean {
    return this.running >= this.max && this.waiters.length >= this.max;
  }

  /** Runs `step` when it is its turn. */
  async take<T>(step: () => Promise<T>): Promise<T> {
    if (this.running >= this.max) {
      await new Promise<void>((resolve) => {
        this.waiters.push(resolve);
      });
    } else {
      this.running++;
    }
    this.counts.scans++;
    try {
      return await step();
    } finally {
      // Whoever waits takes this one's place.
      const next = this.waiters.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }

  /** One engine at a time; throws `fault` where there is no past to go back to. */
  async execute(
    limit: number,
    fits: (engine: Engine) => boolean,
    step: (past: Past) => Promise<void>,
    fault: Error,
  ): Promise<void> {
    const { past } = this;
    if (past === null) throw fault;
    const before = this.executing;
    const done = Promise.withResolvers<void>();
    this.executing = done.promise;
    await before;
    this.counts.executed++;
    try {
      await step(await Past.open(past, limit, fits));
    } finally {
      done.resolve();
    }
  }
}
