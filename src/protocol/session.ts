/**
 * Session messages: what a server says besides reports, each the payload of a sequenced packet.
 *
 * hello, 72 bytes, always packet 1:
 *        0     1  kind 1
 *        1     1  version
 *        2     2  shard
 *        4     2  rules_version
 *        6     2  directory_origin
 *        8    32  venue
 *       40    32  challenge         to be signed back in each logon
 *
 * refused, 32 bytes: a frame that never entered the log, or whose outcome is not known
 *        0     1  kind 2
 *        1     1  reserved, zero
 *        2     2  code
 *        4     4  account           as the frame says; 0 if it can't be read
 *        8     4  key
 *       12     4  reserved, zero
 *       16     8  nonce
 *       24     8  tag               first 8 bytes of SHA-256 of the frame
 *
 * resume, 24 bytes: behind a logged_on, what of the account's reports follows
 *        0     1  kind 3
 *        1     1  reserved, zero
 *        2     2  code              0, snapshot_required or report_number
 *        4     4  account
 *        8     8  first             number of the first report that follows
 *       16     8  last              number of the newest report known
 *
 * done, 32 bytes: behind the last report of a frame that came over this connection
 *        0     1  kind 4
 *        1     3  reserved, zero
 *        4     4  account           as in the frame
 *        8     8  position          of its record
 *       16     8  tag
 *       24     4  reports           numbered ones that the frame caused to this account
 *       28     4  reserved, zero
 */
import { readU64, viewOf, writeU64 } from "../base/bytes.ts";
import * as codes from "./codes.ts";

export const HELLO_SIZE = 72;
export const REFUSED_SIZE = 32;
export const RESUME_SIZE = 24;
export const DONE_SIZE = 32;

export interface Hello {
  readonly shard: number;
  readonly rulesVersion: number;
  readonly directoryOrigin: number;
  readonly venue: Uint8Array;
  readonly challenge: Uint8Array;
}

export function encodeHello(hello: Hello): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HELLO_SIZE);
  const view = viewOf(bytes);
  view.setUint8(0, codes.MESSAGE_HELLO);
  view.setUint8(1, codes.PROTOCOL_VERSION);
  view.setUint16(2, hello.shard, true);
  view.setUint16(4, hello.rulesVersion, true);
  view.setUint16(6, hello.directoryOrigin, true);
  bytes.set(hello.venue, 8);
  bytes.set(hello.challenge, 40);
  return bytes;
}

/** Null for bytes that are no hello of this version. */
export function decodeHello(bytes: Uint8Array): Hello | null {
  const right =
    bytes.length === HELLO_SIZE &&
    bytes[0] === codes.MESSAGE_HELLO &&
    bytes[1] === codes.PROTOCOL_VERSION;
  if (!right) return null;
  const view = viewOf(bytes);
  return {
    shard: view.getUint16(2, true),
    rulesVersion: view.getUint16(4, true),
    directoryOrigin: view.getUint16(6, true),
    venue: bytes.slice(8, 40),
    challenge: bytes.slice(40, 72),
  };
}

export interface Refused {
  readonly code: number;
  readonly account: number;
  readonly key: number;
  readonly nonce: number;
  readonly tag: Uint8Array;
}

export function encodeRefused(refused: Refused): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(REFUSED_SIZE);
  const view = viewOf(bytes);
  view.setUint8(0, codes.MESSAGE_REFUSED);
  view.setUint16(2, refused.code, true);
  view.setUint32(4, refused.account, true);
  view.setUint32(8, refused.key, true);
  writeU64(view, 16, refused.nonce);
  bytes.set(refused.tag, 24);
  return bytes;
}

/** Null for bytes that are no refused. */
export function decodeRefused(bytes: Uint8Array): Refused | null {
  if (bytes.length !== REFUSED_SIZE || bytes[0] !== codes.MESSAGE_REFUSED) return null;
  const view = viewOf(bytes);
  if (view.getUint8(1) !== 0 || view.getUint32(12, true) !== 0) return null;
  return {
    code: view.getUint16(2, true),
    account: view.getUint32(4, true),
    key: view.getUint32(8, true),
    nonce: readU64(view, 16),
    tag: bytes.slice(24, 32),
  };
}

export interface Resume {
  readonly code: number;
  readonly account: number;
  readonly first: number;
  readonly last: number;
}

export function encodeResume(resume: Resume): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(RESUME_SIZE);
  const view = viewOf(bytes);
  view.setUint8(0, codes.MESSAGE_RESUME);
  view.setUint16(2, resume.code, true);
  view.setUint32(4, resume.account, true);
  writeU64(view, 8, resume.first);
  writeU64(view, 16, resume.last);
  return bytes;
}

/** Null for bytes that are no resume. */
export function decodeResume(bytes: Uint8Array): Resume | null {
  if (bytes.length !== RESUME_SIZE || bytes[0] !== codes.MESSAGE_RESUME) return null;
  const view = viewOf(bytes);
  if (view.getUint8(1) !== 0) return null;
  return {
    code: view.getUint16(2, true),
    account: view.getUint32(4, true),
    first: readU64(view, 8),
    last: readU64(view, 16),
  };
}

export interface Done {
  readonly account: number;
  readonly position: number;
  readonly tag: Uint8Array;
  readonly reports: number;
}

export function encodeDone(done: Done): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(DONE_SIZE);
  const view = viewOf(bytes);
  view.setUint8(0, codes.MESSAGE_DONE);
  view.setUint32(4, done.account, true);
  writeU64(view, 8, done.position);
  bytes.set(done.tag, 16);
  view.setUint32(24, done.reports, true);
  return bytes;
}

/** Null for bytes that are no done. */
export function decodeDone(bytes: Uint8Array): Done | null {
  if (bytes.length !== DONE_SIZE || bytes[0] !== codes.MESSAGE_DONE) return null;
  const view = viewOf(bytes);
  const isClean = bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0;
  if (!isClean || view.getUint32(28, true) !== 0) return null;
  return {
    account: view.getUint32(4, true),
    position: readU64(view, 8),
    tag: bytes.slice(16, 24),
    reports: view.getUint32(24, true),
  };
}
