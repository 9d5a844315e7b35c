/**
 * verify-worker: a thread that says which signatures hold. Started by verify-pool.ts only.
 *
 *   in    a batch (verify-batch.ts), or null: end
 *   out   an empty array once it can begin, then the verdicts of each batch, in order
 *
 * It reads no clock, file or socket. It is an entry point of its own, which scripts/build.ts names.
 */
import { setPriority } from "node:os";
import { judgeVerifyBatch } from "./verify-batch.ts";
import { openVerifiers } from "./verify.ts";

declare const self: Worker;

/** Orders on their way come first, where cores are few. */
const NICE = 5;
stepBack();

const { reference } = await openVerifiers();

self.addEventListener("message", ({ data }: MessageEvent<Uint8Array | null>) => {
  if (data === null) process.exit(0);
  const verdicts = judgeVerifyBatch(data, reference);
  self.postMessage(verdicts, [verdicts.buffer]);
});
self.postMessage(new Uint8Array(0), []);

/** Of this thread alone, which only Linux can; where it may not, it goes on as it is. */
function stepBack(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(0, NICE);
  } catch {
    // A unit may filter the call.
  }
}
