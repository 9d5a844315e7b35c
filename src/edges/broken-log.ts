/**
 * BrokenLog: what a log holds contradicts itself, in one reply of one server. Nothing was lost that
 * could be recovered from, and nobody may go on: the shard halts.
 */
import { LogFault } from "./log.ts";

export class BrokenLog extends LogFault {
  override readonly name = "BrokenLog";
}
