/**
 * Makes protocol.json: the bytes of every message, from fixed seeds, with what becomes of them.
 *
 *   bun test/vectors/make-protocol-vectors.ts
 *
 * Numbers of 64 bits are strings of digits, bytes are hex. docs/PROTOCOL.md prints from the file, a
 * client in another language can be tested by it alone, and test/protocol/vectors.test.ts makes
 * everything again, each thing by other code than here.
 */
import { viewOf } from "../../src/base/bytes.ts";
import { crc32 } from "../../src/base/crc32.ts";
import { sha256 } from "../../src/base/hash.ts";
import { signerFromSeed } from "../../src/edges/keys.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import { COMMITMENT_FIXED_SIZE, LINK_SIZE } from "../../src/proofs/commitment.ts";
import { signCheckpoint } from "../../src/proofs/checkpoint-note.ts";
import { Checkpointer, inputOrigin, statesOrigin } from "../../src/proofs/checkpointer.ts";
import { noteKey } from "../../src/proofs/signed-note.ts";
import { leafHash } from "../../src/proofs/tree-hash.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeExecution, ReportChain } from "../../src/protocol/execution.ts";
import type { Message } from "../../src/protocol/message-form.ts";
import { MESSAGES, messageNamed } from "../../src/protocol/message-table.ts";
import { encodePack, readRecord, RecordView } from "../../src/protocol/record.ts";
import { REPORT_SIZE, ReportBatch } from "../../src/protocol/report.ts";
import * as segments from "../../src/protocol/segment.ts";
import * as session from "../../src/protocol/session.ts";
import * as soup from "../../src/protocol/soup.ts";
import { decodeByTable } from "../protocol/table-codec.ts";
import * as story from "./protocol-story.ts";

/** Where the genesis frame's only operator key lies. */
const OPERATOR_AT = 72 + 104;
const ASSETS_AT = OPERATOR_AT + 40;
const NOTHING = new Uint8Array(0);

export type Fields = Readonly<Record<string, number | string>>;
export interface MessageVector {
  readonly message: string;
  readonly fields: Fields;
  readonly bytes: string;
}
export interface RecordVector {
  readonly position: number;
  readonly signed_by: string | null;
  /** The header of the frame, its commands, its signature; null for a tick. */
  readonly frame: FrameVector | null;
  readonly record: MessageVector;
  readonly reports: readonly MessageVector[];
  /** The report chain behind this record, and the record's leaf hash in the input tree. */
  readonly chain: string;
  readonly leaf: string;
}
export interface FrameVector extends MessageVector {
  readonly commands: readonly MessageVector[];
  readonly signature: string;
  readonly tag: string;
}

/** The fixed part of a message as a vector; `bytes` keeps all of what is given. */
export function vectorOf(name: string, bytes: Uint8Array): MessageVector {
  const message = messageNamed(name);
  return { message: name, fields: fieldsOf(message, bytes), bytes: bytes.toHex() };
}

function fieldsOf(message: Message, bytes: Uint8Array): Fields {
  const values = decodeByTable(message, bytes);
  const fields: Record<string, number | string> = {};
  for (const { name, type } of message.fields) {
    const value = values[name];
    if (value === undefined) continue;
    fields[name] = typeof value === "bigint" && type !== "u64" ? Number(value) : String(value);
  }
  return fields;
}

export function makeProtocolVectors() {
  const run = new StoryRun();
  const records = story.tellStory().map((told) => run.take(told));
  return {
    keys: Object.entries(story.SEEDS).map(([name, seed]) => ({
      name,
      seed: seed.toHex(),
      public_key: signerFromSeed(seed).publicKey.toHex(),
    })),
    venue: story.VENUE.toHex(),
    packets: packetVectors(),
    session: sessionVectors(records),
    records,
    ...run.finish(),
  };
}

export type ProtocolVectors = ReturnType<typeof makeProtocolVectors>;

function frameVector(frame: Uint8Array): FrameVector {
  const header = vectorOf("frame", frame.subarray(0, 72));
  const commands: MessageVector[] = [];
  for (let at = 72; at < frame.length - 64; ) {
    const vector = commandVector(frame.subarray(at, frame.length - 64));
    commands.push(vector);
    at += vector.bytes.length / 2;
  }
  return {
    ...header,
    commands,
    signature: frame.subarray(frame.length - 64).toHex(),
    bytes: frame.toHex(),
    tag: sha256(frame).subarray(0, 8).toHex(),
  };
}

