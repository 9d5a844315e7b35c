/**
 * StreamPace: runs at once when asked, and then at most every so many milliseconds while asked
 * again.
 *
 * So a quiet book is told without delay, and a wild one costs its readers a bounded number of
 * messages.
 */
export class StreamPace {
  private readonly intervalMs: number;
  private readonly run: () => void;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private isAsked = false;

  constructor(intervalMs: number, run: () => void) {
    this.intervalMs = intervalMs;
    this.run = run;
  }

  ask(): void {
    this.isAsked = true;
    if (this.timer === null) this.turn();
  }

  private turn(): void {
    this.timer = null;
    if (!this.isAsked) return;
    this.isAsked = false;
    this.timer = setTimeout(() => this.turn(), this.intervalMs);
    this.run();
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.isAsked = false;
  }
}
