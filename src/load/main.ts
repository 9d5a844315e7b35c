/**
 * The load generator as a program of its own; `clob load` is the same.
 */
import { runLoad } from "./run-load.ts";

process.exit(await runLoad(process.argv.slice(2)));