/** The command that begins these bytes; a genesis takes them all. */
function commandVector(bytes: Uint8Array): MessageVector {
  const type = bytes[0]!;
  if (type === codes.COMMAND_GENESIS) return vectorOf("genesis", bytes);
  const message = MESSAGES.find(
    ({ fields: [first] }) => first?.name === "type" && first.says === String(type),
  );
  if (message === undefined) throw new RangeError(`no command ${type}`);
  return vectorOf(message.name, bytes.subarray(0, message.size));
}

/** Applies the story with the naive engine and follows its trees. */
class StoryRun {
  private readonly engine = new NaiveEngine(story.GENESIS_FRAME);
  private readonly chain = new ReportChain();
  private readonly checkpointer = new Checkpointer({
    shard: story.SHARD,
    directoryOrigin: story.SHARD,
    intervalUs: 1_000_000,
    commandsMax: 100_000,
  });
  private readonly packs: Uint8Array[] = [];
  private readonly reports: Uint8Array[] = [];
  private commitment: Uint8Array | null = null;
  private notes = { input: "", state: "" };

  take(told: story.Told): RecordVector {
    const { logTime, frame, signedBy } = told;
    const header = { shard: story.SHARD, rulesVersion: 1, directoryOrigin: story.SHARD, logTime };
    const bytes = encodePack(header, [frame]);
    if (this.checkpointer.endsBefore(logTime)) this.commit();
    const record = new RecordView();
    if (readRecord(viewOf(bytes), 0, record) !== "") throw new RangeError("a record is whole");
    const batch = new ReportBatch();
    this.engine.apply(viewOf(bytes), record, batch);
    const reports = batch.slice(0).slice();
    this.chain.step(reports);
    const vector = frame.length === 0 ? null : frameVector(frame);
    this.checkpointer.follow(bytes, logTime, vector?.commands.length ?? 0);
    this.packs.push(bytes);
    this.reports.push(reports);
    return {
      position: this.engine.position,
      signed_by: signedBy,
      frame: vector,
      record: vectorOf("record", bytes),
      reports: splitReports(reports),
      chain: this.chain.value.toHex(),
      leaf: leafHash(bytes).toHex(),
    };
  }

  finish() {
    const position = this.engine.position;
    const header = { shard: story.SHARD, rulesVersion: 1, directoryOrigin: story.SHARD };
    const execution = encodeExecution(
      {
        ...header,
        first: 1,
        last: position,
        epoch: 1,
        durable: position,
        lastCrc: crc32(this.packs.at(-1)!),
        chainBefore: new Uint8Array(32),
        chain: this.chain.value,
      },
      Buffer.concat(this.reports),
    );
    const pack = Buffer.concat(this.packs);
    const entry = {
      kind: segments.SEGMENT_INPUT,
      first: 1,
      count: position,
      logTime: story.START_US,
    };
    const venue = story.VENUE;
    const segmentHeader = {
      kind: segments.SEGMENT_INPUT,
      shard: story.SHARD,
      first: 1,
      salt: 0,
      venue,
    };
    const sealed = segments.encodeEntry(entry, pack, 0);
    return {
      operator_key: vectorOf("operator_key", story.GENESIS_FRAME.subarray(OPERATOR_AT, ASSETS_AT)),
      execution: vectorOf("execution", execution),
      commitment: vectorOf("commitment", this.commitment ?? NOTHING),
      total: vectorOf("total", this.commitment?.subarray(COMMITMENT_FIXED_SIZE) ?? NOTHING),
      link: vectorOf("link", this.commitment?.subarray(-LINK_SIZE) ?? NOTHING),
      notes: this.notes,
      segment_header: vectorOf("segment_header", segments.encodeSegmentHeader(segmentHeader)),
      entry_header: vectorOf("entry_header", sealed.subarray(0, segments.ENTRY_HEADER_SIZE)),
    };
  }

