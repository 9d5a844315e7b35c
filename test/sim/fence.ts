/**
 * Fence: what a halted mark promises, looked at behind each write of the primary.
 *
 *   mark in ctl   set by an operator's hand alone; while it is there only a Clear, or an Upgrade
 *                 that names a record which is there, enters `in`, alone in its pack, and it goes
 *                 only when `ex` grows by a Clear that names it
 *   lifted        that Clear is one that the naive engine has taken, too
 */
import { viewOf } from "../../src/base/bytes.ts";
import { isClearOf, readClear } from "../../src/protocol/clear.ts";
import { REPORT_CLEARED } from "../../src/protocol/codes.ts";
import { readUpgrade } from "../../src/protocol/governing.ts";
import { RECORD_HEADER_SIZE } from "../../src/protocol/record.ts";
import { REPORT_SIZE } from "../../src/protocol/report.ts";
import { type Oracle, Violation } from "./oracle.ts";
import type { RedisNode } from "./redis-node.ts";
import { textOf } from "./resp.ts";

/** What every reason of an operator's begins with. */
export const BY_HAND = "by hand";

/** What ctl of a shard says. */
interface Known {
  readonly mark: string;
  readonly input: number;
  readonly executed: number;
}

/** A mark that has gone, and the records that were executed with it. */
interface Lift {
  readonly shard: number;
  readonly mark: string;
  readonly after: number;
  readonly last: number;
}

export class Fence {
  /** By shard: how often a Clear has lifted it. */
  readonly lifts = new Map<number, number>();
  /** Told of each Clear that is in the log and lifts nothing yet. */
  onClear: () => void = () => undefined;
  private readonly oracles: ReadonlyMap<number, Oracle>;
  private readonly known = new Map<number, Known>();
  private lifted: Lift[] = [];

  constructor(oracles: ReadonlyMap<number, Oracle>) {
    this.oracles = oracles;
  }

  /** Another server counts: what is marked there is seen anew. */
  forget(): void {
    this.known.clear();
    this.lifted = [];
  }

  /** A shard that is halted there, or 0. */
  haltedIn(node: RedisNode): number {
    return [...this.oracles.keys()].find((shard) => knownOf(node, shard).mark !== "") ?? 0;
  }

  /** Behind one write. */
  check(node: RedisNode, what: string): void {
    for (const shard of this.oracles.keys()) {
      const now = knownOf(node, shard);
      const before = this.known.get(shard) ?? now;
      this.known.set(shard, now);
      refuseStrange(shard, now.mark);
      if (before.mark === "") continue;
      if (now.input > before.input) this.entered(node, shard, now.input - before.input);
      if (now.mark !== "") continue;
      if (what !== "APPEND_EX") throw new Violation(`the mark of shard ${shard} went by ${what}`);
      const [after, last] = [before.executed, now.executed];
      this.lifted.push({ shard, mark: before.mark, after, last });
    }
  }

  /** Behind a turn, when the oracles know what it has brought. */
  checkLifted(): void {
    for (const { shard, mark, after, last } of this.lifted.splice(0)) {
      const records = this.oracles.get(shard)!.records.slice(after, last);
      const isTaken = records.some(({ bytes, reports }) => {
        const clear = readClear(bytes.subarray(RECORD_HEADER_SIZE));
        return clear !== null && isClearOf(clear, mark) && isCleared(reports);
      });
      if (!isTaken) throw new Violation(`shard ${shard} is lifted, and no Clear names "${mark}"`);
      this.lifts.set(shard, (this.lifts.get(shard) ?? 0) + 1);
    }
  }

  private entered(node: RedisNode, shard: number, count: number): void {
    const [, blob] = node.commands.keyspace.stream(`in:{${shard}}`)!.entries.at(-1)!.fields;
    // u32 count, u32 size, then the frame.
    const frame = blob!.subarray(8);
    const [clear, upgrade] = [readClear(frame), readUpgrade(frame)];
    // An Upgrade that names a record which is there may be its cure; the engine judges that.
    const mayCure = upgrade !== null && upgrade.from < knownOf(node, shard).input;
    if (count !== 1 || (clear === null && !mayCure)) {
      throw new Violation(`a record enters fenced shard ${shard}`);
    }
    if (clear !== null) this.onClear();
  }
}

function knownOf(node: RedisNode, shard: number): Known {
  const ctl = node.commands.keyspace.hash(`ctl:{${shard}}`);
  const text = (name: string): string => textOf(ctl?.get(name) ?? new Uint8Array(0));
  const mark = ctl?.has("halted") === true ? text("halted") : "";
  return { mark, input: Number(text("in_tip")), executed: Number(text("ex_tip")) };
}

function refuseStrange(shard: number, mark: string): void {
  if (mark === "" || mark.split(" | ").every((reason) => reason.startsWith(BY_HAND))) return;
  throw new Violation(`shard ${shard} is halted: ${mark}`);
}

function isCleared(reports: Uint8Array): boolean {
  const view = viewOf(reports);
  for (let at = 0; at < reports.length; at += REPORT_SIZE) {
    if (view.getUint8(at) === REPORT_CLEARED) return true;
  }
  return false;
}
