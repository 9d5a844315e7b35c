/** A process that waits to be asked to stop, says so, and then does not end by itself. */
import { whenAskedToStop } from "../../src/edges/signals.ts";

const stop = whenAskedToStop();
stop.signal.addEventListener("abort", () => console.log(`asked by ${String(stop.signal.reason)}`));
if (process.argv[2] === "drains") {
  stop.signal.addEventListener("abort", () => process.exit(0));
}
setInterval(() => {}, 1000);
console.log("ready");
