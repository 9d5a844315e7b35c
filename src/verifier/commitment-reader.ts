/**
 * CommitmentReader: the commitments of an export, compared one by one with those recomputed.
 */
import { equalBytes, viewOf } from "../base/bytes.ts";
import { decodeCommitment } from "../proofs/commitment.ts";
import { Lie } from "./lie.ts";

export class CommitmentReader {
  private readonly bytes: Uint8Array;
  private at = 0;
  private number = 0;

  constructor(bytes: Uint8Array | null) {
    if (bytes === null) throw new Lie("commitments", 0, "they are missing");
    this.bytes = bytes;
  }

  /** The next commitment must be this one, byte for byte. */
  check(computed: Uint8Array): void {
    const number = this.number++;
    const entry = this.next(number);
    if (equalBytes(entry, computed)) return;
    const decoded = decodeCommitment(entry);
    const why = typeof decoded === "string" ? decoded : differenceOf(entry, computed);
    throw new Lie("commitment", number, why, entry);
  }

  /** Nothing may follow. */
  finish(): void {
    if (this.at === this.bytes.length) return;
    throw new Lie("commitment", this.number, "there is one that no record has made");
  }

  private next(number: number): Uint8Array {
    const { bytes, at } = this;
    if (at + 4 > bytes.length) throw new Lie("commitment", number, "it is missing");
    const size = viewOf(bytes).getUint32(at, true);
    if (at + 4 + size > bytes.length) throw new Lie("commitment", number, "it is cut");
    this.at = at + 4 + size;
    return bytes.subarray(at + 4, this.at);
  }
}

const PARTS: readonly (readonly [end: number, name: string])[] = [
  [8, "header"],
  [16, "number"],
  [24, "position"],
  [32, "log time"],
  [64, "input root"],
  [96, "report chain"],
  [128, "accounts root"],
  [160, "markets root"],
  [192, "books root"],
  [224, "previous hash"],
  [232, "arrivals"],
  [240, "directory"],
];

function differenceOf(found: Uint8Array, computed: Uint8Array): string {
  let at = 0;
  while (at < found.length && found[at] === computed[at]) at++;
  const part = PARTS.find(([end]) => at < end)?.[1] ?? "totals or links";
  return `its ${part} is not what the records give`;
}
