/**
 * describeRecord: a record as a line that a person can read, for tests that fail.
 *
 *   frame 4 account 2 key 7 nonce 3 expiry 0: new_order buy limit gtc market 1 id 9 5@100 ...
 */
import { readU64, toHex, viewOf } from "../../src/base/bytes.ts";
import {
  ENTRIES,
  ORDER_TYPES,
  SELF_TRADE_PREVENTIONS,
  SIDES,
  TIMES_IN_FORCE,
} from "../../src/protocol/code-names.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as fields from "../../src/protocol/command-layout.ts";
import { FRAME_COUNT_AT, FRAME_HEADER_SIZE, readFrameHeader } from "../../src/protocol/frame.ts";
import type { Names } from "../../src/protocol/message-form.ts";
import {
  readRecord,
  RECORD_HEADER_SIZE,
  RECORD_TICK,
  RecordView,
} from "../../src/protocol/record.ts";

export function describeRecord(bytes: Uint8Array): string {
  const view = viewOf(bytes);
  const record = new RecordView();
  const wrong = readRecord(view, 0, record);
  if (wrong !== "") return wrong;
  if (record.kind === RECORD_TICK) return `tick at ${record.logTime}`;
  const start = record.at + RECORD_HEADER_SIZE;
  const header = readFrameHeader(view, start);
  if (header.kind === codes.FRAME_GENESIS) return `genesis at ${record.logTime}`;
  const lines = [
    `frame ${header.kind} account ${header.account} key ${header.key} nonce ${header.nonce}` +
      ` expiry ${header.expiry} at ${record.logTime}`,
  ];
  let at = start + FRAME_HEADER_SIZE;
  for (let left = view.getUint16(start + FRAME_COUNT_AT, true); left > 0; left--) {
    const size = fields.COMMAND_SIZE[view.getUint8(at)]!;
    lines.push(`    ${describeCommand(bytes.subarray(at, at + size))}`);
    at += size;
  }
  return lines.join("\n");
}

function describeCommand(bytes: Uint8Array): string {
  const view = viewOf(bytes);
  const u32 = (offset: number): number => view.getUint32(offset, true);
  const type = view.getUint8(0);
  const about = `market ${u32(fields.COMMAND_MARKET)}`;
  if (type === codes.COMMAND_DEAD_MAN) {
    return `dead_man ${readU64(view, fields.DEAD_MAN_TIMEOUT)}`;
  }
  if (type === codes.COMMAND_TRANSFER) {
    const to = view.getUint16(fields.TRANSFER_SHARD, true);
    const amount = readU64(view, fields.TRANSFER_AMOUNT);
    return `transfer ${amount} of asset ${u32(fields.TRANSFER_ASSET)} to shard ${to}`;
  }
  if (type === codes.COMMAND_CARRY) return describeCarry(view);
  if (type === codes.COMMAND_MASS_CANCEL) return `mass_cancel ${about} side ${view.getUint8(1)}`;
  const id = bytes.length < 16 ? "" : `id ${view.getBigUint64(fields.COMMAND_CLIENT_ID, true)}`;
  if (type === codes.COMMAND_CANCEL) return `cancel ${about} ${id}`;
  if (type === codes.COMMAND_REDUCE) return `reduce ${about} ${id} by ${u32(16)}`;
  if (type === codes.COMMAND_REPLACE) return `replace ${about} ${id} ${u32(20)}@${u32(16)}`;
  if (type !== codes.COMMAND_NEW_ORDER) return `type ${type} ${toHex(bytes)}`;
  return `new_order ${describeOrder(view)} ${about} ${id}`;
}

function describeCarry(view: DataView): string {
  const u32 = (offset: number): number => view.getUint32(offset, true);
  const entry = nameOf(ENTRIES, view.getUint8(fields.CARRY_ENTRY));
  const source = view.getUint16(fields.CARRY_SHARD, true);
  const from = `${readU64(view, fields.CARRY_NUMBER)} of shard ${source}`;
  const about = `account ${u32(fields.CARRY_ACCOUNT)} key or asset ${u32(fields.CARRY_KEY)}`;
  const amount = `expiry or amount ${readU64(view, fields.CARRY_EXPIRY)}`;
  const early = `directory ${readU64(view, fields.CARRY_DIRECTORY)}`;
  return `carry ${entry} ${from} ${about} ${amount} ${early}`;
}

function describeOrder(view: DataView): string {
  const u8 = (offset: number): number => view.getUint8(offset);
  const u32 = (offset: number): number => view.getUint32(offset, true);
  const said = [
    nameOf(SIDES, u8(fields.ORDER_SIDE)),
    nameOf(ORDER_TYPES, u8(fields.ORDER_TYPE)),
    nameOf(TIMES_IN_FORCE, u8(fields.ORDER_TIF)),
    `${u32(fields.ORDER_QUANTITY)}@${u32(fields.ORDER_PRICE)}`,
    `stp ${nameOf(SELF_TRADE_PREVENTIONS, u8(fields.ORDER_STP))}`,
  ];
  const optional: readonly (readonly [string, number])[] = [
    ["post-only", u8(fields.ORDER_POST_ONLY)],
    ["stop", u32(fields.ORDER_STOP_PRICE)],
    ["till", readU64(view, fields.ORDER_GOOD_TILL)],
    ["budget", readU64(view, fields.ORDER_BUDGET)],
  ];
  for (const [name, value] of optional) if (value !== 0) said.push(`${name} ${value}`);
  return said.join(" ");
}

function nameOf(names: Names, value: number): string {
  return names.find(([known]) => known === value)?.[1] ?? String(value);
}
