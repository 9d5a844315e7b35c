/**
 * Due: what log time has passed, before a record's own frame (RULES 9): orders that expire, timers
 * that fire, and the stops that a cascade left for want of room.
 */
import * as codes from "../protocol/codes.ts";
import type { DeadMan } from "./dead-man.ts";
import { type ReportsOut, ROOM_FOR_REPORT } from "./reports-out.ts";
import type { Resting } from "./resting.ts";
import type { State } from "./state.ts";
import type { Stops } from "./stops.ts";

interface DueParts {
  readonly state: State;
  readonly out: ReportsOut;
  readonly resting: Resting;
  readonly stops: Stops;
  readonly deadMan: DeadMan;
}

export class Due {
  private readonly state: State;
  private readonly out: ReportsOut;
  private readonly resting: Resting;
  private readonly stops: Stops;
  private readonly deadMan: DeadMan;

  constructor({ state, out, resting, stops, deadMan }: DueParts) {
    this.state = state;
    this.out = out;
    this.resting = resting;
    this.stops = stops;
    this.deadMan = deadMan;
  }

  /** Whether `settle` would find something to do at the state's log time. */
  get isThere(): boolean {
    return this.state.isLate || this.state.windows.count !== 0;
  }

  /** Does what is due, as far as half of the record's reports reach. */
  settle(): void {
    this.out.beginDue();
    this.expire();
    this.fireTimers();
    this.triggerStops();
    this.state.wasLate = this.state.isLate;
  }

  private expire(): void {
    const { expiries, logTime } = this.state;
    while (expiries.earliest < logTime) {
      if (this.out.room() < ROOM_FOR_REPORT) return;
      this.resting.cancel(expiries.first, codes.CANCEL_EXPIRED);
    }
  }

  private fireTimers(): void {
    const { timers, logTime } = this.state;
    while (timers.earliest < logTime) {
      if (!this.deadMan.fire(timers.first)) return;
    }
  }

  private triggerStops(): void {
    const { windows, markets } = this.state;
    // A window that is emptied leaves the list, and the next one takes its place.
    for (let i = 0; i < windows.count; ) {
      const market = windows.open[i]!;
      if (markets.isOpen(market)) this.stops.cascade(market);
      if (windows.isOpen(market)) i++;
    }
  }
}
