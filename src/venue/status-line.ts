/**
 * StatusLine: the one line that the demo keeps fresh: orders/s, trades, checkpoint, verified.
 *
 * On a terminal it redraws itself in place; elsewhere it writes a line every few seconds.
 */
import type { Clock } from "../edges/clock.ts";
import type { Venue } from "./venue.ts";

const REDRAW_MS = 500;
const PLAIN_MS = 10_000;

export class StatusLine {
  private readonly venue: Venue;
  private readonly clock: Clock;
  private readonly isTerminal = process.stdout.isTTY;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(venue: Venue, clock: Clock) {
    this.venue = venue;
    this.clock = clock;
    this.timer = setInterval(() => this.draw(), this.isTerminal ? REDRAW_MS : PLAIN_MS);
  }

  close(): void {
    clearInterval(this.timer);
    if (this.isTerminal) process.stdout.write("\n");
  }

  private draw(): void {
    const rate = this.venue.settlement.ordersPerSecond();
    const trades = this.sum((shard) => this.tradesOf(shard));
    const verified = this.sum(
      (shard) => this.venue.settlement.settlements.get(shard)?.engine.position,
    );
    const latest = [...this.venue.settlement.settlements.values()][0]?.latest;
    const checkpoint =
      latest === null || latest === undefined
        ? "none yet"
        : `#${latest.number} (${this.age(latest.logTime)} s ago)`;
    const counts = `${rate} orders/s   ${trades} trades`;
    const text = `${counts}   checkpoint ${checkpoint}   verified ${verified}`;
    process.stdout.write(this.isTerminal ? `\r${text.padEnd(78)}` : `${text}\n`);
  }

  private age(logTime: number): string {
    return ((this.clock.micros() - logTime) / 1_000_000).toFixed(1);
  }

  private tradesOf(shard: number): number {
    const settlement = this.venue.settlement.settlements.get(shard);
    if (settlement === undefined) return 0;
    const { views } = settlement.engine;
    return views.marketIds().reduce((trades, id) => trades + views.trades(id), 0);
  }

  private sum(read: (shard: number) => number | undefined): number {
    let total = 0;
    for (const shard of this.venue.matcher.matchers.keys()) total += read(shard) ?? 0;
    return total;
  }
}
