/**
 * VerifyBatch: frames on their way to a thread that verifies them, each with its public key.
 *
 *   [ u32 count ] then per frame [ u32 size ][ public key, 32 bytes ][ frame ]
 *
 * One buffer, so that it changes hands without being copied. The answer is a byte for each frame,
 * in order: 1 if its signature holds, 0 if not.
 */
import { assert } from "../base/assert.ts";
import { viewOf } from "../base/bytes.ts";
import { SIGNATURE_SIZE, signaturePart, signedPart } from "../protocol/frame.ts";
import { PUBLIC_KEY_SIZE, type SignatureVerifier } from "./verify.ts";

export interface SignedFrame {
  readonly frame: Uint8Array;
  /** Of whom the frame says that it is from. */
  readonly publicKey: Uint8Array;
}

const HEAD = 4 + PUBLIC_KEY_SIZE;

/** Copies the frames, so that what they lay in may be reused. */
export function encodeVerifyBatch(signed: readonly SignedFrame[]): Uint8Array<ArrayBuffer> {
  let size = 4;
  for (const { frame } of signed) size += HEAD + frame.length;
  const bytes = new Uint8Array(size);
  const view = viewOf(bytes);
  view.setUint32(0, signed.length, true);
  let at = 4;
  for (const { frame, publicKey } of signed) {
    view.setUint32(at, frame.length, true);
    bytes.set(publicKey, at + 4);
    bytes.set(frame, at + HEAD);
    at += HEAD + frame.length;
  }
  return bytes;
}

export function countOfVerifyBatch(batch: Uint8Array): number {
  return viewOf(batch).getUint32(0, true);
}

/** A verdict for every frame of the batch, each by the verifier. */
export function judgeVerifyBatch(
  batch: Uint8Array,
  verifier: SignatureVerifier,
): Uint8Array<ArrayBuffer> {
  const view = viewOf(batch);
  const verdicts = new Uint8Array(view.getUint32(0, true));
  let at = 4;
  for (let i = 0; i < verdicts.length; i++) {
    const size = view.getUint32(at, true);
    const publicKey = batch.subarray(at + 4, at + HEAD);
    const frame = batch.subarray(at + HEAD, at + HEAD + size);
    at += HEAD + size;
    if (size < SIGNATURE_SIZE) continue;
    const holds = verifier.verify(signedPart(frame), signaturePart(frame), publicKey);
    verdicts[i] = holds ? 1 : 0;
  }
  assert(at === batch.length, "a batch ends behind its last frame");
  return verdicts;
}
