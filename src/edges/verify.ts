/**
 * verify: whether a signature holds. The rule is part of the protocol: accepted if and only if
 * libsodium's crypto_sign_verify_detached accepts.
 *
 *   signature   [ R: point, 32 bytes ][ S: scalar, 32 bytes ]
 *   public key  [ A: point, 32 bytes ]
 *   a point     y in 255 bits, little-endian, and the sign of x in the last bit
 *
 * In words: S below the group's order, y of A and R below the field's prime, neither of low order,
 * and R = [S]B - [k]A without a cofactor, k over the bytes as sent. BoringSSL, behind node:crypto,
 * is several times faster and checks the equation alike, but takes points of low order and y past
 * the prime in A; hence `isStrict` in front of it. No verifier throws, whatever the bytes.
 *
 * `openVerifiers` is the only way to a verifier, and the tests run over all that it returns.
 */
import { type KeyObject, createPublicKey, verify } from "node:crypto";
import { type Sodium, openSodium } from "./sodium.ts";

export const SIGNATURE_SIZE = 64;
export const PUBLIC_KEY_SIZE = 32;

/** Prepared keys that the fast verifier keeps; beyond, the oldest goes. */
export const PREPARED_KEYS_MAX = 16_384;

export interface SignatureVerifier {
  readonly name: string;
  /** False for anything but a good signature, wrong lengths included. Reads its arguments only. */
  verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean;
}

export interface Verifiers {
  /** libsodium itself: the judge, and what settlement and the verifier use. */
  readonly reference: SignatureVerifier;
  /** The same answers in less time: the hot path. */
  readonly fast: SignatureVerifier;
}

export async function openVerifiers(): Promise<Verifiers> {
  return { reference: sodiumVerifier(await openSodium()), fast: boringVerifier() };
}

function sodiumVerifier(sodium: Sodium): SignatureVerifier {
  return {
    name: "libsodium",
    verify: (message, signature, publicKey) =>
      haveRightSizes(signature, publicKey) && sodium.verifyDetached(signature, message, publicKey),
  };
}

function boringVerifier(): SignatureVerifier {
  const keys = new PreparedKeys();
  return {
    name: "boringssl",
    verify: (message, signature, publicKey) =>
      haveRightSizes(signature, publicKey) &&
      isStrict(signature, publicKey) &&
      verify(null, message, keys.get(publicKey), signature),
  };
}

function haveRightSizes(signature: Uint8Array, publicKey: Uint8Array): boolean {
  return signature.length === SIGNATURE_SIZE && publicKey.length === PUBLIC_KEY_SIZE;
}

/** Key objects by the bytes of the key. What is in it changes the time of an answer, never it. */
export class PreparedKeys {
  private readonly byHex = new Map<string, KeyObject>();

  get size(): number {
    return this.byHex.size;
  }

  get(publicKey: Uint8Array): KeyObject {
    const hex = publicKey.toHex();
    const known = this.byHex.get(hex);
    if (known !== undefined) return known;

    const made = publicKeyObject(publicKey);
    if (this.byHex.size === PREPARED_KEYS_MAX) this.dropOldest();
    this.byHex.set(hex, made);
    return made;
  }

  private dropOldest(): void {
    for (const hex of this.byHex.keys()) {
      this.byHex.delete(hex);
      return;
    }
  }
}

/** The DER bytes before an Ed25519 public key in its standard envelope (RFC 8410). */
const SPKI_HEAD = Uint8Array.fromHex("302a300506032b6570032100");

/** Any 32 bytes will do: BoringSSL looks at the point when it verifies. */
export function publicKeyObject(publicKey: Uint8Array): KeyObject {
  const der = Buffer.concat([SPKI_HEAD, publicKey]);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

/** The part of the rule that needs no curve arithmetic. Sizes are the caller's business. */
export function isStrict(signature: Uint8Array, publicKey: Uint8Array): boolean {
  return (
    isBelowOrder(signature) &&
    isBelowPrime(publicKey) &&
    isBelowPrime(signature) &&
    !isLowOrder(publicKey) &&
    !isLowOrder(signature)
  );
}

/** L, the order of the base point: 2^252 + 27742317777372353535851937790883648493. */
const ORDER = Uint8Array.fromHex(
  "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
);

/** S < L; S is the second half of the signature. Half of all S are told by the last byte. */
function isBelowOrder(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const digit = signature[32 + i]!;
    if (digit !== ORDER[i]!) return digit < ORDER[i]!;
  }
  return false;
}

/** y < p = 2^255 - 19; the point is the first 32 bytes. */
function isBelowPrime(point: Uint8Array): boolean {
  if ((point[31]! & 0x7f) !== 0x7f) return true;
  for (let i = 30; i > 0; i--) if (point[i]! !== 0xff) return true;
  return point[0]! < 0xed;
}

/**
 * y of the eight points whose order divides 8, both signs of x. With y below the prime these are
 * all their encodings, together with the two of y = 1 and y = -1 that claim a negative zero.
 */
const LOW_ORDER_Y: readonly Uint8Array[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((hex) => Uint8Array.fromHex(hex));

function isLowOrder(point: Uint8Array): boolean {
  for (const y of LOW_ORDER_Y) if (hasY(point, y)) return true;
  return false;
}

function hasY(point: Uint8Array, y: Uint8Array): boolean {
  for (let i = 0; i < 31; i++) if (point[i]! !== y[i]!) return false;
  return (point[31]! & 0x7f) === y[31]!;
}
