/**
 * verify.bench: what a signature costs, for each candidate that could stand on the hot path.
 *
 *   bun bench/verify.bench.ts [smoke|full]
 *
 * Messages of 200 bytes (about a single order), 64 keys in turn. Native libsodium is measured where
 * the system has it; nothing of ours depends on it. "pool" lines keep 64 calls in flight on the
 * runtime's thread pool and so use all cores; the others use one.
 */
import { dlopen, ptr } from "bun:ffi";
import { type KeyObject, webcrypto, verify as verifyByNode } from "node:crypto";
import { Prng } from "../src/base/prng.ts";
import { signerFromSeed } from "../src/edges/keys.ts";
import {
  type SignatureVerifier,
  isStrict,
  openVerifiers,
  publicKeyObject,
} from "../src/edges/verify.ts";

const MESSAGE_SIZE = 200;
const KEYS = 64;
const IN_FLIGHT = 64;

/** Calls per round of a bench that does about 25 k/s; slower ones get fewer. */
const CALLS = { smoke: 200, full: 20_000 };
const ROUNDS = { smoke: 1, full: 5 };
type Size = keyof typeof CALLS;

interface Signed {
  readonly message: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly key: KeyObject;
}

export async function run(size: Size): Promise<void> {
  const signed = signedMessages();
  const { reference, fast } = await openVerifiers();
  const calls = CALLS[size];

  const one = (name: string, call: (s: Signed) => boolean, weight = 1): void =>
    report(name, measure(signed, call, { calls: Math.ceil(calls * weight), rounds: ROUNDS[size] }));

  one("verify, libsodium in WebAssembly (reference)", verifyingBy(reference), 0.3);
  one("verify, BoringSSL behind the filter (fast)", verifyingBy(fast));
  one("verify, BoringSSL alone, key prepared", (s) =>
    verifyByNode(null, s.message, s.key, s.signature),
  );
  one("verify, BoringSSL alone, key made each time", (s) =>
    verifyByNode(null, s.message, publicKeyObject(s.publicKey), s.signature),
  );
  one("the filter alone", (s) => isStrict(s.signature, s.publicKey), 50);
  const native = nativeSodium();
  if (native) one(`verify, libsodium ${native.version} by FFI`, native.verify);
  await measurePools(signed, size);
  measureSigning(size);
}

function verifyingBy(verifier: SignatureVerifier) {
  return ({ message, signature, publicKey }: Signed): boolean =>
    verifier.verify(message, signature, publicKey);
}

async function measurePools(signed: readonly Signed[], size: Size): Promise<void> {
  const subtle = new Map<Signed, CryptoKey>();
  for (const s of signed) {
    const key = await webcrypto.subtle.importKey("raw", s.publicKey, "Ed25519", false, ["verify"]);
    subtle.set(s, key);
  }
  const plan = { calls: CALLS[size], rounds: ROUNDS[size] };
  report("verify, BoringSSL, callback, pool", await measurePool(signed, verifyLater, plan));
  const bySubtle = (s: Signed): Promise<boolean> =>
    webcrypto.subtle.verify("Ed25519", subtle.get(s)!, s.signature, s.message);
  report("verify, BoringSSL, WebCrypto, pool", await measurePool(signed, bySubtle, plan));
}

function verifyLater(s: Signed): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verifyByNode(null, s.message, s.key, s.signature, (error, good) =>
      error ? reject(error) : resolve(good),
    );
  });
}

function measureSigning(size: Size): void {
  const random = new Prng(2);
  const signer = signerFromSeed(random.bytes(32));
  const message = random.bytes(MESSAGE_SIZE);
  const sign = (): boolean => signer.sign(message).length === 64;
  const plan = { calls: CALLS[size] * 2, rounds: ROUNDS[size] };
  report("sign, BoringSSL (signerFromSeed)", measure([null], sign, plan));
}

function signedMessages(): Signed[] {
  const random = new Prng(1);
  return Array.from({ length: KEYS }, () => {
    const signer = signerFromSeed(random.bytes(32));
    const message = random.bytes(MESSAGE_SIZE);
    const signature = new Uint8Array(signer.sign(message));
    const publicKey = new Uint8Array(signer.publicKey);
    return { message, signature, publicKey, key: publicKeyObject(publicKey) };
  });
}

interface Plan {
  readonly calls: number;
  readonly rounds: number;
}

/** Calls per second of the median round, after a round to warm up. */
function measure<T>(items: readonly T[], call: (item: T) => boolean, plan: Plan): number {
  const rates: number[] = [];
  for (let round = 0; round <= plan.rounds; round++) {
    const start = performance.now();
    for (let i = 0; i < plan.calls; i++) {
      if (!call(items[i % items.length]!)) throw new Error("a good signature was refused");
    }
    if (round > 0) rates.push((plan.calls / (performance.now() - start)) * 1000);
  }
  return median(rates);
}

async function measurePool<T>(
  items: readonly T[],
  call: (item: T) => Promise<boolean>,
  plan: Plan,
): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round <= plan.rounds; round++) {
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < plan.calls) {
        const good = await call(items[next++ % items.length]!);
        if (!good) throw new Error("a good signature was refused");
      }
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    if (round > 0) rates.push((plan.calls / (performance.now() - start)) * 1000);
  }
  return median(rates);
}

function median(rates: readonly number[]): number {
  return rates.toSorted((a, b) => a - b)[rates.length >> 1]!;
}

function report(name: string, perSecond: number): void {
  console.log(`${name.padEnd(48)} ${(perSecond / 1000).toFixed(1).padStart(9)} k/s`);
}

/** libsodium of this system, or null. */
function nativeSodium(): { version: string; verify: (s: Signed) => boolean } | null {
  const library = openLibrary();
  if (library === null || library.sodium_init() < 0) return null;
  return {
    version: String(library.sodium_version_string()),
    verify: ({ message, signature, publicKey }) =>
      library.crypto_sign_verify_detached(
        ptr(signature),
        ptr(message),
        message.length,
        ptr(publicKey),
      ) === 0,
  };
}

function openLibrary() {
  try {
    return dlopen("libsodium.so.23", {
      sodium_init: { args: [], returns: "i32" },
      sodium_version_string: { args: [], returns: "cstring" },
      crypto_sign_verify_detached: { args: ["ptr", "ptr", "u64", "ptr"], returns: "i32" },
    }).symbols;
  } catch {
    return null;
  }
}

if (import.meta.main) await run(process.argv[2] === "full" ? "full" : "smoke");
