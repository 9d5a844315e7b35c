/**
 * Golden vectors: protocol.json is what its maker makes, and everything in it is made once more by
 * other code: bytes by the message table, hashes by node:crypto, signatures by libsodium, reports
 * and roots by the other engine.
 */
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { viewOf } from "../../src/base/bytes.ts";
import { signerFromSeed } from "../../src/edges/keys.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { openCheckpoint } from "../../src/proofs/checkpoint-note.ts";
import { decodeCommitment } from "../../src/proofs/commitment.ts";
import { noteKey } from "../../src/proofs/signed-note.ts";
import { checkFrame } from "../../src/protocol/check-frame.ts";
import { decodeExecution } from "../../src/protocol/execution.ts";
import { MESSAGES, messageNamed } from "../../src/protocol/message-table.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import * as segments from "../../src/protocol/segment.ts";
import { naiveLeafHash, naiveRoot } from "../proofs/naive-merkle.ts";
import {
  makeProtocolVectors,
  type MessageVector,
  type ProtocolVectors,
} from "../vectors/make-protocol-vectors.ts";
import { encodeByTable, type Values } from "./table-codec.ts";

const { reference } = await openVerifiers();
const file = new URL("../vectors/protocol.json", import.meta.url);
const vectors: ProtocolVectors = await Bun.file(file).json();

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex);
}

