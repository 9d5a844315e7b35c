/**
 * ColdReplay: what a shard's log means, from its first record, by both engines; and whether what
 * lies beside it says the same.
 *
 *   in -> fast and naive engine       the same reports, byte for byte, and the same roots
 *   ex -> compared                    covers without a gap, reports and chain are those
 *   snapshots -> restored             roots are those at that position
 *   state -> recomputed               money, holds, books
 */
import { bytesOf, equalBytes, readU64, viewOf } from "../../src/base/bytes.ts";
import { crc32 } from "../../src/base/crc32.ts";
import { SnapshotFiles } from "../../src/edges/snapshot-files.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import type { StateRoots } from "../../src/proofs/checkpointer.ts";
import { REPORT_OUTBOX } from "../../src/protocol/codes.ts";
import { decodeExecution, ReportChain } from "../../src/protocol/execution.ts";
import { readRecord, RECORD_HEADER_SIZE, RecordView } from "../../src/protocol/record.ts";
import * as at from "../../src/protocol/report.ts";
import { reportText } from "../sim/oracle.ts";
import { whatIsWrong } from "../support/naive-checks.ts";
import type { Copy } from "./log-copy.ts";

const NO_TAG = "0000000000000000";

export class ColdReplay {
  readonly shard: number;
  /** Numbered reports by account, as text; the first has number 1. */
  readonly reports = new Map<number, string[]>();
  /** Positions of those reports. */
  readonly positions = new Map<number, number[]>();
  /** Frames of which a numbered report tells, and the position, by tag. */
  readonly executed = new Map<string, number>();
  readonly naive: NaiveEngine;
  tip = 0;
  /** First sentence that does not hold; "" for none. */
  wrong = "";
  private readonly genesisFrame: Uint8Array;
  private readonly fast: Engine;
  private readonly chain = new ReportChain();
  private readonly chains: Uint8Array[] = [new Uint8Array(32)];
  private readonly made: Uint8Array[] = [];
  /** Of each record's bytes, by position. */
  private readonly sums = [0];
  private readonly roots: string[] = [""];

  constructor(copy: Copy) {
    this.shard = copy.shard;
    const view = viewOf(copy.records);
    const record = new RecordView();
    const wrong = readRecord(view, 0, record);
    if (wrong !== "") throw new Error(`record 1 of shard ${copy.shard}: ${wrong}`);
    this.genesisFrame = copy.records.slice(RECORD_HEADER_SIZE, record.end);
    this.naive = new NaiveEngine(this.genesisFrame);
    this.fast = new Engine(this.genesisFrame, { levels: createLevels, roots: true, seed: 5 });
    // A Clear names what it was up to the record before.
    this.fast.followChain(this.chain);
    this.naive.followChain(this.chain);
    for (let offset = 0; offset < view.byteLength && this.wrong === ""; offset = record.end) {
      this.apply(view, offset, record);
    }
    if (this.wrong === "") this.compareEnds();
    // Where the log has let go of the first ones, the rest is judged.
    let last: number | null = copy.from === 1 ? 0 : null;
    for (let i = 0; i < copy.executions.length && this.wrong === ""; i++) {
      last = this.judge(copy.executions[i]!, last);
    }
  }

  /** Those of a service, by the folder where they lie; how many there are. */
  checkSnapshots(dir: string, name: "matcher" | "settlement"): number {
    const files = new SnapshotFiles(dir, name, 99);
    const list = files.list();
    for (const stored of list) {
      const bytes = files.read(stored);
      const from = name === "settlement" ? 4 : 0;
      const size = name === "settlement" ? viewOf(bytes).getUint32(0, true) : bytes.length;
      const options = { levels: createLevels, roots: true, seed: 6 };
      const own = bytes.subarray(from, from + size);
      const restored = Engine.restore(this.genesisFrame, own, options);
      if (typeof restored === "string") {
        this.fail(`${stored.path}: ${restored}`);
        continue;
      }
      const { engine } = restored;
      // One beyond the tip is of a suffix that was lost; whoever reads it must pass it over.
      const expected = this.roots[engine.position];
      if (expected === undefined || expected === textOf(engine.roots())) continue;
      this.fail(`${stored.path} has other roots than a cold replay`);
    }
    return list.length;
  }

  private fail(why: string): void {
    if (this.wrong === "") this.wrong = `shard ${this.shard}: ${why}`;
  }

  private apply(view: DataView, offset: number, record: RecordView): void {
    const wrong = readRecord(view, offset, record);
    if (wrong !== "") {
      this.fail(`record ${this.tip + 1}: ${wrong}`);
      return;
    }
    const [fast, naive] = [new at.ReportBatch(), new at.ReportBatch()];
    this.fast.apply(view, record, fast);
    this.naive.apply(view, record, naive);
    const reports = fast.slice(0).slice();
    this.tip++;
    if (!equalBytes(reports, naive.slice(0))) this.fail(`the engines differ at ${this.tip}`);
    this.chain.step(reports);
    this.chains.push(this.chain.value.slice());
    this.made.push(reports);
    this.sums.push(crc32(bytesOf(view).subarray(offset, record.end)));
    this.roots.push(textOf(this.fast.roots()));
    this.note(reports);
  }

  private note(reports: Uint8Array): void {
    const view = viewOf(reports);
    for (let offset = 0; offset < reports.length; offset += at.REPORT_SIZE) {
      const number = readU64(view, offset + at.REPORT_NUMBER_AT);
      // An outbox report belongs to no account: its number is that of the entry.
      if (number === 0 || view.getUint8(offset) === REPORT_OUTBOX) continue;
      const report = at.readReport(view, offset);
      const own = this.reports.get(report.account) ?? [];
      const where = this.positions.get(report.account) ?? [];
      this.reports.set(report.account, own);
      this.positions.set(report.account, where);
      own.push(reportText(report));
      where.push(report.position);
      if (own.length !== number) {
        this.fail(`account ${report.account}: number ${number} is its report ${own.length}`);
      }
      if (report.tag === NO_TAG) continue;
      const known = this.executed.get(report.tag);
      if (known !== undefined && known !== report.position) {
        this.fail(`frame ${report.tag} is executed at ${known} and at ${report.position}`);
      }
      this.executed.set(report.tag, report.position);
    }
  }

  private compareEnds(): void {
    if (textOf(this.naive.roots()) !== this.roots.at(-1)) this.fail("the engines' roots differ");
    const wrong = whatIsWrong(this.naive.state);
    if (wrong !== "") this.fail(wrong);
  }

  private judge(bytes: Uint8Array, before: number | null): number | null {
    const execution = decodeExecution(bytes);
    if (typeof execution === "string") {
      this.fail(`ex behind ${before}: ${execution}`);
      return before;
    }
    const { first, last, lastCrc, reports, chain } = execution;
    if (before !== null && first !== before + 1)
      this.fail(`ex goes on with ${first} behind ${before}`);
    else if (last > this.tip) this.fail(`ex covers ${last}, and in ends at ${this.tip}`);
    else if (this.sums[last] !== lastCrc) this.fail(`ex ${last} is of another record`);
    else if (!equalBytes(Buffer.concat(this.made.slice(first - 1, last)), reports)) {
      this.fail(`the reports of ${first} to ${last} in ex are not those of a cold replay`);
    } else if (!equalBytes(this.chains[last]!, chain)) this.fail(`the chain in ex at ${last}`);
    return last;
  }
}

function textOf({ accounts, markets, books, totals, arrivals }: StateRoots): string {
  const hashes = [accounts, markets, books, totals].map((bytes) => bytes.toHex());
  return `${hashes.join(" ")} ${arrivals}`;
}
