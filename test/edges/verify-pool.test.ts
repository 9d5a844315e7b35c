/**
 * VerifyPool: verdicts of threads are libsodium's, frame by frame, in the order of asking; and a
 * pool without all of its threads gives none.
 */
import { afterEach, expect, test } from "bun:test";
import { signerFromSeed } from "../../src/edges/keys.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import type { SignedFrame } from "../../src/edges/verify-batch.ts";
import { VerifyPool } from "../../src/edges/verify-pool.ts";
import { signaturePart, signedPart } from "../../src/protocol/frame.ts";
import { Prng } from "../../src/base/prng.ts";

const { reference } = await openVerifiers();
const SIGNERS = [1, 2, 3].map((seed) => signerFromSeed(new Uint8Array(32).fill(seed)));
const faults: string[] = [];
const pools: VerifyPool[] = [];

async function open(threads: number): Promise<VerifyPool> {
  const pool = await VerifyPool.open(threads, ({ message }) => faults.push(message));
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
  faults.length = 0;
});

/** A message of any length and its signature, sometimes by another key or with a bit turned. */
function someFrame(random: Prng): SignedFrame {
  const signer = SIGNERS[random.below(3)]!;
  const message = Uint8Array.from({ length: random.below(300) }, () => random.below(256));
  const frame = new Uint8Array([...message, ...signer.sign(message)]);
  const fate = random.below(4);
  if (fate === 0) frame[random.below(frame.length)]! ^= 1 << random.below(8);
  if (fate === 1) return { frame, publicKey: SIGNERS[random.below(3)]!.publicKey };
  if (fate === 2 && random.below(4) === 0)
    return { frame: frame.subarray(0, 63), publicKey: signer.publicKey };
  return { frame, publicKey: signer.publicKey };
}

function expected({ frame, publicKey }: SignedFrame): number {
  if (frame.length < 64) return 0;
  return reference.verify(signedPart(frame), signaturePart(frame), publicKey) ? 1 : 0;
}

test.each([1, 3])("verdicts of %d threads are libsodium's, in order", async (threads) => {
  const pool = await open(threads);
  const random = new Prng(threads);
  const batches = Array.from({ length: 40 }, () =>
    Array.from({ length: random.below(40) }, () => someFrame(random)),
  );
  const verdicts = await Promise.all(batches.map((batch) => pool.verify(batch)));
  const found = verdicts.map((batch) => [...(batch ?? ["none"])]);
  expect(found).toEqual(batches.map((batch) => batch.map(expected)));
  expect(new Set(found.flat()).size).toBe(2);
  expect(faults).toEqual([]);
});

test("what is asked and not yet answered when it closes gets no verdict", async () => {
  const pool = await open(1);
  const random = new Prng(9);
  const asked = Array.from({ length: 20 }, () => pool.verify([someFrame(random)]));
  await pool.close();
  expect((await Promise.all(asked)).at(-1)).toBeNull();
  expect(await pool.verify([someFrame(random)])).toBeNull();
  expect(faults).toEqual([]);
});

test("a thread that ends unasked is told once, and no verdict comes any more", async () => {
  const pool = await open(2);
  // No batch: its reader steps over the end.
  pool["threads"][0]!.worker.postMessage(new Uint8Array(1), []);
  while (faults.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(faults).toEqual([
    expect.stringContaining("a thread that verifies signatures has ended: "),
  ]);
  expect(await pool.verify([someFrame(new Prng(1))])).toBeNull();
});
