/**
 * Logon: proves to one connection that a key speaks for an account, and finds a nonce that is free.
 *
 *   send -> resume                                    logged on
 *        -> rejected duplicate, nonce_too_old, -far   these changed nothing and state the key's
 *                                                     highest nonce: send again with one above it
 *        -> any other reject or refusal               the venue does not want us
 *
 * So a client without a record needs no other service to learn where its nonces stand. Another life
 * of the key (frames of a process that was killed, a client that trades by the same key) may take
 * the nonce of each try: then the next is further above and comes after a while, however often.
 */
import { sha256 } from "../base/hash.ts";
import type { Signer } from "../edges/keys.ts";
import * as codes from "../protocol/codes.ts";
import { encodeLogon, encodeMassCancel } from "../protocol/commands.ts";
import { signFrame, TAG_SIZE } from "../protocol/frame.ts";
import type { Report } from "../protocol/report.ts";

/** Who signs. */
export interface Identity {
  readonly account: number;
  readonly key: number;
  readonly signer: Signer;
  /**
   * All open orders are canceled when the connection ends, by `close()` too; see docs/PROTOCOL.md,
   * section 3. It holds while this is the key's last logon: give each client a key of its own.
   */
  readonly cancelOnDisconnect?: boolean;
}

/** Where frames of a connection go, from its hello. */
export interface Scope {
  readonly venue: Uint8Array;
  readonly shard: number;
}

export interface NonceScope extends Scope {
  readonly nonce: number;
}

export interface LogonTerms extends NonceScope {
  readonly challenge: Uint8Array;
  /** First report number wanted; 0: only new ones. */
  readonly nextReport: number;
}

const QUICK_TRIES = 4;
/** So far above the key's highest nonce at most; the venue remembers a window of 1024. */
const SKIP_MAX = 64;
const FIRST_WAIT_MS = 10;
const WAIT_MS_MAX = 2000;

/**
 * The next try, when the nonce of so many was taken. `high`: the key's highest nonce, as the venue
 * says.
 */
export function nextTry(high: number, tries: number): { nonce: number; waitMs: number } {
  if (tries === 1) return { nonce: high + 1, waitMs: 0 };
  const skip = Math.floor(Math.random() * Math.min(SKIP_MAX, 2 ** (tries - 1)));
  const late = tries - QUICK_TRIES;
  const waitMs = late < 1 ? 0 : Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** late);
  return { nonce: high + 1 + skip, waitMs: waitMs * (0.5 + Math.random() / 2) };
}

export function logonFrame(who: Identity, terms: LogonTerms): Uint8Array<ArrayBuffer> {
  return signAlone(codes.FRAME_LOGON, who, terms, encodeLogon(terms.nextReport, terms.challenge));
}

/** The mass cancel for when the connection of the logon with this nonce ends. */
export function disconnectFrame(who: Identity, terms: NonceScope): Uint8Array<ArrayBuffer> {
  return signAlone(codes.FRAME_DISCONNECT, who, terms, encodeMassCancel(0, 0));
}

function signAlone(
  kind: number,
  { account, key, signer }: Identity,
  { shard, venue, nonce }: NonceScope,
  command: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const header = { kind, shard, venue, account, key, nonce, expiry: 0 };
  return signFrame(header, [command], (message) => signer.sign(message));
}

/** 16 hex digits, as reports show it. */
export function tagOf(frame: Uint8Array): string {
  return sha256(frame).subarray(0, TAG_SIZE).toHex();
}

/** The key's highest nonce as an unnumbered reject states it; null for another reject. */
export function highestNonce(report: Report): number | null {
  switch (report.code) {
    case codes.REJECT_DUPLICATE:
      return report.second;
    case codes.REJECT_NONCE_TOO_OLD:
      return report.second + codes.NONCE_WINDOW - 1;
    case codes.REJECT_NONCE_TOO_FAR:
      return report.second - codes.NONCE_AHEAD_MAX;
    default:
      return null;
  }
}
