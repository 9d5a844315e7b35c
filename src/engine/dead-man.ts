/**
 * DeadMan: an account's timer, set by its command (RULES 5) and fired when it is due (RULES 9).
 */
import { readU64 } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import { mayCancel } from "./cancels.ts";
import { OwnOrders } from "./own-orders.ts";
import type { Parts } from "./parts.ts";
import { type ReportsOut, ROOM_FOR_CANCEL, ROOM_FOR_REPORT } from "./reports-out.ts";
import type { Resting } from "./resting.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";

export class DeadMan {
  private readonly state: State;
  private readonly signer: Signer;
  private readonly out: ReportsOut;
  private readonly resting: Resting;
  private readonly own: OwnOrders;

  constructor(parts: Parts) {
    this.state = parts.state;
    this.signer = parts.signer;
    this.out = parts.out;
    this.resting = parts.resting;
    this.own = new OwnOrders(parts.state);
  }

  set(view: DataView, at: number): void {
    const { state, signer, out } = this;
    if (!mayCancel(signer, out)) return;
    const timeout = readU64(view, at + command.DEAD_MAN_TIMEOUT);
    // A sum above 2^53 may be rounded, but never to below it.
    const timer = timeout === 0 ? 0 : Math.min(state.logTime + timeout, codes.AMOUNT_MAX);
    const before = state.timers.at[signer.account]!;
    this.setTimer(signer.account, timer);
    out.numbers(out.begin(codes.REPORT_TIMER_SET, signer.account, 0), timer, before);
  }

  private setTimer(account: number, timer: number): void {
    const { timers } = this.state;
    timers.at[account] = timer;
    if (timer === 0) timers.remove(account);
    else timers.put(account, account);
  }

  /** Cancels the account's orders as far as there is room; false if the timer is still due. */
  fire(account: number): boolean {
    const { out, own } = this;
    if (out.room() < ROOM_FOR_REPORT) return false;
    let canceled = 0;
    own.gatherAll(account, 0, true);
    let slot = own.next();
    for (; slot !== 0 && out.room() >= ROOM_FOR_CANCEL; slot = own.next()) {
      this.resting.cancel(slot, codes.CANCEL_DEAD_MAN);
      canceled++;
    }
    const isDone = slot === 0;
    const timer = this.state.timers.at[account]!;
    const report = out.begin(codes.REPORT_TIMER_FIRED | (isDone ? 0 : IS_CUT), account, 0);
    out.lots(report, canceled);
    out.numbers(report, timer, 0);
    if (isDone) this.setTimer(account, 0);
    return isDone;
  }
}

/** The report's reason 1: it goes on in the next record. */
const IS_CUT = 1 << 24;
