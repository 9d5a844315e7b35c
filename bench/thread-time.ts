/**
 * ThreadTime: how long this thread has had a core, in nanoseconds, which stands still while the
 * machine gives the core to others. Null where there is no such clock to be had.
 */
import { dlopen, ptr } from "bun:ffi";

/** Of clock_gettime, in Linux's headers. */
const CLOCK_THREAD_CPUTIME_ID = 3;
const NS_PER_SECOND = 1e9;

export function openThreadTime(): (() => number) | null {
  if (process.platform !== "linux") return null;
  try {
    const { symbols } = dlopen("libc.so.6", {
      clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
    });
    // Seconds and nanoseconds, 64 bits each; the high halves are zero. A buffer of its own, for
    // compiled code does not see what C writes into an array that was made without one.
    const words = new Uint32Array(new ArrayBuffer(16));
    const at = ptr(words);
    return () => {
      symbols.clock_gettime(CLOCK_THREAD_CPUTIME_ID, at);
      return words[0]! * NS_PER_SECOND + words[2]!;
    };
  } catch {
    return null;
  }
}

/** The thread's own time, or that of the wall where there is none. */
export const coreTime: () => number = openThreadTime() ?? (() => Bun.nanoseconds());
