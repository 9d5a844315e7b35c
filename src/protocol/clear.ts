/**
 * Clear: the operator's command that lifts a halt, the only frame that a halted shard takes.
 *
 * It names the record behind which the shard is halted, the report chain after that record and the
 * SHA-256 of the text of the mark. So it fits one halt only: an old one lifts no later halt,
 * and one whose signer has seen another state lifts nothing. Byte table: docs/PROTOCOL.md.
 */
import { assert } from "../base/assert.ts";
import { equalBytes, readU64, viewOf, writeU64 } from "../base/bytes.ts";
import { HASH_SIZE, sha256 } from "../base/hash.ts";
import { COMMAND_CLEAR, FRAME_OPERATOR } from "./codes.ts";
import * as at from "./command-layout.ts";
import * as frames from "./frame.ts";

export interface Clear {
  /** Of the newest record, behind which the shard is halted. */
  readonly position: number;
  /** Report chain after that record. */
  readonly chain: Uint8Array;
  /** See `reasonHash`. */
  readonly reason: Uint8Array;
}

/** What a Clear calls the halt by: SHA-256 of the text that the mark holds. */
export function reasonHash(reason: string): Uint8Array {
  return sha256(new TextEncoder().encode(reason));
}

/** Whether it is of this very halt, as far as its mark goes. */
export function isClearOf(clear: Clear, mark: string): boolean {
  return equalBytes(clear.reason, reasonHash(mark));
}

export function encodeClear({ position, chain, reason }: Clear): Uint8Array<ArrayBuffer> {
  assert(chain.length === HASH_SIZE && reason.length === HASH_SIZE, "a hash has 32 bytes");
  const bytes = new Uint8Array(at.CLEAR_SIZE);
  bytes[0] = COMMAND_CLEAR;
  writeU64(viewOf(bytes), at.CLEAR_POSITION, position);
  bytes.set(chain, at.CLEAR_CHAIN);
  bytes.set(reason, at.CLEAR_REASON);
  return bytes;
}

/** The Clear of a frame that checkFrame accepts, or null if it holds anything else. */
export function readClear(frame: Uint8Array): Clear | null {
  const start = frames.FRAME_HEADER_SIZE;
  if (frame.length !== start + at.CLEAR_SIZE + frames.SIGNATURE_SIZE) return null;
  if (frame[frames.FRAME_KIND_AT] !== FRAME_OPERATOR || frame[start] !== COMMAND_CLEAR) return null;
  const part = (from: number): Uint8Array => frame.slice(start + from, start + from + HASH_SIZE);
  const position = readU64(viewOf(frame), start + at.CLEAR_POSITION);
  return { position, chain: part(at.CLEAR_CHAIN), reason: part(at.CLEAR_REASON) };
}