  private commit(): void {
    this.commitment = this.checkpointer.commit(this.engine.roots(), this.chain.value);
    const venue = story.VENUE.toHex();
    const { publicKey, sign } = story.SIGNERS.checkpoint;
    const key = noteKey(venue, publicKey);
    const { position, count, inputRoot, statesRoot } = this.checkpointer;
    const text = (origin: string, size: number, root: Uint8Array): string =>
      new TextDecoder().decode(signCheckpoint({ origin, size, root }, key, sign));
    this.notes = {
      input: text(inputOrigin(venue, story.SHARD), position, inputRoot),
      state: text(statesOrigin(venue, story.SHARD), count, statesRoot),
    };
  }
}

/** Reports that are laid out by a message of their own. */
const LAYOUTS: ReadonlyMap<number, string> = new Map([
  [codes.REPORT_ACCOUNT_OPENED, "key_report"],
  [codes.REPORT_KEY_ADDED, "key_report"],
  [codes.REPORT_OUTBOX, "outbox"],
]);

function splitReports(bytes: Uint8Array): MessageVector[] {
  const vectors: MessageVector[] = [];
  for (let at = 0; at < bytes.length; at += REPORT_SIZE) {
    const report = bytes.subarray(at, at + REPORT_SIZE);
    vectors.push(vectorOf(LAYOUTS.get(report[0]!) ?? "report", report));
  }
  return vectors;
}

function packetVectors() {
  const login = { username: "1", password: "", session: "", sequence: 1 };
  const empty = new Uint8Array(0);
  const rejected = Uint8Array.of(soup.SOUP_NOT_AUTHORIZED);
  const packets: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ["login_request", soup.encodeLoginRequest(login)],
    ["login_accepted", soup.encodeLoginAccepted("0a1b2c3d4e", 1)],
    ["login_rejected", soup.encodePacket(soup.SOUP_LOGIN_REJECTED, rejected)],
    ["server_heartbeat", soup.encodePacket(soup.SOUP_SERVER_HEARTBEAT, empty)],
    ["client_heartbeat", soup.encodePacket(soup.SOUP_CLIENT_HEARTBEAT, empty)],
    ["end_of_session", soup.encodePacket(soup.SOUP_END_OF_SESSION, empty)],
    ["logout", soup.encodePacket(soup.SOUP_LOGOUT, empty)],
  ];
  return packets.map(([name, bytes]) => {
    const isOurs = MESSAGES.some((message) => message.name === name);
    const payload = isOurs ? vectorOf(name, bytes.subarray(soup.SOUP_HEADER_SIZE + 1)) : null;
    return { name, packet: vectorOf("packet", bytes), payload };
  });
}

/** Alice's hello, the resume behind her logon, a refusal of a frame of hers, the end of another. */
function sessionVectors(records: readonly RecordVector[]): MessageVector[] {
  const refused = records.find(({ signed_by: who }) => who === "alice")?.frame;
  const tag = Uint8Array.fromHex(refused?.tag ?? "");
  const taken = records.find(
    ({ signed_by: who, reports }) => who === "alice" && reports.length > 1,
  );
  const isOwn = ({ message, fields }: MessageVector): boolean =>
    message !== "outbox" && fields["account"] === 1 && fields["index"] !== codes.INDEX_DUE;
  const done = {
    account: 1,
    position: taken?.position ?? 0,
    tag: Uint8Array.fromHex(taken?.frame?.tag ?? ""),
    reports: taken?.reports.filter(isOwn).length ?? 0,
  };
  const hello = {
    shard: story.SHARD,
    rulesVersion: 1,
    directoryOrigin: story.SHARD,
    venue: story.VENUE,
    challenge: story.CHALLENGE,
  };
  const refusal = { code: codes.REJECT_OVERLOADED, account: 1, key: 2, nonce: 1, tag };
  return [
    vectorOf("hello", session.encodeHello(hello)),
    vectorOf("refused", session.encodeRefused(refusal)),
    vectorOf("resume", session.encodeResume({ code: 0, account: 1, first: 1, last: 3 })),
    vectorOf("done", session.encodeDone(done)),
  ];
}

if (import.meta.main) {
  const vectors = makeProtocolVectors();
  const path = new URL("protocol.json", import.meta.url);
  await Bun.write(path, `${JSON.stringify(vectors, null, 2)}\n`);
  const reports = vectors.records.flatMap((record) => record.reports).length;
  console.log(`${vectors.records.length} records, ${reports} reports`);
}
