/**
 * checkFrame: what anyone may refuse from the bytes alone, without key table, book or clock.
 *
 * Ingress refuses by it, the engine halts by it (a record that fails it has no successor state),
 * the verifier judges by it. Checks run in field order, header before commands, commands one by
 * one; the first failure is the answer. What fields say together comes behind the fields.
 */
import { readU64, SAFE_LIMIT, viewOf } from "../base/bytes.ts";
import { checkCommand } from "./check-command.ts";
import * as codes from "./codes.ts";
import { COMMAND_SIZE } from "./command-layout.ts";
import * as frame from "./frame.ts";
import { FRAME_SIZE_MAX } from "./record.ts";

const FRAME_SIZE_MIN = frame.FRAME_HEADER_SIZE + 8 + frame.SIGNATURE_SIZE;

/**
 * Of the log it is for. A directory frame names SHARD_DIRECTORY, and is for the shard that leads
 * the directory alone.
 */
export interface FrameScope {
  readonly venue: Uint8Array;
  readonly shard: number;
  readonly directoryOrigin: number;
}

/** ACCEPTED or the code of the first thing wrong. Genesis frames are not for this door. */
export function checkFrame(bytes: Uint8Array, scope: FrameScope): number {
  return checkFrameView(viewOf(bytes), scope);
}

/** The same of a view on just the frame. */
export function checkFrameView(view: DataView, scope: FrameScope): number {
  if (view.byteLength < FRAME_SIZE_MIN || view.byteLength > FRAME_SIZE_MAX) {
    return codes.REJECT_FRAME_SIZE;
  }
  return checkHeader(view, scope) || checkSizes(view) || checkCommands(view);
}

function checkHeader(view: DataView, scope: FrameScope): number {
  if (view.getUint32(0, true) !== frame.FRAME_MAGIC) return codes.REJECT_PROTOCOL;
  if (view.getUint8(frame.FRAME_VERSION_AT) !== codes.PROTOCOL_VERSION) return codes.REJECT_VERSION;
  const kind = view.getUint8(frame.FRAME_KIND_AT);
  if (kind < codes.FRAME_DIRECTORY || kind > codes.FRAME_DISCONNECT) return codes.REJECT_FRAME_KIND;
  const isDirectory = kind === codes.FRAME_DIRECTORY;
  const shard = isDirectory ? codes.SHARD_DIRECTORY : scope.shard;
  if (view.getUint16(frame.FRAME_SHARD_AT, true) !== shard) return codes.REJECT_SHARD;
  if (isDirectory && scope.shard !== scope.directoryOrigin) return codes.REJECT_SHARD;
  for (let i = 0; i < frame.VENUE_SIZE; i++) {
    if (view.getUint8(frame.FRAME_VENUE_AT + i) !== scope.venue[i]) return codes.REJECT_VENUE;
  }
  const account = view.getUint32(frame.FRAME_ACCOUNT_AT, true);
  if (kind >= codes.FRAME_TRADER && account === 0) return codes.REJECT_ACCOUNT;
  if (kind === codes.FRAME_OPERATOR && account !== 0) return codes.REJECT_ACCOUNT;
  const nonce = readU64(view, frame.FRAME_NONCE_AT);
  if (nonce === 0 || nonce >= SAFE_LIMIT) return codes.REJECT_NONCE;
  if (readU64(view, frame.FRAME_EXPIRY_AT) >= SAFE_LIMIT) return codes.REJECT_TIME;
  return codes.ACCEPTED;
}

function checkSizes(view: DataView): number {
  const count = view.getUint16(frame.FRAME_COUNT_AT, true);
  if (count < 1 || count > codes.BATCH_COUNT_MAX) return codes.REJECT_BATCH_COUNT;
  const size = view.getUint16(frame.FRAME_SIZE_AT, true);
  const whole = frame.FRAME_HEADER_SIZE + size + frame.SIGNATURE_SIZE;
  if (whole !== view.byteLength) return codes.REJECT_BATCH_SIZE;
  const isZero = view.getUint32(frame.FRAME_RESERVED_AT, true) === 0;
  return isZero ? codes.ACCEPTED : codes.REJECT_RESERVED;
}

/** Each command's type, then that it fits, then its fields; at last whether it may have company. */
function checkCommands(view: DataView): number {
  const count = view.getUint16(frame.FRAME_COUNT_AT, true);
  const end = view.byteLength - frame.SIGNATURE_SIZE;
  const kind = view.getUint8(frame.FRAME_KIND_AT);
  let at = frame.FRAME_HEADER_SIZE;
  let alone = kind !== codes.FRAME_OPERATOR && kind !== codes.FRAME_TRADER;
  for (let i = 0; i < count; i++) {
    if (at >= end) return codes.REJECT_BATCH_SIZE;
    const type = view.getUint8(at);
    if (!belongs(type, kind)) return codes.REJECT_COMMAND_TYPE;
    const next = at + COMMAND_SIZE[type]!;
    if (next > end) return codes.REJECT_BATCH_SIZE;
    const code = checkCommand(view, at, type);
    if (code !== codes.ACCEPTED) return code;
    alone ||= type === codes.COMMAND_UPGRADE || type === codes.COMMAND_CLEAR;
    at = next;
  }
  if (at !== end) return codes.REJECT_BATCH_SIZE;
  if (alone && count !== 1) return codes.REJECT_NOT_ALONE;
  return codes.ACCEPTED;
}

/** Which commands travel in which kind of frame: the ranges of the types say it. */
function belongs(type: number, kind: number): boolean {
  if (COMMAND_SIZE[type] === 0) return false;
  if (kind === codes.FRAME_DISCONNECT) return type === codes.COMMAND_MASS_CANCEL;
  if (type < codes.COMMAND_LOGON) return kind === codes.FRAME_TRADER;
  if (type < codes.COMMAND_ACCOUNT_OPEN) return kind === codes.FRAME_LOGON;
  if (type < codes.COMMAND_ASSET_OPEN) return kind === codes.FRAME_DIRECTORY;
  return kind === codes.FRAME_OPERATOR;
}
