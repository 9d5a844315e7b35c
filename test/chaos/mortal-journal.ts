/**
 * MortalJournal: a client's journal in a file, whose process can die: from then on nothing that was
 * not written reaches the file, and the next one opens what is there.
 */
import type { ClientJournal, JournalState } from "../../src/client/journal.ts";
import { FileJournal } from "../../src/client/journal-file.ts";

export class MortalJournal implements ClientJournal {
  private readonly file: FileJournal;
  private readonly onSent: (frame: Uint8Array) => void;
  private isDead = false;

  /** An account that has no mark yet wants its reports from the first one. */
  constructor(path: string, account: number, onSent: (frame: Uint8Array) => void) {
    this.file = new FileJournal(path);
    this.onSent = onSent;
    if (!this.file.load().marks.has(account)) this.file.mark(account, 0);
  }

  die(): void {
    this.isDead = true;
  }

  load(): JournalState {
    return this.file.load();
  }

  setVenue(venue: string): void {
    if (!this.isDead) this.file.setVenue(venue);
  }

  sent(frame: Uint8Array): void {
    if (this.isDead) return;
    this.file.sent(frame);
    this.onSent(frame);
  }

  settled(key: number, nonce: number): void {
    if (!this.isDead) this.file.settled(key, nonce);
  }

  mark(account: number, number: number): void {
    if (!this.isDead) this.file.mark(account, number);
  }

  flush(): void {
    if (!this.isDead) this.file.flush();
  }

  close(): void {
    if (!this.isDead) this.file.close();
  }
}