function hashOf(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** Every message vector of the file, wherever it stands. */
function messageVectors(): MessageVector[] {
  const found: MessageVector[] = [];
  JSON.stringify(vectors, (_key, value: unknown) => {
    if (isMessageVector(value)) found.push(value);
    return value;
  });
  return found;
}

function isMessageVector(value: unknown): value is MessageVector {
  return typeof value === "object" && value !== null && "message" in value && "fields" in value;
}

const frames = vectors.records.flatMap(({ frame }) => (frame === null ? [] : [frame]));
const genesisFrame = bytesOf(vectors.records[0]!.frame!.bytes);
const venue = hashOf(genesisFrame);

test("the file is what its maker makes", () => {
  expect(JSON.parse(JSON.stringify(makeProtocolVectors()))).toEqual(vectors);
});

test("every message of the table has a vector", () => {
  const given = new Set(messageVectors().map(({ message }) => message));
  const missing = MESSAGES.filter(({ name }) => !given.has(name)).map(({ name }) => name);
  expect(missing).toEqual([]);
});

test("the fields of each say its bytes", () => {
  for (const { message, fields, bytes } of messageVectors()) {
    const table = messageNamed(message);
    const values: Record<string, bigint | string> = {};
    for (const { name, type } of table.fields) {
      const value = fields[name];
      if (value === undefined) continue;
      values[name] = type === "bytes" || type === "text" ? String(value) : BigInt(value);
    }
    const said = encodeByTable(table, values satisfies Values).toHex();
    expect([message, bytes.slice(0, 2 * table.size)]).toEqual([message, said]);
  }
});

describe("a frame of the file", () => {
  test("is its header, its commands and its signature", () => {
    for (const { message, bytes, commands, signature } of frames) {
      const header = bytes.slice(0, 2 * messageNamed(message).size);
      expect(bytes).toBe(header + commands.map((command) => command.bytes).join("") + signature);
    }
  });

  test("is accepted, and its tag begins its hash", () => {
    const scope = { venue, shard: 1, directoryOrigin: 1 };
    for (const { bytes } of frames.slice(1)) expect(checkFrame(bytesOf(bytes), scope)).toBe(0);
    for (const { bytes, tag } of frames) {
      expect(hashOf(bytesOf(bytes)).subarray(0, 8).toHex()).toBe(tag);
    }
  });

  test("bears the signature that its signer's seed makes and libsodium accepts", () => {
    const keys = new Map(vectors.keys.map((key) => [key.name, key]));
    for (const { signed_by: who, frame } of vectors.records) {
      if (frame === null || who === null) continue;
      const { seed = "", public_key: publicKey = "" } = keys.get(who) ?? {};
      const signed = bytesOf(frame.bytes).subarray(0, -64);
      expect(signerFromSeed(bytesOf(seed)).sign(signed).toHex()).toBe(frame.signature);
      expect(reference.verify(signed, bytesOf(frame.signature), bytesOf(publicKey))).toBe(true);
    }
  });
});

test("the venue id is the hash of the genesis frame", () => {
  expect(venue.toHex()).toBe(vectors.venue);
  const inFrames = frames.slice(1).map(({ fields }) => fields["venue"]);
  expect(new Set(inFrames)).toEqual(new Set([vectors.venue]));
});

describe("the records of the file", () => {
  const records = vectors.records.map(({ record }) => bytesOf(record.bytes));

  test("give these reports and this chain from the other engine too", () => {
    const engine = new Engine(genesisFrame, { levels: createLevels, roots: true });
    const batch = new ReportBatch();
    let chain: Uint8Array = new Uint8Array(32);
    for (const [i, bytes] of records.entries()) {
      const record = new RecordView();
      expect(readRecord(viewOf(bytes), 0, record)).toBe("");
      batch.clear();
      engine.apply(viewOf(bytes), record, batch);
      const { reports, chain: said, position } = vectors.records[i]!;
      expect(batch.slice(0).toHex()).toBe(reports.map((report) => report.bytes).join(""));
      chain = hashOf(chain, batch.slice(0));
      expect([position, chain.toHex()]).toEqual([i + 1, said]);
    }
  });

  test("lie in the execution record and in the segment", () => {
    const execution = decodeExecution(bytesOf(vectors.execution.bytes));
    if (typeof execution === "string") throw new Error(execution);
    const reports = vectors.records.flatMap((record) => record.reports);
    expect(execution.reports.toHex()).toBe(reports.map(({ bytes }) => bytes).join(""));
    expect(execution.chain.toHex()).toBe(vectors.records.at(-1)!.chain);
    const { segment_header: header, entry_header: entry } = vectors;
    const segment = bytesOf(header.bytes + entry.bytes + Buffer.concat(records).toHex());
    expect(segments.decodeSegmentHeader(segment)).toMatchObject({ shard: 1, first: 1, salt: 0 });
    const into = new segments.EntryView();
    expect(segments.scanEntry(segment, segments.SEGMENT_HEADER_SIZE, 0, into)).toBe("");
    expect([into.last, into.end]).toEqual([records.length, segment.length]);
  });

  test("are covered by the commitment and its notes", () => {
    const commitment = decodeCommitment(bytesOf(vectors.commitment.bytes));
    if (typeof commitment === "string") throw new Error(commitment);
    const covered = records.slice(0, commitment.position);
    const leaves = covered.map((record) => hashOf(Uint8Array.of(0), record).toHex());
    expect(leaves).toEqual(vectors.records.slice(0, covered.length).map(({ leaf }) => leaf));
    expect(naiveRoot(covered.map(naiveLeafHash))).toEqual(commitment.inputRoot);
    const engine = new Engine(genesisFrame, { levels: createLevels, roots: true });
    for (const bytes of covered) {
      const record = new RecordView();
      readRecord(viewOf(bytes), 0, record);
      engine.apply(viewOf(bytes), record, new ReportBatch());
    }
    const { accounts, markets, books, arrivals, directory, totals, links } = engine.roots();
    expect([commitment.accountsRoot, commitment.marketsRoot, commitment.booksRoot]).toEqual([
      accounts,
      markets,
      books,
    ]);
    expect([commitment.arrivals, commitment.directory]).toEqual([arrivals, directory]);
    expect([commitment.totals, commitment.links]).toEqual([totals, links]);
    expect(commitment.reportChain.toHex()).toBe(vectors.records[covered.length - 1]!.chain);
    const trees = [
      { note: vectors.notes.input, origin: "in", size: covered.length, root: commitment.inputRoot },
      {
        note: vectors.notes.state,
        origin: "state",
        size: 1,
        root: naiveLeafHash(bytesOf(vectors.commitment.bytes)),
      },
    ];
    const key = vectors.keys.find(({ name }) => name === "checkpoint")!;
    for (const { note, origin, size, root } of trees) {
      const opened = openCheckpoint(new TextEncoder().encode(note), {
        origin: `${vectors.venue}/1/${origin}`,
        keys: [noteKey(vectors.venue, bytesOf(key.public_key))],
        verify: (message, signature, publicKey) => reference.verify(message, signature, publicKey),
      });
      expect(opened).toMatchObject({ ok: true, checkpoint: { size, root } });
    }
  });
});
