/**
 * CommandRate: commands of traders so far, and how many came in the last full second.
 */
export class CommandRate {
  private readonly wallMs: () => number;
  private second = 0;
  private current = 0;
  private previous = 0;
  total = 0;

  constructor(wallMs: () => number) {
    this.wallMs = wallMs;
  }

  add(count: number): void {
    if (count === 0) return;
    this.turn();
    this.current += count;
    this.total += count;
  }

  get perSecond(): number {
    this.turn();
    return this.previous;
  }

  private turn(): void {
    const second = Math.floor(this.wallMs() / 1000);
    if (second === this.second) return;
    this.previous = second === this.second + 1 ? this.current : 0;
    this.current = 0;
    this.second = second;
  }
}
