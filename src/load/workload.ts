/**
 * Workload: a flow of orders in the public benchmark's file format, read and written.
 *
 *   header, 16 bytes:  u64 magic, u32 version 1, u32 count
 *   message, 40 bytes:
 *
 *   offset  size  field
 *        0     1  type        0 new, 1 cancel, 2 modify
 *        1     1  side        0 buy, 1 sell; new only
 *        2     1  ioc         1: immediate or cancel; new only
 *        3     1  zero
 *        4     4  quantity    new: size; modify: the new open quantity
 *        8     8  sequence    equals the message's index
 *       16     8  order id    the client's
 *       24     8  price       ticks, signed; new and modify
 *       32     8  zero
 *
 * Little-endian throughout. Messages are read where they lie.
 */
import { readU64, viewOf, writeU64 } from "../base/bytes.ts";

export const MESSAGE_NEW = 0;
export const MESSAGE_CANCEL = 1;
export const MESSAGE_MODIFY = 2;

const MAGIC_LOW = 0x5f303031;
const MAGIC_HIGH = 0x4d454257;
const VERSION = 1;
const HEADER_SIZE = 16;
const MESSAGE_SIZE = 40;
const SIDE = 1;
const IOC = 2;
const QUANTITY = 4;
const SEQUENCE = 8;
const ORDER_ID = 16;
const PRICE = 24;

export interface Message {
  readonly type: number;
  readonly side: number;
  readonly ioc: boolean;
  readonly quantity: number;
  readonly orderId: bigint;
  readonly price: number;
}

export class Workload {
  readonly count: number;
  private readonly view: DataView;

  constructor(view: DataView) {
    this.view = view;
    this.count = (view.byteLength - HEADER_SIZE) / MESSAGE_SIZE;
  }

  message(index: number): Message {
    const at = HEADER_SIZE + index * MESSAGE_SIZE;
    return {
      type: this.view.getUint8(at),
      side: this.view.getUint8(at + SIDE),
      ioc: this.view.getUint8(at + IOC) === 1,
      quantity: this.view.getUint32(at + QUANTITY, true),
      orderId: this.view.getBigUint64(at + ORDER_ID, true),
      price: Number(this.view.getBigInt64(at + PRICE, true)),
    };
  }
}

/** The workload in these bytes, or what is wrong with them. */
export function readWorkload(bytes: Uint8Array): Workload | string {
  if (bytes.length < HEADER_SIZE) return "workload is cut";
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== MAGIC_LOW || view.getUint32(4, true) !== MAGIC_HIGH) {
    return "not a workload";
  }
  const version = view.getUint32(8, true);
  if (version !== VERSION) return `workload version ${version} is unknown`;
  const count = view.getUint32(12, true);
  if (bytes.length !== HEADER_SIZE + count * MESSAGE_SIZE) {
    return "workload length and its count differ";
  }
  for (let i = 0; i < count; i++) {
    const at = HEADER_SIZE + i * MESSAGE_SIZE;
    if (view.getUint8(at) > MESSAGE_MODIFY) return `message ${i} has an unknown type`;
    if (readU64(view, at + SEQUENCE) !== i) return `message ${i} has another sequence number`;
  }
  return new Workload(view);
}

/** The bytes of a workload file with these messages. */
export function writeWorkload(messages: readonly Message[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_SIZE + messages.length * MESSAGE_SIZE);
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC_LOW, true);
  view.setUint32(4, MAGIC_HIGH, true);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, messages.length, true);
  for (const [i, message] of messages.entries()) {
    const at = HEADER_SIZE + i * MESSAGE_SIZE;
    view.setUint8(at, message.type);
    view.setUint8(at + SIDE, message.side);
    view.setUint8(at + IOC, message.ioc ? 1 : 0);
    view.setUint32(at + QUANTITY, message.quantity, true);
    writeU64(view, at + SEQUENCE, i);
    view.setBigUint64(at + ORDER_ID, message.orderId, true);
    view.setBigInt64(at + PRICE, BigInt(message.price), true);
  }
  return bytes;
}
