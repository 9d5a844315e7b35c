/**
 * Timeline: what happened in a round, in words with the millisecond, and how often each kind.
 */
export class Timeline {
  readonly lines: string[] = [];
  readonly counts = new Map<string, number>();
  private readonly startMs = performance.now();
  private readonly shows: boolean;

  constructor(shows: boolean) {
    this.shows = shows;
  }

  say(text: string): void {
    const line = `${String(Math.round(performance.now() - this.startMs)).padStart(6)} ms  ${text}`;
    this.lines.push(line);
    if (this.shows) console.log(line);
  }

  count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** A fault that was done: both. */
  did(kind: string, detail: string): void {
    this.count(kind);
    this.say(`${kind}: ${detail}`);
  }
}
