/**
 * MemoryTerm: what the writers of a memory log have alike, one append at a time and one writer.
 */
import { assert } from "../base/assert.ts";
import { Fenced, LogFull } from "./log.ts";
import type { MemoryStream } from "./memory-stream.ts";

/** A writer of one term: over once it has thrown, or once there is a newer one. */
export class Term {
  readonly stream: MemoryStream;
  readonly number: number;
  private over: Error | null = null;
  private isBusy = false;

  constructor(stream: MemoryStream) {
    this.stream = stream;
    this.number = ++stream.term;
  }

  async run<T>(step: () => Promise<T>): Promise<T> {
    assert(!this.isBusy, "one append is in flight at most");
    if (this.over !== null) throw this.over;
    this.isBusy = true;
    try {
      return await step();
    } catch (error) {
      if (error instanceof LogFull) throw error;
      this.over = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      this.isBusy = false;
    }
  }

  refuseIfFenced(): void {
    if (this.stream.term !== this.number) throw new Fenced("another writer has taken over");
  }
}
