/** The bytes of a segment, and that every flipped bit of header or entry is seen. */
import { describe, expect, test } from "bun:test";
import { crc32 } from "../../src/base/crc32.ts";
import { fromHex, toHex, viewOf } from "../../src/base/bytes.ts";
import {
  decodeSegmentHeader,
  ENTRY_BYTES_MAX,
  ENTRY_HEADER_SIZE,
  encodeEntry,
  encodeSegmentHeader,
  EntryView,
  isSegmentEnd,
  readEntryHeader,
  scanEntry,
  SEGMENT_EXECUTION,
  SEGMENT_INPUT,
} from "../../src/protocol/segment.ts";

const SALT = 0xdeadbeef;
const HEADER = {
  kind: SEGMENT_EXECUTION,
  shard: 258,
  first: 2 ** 40 + 3,
  salt: SALT,
  venue: Uint8Array.from({ length: 32 }, (_, i) => i + 1),
};
const ENTRY = { kind: SEGMENT_INPUT, first: 2 ** 33 + 1, count: 3, logTime: 1_700_000_000_123_456 };
const BYTES = new TextEncoder().encode("three records");

test("crc32 is that of zlib, and a sum can be continued", () => {
  const digits = new TextEncoder().encode("123456789");
  expect(crc32(digits)).toBe(0xcbf43926);
  expect(crc32(digits.subarray(4), crc32(digits.subarray(0, 4)))).toBe(0xcbf43926);
});

describe("segment header", () => {
  const venue = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
  const text = `01020201435345470300000000010000efbeadde00000000${venue}00000000`;

  test("has these 64 bytes", () => {
    const sum = new Uint8Array(4);
    viewOf(sum).setUint32(0, crc32(fromHex(text)!), true);
    expect(toHex(encodeSegmentHeader(HEADER))).toBe(text + toHex(sum));
    expect(decodeSegmentHeader(encodeSegmentHeader(HEADER))).toEqual(HEADER);
  });

  test("with any bit flipped, or cut, is refused with a sentence", () => {
    const bytes = encodeSegmentHeader(HEADER);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeSegmentHeader(flipped)).toBeString();
    }
    expect(decodeSegmentHeader(bytes.subarray(0, 63))).toBe("segment header is cut");
    const next = bytes.slice();
    next[0] = 2;
    expect(decodeSegmentHeader(next)).toBe("segment version 2 is unknown");
  });

  test("that lies about itself with a right sum is refused all the same", () => {
    for (const wrong of [{ kind: 3 }, { first: 0 }]) {
      expect(decodeSegmentHeader(encodeSegmentHeader({ ...HEADER, ...wrong }))).toBeString();
    }
  });
});

describe("entry", () => {
  test("has these bytes", () => {
    const bytes = encodeEntry(ENTRY, BYTES, 0);
    const fixed = "0101000043454e540100000002000000030000000d000000";
    expect(toHex(bytes.subarray(0, 32))).toBe(fixed + hexU64());
    const view = viewOf(bytes);
    expect(view.getUint32(32, true)).toBe(crc32(BYTES));
    expect(view.getUint32(36, true)).toBe(crc32(bytes.subarray(0, 36)));
    expect(bytes.subarray(ENTRY_HEADER_SIZE)).toEqual(BYTES);
  });

  function hexU64(): string {
    const bytes = new Uint8Array(8);
    viewOf(bytes).setBigUint64(0, BigInt(ENTRY.logTime), true);
    return toHex(bytes);
  }

  test("is read back where it lies", () => {
    const entry = encodeEntry(ENTRY, BYTES, SALT);
    const bytes = Buffer.concat([new Uint8Array(7), entry, new Uint8Array(9)]);
    const view = new EntryView();
    expect(scanEntry(bytes, 7, SALT, view)).toBe("");
    expect(Object.fromEntries(Object.entries(view))).toEqual({
      ...ENTRY,
      last: ENTRY.first + 2,
      at: 7,
      begin: 7 + ENTRY_HEADER_SIZE,
      end: 7 + entry.length,
    });
    expect([isSegmentEnd(bytes, 7), isSegmentEnd(bytes, view.end)]).toEqual([false, true]);
    expect(isSegmentEnd(entry, entry.length)).toBe(true);
  });

  test("with any bit flipped, cut anywhere, or of another salt is refused", () => {
    const bytes = encodeEntry(ENTRY, BYTES, SALT);
    const view = new EntryView();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(scanEntry(flipped, 0, SALT, view)).not.toBe("");
    }
    for (let size = 0; size < bytes.length; size++) {
      expect(scanEntry(bytes.subarray(0, size), 0, SALT, view)).toEndWith("is cut");
    }
    expect(scanEntry(bytes, 0, SALT + 1, view)).toBe("entry header has a wrong checksum");
  });

  test("a header that lies with a right sum is refused before anything is allocated", () => {
    const bytes = encodeEntry(ENTRY, BYTES, 0);
    const view = viewOf(bytes);
    const sealed = (): string => {
      view.setUint32(36, crc32(bytes.subarray(0, 36)), true);
      return readEntryHeader(bytes, 0, 0, new EntryView());
    };
    view.setUint32(20, ENTRY_BYTES_MAX + 1, true);
    expect(sealed()).toBe(`entry of ${ENTRY_BYTES_MAX + 1} bytes is over ${ENTRY_BYTES_MAX}`);
    view.setUint32(20, BYTES.length, true);
    view.setUint32(16, 0, true);
    expect(sealed()).toBe("entry covers no positions");
    view.setUint32(16, 3, true);
    view.setUint16(2, 1, true);
    expect(sealed()).toBe("reserved bytes of an entry are not zero");
  });
});
