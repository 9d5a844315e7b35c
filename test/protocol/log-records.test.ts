/**
 * Records, execution records, commitments and segments: written and read as the message table says;
 * what no writer writes is refused with a sentence.
 */
import { describe, expect, test } from "bun:test";
import { crc32 } from "../../src/base/crc32.ts";
import { sha256 } from "../../src/base/hash.ts";
import { Prng } from "../../src/base/prng.ts";
import { viewOf } from "../../src/base/bytes.ts";
import {
  type Commitment,
  decodeCommitment,
  encodeCommitment,
  LINK_SIZE,
  TOTAL_SIZE,
} from "../../src/proofs/commitment.ts";
import {
  decodeExecution,
  encodeExecution,
  type ExecutionHeader,
  ReportChain,
} from "../../src/protocol/execution.ts";
import { messageNamed } from "../../src/protocol/message-table.ts";
import * as records from "../../src/protocol/record.ts";
import { REPORT_SIZE } from "../../src/protocol/report.ts";
import * as segments from "../../src/protocol/segment.ts";
import { legalFrames } from "./samples.ts";
import { decodeByTable, encodeByTable, fieldNamed } from "./table-codec.ts";

const RECORD = messageNamed("record");
const EXECUTION = messageNamed("execution");
const COMMITMENT = messageNamed("commitment");

const RECORD_HEADER = { shard: 7, rulesVersion: 1, directoryOrigin: 3, logTime: 2 ** 50 + 7 };
const FRAMES = legalFrames(new Prng(1));

interface Read {
  readonly header: records.RecordHeader;
  readonly kind: number;
  readonly at: number;
  readonly end: number;
  readonly frame: string;
}

function readAll(pack: Uint8Array): Read[] {
  const found: Read[] = [];
  const view = viewOf(pack);
  for (let at = 0; at < pack.length; at = found.at(-1)!.end) {
    const into = new records.RecordView();
    expect(records.readRecord(view, at, into)).toBe("");
    const frame = pack.subarray(into.end - into.frameSize, into.end).toHex();
    const { shard, rulesVersion, directoryOrigin, logTime, kind, end } = into;
    const header = { shard, rulesVersion, directoryOrigin, logTime };
    found.push({ header, kind, at, end, frame });
  }
  return found;
}

describe("a record", () => {
  const pack = records.encodePack(RECORD_HEADER, [...FRAMES, new Uint8Array(0)]);

  test("comes back from its pack, a tick without a frame", () => {
    const read = readAll(pack);
    expect(read.map(({ frame }) => frame)).toEqual([...FRAMES.map((f) => f.toHex()), ""]);
    expect(read.map(({ kind }) => kind)).toEqual([...FRAMES.map(() => 1), 2]);
    expect(read[0]).toEqual({
      header: RECORD_HEADER,
      kind: 1,
      at: 0,
      end: 24 + FRAMES[0]!.length,
      frame: FRAMES[0]!.toHex(),
    });
  });

  test("lies as the table says", () => {
    expect(pack.subarray(0, RECORD.size)).toEqual(
      encodeByTable(RECORD, {
        version: 1n,
        kind: 1n,
        shard: 7n,
        rules_version: 1n,
        directory_origin: 3n,
        log_time_us: 2n ** 50n + 7n,
        frame_size: BigInt(FRAMES[0]!.length),
      }),
    );
    expect(RECORD.size).toBe(records.RECORD_HEADER_SIZE);
  });

  test.each([
    ["version", { at: 0, value: 2 }, "record version 2 is unknown"],
    ["kind", { at: 1, value: 3 }, "record kind 3 is unknown"],
    ["tick with a frame", { at: 1, value: 2 }, "a tick has no frame, a frame record has one"],
    ["frame too large", { at: 18, value: 1 }, "frame of 65712 bytes is over 65504"],
    ["reserved byte", { at: 20, value: 1 }, "reserved bytes of a record are not zero"],
    ["last reserved byte", { at: 23, value: 1 }, "reserved bytes of a record are not zero"],
  ] as const)("is refused for its %s", (_name, { at, value }, sentence) => {
    const bytes = records.encodePack(RECORD_HEADER, [FRAMES[0]!.slice(0, 176)]);
    bytes[at] = value;
    const into = new records.RecordView();
    expect(records.readRecord(viewOf(bytes), 0, into)).toBe(sentence);
    expect(into).toEqual(new records.RecordView());
  });

  test("is refused cut at any byte, and so is a frame record without a frame", () => {
    const bytes = records.encodePack(RECORD_HEADER, [FRAMES[0]!]);
    for (let size = 0; size < bytes.length; size++) {
      const said = records.readRecord(viewOf(bytes.subarray(0, size)), 0, new records.RecordView());
      expect(said).toBe(size < 24 ? "record header is cut" : "record is cut");
    }
    const empty = records.encodePack(RECORD_HEADER, [new Uint8Array(0)]);
    empty[1] = 1;
    expect(records.readRecord(viewOf(empty), 0, new records.RecordView())).toBe(
      "a tick has no frame, a frame record has one",
    );
  });
});

