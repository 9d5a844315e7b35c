/**
 * Signals: how the outside asks a service to stop.
 *
 *   SIGINT or SIGTERM                       abort: stop taking in, drain, exit 0
 *   SIGINT again, 500 ms or more later      exit at once with code 1
 *
 * A second SIGINT that comes sooner is the same key press arriving twice (from the terminal and
 * from npm), and is ignored.
 */
import { HOST_CLOCK } from "./clock.ts";

export const IMPATIENT_MS = 500;

export type StopSignal = "SIGINT" | "SIGTERM";

/** Decides what a signal means. Holds no handler of its own. */
export class StopSwitch {
  private readonly controller = new AbortController();
  private askedAtMs = -1;

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** "stop" the first time, "exit" for an impatient second SIGINT, else "ignore". */
  ask(name: StopSignal, nowMs: number): "stop" | "exit" | "ignore" {
    if (this.askedAtMs < 0) {
      this.askedAtMs = nowMs;
      this.controller.abort(name);
      return "stop";
    }
    const isImpatient = name === "SIGINT" && nowMs - this.askedAtMs >= IMPATIENT_MS;
    return isImpatient ? "exit" : "ignore";
  }
}

export interface StopRequest {
  /** Aborted when somebody asks; its reason is "SIGINT" or "SIGTERM". */
  readonly signal: AbortSignal;
  /** Gives the signals back to their default meaning. */
  [Symbol.dispose](): void;
}

/** Listens from now on. For main.ts, once per process. */
export function whenAskedToStop(): StopRequest {
  const stop = new StopSwitch();
  const onSignal = (name: StopSignal): void => {
    if (stop.ask(name, HOST_CLOCK.monotonicMs()) === "exit") process.exit(1);
  };
  const onInterrupt = (): void => onSignal("SIGINT");
  const onTerminate = (): void => onSignal("SIGTERM");
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onTerminate);
  return {
    signal: stop.signal,
    [Symbol.dispose](): void {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onTerminate);
    },
  };
}
