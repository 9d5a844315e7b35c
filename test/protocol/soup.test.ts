/**
 * SoupBinTCP: packets are the same however the network slices the stream; lengths that no packet
 * has lose the place; logins are read as the specification writes them.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { viewOf } from "../../src/base/bytes.ts";
import { messageNamed } from "../../src/protocol/message-table.ts";
import { FRAME_SIZE_MAX } from "../../src/protocol/record.ts";
import * as soup from "../../src/protocol/soup.ts";
import { legalFrames } from "./samples.ts";
import { decodeByTable } from "./table-codec.ts";

type Packet = readonly [type: number, payload: string];

class Delivery {
  readonly packets: Packet[] = [];
  readonly cutter: soup.PacketCutter;

  constructor(sizeMax?: number) {
    this.cutter = new soup.PacketCutter(sizeMax);
  }

  push(chunk: Uint8Array): boolean {
    return this.cutter.push(chunk, (type, payload) => this.packets.push([type, payload.toHex()]));
  }
}

function stream(packets: readonly Packet[]): Uint8Array {
  return Buffer.concat(packets.map(([type, hex]) => soup.encodePacket(type, fromHex(hex))));
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex);
}

/** One packet of every kind, frames of every command among them. */
function conversation(): Packet[] {
  const login = { username: "1", password: "", session: "", sequence: 1 };
  const frames = legalFrames(new Prng(1)).map((frame) => frame.toHex());
  return [
    [soup.SOUP_LOGIN_REQUEST, soup.encodeLoginRequest(login).subarray(3).toHex()],
    [soup.SOUP_CLIENT_HEARTBEAT, ""],
    ...frames.map((hex): Packet => [soup.SOUP_UNSEQUENCED, hex]),
    [soup.SOUP_DEBUG, "68656c6c6f"],
    [soup.SOUP_LOGOUT, ""],
  ];
}

describe("the same packets come out", () => {
  const packets = conversation();
  const bytes = stream(packets);

  test("in one piece", () => {
    const delivery = new Delivery();
    expect(delivery.push(bytes)).toBe(true);
    expect(delivery.packets).toEqual(packets);
    expect(delivery.cutter.isInside).toBe(false);
  });

  test("byte by byte", () => {
    const delivery = new Delivery();
    for (const byte of bytes) expect(delivery.push(Uint8Array.of(byte))).toBe(true);
    expect(delivery.packets).toEqual(packets);
  });

  test("cut in two at every byte", () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const delivery = new Delivery();
      delivery.push(bytes.subarray(0, cut));
      delivery.push(bytes.subarray(cut));
      if (!Bun.deepEquals(delivery.packets, packets)) expect(delivery.packets).toEqual(packets);
    }
  });

  test("cut in three at every pair of bytes of three packets", () => {
    const three = packets.slice(0, 3);
    const some = stream(three);
    for (let first = 0; first <= some.length; first++) {
      for (let second = first; second <= some.length; second++) {
        const delivery = new Delivery();
        delivery.push(some.subarray(0, first));
        delivery.push(some.subarray(first, second));
        delivery.push(some.subarray(second));
        if (!Bun.deepEquals(delivery.packets, three)) expect(delivery.packets).toEqual(three);
      }
    }
    expect(some.length).toBeGreaterThan(200);
  });

  test("cut at random, many packets in a chunk", () => {
    const random = new Prng(2);
    const long = Array.from({ length: 20 }, () => packets).flat();
    const all = stream(long);
    const delivery = new Delivery();
    for (let at = 0; at < all.length; ) {
      const size = random.between(1, 3000);
      delivery.push(all.subarray(at, at + size));
      at += size;
    }
    expect(delivery.packets).toEqual(long);
  });
});

describe("a length that no packet has", () => {
  test("zero", () => {
    const delivery = new Delivery();
    expect(delivery.push(Uint8Array.of(0, 1, 0x52, 0, 0))).toBe(false);
    expect(delivery.packets).toEqual([[0x52, ""]]);
  });

  test("one more than the limit; the limit itself passes", () => {
    const sizeMax = 3 + FRAME_SIZE_MAX;
    const right = soup.encodePacket(soup.SOUP_UNSEQUENCED, new Uint8Array(FRAME_SIZE_MAX));
    const delivery = new Delivery(sizeMax);
    expect(delivery.push(right)).toBe(true);
    expect(delivery.packets.length).toBe(1);
    const wrong = soup.encodePacket(soup.SOUP_UNSEQUENCED, new Uint8Array(FRAME_SIZE_MAX + 1));
    expect(delivery.push(wrong.subarray(0, 1))).toBe(true);
    expect(delivery.push(wrong.subarray(1, 2))).toBe(false);
  });

  test("the longest there is, where nothing else is said", () => {
    const delivery = new Delivery();
    const longest = soup.encodePacket(soup.SOUP_DEBUG, new Uint8Array(soup.SOUP_PAYLOAD_MAX));
    expect(longest.subarray(0, 3)).toEqual(Uint8Array.of(0xff, 0xff, 0x2b));
    expect(delivery.push(longest)).toBe(true);
    expect(delivery.packets[0]![1].length).toBe(2 * soup.SOUP_PAYLOAD_MAX);
    const over = new Uint8Array(soup.SOUP_PAYLOAD_MAX + 1);
    expect(() => soup.encodePacket(soup.SOUP_DEBUG, over)).toThrow("fits its two-byte length");
  });
});