const EXECUTION_HEADER: ExecutionHeader = {
  shard: 7,
  rulesVersion: 1,
  directoryOrigin: 3,
  first: 2 ** 40 + 1,
  last: 2 ** 40 + 9,
  epoch: 2 ** 33 + 4,
  durable: 2 ** 40 + 5,
  lastCrc: 0xfedcba98,
  chainBefore: new Prng(2).bytes(32),
  chain: new Prng(3).bytes(32),
};

describe("an execution record", () => {
  const reports = new Prng(4).bytes(3 * REPORT_SIZE);
  const legal = encodeExecution(EXECUTION_HEADER, reports);

  test("comes back, and lies as the table says", () => {
    expect(decodeExecution(legal)).toEqual({ ...EXECUTION_HEADER, count: 3, reports });
    expect(decodeByTable(EXECUTION, legal)).toEqual({
      version: 2n,
      kind: 3n,
      shard: 7n,
      rules_version: 1n,
      directory_origin: 3n,
      first: 2n ** 40n + 1n,
      last: 2n ** 40n + 9n,
      epoch: 2n ** 33n + 4n,
      durable: 2n ** 40n + 5n,
      count: 3n,
      last_crc: 0xfedcba98n,
      chain_before: EXECUTION_HEADER.chainBefore.toHex(),
      chain: EXECUTION_HEADER.chain.toHex(),
    });
    expect(legal.length).toBe(EXECUTION.size + reports.length);
  });

  test.each([
    ["version", 0, 3, "execution record version 3 is unknown"],
    ["kind", 1, 4, "not an execution record"],
    ["count", 40, 2, "execution record length and its count differ"],
    ["last before first", 16, 0, "execution record covers no positions"],
  ] as const)("is refused for its %s", (_name, at, value, sentence) => {
    const bytes = legal.slice();
    bytes[at] = value;
    expect(decodeExecution(bytes)).toBe(sentence);
  });

  test("is refused from position 0 on, or cut at any byte", () => {
    expect(decodeExecution(encodeExecution({ ...EXECUTION_HEADER, first: 0 }, reports))).toBe(
      "execution record covers no positions",
    );
    for (let size = 0; size < legal.length; size++) {
      expect(decodeExecution(legal.subarray(0, size))).toBeString();
    }
  });
});

test("the report chain hashes the chain before and the record's reports", () => {
  const first = new Prng(5).bytes(REPORT_SIZE);
  const chain = new ReportChain();
  expect(chain.value).toEqual(new Uint8Array(32));
  chain.step(first);
  const one = sha256(new Uint8Array(32), first);
  expect(chain.value).toEqual(one);
  chain.step(new Uint8Array(0));
  expect(chain.value).toEqual(sha256(one));
  const resumed = new ReportChain(one);
  resumed.step(new Uint8Array(0));
  expect(resumed.value).toEqual(chain.value);
});

