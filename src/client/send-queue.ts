/**
 * SendQueue: signed frames on their way to the connection, in the order of their nonces.
 *
 * Closed while there is no session; frames wait in `PendingFrames` then and come with the next
 * `open`.
 */
import type { FrameTracker } from "./frame-tracker.ts";

export interface Outlet {
  /** False when it was not taken. */
  send(frame: Uint8Array): boolean;
  whenRoom(): Promise<void>;
}

export class SendQueue {
  private readonly outlet: Outlet;
  private waiting: FrameTracker[] = [];
  private head = 0;
  private isOpen = false;
  private isPumping = false;

  constructor(outlet: Outlet) {
    this.outlet = outlet;
  }

  /** From now on frames leave, these first. */
  open(first: FrameTracker[]): void {
    this.isOpen = true;
    this.waiting = first;
    this.head = 0;
    this.pump();
  }

  close(): void {
    this.isOpen = false;
    this.waiting = [];
    this.head = 0;
  }

  add(tracker: FrameTracker): void {
    if (!this.isOpen) return;
    this.waiting.push(tracker);
    this.pump();
  }

  private pump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    void this.sendAll();
  }

  private async sendAll(): Promise<void> {
    while (this.isOpen && this.head < this.waiting.length) {
      const tracker = this.waiting[this.head]!;
      if (tracker.isSettled || this.outlet.send(tracker.frame)) {
        tracker.sends++;
        this.head++;
      } else {
        await this.outlet.whenRoom();
      }
    }
    if (this.head === this.waiting.length) {
      this.waiting = [];
      this.head = 0;
    }
    this.isPumping = false;
  }
}
