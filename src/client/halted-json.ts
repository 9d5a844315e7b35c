/**
 * HaltedJson: why a shard is halted, and what was found when all of it was executed once more; and
 * the Clear that lifts the halt, or the Upgrade that cures what halted it, signed from that.
 */
import type { Signer } from "../edges/keys.ts";
import { encodeClear, reasonHash } from "../protocol/clear.ts";
import { FRAME_OPERATOR } from "../protocol/codes.ts";
import { signFrame } from "../protocol/frame.ts";
import { encodeUpgrade, type Upgrade } from "../protocol/governing.ts";
import { ClientError } from "./errors.ts";

export interface HaltedJson {
  /** What a record without successor state met, or the first of the reasons. */
  readonly reason: string;
  /** All of them, in the order in which they came. */
  readonly reasons: readonly string[];
  readonly position: number;
  /** The text of the mark, with every reason; a Clear names it by its hash. */
  readonly mark: string;
  /** Null while it is being executed, or where nobody does that. */
  readonly recomputed: RecomputedJson | null;
}

export interface RecomputedJson {
  /** Of the newest record, and of the newest that `ex` covers. */
  readonly position: number;
  readonly published: number;
  /** Report chain at `position`, hex. */
  readonly chain: string;
  /** Why the shard has ended; "" if it may go on. */
  readonly wrong: string;
  /** The record without successor state of which that speaks, and which a cure may answer; or 0. */
  readonly poison: number;
  /** The rules version in force at `position`, or before that record. */
  readonly rules: { readonly version: number; readonly from: number };
  /** Operators' keys at `position`, by their public keys in hex. */
  readonly operators: readonly {
    readonly key: number;
    readonly public_key: string;
    readonly nonce_high: number;
  }[];
}

interface Place {
  readonly venue: Uint8Array;
  readonly shard: number;
}

/** The frame that lifts this halt; throws ClientError if the key is no operator's of the shard. */
export function signClear(
  where: Place,
  halted: { readonly mark: string; readonly recomputed: RecomputedJson },
  signer: Signer,
): Uint8Array<ArrayBuffer> {
  const { mark, recomputed } = halted;
  const { position, chain } = recomputed;
  const reason = reasonHash(mark);
  const command = encodeClear({ position, chain: Uint8Array.fromHex(chain), reason });
  return signOne({ where, recomputed, ahead: 0 }, command, signer);
}

/** The frame that names a version for the record without successor state, from which it governs. */
export function signCure(
  where: Place,
  recomputed: RecomputedJson,
  to: Upgrade,
  signer: Signer,
): Uint8Array<ArrayBuffer> {
  // The records from there on were not executed: some of them may be frames of this very key.
  const ahead = recomputed.position - to.from + 1;
  return signOne({ where, recomputed, ahead }, encodeUpgrade(to), signer);
}

interface Terms {
  readonly where: Place;
  readonly recomputed: RecomputedJson;
  /** So many nonces may be taken that are not known yet. */
  readonly ahead: number;
}

function signOne(
  { where, recomputed, ahead }: Terms,
  command: Uint8Array,
  signer: Signer,
): Uint8Array<ArrayBuffer> {
  const hex = signer.publicKey.toHex();
  const own = recomputed.operators.find((operator) => operator.public_key === hex);
  if (own === undefined) {
    const message = "this key is no operator's key at this venue";
    throw new ClientError({ code: "unknown_key", message });
  }
  const nonce = own.nonce_high + ahead + 1;
  const header = { kind: FRAME_OPERATOR, ...where, account: 0, key: own.key, nonce, expiry: 0 };
  return signFrame(header, [command], (message) => signer.sign(message));
}