describe("a commitment", () => {
  const random = new Prng(6);
  const commitment: Commitment = {
    shard: 7,
    governing: { current: { version: 5, from: 2 ** 33 + 6 }, next: { version: 9, from: 2 ** 38 } },
    directoryOrigin: 3,
    number: 2 ** 34 + 1,
    position: 2 ** 35 + 2,
    logTime: 2 ** 50 + 3,
    inputRoot: random.bytes(32),
    reportChain: random.bytes(32),
    accountsRoot: random.bytes(32),
    marketsRoot: random.bytes(32),
    booksRoot: random.bytes(32),
    previous: random.bytes(32),
    arrivals: 2 ** 36 + 4,
    directory: 2 ** 37 + 5,
    totals: random.bytes(2 * TOTAL_SIZE),
    links: random.bytes(3 * LINK_SIZE),
  };
  const legal = encodeCommitment(commitment);

  test("comes back, and lies as the table says", () => {
    expect(decodeCommitment(legal)).toEqual(commitment);
    const said = decodeByTable(COMMITMENT, legal);
    expect(encodeByTable(COMMITMENT, said)).toEqual(legal.slice(0, COMMITMENT.size));
    expect([said["number"], said["position"], said["arrivals"], said["directory"]]).toEqual([
      2n ** 34n + 1n,
      2n ** 35n + 2n,
      2n ** 36n + 4n,
      2n ** 37n + 5n,
    ]);
    expect([said["assets"], said["links"]]).toEqual([2n, 3n]);
    expect(
      ["rules_version", "rules_from", "next_version", "next_from"].map((n) => said[n]),
    ).toEqual([5n, 2n ** 33n + 6n, 9n, 2n ** 38n]);
    expect([said["books_root"], said["previous"]]).toEqual([
      commitment.booksRoot.toHex(),
      commitment.previous.toHex(),
    ]);
    expect(messageNamed("total").size).toBe(TOTAL_SIZE);
    expect(messageNamed("link").size).toBe(LINK_SIZE);
  });

  test.each([
    ["version", 0, 1, "commitment version 1 is unknown"],
    ["kind", 1, 3, "not a commitment"],
    ["count of assets", 240, 3, "commitment length and its counts differ"],
    ["count of links", 244, 2, "commitment length and its counts differ"],
    ["rules version in force", 4, 0, "the rules version in force is not one"],
    ["rules version to come", 264, 5, "the rules version to come is not one"],
    ["position of the one to come", 260, 0, "the rules version to come is not one"],
    ["reserved bytes", 266, 1, "reserved bytes behind the rules versions are not zero"],
  ] as const)("is refused for its %s", (_name, at, value, sentence) => {
    const bytes = legal.slice();
    bytes[at] = value;
    expect(decodeCommitment(bytes)).toBe(sentence);
  });
});

describe("a segment", () => {
  const venue = new Prng(7).bytes(32);
  const header = { kind: 1, shard: 7, first: 2 ** 40 + 1, salt: 0xdead_beef, venue };
  const bytes = segments.encodeSegmentHeader(header);
  const entry = { kind: 1, first: 2 ** 40 + 1, count: 3, logTime: 2 ** 50 + 9 };
  const payload = new Prng(8).bytes(100);

  test("header comes back, and lies as the table says", () => {
    const table = messageNamed("segment_header");
    expect(segments.decodeSegmentHeader(bytes)).toEqual(header);
    expect(decodeByTable(table, bytes)).toEqual({
      version: 1n,
      kind: 1n,
      shard: 7n,
      magic: "CSEG",
      first: 2n ** 40n + 1n,
      salt: 0xdead_beefn,
      venue: venue.toHex(),
      sum: BigInt(crc32(bytes.subarray(0, fieldNamed(table, "sum").at))),
    });
    expect(table.size).toBe(segments.SEGMENT_HEADER_SIZE);
  });

  test.each([0, header.salt])("entry comes back and lies as the table says, salt %p", (salt) => {
    const table = messageNamed("entry_header");
    const sealed = segments.encodeEntry(entry, payload, salt);
    const into = new segments.EntryView();
    expect(segments.scanEntry(sealed, 0, salt, into)).toBe("");
    expect([into.kind, into.first, into.last, into.count, into.logTime]).toEqual([
      1,
      entry.first,
      entry.first + 2,
      3,
      entry.logTime,
    ]);
    expect(sealed.subarray(into.begin, into.end)).toEqual(payload);
    expect(decodeByTable(table, sealed)).toEqual({
      version: 1n,
      kind: 1n,
      magic: "CENT",
      first: 2n ** 40n + 1n,
      count: 3n,
      size: 100n,
      log_time_us: 2n ** 50n + 9n,
      bytes_sum: BigInt(crc32(payload, salt)),
      sum: BigInt(crc32(sealed.subarray(0, fieldNamed(table, "sum").at), salt)),
    });
    expect(table.size).toBe(segments.ENTRY_HEADER_SIZE);
  });
});
