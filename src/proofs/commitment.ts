/**
 * Commitment: what a checkpoint says of one shard's state. Leaf k of the state tree is commitment
 * k.
 *
 *   offset  size  field
 *        0     1  version           2
 *        1     1  kind              4
 *        2     2  shard
 *        4     2  rules_version
 *        6     2  directory_origin
 *        8     8  number            k, from 0
 *       16     8  position          records covered; the size of the input tree
 *       24     8  log_time          of the last of them
 *       32    32  input_root        root of the input tree at that size
 *       64    32  report_chain      after the last of them
 *       96    32  accounts_root
 *      128    32  markets_root
 *      160    32  books_root
 *      192    32  previous          SHA-256 of commitment k-1, zero for the first
 *      224     8  arrivals
 *      232     8  directory         entries of it written or applied
 *      240     4  assets            count of totals
 *      244     4  links             count of links
 *      248    24  from which positions the rules versions govern, see protocol/governing.ts
 *      272        totals, 64 bytes each, then links, 24 bytes each, see docs/RULES.md section 8
 */
import { readU64, viewOf, writeU64 } from "../base/bytes.ts";
import {
  type Governing,
  GOVERNING_SIZE,
  readGoverning,
  writeGoverning,
} from "../protocol/governing.ts";

export const COMMITMENT_VERSION = 2;
export const COMMITMENT_KIND = 4;
const GOVERNING_AT = 248;
export const COMMITMENT_FIXED_SIZE = GOVERNING_AT + GOVERNING_SIZE;
export const TOTAL_SIZE = 64;
export const LINK_SIZE = 24;

export interface Commitment {
  readonly shard: number;
  readonly governing: Governing;
  readonly directoryOrigin: number;
  readonly number: number;
  readonly position: number;
  readonly logTime: number;
  readonly inputRoot: Uint8Array;
  readonly reportChain: Uint8Array;
  readonly accountsRoot: Uint8Array;
  readonly marketsRoot: Uint8Array;
  readonly booksRoot: Uint8Array;
  readonly previous: Uint8Array;
  readonly arrivals: number;
  readonly directory: number;
  readonly totals: Uint8Array;
  readonly links: Uint8Array;
}

export function encodeCommitment(commitment: Commitment): Uint8Array<ArrayBuffer> {
  const { totals, links } = commitment;
  const bytes = new Uint8Array(COMMITMENT_FIXED_SIZE + totals.length + links.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, COMMITMENT_VERSION);
  view.setUint8(1, COMMITMENT_KIND);
  view.setUint16(2, commitment.shard, true);
  view.setUint16(4, commitment.governing.current.version, true);
  view.setUint16(6, commitment.directoryOrigin, true);
  writeU64(view, 8, commitment.number);
  writeU64(view, 16, commitment.position);
  writeU64(view, 24, commitment.logTime);
  bytes.set(commitment.inputRoot, 32);
  bytes.set(commitment.reportChain, 64);
  bytes.set(commitment.accountsRoot, 96);
  bytes.set(commitment.marketsRoot, 128);
  bytes.set(commitment.booksRoot, 160);
  bytes.set(commitment.previous, 192);
  writeU64(view, 224, commitment.arrivals);
  writeU64(view, 232, commitment.directory);
  view.setUint32(240, totals.length / TOTAL_SIZE, true);
  view.setUint32(244, links.length / LINK_SIZE, true);
  writeGoverning(view, GOVERNING_AT, commitment.governing);
  bytes.set(totals, COMMITMENT_FIXED_SIZE);
  bytes.set(links, COMMITMENT_FIXED_SIZE + totals.length);
  return bytes;
}

/** The commitment, or a sentence about what is wrong with its bytes. */
export function decodeCommitment(bytes: Uint8Array): Commitment | string {
  if (bytes.length < COMMITMENT_FIXED_SIZE) return "commitment is cut";
  const view = viewOf(bytes);
  const version = view.getUint8(0);
  if (version !== COMMITMENT_VERSION) return `commitment version ${version} is unknown`;
  if (view.getUint8(1) !== COMMITMENT_KIND) return "not a commitment";
  const linksAt = COMMITMENT_FIXED_SIZE + view.getUint32(240, true) * TOTAL_SIZE;
  const size = linksAt + view.getUint32(244, true) * LINK_SIZE;
  if (size !== bytes.length) return "commitment length and its counts differ";
  const governing = readGoverning(view, GOVERNING_AT, view.getUint16(4, true));
  if (typeof governing === "string") return governing;
  return {
    shard: view.getUint16(2, true),
    governing,
    directoryOrigin: view.getUint16(6, true),
    number: readU64(view, 8),
    position: readU64(view, 16),
    logTime: readU64(view, 24),
    inputRoot: bytes.slice(32, 64),
    reportChain: bytes.slice(64, 96),
    accountsRoot: bytes.slice(96, 128),
    marketsRoot: bytes.slice(128, 160),
    booksRoot: bytes.slice(160, 192),
    previous: bytes.slice(192, 224),
    arrivals: readU64(view, 224),
    directory: readU64(view, 232),
    totals: bytes.slice(COMMITMENT_FIXED_SIZE, linksAt),
    links: bytes.slice(linksAt),
  };
}
