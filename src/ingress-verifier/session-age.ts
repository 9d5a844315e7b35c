/**
 * SessionAge: how long one connection may last, and its way to a planned end.
 *
 *   young --notice--> told --its time has come--> leaving --nothing in flight--> over
 *                      ^                             |
 *                      +--- something stays there ---+
 *
 * A load balancer places new connections only: without an end long ones stay where they are for
 * ever, and a machine that was added stays empty. Leaving, a connection takes no frame; what it
 * took gets its reports first, so that no outcome is unknown because of the move. Where reports do
 * not come (nobody matches), it goes on as before and is asked again later.
 */
export interface AgeLimits {
  /** Oldest that a connection gets; 0: as old as it likes. */
  readonly sessionAgeMsMax: number;
  /** How long before its end it is told. */
  readonly sessionNoticeMs: number;
  /** Longest wait for what is in flight, and then until it is asked again. */
  readonly drainTimeoutMs: number;
}

/** Ages are drawn from this share of the longest up to all of it: who comes together leaves apart. */
const SHARE_MIN = 0.75;

export class SessionAge {
  private readonly limits: AgeLimits;
  private readonly tellAt: number;
  private leaveAt: number;
  private step: "young" | "told" | "leaving" = "young";
  /** Frames taken whose outcome was not said yet. */
  inFlight = 0;

  /** `draw` gives random numbers of at least 0 and below 1. */
  constructor(limits: AgeLimits, openedAt: number, draw: () => number) {
    this.limits = limits;
    const { sessionAgeMsMax: max } = limits;
    const ageOf = (share: number): number => max * (SHARE_MIN + (1 - SHARE_MIN) * share);
    this.leaveAt = max === 0 ? Number.POSITIVE_INFINITY : openedAt + ageOf(draw());
    this.tellAt = this.leaveAt - limits.sessionNoticeMs;
  }

  /** No frame is taken any more. */
  get isLeaving(): boolean {
    return this.step === "leaving";
  }

  get isOver(): boolean {
    return this.isLeaving && this.inFlight === 0;
  }

  /** Takes the next step when its time has come; the milliseconds left if it is to be told now. */
  look(now: number): number | null {
    if (this.step === "young" && now >= this.tellAt) {
      this.step = "told";
      return Math.max(0, Math.ceil(this.leaveAt - now));
    }
    if (this.step === "told" && now >= this.leaveAt) this.step = "leaving";
    else if (this.isLeaving && now >= this.leaveAt + this.limits.drainTimeoutMs) {
      this.step = "told";
      this.leaveAt = now + this.limits.drainTimeoutMs;
    }
    return null;
  }
}

/** What a session is told, in a debug packet: a client may use it to connect elsewhere first. */
export function noticeOf(leftMs: number): string {
  return `session ends in ${leftMs} ms: connect anew, here or elsewhere`;
}
