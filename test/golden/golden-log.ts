/**
 * GoldenLog: a shard's records in a file that nothing may ever change, and what they give.
 *
 *   rules-<v>/<log>-<shard>.in     one segment (protocol/segment.ts): salt 0, its entries plain
 *   rules-<v>/golden.json          what both engines and the verifier must make of each
 *
 * The file is the records as a log holds them, so it depends on no layout of an export.
 */
import { viewOf } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import {
  decodeSegmentHeader,
  encodeEntry,
  encodeSegmentHeader,
  EntryView,
  scanEntry,
  SEGMENT_HEADER_SIZE,
  SEGMENT_INPUT,
} from "../../src/protocol/segment.ts";
import type { StateRoots } from "../../src/proofs/checkpointer.ts";

const ENTRY_RECORDS = 100;

export interface GoldenShardFacts {
  readonly shard: number;
  readonly file: string;
  /** SHA-256 of the file. */
  readonly sum: string;
  readonly records: number;
  /** Report chain behind the last record, and SHA-256 of all reports in a row. */
  readonly chain: string;
  readonly reports: string;
  /** Of the state behind the last record. */
  readonly roots: Readonly<Record<string, string>>;
  readonly checkpoints: number;
  readonly notes: { readonly input: string; readonly state: string };
}

export interface GoldenLogFacts {
  readonly name: string;
  readonly venue: string;
  readonly shards: readonly GoldenShardFacts[];
}

export function encodeGolden(
  records: readonly Uint8Array[],
  shard: number,
  venue: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const header = { kind: SEGMENT_INPUT, shard, first: 1, salt: 0, venue };
  const parts = [encodeSegmentHeader(header)];
  for (let i = 0; i < records.length; i += ENTRY_RECORDS) {
    const some = records.slice(i, i + ENTRY_RECORDS);
    const first = new RecordView();
    readRecord(viewOf(some[0]!), 0, first);
    const entry = { kind: SEGMENT_INPUT, first: i + 1, count: some.length, logTime: first.logTime };
    parts.push(encodeEntry(entry, Buffer.concat(some), 0));
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Its records, each in bytes of its own. */
export function decodeGolden(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const header = decodeSegmentHeader(bytes);
  if (typeof header === "string") throw new Error(header);
  const records: Uint8Array<ArrayBuffer>[] = [];
  const entry = new EntryView();
  const record = new RecordView();
  for (let at = SEGMENT_HEADER_SIZE; at < bytes.length; at = entry.end) {
    const wrong = scanEntry(bytes, at, header.salt, entry);
    if (wrong !== "") throw new Error(`entry at ${at}: ${wrong}`);
    for (let from = entry.begin; from < entry.end; from = record.end) {
      const why = readRecord(viewOf(bytes), from, record);
      if (why !== "") throw new Error(`record ${records.length + 1}: ${why}`);
      records.push(bytes.slice(from, record.end));
    }
  }
  return records;
}

export function rootsText(roots: StateRoots): Record<string, string> {
  const { accounts, markets, books, totals, links, arrivals, directory, governing } = roots;
  return {
    accounts: accounts.toHex(),
    markets: markets.toHex(),
    books: books.toHex(),
    totals: sha256(totals).toHex(),
    links: sha256(links).toHex(),
    arrivals: String(arrivals),
    directory: String(directory),
    governing: JSON.stringify(governing),
  };
}
