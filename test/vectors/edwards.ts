/**
 * Edwards: the curve of Ed25519 in bigints, to build signatures that no honest signer makes.
 *
 * Slow, not constant in time, for tests only. Points are (X : Y : Z : T) with x = X/Z, y = Y/Z,
 * x*y = T/Z, on -x^2 + y^2 = 1 + d x^2 y^2 over the integers modulo P.
 */
import { createHash } from "node:crypto";

export const P = 2n ** 255n - 19n;
/** The order of the base point; the whole curve has 8 times as many points. */
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;
export const NEGATIVE = 2n ** 255n;

const D = mod(-121665n * inverse(121666n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

export interface Point {
  readonly X: bigint;
  readonly Y: bigint;
  readonly Z: bigint;
  readonly T: bigint;
}

export const IDENTITY: Point = { X: 0n, Y: 1n, Z: 1n, T: 0n };
export const BASE = pointAt(mod(4n * inverse(5n)), false)!;

export function mod(a: bigint, by: bigint = P): bigint {
  const rest = a % by;
  return rest < 0n ? rest + by : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) {
    if (e & 1n) result = mod(result * b);
  }
  return result;
}

function inverse(a: bigint): bigint {
  return power(a, P - 2n);
}

/** The point with this y and sign of x, or null if there is none; y is taken modulo P. */
export function pointAt(yAny: bigint, negative: boolean): Point | null {
  const y = mod(yAny);
  const xx = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(xx, (P + 3n) / 8n);
  if (mod(x * x - xx) !== 0n) x = mod(x * ROOT_OF_MINUS_ONE);
  if (mod(x * x - xx) !== 0n) return null;
  if (((x & 1n) === 1n) !== negative) x = mod(-x);
  return { X: x, Y: y, Z: 1n, T: mod(x * y) };
}

export function add(p: Point, q: Point): Point {
  const a = mod((p.Y - p.X) * (q.Y - q.X));
  const b = mod((p.Y + p.X) * (q.Y + q.X));
  const c = mod(2n * D * p.T * q.T);
  const d = mod(2n * p.Z * q.Z);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return { X: mod(e * f), Y: mod(g * h), Z: mod(f * g), T: mod(e * h) };
}

export function negate(p: Point): Point {
  return { X: mod(-p.X), Y: p.Y, Z: p.Z, T: mod(-p.T) };
}

export function times(scalar: bigint, p: Point): Point {
  let result = IDENTITY;
  for (let n = scalar, q = p; n > 0n; n >>= 1n, q = add(q, q)) {
    if (n & 1n) result = add(result, q);
  }
  return result;
}

export function isSame(p: Point, q: Point): boolean {
  return mod(p.X * q.Z - q.X * p.Z) === 0n && mod(p.Y * q.Z - q.Y * p.Z) === 0n;
}

export function isLowOrder(p: Point): boolean {
  return isSame(times(8n, p), IDENTITY);
}

/** The one canonical encoding. */
export function encode(p: Point): Uint8Array {
  const z = inverse(p.Z);
  const x = mod(p.X * z);
  return toBytes(mod(p.Y * z) + ((x & 1n) === 1n ? NEGATIVE : 0n));
}

/** The point that a lenient decoder sees; null where no point has this y. */
export function decode(bytes: Uint8Array): Point | null {
  const all = toNumber(bytes);
  return pointAt(all % NEGATIVE, all >= NEGATIVE);
}

/** The eight points whose order divides 8: i times a point of order 8, at index i. */
export function torsion(): Point[] {
  for (let y = 2n; ; y++) {
    const any = pointAt(y, false);
    const small = any && times(L, any);
    if (small && !isSame(times(4n, small), IDENTITY)) {
      return Array.from({ length: 8 }, (_, i) => times(BigInt(i), small));
    }
  }
}

/** 32 bytes, little-endian, of an integer below 2^256. */
export function toBytes(value: bigint): Uint8Array {
  return Uint8Array.fromHex(value.toString(16).padStart(64, "0")).toReversed();
}

export function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytes.toReversed().toHex()}`);
}

/** k of the equation R = [S]B - [k]A: a hash of the bytes as sent. */
export function challenge(R: Uint8Array, A: Uint8Array, message: Uint8Array): bigint {
  const hash = createHash("sha512").update(R).update(A).update(message).digest();
  return mod(toNumber(new Uint8Array(hash)), L);
}
