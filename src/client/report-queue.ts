/**
 * ReportQueue: an account's reports for one `for await`, bounded.
 *
 * Asking for the next report says that those before it are handled; `handled` is what the
 * journal's mark may reach. A reader that falls behind by more than the bound gets an error
 * instead of a gap.
 */
import type { Report } from "../protocol/report.ts";
import { ClientError } from "./errors.ts";

export class ReportQueue implements AsyncIterableIterator<Report> {
  private readonly max: number;
  private readonly onReturn: () => void;
  private waiting: Report[] = [];
  private taken = 0;
  private wake: (() => void) | null = null;
  private end: ClientError | "done" | null = null;
  /** Reports up to this number are handled, as far as this reader goes. */
  handled: number;

  constructor(parts: { max: number; handled: number; onReturn: () => void }) {
    this.max = parts.max;
    this.handled = parts.handled;
    this.onReturn = parts.onReturn;
  }

  push(report: Report): void {
    if (this.end !== null) return;
    if (this.waiting.length - this.taken >= this.max) {
      const message = `more than ${this.max} reports wait for their reader`;
      this.finish(new ClientError({ code: "slow_reader", message }));
      return;
    }
    this.waiting.push(report);
    this.callReader();
  }

  /** Nothing more will come; what waits can still be read. */
  finish(end: ClientError | "done"): void {
    this.end ??= end;
    this.callReader();
  }

  async next(): Promise<IteratorResult<Report, undefined>> {
    if (this.taken > 0) this.handled = this.waiting[this.taken - 1]!.number;
    while (this.taken === this.waiting.length) {
      this.waiting = [];
      this.taken = 0;
      if (this.end instanceof ClientError) throw this.end;
      if (this.end === "done") return { done: true, value: undefined };
      const { promise, resolve } = Promise.withResolvers<void>();
      this.wake = resolve;
      await promise;
    }
    return { done: false, value: this.waiting[this.taken++]! };
  }

  return(): Promise<IteratorResult<Report, undefined>> {
    this.finish("done");
    this.onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private callReader(): void {
    this.wake?.();
    this.wake = null;
  }
}
