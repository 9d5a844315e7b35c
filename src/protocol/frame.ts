/**
 * Frame: what a trader or operator signs. One signature over one command or a batch.
 *
 *   offset  size  field
 *        0     4  protocol   "CLOB"
 *        4     1  version    1
 *        5     1  kind       1 genesis, 2 directory, 3 operator, 4 trader, 5 logon
 *        6     2  shard      1 .. 65,534; 65,535 for the directory
 *        8    32  venue      the venue id; zero in the first shard's genesis
 *       40     4  account    0 for operators
 *       44     4  key        key id
 *       48     8  nonce      1 .. 2^53-1, used once per key and shard
 *       56     8  expiry     log time in microseconds after which it is refused; 0 never
 *       64     2  count      commands, 1 .. 256
 *       66     2  size       bytes of all commands
 *       68     4  reserved   zero
 *       72  size  commands   each a multiple of 8 bytes
 *  72+size    64  signature  Ed25519 over all bytes before it
 *
 * Little-endian throughout. A frame has one encoding only, so its hash is the order's hash.
 */
import { readU64, writeU64 } from "../base/bytes.ts";
import { PROTOCOL_VERSION } from "./codes.ts";

export const FRAME_VERSION_AT = 4;
export const FRAME_KIND_AT = 5;
export const FRAME_SHARD_AT = 6;
export const FRAME_VENUE_AT = 8;
export const FRAME_ACCOUNT_AT = 40;
export const FRAME_KEY_AT = 44;
export const FRAME_NONCE_AT = 48;
export const FRAME_EXPIRY_AT = 56;
export const FRAME_COUNT_AT = 64;
export const FRAME_SIZE_AT = 66;
export const FRAME_RESERVED_AT = 68;
export const FRAME_HEADER_SIZE = 72;
export const SIGNATURE_SIZE = 64;
export const VENUE_SIZE = 32;
/** Bytes of the frame's hash that reports carry. */
export const TAG_SIZE = 8;

/** "CLOB" read as a little-endian u32. */
export const FRAME_MAGIC = 0x424f4c43;

export interface FrameHeader {
  readonly kind: number;
  readonly shard: number;
  readonly venue: Uint8Array;
  readonly account: number;
  readonly key: number;
  readonly nonce: number;
  /** Log time in microseconds, 0 for none. */
  readonly expiry: number;
}

/** A whole frame around `commands`, its last 64 bytes still zero; see `signedPart`. */
export function encodeFrame(
  header: FrameHeader,
  commands: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const command of commands) size += command.length;
  const bytes = new Uint8Array(FRAME_HEADER_SIZE + size + SIGNATURE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, FRAME_MAGIC, true);
  view.setUint8(FRAME_VERSION_AT, PROTOCOL_VERSION);
  view.setUint8(FRAME_KIND_AT, header.kind);
  view.setUint16(FRAME_SHARD_AT, header.shard, true);
  bytes.set(header.venue, FRAME_VENUE_AT);
  view.setUint32(FRAME_ACCOUNT_AT, header.account, true);
  view.setUint32(FRAME_KEY_AT, header.key, true);
  writeU64(view, FRAME_NONCE_AT, header.nonce);
  writeU64(view, FRAME_EXPIRY_AT, header.expiry);
  view.setUint16(FRAME_COUNT_AT, commands.length, true);
  view.setUint16(FRAME_SIZE_AT, size, true);
  let at = FRAME_HEADER_SIZE;
  for (const command of commands) {
    bytes.set(command, at);
    at += command.length;
  }
  return bytes;
}

/** Encodes and signs in one go. */
export function signFrame(
  header: FrameHeader,
  commands: readonly Uint8Array[],
  sign: (message: Uint8Array) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = encodeFrame(header, commands);
  bytes.set(sign(signedPart(bytes)), bytes.length - SIGNATURE_SIZE);
  return bytes;
}

/** The bytes that are signed: all but the last 64. */
export function signedPart(frame: Uint8Array): Uint8Array {
  return frame.subarray(0, frame.length - SIGNATURE_SIZE);
}

export function signaturePart(frame: Uint8Array): Uint8Array {
  return frame.subarray(frame.length - SIGNATURE_SIZE);
}

/** Reads a header whose frame `checkFrame` has accepted. */
export function readFrameHeader(view: DataView, at: number): FrameHeader {
  return {
    kind: view.getUint8(at + FRAME_KIND_AT),
    shard: view.getUint16(at + FRAME_SHARD_AT, true),
    venue: new Uint8Array(view.buffer, view.byteOffset + at + FRAME_VENUE_AT, VENUE_SIZE),
    account: view.getUint32(at + FRAME_ACCOUNT_AT, true),
    key: view.getUint32(at + FRAME_KEY_AT, true),
    nonce: readU64(view, at + FRAME_NONCE_AT),
    expiry: readU64(view, at + FRAME_EXPIRY_AT),
  };
}