test("memory is one packet, whatever a peer claims and sends", () => {
  const cutter = new soup.PacketCutter(100);
  const held: ArrayBufferLike[] = [];
  const take = (_type: number, payload: Uint8Array): number => held.push(payload.buffer);
  for (let i = 0; i < 1000; i++) {
    cutter.push(soup.encodePacket(soup.SOUP_UNSEQUENCED, new Uint8Array(i % 98)), take);
  }
  expect(new Set(held).size).toBe(1);
  expect(held[0]!.byteLength).toBe(100);
  expect(cutter.push(Uint8Array.of(0xff, 0xff), take)).toBe(false);
});

test("it knows when it is in the middle of a packet", () => {
  const delivery = new Delivery();
  const insides = Array.from(stream([[0x55, "aabb"]]), (byte) => {
    delivery.push(Uint8Array.of(byte));
    return delivery.cutter.isInside;
  });
  expect(insides).toEqual([true, true, true, true, false]);
});

describe("a login request", () => {
  test("is 46 characters as the specification writes them", () => {
    const login = { username: "12", password: "x", session: "", sequence: 1 };
    const bytes = soup.encodeLoginRequest(login);
    const text = new TextDecoder().decode(bytes);
    expect(text).toBe(`\0\x2fL12    x         ${" ".repeat(10)}${"1".padStart(20)}`);
    expect(soup.decodeLoginRequest(bytes.subarray(3))).toEqual(login);
    expect(bytes.length).toBe(3 + messageNamed("login_request").size);
    expect(decodeByTable(messageNamed("login_request"), bytes.subarray(3))).toEqual({
      username: "12    ",
      password: "x         ",
      session: " ".repeat(10),
      sequence: "1".padStart(20),
    });
  });

  test("may pad its numbers on either side, or leave the sequence blank", () => {
    const payload = (sequence: string): Uint8Array =>
      new TextEncoder().encode(`${"7".padEnd(6)}${" ".repeat(20)}${sequence}`);
    const read = (sequence: string): number | undefined =>
      soup.decodeLoginRequest(payload(sequence))?.sequence;
    expect(read("1".padEnd(20))).toBe(1);
    expect(read("1".padStart(20))).toBe(1);
    expect(read("00000000000000000001")).toBe(1);
    expect(read(" ".repeat(20))).toBe(0);
    expect(read("-1".padStart(20))).toBeUndefined();
    expect(read("1x".padStart(20))).toBeUndefined();
    expect(read("9".repeat(20))).toBe(1e20);
  });

  test("of any other length, or of any bytes, is none and throws nothing", () => {
    const random = new Prng(3);
    for (let size = 0; size < 100; size++) {
      const read = soup.decodeLoginRequest(random.bytes(size));
      if (size !== 46) expect(read).toBeNull();
    }
    for (let i = 0; i < 2000; i++) soup.decodeLoginRequest(random.bytes(46));
  });
});

test("an accepted login names the session and the first number", () => {
  const bytes = soup.encodeLoginAccepted("0a1b2c3d4e", 1);
  const text = new TextDecoder().decode(bytes);
  expect(text).toBe(`\0\x1fA0a1b2c3d4e${"1".padStart(20)}`);
  expect(bytes.length).toBe(3 + messageNamed("login_accepted").size);
});

test("a packet is a big-endian length, a type and a payload", () => {
  const bytes = soup.encodePacket(soup.SOUP_SEQUENCED, Uint8Array.of(1, 2, 3));
  expect(bytes).toEqual(Uint8Array.of(0, 4, 0x53, 1, 2, 3));
  expect(decodeByTable(messageNamed("packet"), bytes)).toEqual({ length: 4n, type: "S" });
  const into = new Uint8Array(10);
  expect(soup.writePacket(into, 2, soup.SOUP_SERVER_HEARTBEAT, new Uint8Array(0))).toBe(5);
  expect(viewOf(into).getUint16(2, false)).toBe(1);
});
