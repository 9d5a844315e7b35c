/**
 * A process to be stopped or killed: takes the turn to write ex of the log at port argv[2], with a
 * lease of argv[3] milliseconds, says so, and lives on.
 */
import { writeSync } from "node:fs";
import { open } from "./redis-stand.ts";

const log = await open(Number(process.argv[2]), { matcherLeaseMs: Number(process.argv[3]) });
await log.openExecutionWriter();
writeSync(1, "taken\n");
await new Promise(() => setInterval(() => undefined, 1000));
