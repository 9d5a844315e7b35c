/**
 * Bytes: the few things every codec needs. Everything stored or sent is little-endian.
 *
 * A u64 travels as two u32 halves and lives in JavaScript as a number below 2^53; values that may
 * use all 64 bits (client order ids) stay two halves and never become a number.
 */
const TWO_32 = 0x1_0000_0000;

/** Exclusive bound of the integers that a number holds exactly. */
export const SAFE_LIMIT = 2 ** 53;

/** Reads a u64 as a number. Above 2^53 it is rounded: compare it with SAFE_LIMIT before use. */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32;
}

/** Writes an integer of 0 .. 2^53-1 as a u64. */
export function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / TWO_32), true);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The bytes that a view is of. */
export function bytesOf<B extends ArrayBufferLike>(view: DataView<B>): Uint8Array<B> {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** -1, 0 or 1, comparing byte by byte as unsigned, the shorter first on a tie. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const size = Math.min(a.length, b.length);
  for (let i = 0; i < size; i++) {
    if (a[i]! !== b[i]!) return a[i]! < b[i]! ? -1 : 1;
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** The bytes of an even-length hex string, or null. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return null;
  return Uint8Array.fromHex(text);
}
