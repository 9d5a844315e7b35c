/**
 * Admitter: decides from the bytes and the key table whether a frame may enter the log.
 *
 * What depends on book, balance or nonce is the engine's; a refusal here leaves the log untouched.
 */
import { sha256 } from "../base/hash.ts";
import { viewOf } from "../base/bytes.ts";
import { checkFrame, type FrameScope } from "../protocol/check-frame.ts";
import * as codes from "../protocol/codes.ts";
import * as frames from "../protocol/frame.ts";
import type { Refused } from "../protocol/session.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import type { KeyTable } from "./key-table.ts";

export class Admitter {
  private readonly scope: FrameScope;
  private readonly keys: KeyTable;
  private readonly verifier: SignatureVerifier;

  constructor(scope: FrameScope, keys: KeyTable, verifier: SignatureVerifier) {
    this.scope = scope;
    this.keys = keys;
    this.verifier = verifier;
  }

  /** ACCEPTED, or the code to refuse it with. */
  admit(frame: Uint8Array): number {
    const code = checkFrame(frame, this.scope);
    if (code !== codes.ACCEPTED) return code;
    const view = viewOf(frame);
    const account = view.getUint32(frames.FRAME_ACCOUNT_AT, true);
    const publicKey = this.keys.find(account, view.getUint32(frames.FRAME_KEY_AT, true));
    if (publicKey === null) return codes.REJECT_UNKNOWN_KEY;
    const signature = frames.signaturePart(frame);
    const isGood = this.verifier.verify(frames.signedPart(frame), signature, publicKey);
    return isGood ? codes.ACCEPTED : codes.REJECT_SIGNATURE;
  }
}

/** What to tell the sender of a frame that is not taken; readable from any bytes. */
export function refusalOf(frame: Uint8Array, code: number): Refused {
  const tag = sha256(frame).subarray(0, frames.TAG_SIZE);
  if (frame.length < frames.FRAME_HEADER_SIZE) {
    return { code, account: 0, key: 0, nonce: 0, tag };
  }
  const header = frames.readFrameHeader(viewOf(frame), 0);
  const nonce = Number.isSafeInteger(header.nonce) ? header.nonce : 0;
  return { code, account: header.account, key: header.key, nonce, tag };
}
