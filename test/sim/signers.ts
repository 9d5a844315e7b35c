/**
 * Signers: keys from small numbers, made once and used by all runs, and a verifier that judges the
 * same bytes once.
 */
import { toHex } from "../../src/base/bytes.ts";
import { type Signer, signerFromSeed } from "../../src/edges/keys.ts";
import { openVerifiers, type SignatureVerifier } from "../../src/edges/verify.ts";
import { judgeVerifyBatch, encodeVerifyBatch } from "../../src/edges/verify-batch.ts";
import type { FrameJudge } from "../../src/edges/verify-pool.ts";
import { textOf } from "./resp.ts";

const made: Signer[] = [];
const byKey = new Map<string, Signer>();

export function signerOf(number: number): Signer {
  while (made.length <= number) {
    const seed = new Uint8Array(32).fill(7);
    new DataView(seed.buffer).setUint32(0, made.length);
    const signer = signerFromSeed(seed);
    made.push(signer);
    byKey.set(toHex(signer.publicKey), signer);
  }
  return made[number]!;
}

/** Whoever can sign for this public key, if one of ours can. */
export function signerFor(publicKey: Uint8Array): Signer | undefined {
  return byKey.get(toHex(publicKey));
}

const { fast } = await openVerifiers();

interface Judged {
  readonly message: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly verdict: boolean;
}

/** The fast verifier, asked once for the same bytes: all services judge the same frames. */
export function rememberingVerifier(): SignatureVerifier {
  const judged = new Map<string, Judged>();
  return {
    name: fast.name,
    verify(message, signature, publicKey) {
      const name = textOf(signature);
      const known = judged.get(name);
      const isSame =
        known !== undefined &&
        Buffer.compare(known.message, message) === 0 &&
        Buffer.compare(known.publicKey, publicKey) === 0;
      if (isSame) return known.verdict;
      const verdict = fast.verify(message, signature, publicKey);
      judged.set(name, { message: message.slice(), publicKey: publicKey.slice(), verdict });
      return verdict;
    },
  };
}

/** In the thread that asks, after a while. */
export function judgeOf(verifier: SignatureVerifier): FrameJudge {
  return {
    async verify(signed) {
      const verdicts = judgeVerifyBatch(encodeVerifyBatch(signed), verifier);
      await Bun.sleep(Math.random());
      return verdicts;
    },
  };
}
