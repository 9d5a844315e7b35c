/**
 * NaiveDirectory: keys, their nonces, and the commands that change them (RULES.md sections 2, 6).
 *
 * Nonces: `used` holds every used number of (high - 1024, high], and nothing else.
 */
import { equalBytes } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import * as fields from "../protocol/command-layout.ts";
import { owe } from "./naive-outbox.ts";
import { checkScope, checkSuspended } from "./naive-order-checks.ts";
import { type NaiveAccount, type NaiveKey, type NaiveState, newAccount } from "./naive-state.ts";
import { type Answer, type NaiveTurn, refuse } from "./naive-turn.ts";

/** What a key is beside its id and its account. */
export interface FreshKey {
  readonly publicKey: Uint8Array;
  readonly scopes: number;
  readonly expiry: number;
}

export function keyOf(state: NaiveState, id: number, account: number): NaiveKey | undefined {
  const key = state.keys[id - 1];
  return key?.account === account ? key : undefined;
}

export function isKeyTaken(state: NaiveState, publicKey: Uint8Array): boolean {
  return state.keys.some((key) => equalBytes(key.publicKey, publicKey));
}

/** The next key id goes to `account`. */
export function addKey(state: NaiveState, account: number, fresh: FreshKey): NaiveKey {
  const key = {
    id: state.keys.length + 1,
    account,
    publicKey: fresh.publicKey,
    scopes: fresh.scopes,
    expiry: fresh.expiry,
    revoked: false,
    high: 0,
    used: new Set<number>(),
    reference: 0,
    logon: 0,
  };
  state.keys.push(key);
  return key;
}

/** A disconnect frame names the nonce of a logon and works once; any other frame has its own. */
export function checkFrameNonce(key: NaiveKey, kind: number, nonce: number): Answer {
  if (kind !== codes.FRAME_DISCONNECT) return checkNonce(key, nonce);
  return nonce === key.logon ? null : refuse(codes.REJECT_LOGON_GONE, nonce, key.logon);
}

export function spendFrameNonce(key: NaiveKey, kind: number, nonce: number): void {
  if (kind === codes.FRAME_DISCONNECT) key.logon = 0;
  else spendNonce(key, nonce);
}

function checkNonce(key: NaiveKey, nonce: number): Answer {
  const most = key.high + codes.NONCE_AHEAD_MAX;
  if (nonce > most) return refuse(codes.REJECT_NONCE_TOO_FAR, nonce, most);
  const least = key.high - codes.NONCE_WINDOW + 1;
  if (nonce < least) return refuse(codes.REJECT_NONCE_TOO_OLD, nonce, least);
  return key.used.has(nonce) ? refuse(codes.REJECT_DUPLICATE, nonce, key.high) : null;
}

function spendNonce(key: NaiveKey, nonce: number): void {
  key.used.add(nonce);
  if (nonce <= key.high) return;
  const old = key.high;
  key.high = nonce;
  for (let n = old - codes.NONCE_WINDOW + 1; n <= nonce - codes.NONCE_WINDOW && n <= old; n++) {
    key.used.delete(n);
  }
}

function readKey(turn: NaiveTurn): FreshKey {
  return {
    publicKey: turn.bytes(fields.KEY_PUBLIC, 32),
    scopes: turn.u32(fields.KEY_SCOPES),
    expiry: Number(turn.u64(fields.KEY_EXPIRY)),
  };
}

export function checkKeysFull(state: NaiveState): Answer {
  const { keysMax } = state.genesis.limits;
  const count = state.keys.length;
  return count >= keysMax ? refuse(codes.REJECT_KEYS_FULL, count, keysMax) : null;
}

export function accountOpen(turn: NaiveTurn): Answer {
  const { state } = turn;
  const refusal = checkScope(turn, codes.SCOPE_ACCOUNTS);
  if (refusal !== null) return refusal;
  const fresh = readKey(turn);
  if (isKeyTaken(state, fresh.publicKey)) return refuse(codes.REJECT_PUBLIC_KEY_TAKEN);
  const full = checkAccountsFull(state) ?? checkKeysFull(state);
  if (full !== null) return full;

  tellAll(turn, codes.ENTRY_ACCOUNT_OPEN, openAccount(turn, fresh));
  return null;
}

export function checkAccountsFull(state: NaiveState): Answer {
  const count = state.accounts.length - 1;
  const { accountsMax } = state.genesis.limits;
  return count >= accountsMax ? refuse(codes.REJECT_ACCOUNTS_FULL, count, accountsMax) : null;
}

/** The next account and its first key, with the reports of that. */
export function openAccount(turn: NaiveTurn, fresh: FreshKey): NaiveKey {
  const { state } = turn;
  const account = newAccount(state.accounts.length);
  state.accounts.push(account);
  const key = addKey(state, account.id, fresh);
  turn.sayKey(state.accounts[0]!, codes.REPORT_ACCOUNT_OPENED, key);
  turn.sayKey(account, codes.REPORT_KEY_ADDED, key);
  return key;
}

/** What a directory command changed is owed to every other shard. */
function tellAll(turn: NaiveTurn, entry: number, key: NaiveKey): void {
  const number = ++turn.state.directory;
  owe(turn, { entry, to: codes.SHARD_ALL, account: key.account, number }, key);
}

export function keyAdd(turn: NaiveTurn): Answer {
  const fresh = readKey(turn);
  const refusal =
    checkScope(turn, fresh.scopes | codes.SCOPE_KEYS) ??
    checkSuspended(turn) ??
    (isKeyTaken(turn.state, fresh.publicKey) ? refuse(codes.REJECT_PUBLIC_KEY_TAKEN) : null) ??
    checkKeysFull(turn.state);
  if (refusal !== null) return refusal;

  const key = addKey(turn.state, turn.account.id, fresh);
  turn.sayKey(turn.account, codes.REPORT_KEY_ADDED, key);
  tellAll(turn, codes.ENTRY_KEY_ADD, key);
  return null;
}

export function keyRevoke(turn: NaiveTurn): Answer {
  const subject = turn.u32(fields.REVOKE_KEY);
  const target = turn.state.keys[subject - 1];
  const byOperator = turn.account.id === 0;
  const reachable = target?.account === turn.account.id || byOperator;
  if (target === undefined || target.revoked || !reachable) {
    return refuse(codes.REJECT_UNKNOWN_TARGET, subject);
  }
  const refusal = checkRevokeScope(turn, target);
  if (refusal !== null) return refusal;

  target.revoked = true;
  const told = new Set<NaiveAccount>([turn.state.accounts[target.account]!, turn.account]);
  for (const account of told) turn.say(account, codes.REPORT_KEY_REVOKED, { subject });
  tellAll(turn, codes.ENTRY_KEY_REVOKE, target);
  return null;
}

function checkRevokeScope(turn: NaiveTurn, target: NaiveKey): Answer {
  if (turn.account.id === 0) return checkScope(turn, codes.SCOPE_ACCOUNTS);
  return target === turn.key ? null : checkScope(turn, codes.SCOPE_KEYS);
}
