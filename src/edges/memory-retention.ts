/** Memory retention: what the memory log knows of its consumers, and letting go. */
import type { LogEnd, Mark, Restored, Retention } from "./log.ts";
import { eraOf, withEnd } from "./log-ends.ts";
import type { MemoryStream } from "./memory-stream.ts";
import { consumersOf, floorOf, isSilent, type Said } from "./retention.ts";

interface Streams {
  readonly in: MemoryStream;
  readonly ex: MemoryStream;
}

export class MemoryRetention {
  private readonly streams: Streams;
  private readonly covered: Record<Mark, number> = { archived: 0, checkpointed: 0 };
  private readonly said = new Map<string, Said>();
  private trimmed = 0;
  private restored: Restored | null = null;
  private ends: readonly Restored[] = [];

  constructor(streams: Streams) {
    this.streams = streams;
  }

  consume(name: string, position: number, silentMsMax: number): void {
    this.said.set(name, { position, since: nowUs(), silentUsMax: silentMsMax * 1000 });
  }

  cover(mark: Mark, position: number): void {
    this.covered[mark] = Math.max(this.covered[mark], position);
  }

  trim(upTo: number): Retention {
    const { said, covered, streams } = this;
    for (const [name, one] of said) if (isSilent(one, nowUs())) said.delete(name);
    const floor = floorOf({ ...covered, durable: streams.ex.tip(), said }, upTo, nowUs());
    if (floor > this.trimmed + 1) {
      streams.in.trim(floor);
      streams.ex.trim(floor);
      this.trimmed = floor - 1;
    }
    return this.read();
  }

  restore({ position, generation, record, execution, ends }: LogEnd): void {
    this.streams.in.begin(position, record.slice());
    this.streams.ex.begin(position, execution.slice());
    this.streams.ex.term = generation;
    this.covered.archived = this.covered.checkpointed = position;
    this.trimmed = position - 1;
    this.restored = { position, generation };
    this.ends = withEnd(ends, this.restored);
  }

  /** A halt was lifted: the Clear is the newest record. */
  lift(): void {
    const end = { position: this.streams.in.tip() - 1, generation: eraOf(this.ends) + 1 };
    this.ends = withEnd(this.ends, end);
  }

  read(): Retention {
    const { covered, trimmed, said, restored, ends } = this;
    return { ...covered, trimmed, restored, ends, consumers: consumersOf(said, nowUs()) };
  }
}

function nowUs(): number {
  return Date.now() * 1000;
}
