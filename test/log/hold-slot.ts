/**
 * A process to be killed: takes the ingress slot of the log at port argv[2], says so, and lives on.
 */
import { writeSync } from "node:fs";
import { open } from "./redis-stand.ts";

const log = await open(Number(process.argv[2]), { slotLeaseMs: 60_000 });
await log.openInputWriter();
writeSync(1, "taken\n");
await new Promise(() => setInterval(() => undefined, 1000));
