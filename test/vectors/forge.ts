/**
 * Forge: triples of message, signature and key made to order, and what arithmetic says of them.
 *
 * For the generator of edge cases. The one `random` is seeded and shared, so that the same calls in
 * the same order make the same bytes.
 */
import { Prng } from "../../src/base/prng.ts";
import {
  BASE,
  IDENTITY,
  L,
  NEGATIVE,
  P,
  add,
  challenge,
  decode,
  encode,
  isLowOrder,
  isSame,
  mod,
  negate,
  times,
  toBytes,
  toNumber,
  torsion,
} from "./edwards.ts";

export interface Triple {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly publicKey: Uint8Array;
}

export const random = new Prng(8032);
export const TORSION = torsion();

/** Every encoding of a low-order point that a lenient decoder takes: 8 canonical and 6 others. */
export const LOW_ENCODINGS: readonly Uint8Array[] = TORSION.map(encode).concat(
  [1n + NEGATIVE, P - 1n + NEGATIVE, P, P + NEGATIVE, P + 1n, P + 1n + NEGATIVE].map(toBytes),
);

export function scalar(): bigint {
  return mod(toNumber(random.bytes(32)), L);
}

export function joined(R: Uint8Array, S: bigint): Uint8Array {
  const signature = new Uint8Array(64);
  signature.set(R);
  signature.set(toBytes(S), 32);
  return signature;
}

/** A signature by a = `secret` over A = aB + `twistA`, with R = rB + `twistR`. */
export function signed(
  message: Uint8Array,
  secret: bigint,
  twistA = IDENTITY,
  twistR = IDENTITY,
): Triple {
  const r = scalar();
  const R = encode(add(times(r, BASE), twistR));
  const publicKey = encode(add(times(secret, BASE), twistA));
  const S = mod(r + challenge(R, publicKey, message) * secret, L);
  return { message, signature: joined(R, S), publicKey };
}

/** The first of some random triples for which the equation without cofactor is `holds`, or null. */
export function search(make: () => Triple, holds: boolean): Triple | null {
  for (let attempt = 0; attempt < 64; attempt++) {
    const triple = make();
    if (equationHolds(triple) === holds) return triple;
  }
  return null;
}

/** R = [S]B - [k]A as points, leniently decoded, with no other check. */
export function equationHolds({ message, signature, publicKey }: Triple): boolean {
  const R = signature.subarray(0, 32);
  const [pointA, pointR] = [decode(publicKey), decode(R)];
  if (pointA === null || pointR === null) return false;
  const k = challenge(R, publicKey, message);
  const S = toNumber(signature.subarray(32));
  return isSame(add(times(S, BASE), negate(times(k, pointA))), pointR);
}

export function isStrictByArithmetic({ signature, publicKey }: Triple): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  const R = signature.subarray(0, 32);
  return toNumber(signature.subarray(32)) < L && isGoodPoint(R) && isGoodPoint(publicKey);
}

function isGoodPoint(bytes: Uint8Array): boolean {
  const point = decode(bytes);
  return toNumber(bytes) % NEGATIVE < P && !(point !== null && isLowOrder(point));
}
