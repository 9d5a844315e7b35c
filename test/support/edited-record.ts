/**
 * Edited records: the same record with other commands in its frame, or about other accounts and
 * keys. Signatures are dropped, since `apply` looks at none.
 */
import { readU64, viewOf, writeU64 } from "../../src/base/bytes.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as fields from "../../src/protocol/command-layout.ts";
import {
  encodeFrame,
  FRAME_COUNT_AT,
  FRAME_HEADER_SIZE,
  FRAME_KIND_AT,
  type FrameHeader,
  readFrameHeader,
} from "../../src/protocol/frame.ts";
import {
  encodePack,
  readRecord,
  RECORD_HEADER_SIZE,
  RecordView,
} from "../../src/protocol/record.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const FRAME_AT = RECORD_HEADER_SIZE;

/** The commands of a record's frame; none of a tick, a restart or genesis. */
export function commandsOf(record: Bytes): Bytes[] {
  if (record.length <= FRAME_AT) return [];
  const view = viewOf(record);
  if (view.getUint8(FRAME_AT + FRAME_KIND_AT) === codes.FRAME_GENESIS) return [];
  const commands: Bytes[] = [];
  let at = FRAME_AT + FRAME_HEADER_SIZE;
  for (let left = view.getUint16(FRAME_AT + FRAME_COUNT_AT, true); left > 0; left--) {
    const size = fields.COMMAND_SIZE[record[at]!]!;
    commands.push(record.slice(at, at + size));
    at += size;
  }
  return commands;
}

/** The record without the command at this index of its frame. */
export function withoutCommand(record: Bytes, index: number): Bytes {
  const header = readFrameHeader(viewOf(record), FRAME_AT);
  return rewritten(record, header, commandsOf(record).toSpliced(index, 1));
}

function rewritten(record: Bytes, header: FrameHeader, commands: readonly Bytes[]): Bytes {
  const read = new RecordView();
  const wrong = readRecord(viewOf(record), 0, read);
  if (wrong !== "") throw new Error(wrong);
  return encodePack(read, [encodeFrame(header, commands)]);
}

/** An account and its first key. */
export interface Opened {
  readonly account: number;
  readonly key: number;
}

/** The record as it would be if this account, with its key, had never been opened. */
export function withoutAccount(record: Bytes, { account, key }: Opened): Bytes {
  const commands = commandsOf(record);
  if (commands.length === 0) return record;
  const lower = (number: number, gone: number): number => (number > gone ? number - 1 : number);
  const header = readFrameHeader(viewOf(record), FRAME_AT);
  for (const command of commands) {
    const view = viewOf(command);
    const renumber = (at: number, gone: number): void =>
      view.setUint32(at, lower(view.getUint32(at, true), gone), true);
    const type = view.getUint8(0);
    if (type === codes.COMMAND_DEPOSIT) renumber(fields.DEPOSIT_ACCOUNT, account);
    if (type === codes.COMMAND_ACCOUNT_STATE) renumber(fields.STATE_TARGET, account);
    if (type === codes.COMMAND_KEY_REVOKE) renumber(fields.REVOKE_KEY, key);
    if (type !== codes.COMMAND_CARRY) continue;
    // The entry that opened it is one entry of the directory less, too.
    const isCredit = view.getUint8(fields.CARRY_ENTRY) === codes.ENTRY_CREDIT;
    renumber(fields.CARRY_ACCOUNT, account);
    if (!isCredit) renumber(fields.CARRY_KEY, key);
    const entries = isCredit ? fields.CARRY_DIRECTORY : fields.CARRY_NUMBER;
    writeU64(view, entries, Math.max(0, readU64(view, entries) - 1));
  }
  const renumbered = {
    ...header,
    account: lower(header.account, account),
    key: lower(header.key, key),
  };
  return rewritten(record, renumbered, commands);
}
