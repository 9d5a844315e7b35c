/** Planted bugs of what is kept, and sent again; see planted-bugs.ts. */
import type { FleetBug } from "./planted-bugs.ts";

const MODELS = "test/sim/script-models.ts";

export const LOG_BUGS: readonly FleetBug[] = [
  {
    name: "in is trimmed by MAXLEN as it grows",
    file: MODELS,
    find: 'calls.call("XADD", keys[0]!, "NOMKSTREAM", `0-${last}`, ...entry)',
    put: 'calls.call("XADD", keys[0]!, "NOMKSTREAM", "MAXLEN", "12", `0-${last}`, ...entry)',
  },
  {
    name: "a reader's new connection is not compared with what is known",
    wishes: { level: "D3" },
    file: "src/edges/redis-stream.ts",
    find: "    await this.check(connection, after);\n    this.at = after;",
    put: "    this.at = after;",
  },
  {
    name: "the core reads a clock",
    file: "src/engine/engine.ts",
    find: "state.logTime = record.logTime;",
    put: "state.logTime = Date.now() * 1000;",
  },
  {
    name: "a feed that fell behind in the middle of a record leaves out its rest",
    wishes: { outQueueBytesMax: 1024 },
    file: "src/ingress-verifier/account-feed.ts",
    find: "let after = Math.max(from, this.position - 1);",
    put: "let after = Math.max(from, this.position);",
  },
];
