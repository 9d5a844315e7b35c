/**
 * Login: what a SoupBinTCP login request asks for, the first message that answers it, and what an
 * account's logon says then.
 */
import { readU64, viewOf } from "../base/bytes.ts";
import { LOGON_CHALLENGE, LOGON_NEXT_REPORT } from "../protocol/command-layout.ts";
import { FRAME_HEADER_SIZE, readFrameHeader } from "../protocol/frame.ts";
import { encodeHello } from "../protocol/session.ts";
import * as soup from "../protocol/soup.ts";
import type { ShardDoor } from "./shard-door.ts";

/**
 * The door that a login request names, or the reason to reject it. `doorOf` a shard (0 for the
 * lowest) is null if it is not served here.
 */
export function doorOfLogin(
  payload: Uint8Array,
  doorOf: (shard: number) => ShardDoor | null,
): ShardDoor | number {
  const login = soup.decodeLoginRequest(payload);
  const name = login?.username ?? "";
  const shard = name === "" ? 0 : /^\d{1,5}$/.test(name) ? Number(name) : -1;
  const door = login === null || shard < 0 ? null : doorOf(shard);
  if (door === null) return soup.SOUP_NOT_AUTHORIZED;
  const isCurrent = login !== null && login.session === "" && login.sequence <= 1;
  return isCurrent ? door : soup.SOUP_NO_SESSION;
}

export function helloOf(door: ShardDoor, challenge: Uint8Array): Uint8Array {
  const { shard, directoryOrigin } = door.genesis;
  const { rulesVersion, venue } = door;
  return encodeHello({ shard, rulesVersion, directoryOrigin, venue, challenge });
}

const LOGON_AT = FRAME_HEADER_SIZE;
const CHALLENGE_SIZE = 32;

export interface LogonFields {
  readonly key: number;
  readonly nonce: number;
  /** First report number wanted; 0: only new ones. */
  readonly next: number;
  readonly challenge: Uint8Array;
}

/** Of an admitted frame that is a logon. */
export function readLogon(frame: Uint8Array): LogonFields {
  const view = viewOf(frame);
  const { key, nonce } = readFrameHeader(view, 0);
  const at = LOGON_AT + LOGON_CHALLENGE;
  const challenge = frame.subarray(at, at + CHALLENGE_SIZE);
  return { key, nonce, next: readU64(view, LOGON_AT + LOGON_NEXT_REPORT), challenge };
}
