/**
 * SoupBinTCP 3.00 packets: the framing and manners of order entry.
 *
 *   offset  size  field
 *        0     2  length   big-endian, of what follows: type and payload, 1 .. 65,535
 *        2     1  type     one letter
 *        3        payload
 *
 *   client: L login request, U unsequenced data (a frame), R heartbeat, O logout, + debug
 *   server: A login accepted, J login rejected, S sequenced data (a message of ours), H heartbeat,
 *           Z end of session, + debug
 *
 * Sequenced packets are counted, not numbered: the first behind the login is number 1.
 * Source: Nasdaq, SoupBinTCP 3.00. Where we differ stands in docs/PROTOCOL.md.
 */
import { assert } from "../base/assert.ts";

export const SOUP_HEADER_SIZE = 2;
export const SOUP_PACKET_MAX = SOUP_HEADER_SIZE + 0xffff;
export const SOUP_PAYLOAD_MAX = 0xfffe;

export const SOUP_DEBUG = 0x2b;
export const SOUP_LOGIN_ACCEPTED = 0x41;
export const SOUP_SERVER_HEARTBEAT = 0x48;
export const SOUP_LOGIN_REJECTED = 0x4a;
export const SOUP_LOGIN_REQUEST = 0x4c;
export const SOUP_LOGOUT = 0x4f;
export const SOUP_CLIENT_HEARTBEAT = 0x52;
export const SOUP_SEQUENCED = 0x53;
export const SOUP_UNSEQUENCED = 0x55;
export const SOUP_END_OF_SESSION = 0x5a;

/** Reasons of a login reject. */
export const SOUP_NOT_AUTHORIZED = 0x41;
export const SOUP_NO_SESSION = 0x53;

const LOGIN_REQUEST_SIZE = 46;

/** One packet; `payload` may be empty. */
export function encodePacket(type: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(3 + payload.length);
  writePacket(bytes, 0, type, payload);
  return bytes;
}

/** Writes a packet at `at`; returns the offset behind it. */
export function writePacket(
  into: Uint8Array,
  at: number,
  type: number,
  payload: Uint8Array,
): number {
  assert(payload.length <= SOUP_PAYLOAD_MAX, "a packet's payload fits its two-byte length");
  const length = payload.length + 1;
  into[at] = length >>> 8;
  into[at + 1] = length & 0xff;
  into[at + 2] = type;
  into.set(payload, at + 3);
  return at + 3 + payload.length;
}

export interface LoginRequest {
  readonly username: string;
  readonly password: string;
  /** Blank for the current session. */
  readonly session: string;
  /** The next sequence number wanted: 0 or 1 here. */
  readonly sequence: number;
}

export function encodeLoginRequest(login: LoginRequest): Uint8Array<ArrayBuffer> {
  const text =
    login.username.padEnd(6) +
    login.password.padEnd(10) +
    login.session.padStart(10) +
    String(login.sequence).padStart(20);
  return encodePacket(SOUP_LOGIN_REQUEST, new TextEncoder().encode(text));
}

/** The fields of a login request's payload, or null when they cannot be read. */
export function decodeLoginRequest(payload: Uint8Array): LoginRequest | null {
  if (payload.length !== LOGIN_REQUEST_SIZE) return null;
  const text = ascii(payload);
  const sequence = text.slice(26).trim();
  if (!/^\d*$/.test(sequence)) return null;
  return {
    username: text.slice(0, 6).trim(),
    password: text.slice(6, 16).trim(),
    session: text.slice(16, 26).trim(),
    sequence: Number(sequence),
  };
}

export function encodeLoginAccepted(session: string, sequence: number): Uint8Array<ArrayBuffer> {
  const text = session.padStart(10) + String(sequence).padStart(20);
  return encodePacket(SOUP_LOGIN_ACCEPTED, new TextEncoder().encode(text));
}

function ascii(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

const HELD_SIZE_MIN = 1024;

/**
 * PacketCutter: cuts a byte stream into packets, however the network slices it.
 *
 * One number, `wanted`, is its whole state; memory is one packet whatever a peer claims, no more
 * than the largest so far. A payload is on loan until `deliver` returns.
 */
export class PacketCutter {
  private held: Uint8Array;
  private readonly sizeMax: number;
  private count = 0;
  private wanted = SOUP_HEADER_SIZE;

  /** `sizeMax`: of a whole packet. */
  constructor(sizeMax = SOUP_PACKET_MAX) {
    this.sizeMax = sizeMax;
    this.held = new Uint8Array(Math.min(sizeMax, HELD_SIZE_MIN));
  }

  /** True in the middle of a packet. */
  get isInside(): boolean {
    return this.count > 0;
  }

  /** False when a length is illegal: the place in the stream is lost, the connection must go. */
  push(chunk: Uint8Array, deliver: (type: number, payload: Uint8Array) => void): boolean {
    for (let at = 0; at < chunk.length; ) {
      const size = Math.min(this.wanted - this.count, chunk.length - at);
      this.held.set(chunk.subarray(at, at + size), this.count);
      this.count += size;
      at += size;
      if (this.count < this.wanted) break;

      if (this.wanted === SOUP_HEADER_SIZE) {
        const length = (this.held[0]! << 8) | this.held[1]!;
        if (length === 0 || SOUP_HEADER_SIZE + length > this.sizeMax) return false;
        this.wanted = SOUP_HEADER_SIZE + length;
        if (this.wanted > this.held.length) this.grow();
      } else {
        const packetSize = this.wanted;
        this.count = 0;
        this.wanted = SOUP_HEADER_SIZE;
        deliver(this.held[2]!, this.held.subarray(3, packetSize));
      }
    }
    return true;
  }

  private grow(): void {
    const size = Math.min(this.sizeMax, Math.max(this.wanted, 2 * this.held.length));
    const { held } = this;
    this.held = new Uint8Array(size);
    this.held.set(held.subarray(0, this.count));
  }
}
