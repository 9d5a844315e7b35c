/**
 * SimJournal: a client's record that outlives its process: what was flushed stays, the rest goes.
 */
import { type ClientJournal, JournalBook, type JournalState } from "../../src/client/journal.ts";
import type { Weather } from "./weather.ts";
import type { Process } from "./world.ts";

/** What is on the client's disk. */
export class JournalStore {
  readonly kept: ((book: JournalBook) => void)[];

  /** Of a client that wants every report of its account, from the first. */
  constructor(account: number) {
    this.kept = [(book) => void book.marks.set(account, 0)];
  }

  open(process: Process, weather: Weather): ClientJournal {
    const { kept } = this;
    const book = new JournalBook();
    for (const change of kept) change(book);
    let fresh: ((book: JournalBook) => void)[] = [];
    const note = (change: (into: JournalBook) => void): void => {
      change(book);
      fresh.push(change);
    };
    return {
      load: (): JournalState => book,
      setVenue: (venue) => note((into) => (into.venue = venue)),
      sent: (frame) => note((into) => into.addFrame(frame)),
      settled: (key, nonce) => note((into) => into.settle(key, nonce)),
      mark: (account, number) => note((into) => into.marks.set(account, number)),
      flush() {
        if (fresh.length === 0) return;
        weather.effect(process, "is to flush its journal");
        if (process.isAlive) kept.push(...fresh);
        fresh = [];
        weather.effect(process, "flushed its journal");
      },
      close: () => undefined,
    };
  }
}
