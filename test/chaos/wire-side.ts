/**
 * Wire side: one end of a connection through a wire, and what waits to be written to it.
 */
import type { Socket } from "bun";

/** A part that takes nothing for so long that this much waits is cut off. */
const WAITING_BYTES_MAX = 1 << 26;

export type ReplyFate = "pass" | "cut" | "swallow";

export interface Pair {
  readonly caller: Side;
  readonly target: Side;
  reply: ReplyFate;
  /** Bytes of it were lost in a hole, so it is of no use any more. */
  hasHole: boolean;
}

/** What waits to be written to one end of a pair. */
export class Side {
  socket: Socket<Side> | null = null;
  pair!: Pair;
  isHeld = false;
  private readonly queue: { bytes: Uint8Array; atMs: number }[] = [];
  private size = 0;
  private lastMs = 0;
  private ends = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  push(bytes: Uint8Array, delayMs: number): void {
    this.lastMs = Math.max(this.lastMs, performance.now() + delayMs);
    this.queue.push({ bytes: Uint8Array.from(bytes), atMs: this.lastMs });
    this.size += bytes.length;
    if (this.size > WAITING_BYTES_MAX) this.cut();
    else this.pump();
  }

  /** Closes it once all that waits is written. */
  end(): void {
    this.ends = true;
    this.pump();
  }

  cut(): void {
    clearTimeout(this.timer);
    this.queue.length = 0;
    this.size = 0;
    this.socket?.terminate();
    this.socket = null;
  }

  pump(): void {
    const { socket } = this;
    clearTimeout(this.timer);
    if (socket === null || this.isHeld) return;
    for (let next = this.queue[0]; next !== undefined; next = this.queue[0]) {
      const waitMs = next.atMs - performance.now();
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.pump(), waitMs);
        return;
      }
      const wrote = Math.max(0, socket.write(next.bytes));
      this.size -= wrote;
      if (wrote < next.bytes.length) {
        next.bytes = next.bytes.subarray(wrote);
        return; // Until it drains.
      }
      this.queue.shift();
    }
    if (this.ends) socket.end();
  }
}

export function cut({ caller, target }: Pair): void {
  caller.cut();
  target.cut();
}
