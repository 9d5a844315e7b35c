/**
 * ReplayJournal: a replay's own record on disk, from which an interrupted run goes on.
 *
 *   DIR/run.json       what is replayed where: hashes, symbol, settings; written first
 *   DIR/*.pem          the keys of its two accounts: one logs on, one trades
 *   DIR/reports.bin    every report as it came, 104 bytes each; a torn one at the end is cut off
 *   DIR/sent           u64: frames below it may have left, written before they do
 *
 * Frames are not kept: the same keys sign the same bytes again.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { readU64, viewOf, writeU64 } from "../base/bytes.ts";
import { generateKeyFile, readKeyFile, type Signer, signerFromSeed } from "../edges/keys.ts";
import { REPORT_SIZE } from "../protocol/report.ts";

/** What must be the same when a run goes on. */
export interface RunTerms {
  readonly venue: string;
  readonly workload_sha256: string;
  readonly batch: number;
  readonly accounts: 1 | 2;
  readonly keep_book: boolean;
}

const BUFFER_SIZE = 1 << 16;
const SYMBOL_DIGITS = 4;

/** The record of one run: on disk, or nowhere if there is no directory. */
export class ReplayJournal {
  /** Of the market that the run opens. */
  readonly symbol: string;
  /** An earlier run began it. */
  readonly isOld: boolean;
  private readonly dir: string | null;
  private readonly reports: number;
  private readonly mark: number;
  private buffer = new Uint8Array(BUFFER_SIZE);
  private used = 0;

  /** The journal, or a sentence about why this directory is of another run. */
  static open(dir: string | null, terms: RunTerms): ReplayJournal | string {
    if (dir === null) return new ReplayJournal(null, { symbol: randomSymbol(), isOld: false });
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const path = join(dir, "run.json");
    const isOld = existsSync(path);
    if (!isOld) {
      const symbol = randomSymbol();
      writeFileSync(`${path}.new`, runText(terms, symbol));
      renameSync(`${path}.new`, path);
    }
    const text = readFileSync(path, "utf8");
    const symbol = /"symbol": "([A-Z0-9-]+)"/.exec(text)?.[1] ?? "";
    if (text !== runText(terms, symbol)) return `${path} is of another run: ${text}`;
    return new ReplayJournal(dir, { symbol, isOld });
  }

  private constructor(dir: string | null, run: { symbol: string; isOld: boolean }) {
    this.dir = dir;
    this.symbol = run.symbol;
    this.isOld = run.isOld;
    if (dir === null) {
      this.reports = this.mark = -1;
      return;
    }
    const path = join(dir, "reports.bin");
    const whole = readOrEmpty(path).length;
    if (whole % REPORT_SIZE !== 0) truncateSync(path, whole - (whole % REPORT_SIZE));
    this.reports = openSync(path, "a");
    this.mark = openSync(join(dir, "sent"), existsSync(join(dir, "sent")) ? "r+" : "w+");
  }

  /** The key of that name, the same one again in a run that goes on. */
  key(name: string): Signer {
    if (this.dir === null) return signerFromSeed(crypto.getRandomValues(new Uint8Array(32)));
    const path = join(this.dir, `${name}.pem`);
    return existsSync(path) ? readKeyFile(path) : generateKeyFile(path);
  }

  /** Reports that earlier runs received, one behind the other. */
  received(): Uint8Array {
    return this.dir === null ? new Uint8Array(0) : readOrEmpty(join(this.dir, "reports.bin"));
  }

  /** Frames below it may have left in earlier runs. */
  sentBefore(): number {
    const bytes = this.dir === null ? new Uint8Array(0) : readOrEmpty(join(this.dir, "sent"));
    return bytes.length < 8 ? 0 : readU64(viewOf(bytes), 0);
  }

  /** Frames below `count` may leave from now on. */
  sent(count: number): void {
    if (this.dir === null) return;
    const bytes = new Uint8Array(8);
    writeU64(viewOf(bytes), 0, count);
    writeSync(this.mark, bytes, 0, bytes.length, 0);
  }

  report(view: DataView, at: number): void {
    if (this.dir === null) return;
    if (this.used + REPORT_SIZE > this.buffer.length) this.flush();
    const bytes = new Uint8Array(view.buffer, view.byteOffset + at, REPORT_SIZE);
    this.buffer.set(bytes, this.used);
    this.used += REPORT_SIZE;
  }

  flush(): void {
    for (let at = 0; at < this.used; )
      at += writeSync(this.reports, this.buffer, at, this.used - at);
    this.used = 0;
  }

  close(): void {
    if (this.dir === null) return;
    this.flush();
    closeSync(this.reports);
    closeSync(this.mark);
  }
}

function runText(terms: RunTerms, symbol: string): string {
  return `${JSON.stringify({ ...terms, symbol }, null, 2)}\n`;
}

function randomSymbol(): string {
  const random = crypto.getRandomValues(new Uint8Array(SYMBOL_DIGITS));
  return `LOAD-${random.toHex().toUpperCase()}`;
}

function readOrEmpty(path: string): Uint8Array {
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : new Uint8Array(0);
}
