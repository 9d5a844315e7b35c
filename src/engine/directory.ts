/**
 * Directory: AccountOpen, KeyAdd, KeyRevoke (RULES 6), and Logon. Who may sign, and for what.
 */
import { readU64 } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import type { Accounts } from "./accounts.ts";
import type { Keys } from "./keys.ts";
import type { Parts } from "./parts.ts";
import type { ReportsOut } from "./reports-out.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";

const PUBLIC_KEY_SIZE = 32;

export class Directory {
  private readonly state: State;
  private readonly accounts: Accounts;
  private readonly keys: Keys;
  private readonly signer: Signer;
  private readonly out: ReportsOut;

  constructor(parts: Parts) {
    this.state = parts.state;
    this.accounts = parts.state.accounts;
    this.keys = parts.state.keys;
    this.signer = parts.signer;
    this.out = parts.out;
  }

  accountOpen(view: DataView, at: number): void {
    const { accounts, signer, out } = this;
    if (signer.account !== 0 || (signer.scopes & codes.SCOPE_ACCOUNTS) === 0) {
      return out.reject(codes.REJECT_KEY_SCOPE, signer.scopes, codes.SCOPE_ACCOUNTS);
    }
    const publicKey = publicKeyAt(view, at + command.KEY_PUBLIC);
    if (this.keys.find(publicKey) !== 0) return out.reject(codes.REJECT_PUBLIC_KEY_TAKEN, 0, 0);
    if (this.isFullOfAccounts() || this.isFullOfKeys()) return;
    const key = this.openAccount(publicKey, view, at + command.KEY_SCOPES);
    out.keyTerms(this.owe(codes.ENTRY_ACCOUNT_OPEN, accounts.count), key);
  }

  keyAdd(view: DataView, at: number): void {
    const { signer, out } = this;
    const needed = view.getUint32(at + command.KEY_SCOPES, true) | codes.SCOPE_KEYS;
    if (signer.account === 0 || (signer.scopes & needed) !== needed) {
      return out.reject(codes.REJECT_KEY_SCOPE, signer.scopes, needed);
    }
    if (this.accounts.suspended[signer.account] !== 0) {
      return out.reject(codes.REJECT_ACCOUNT_SUSPENDED, 0, 0);
    }
    const publicKey = publicKeyAt(view, at + command.KEY_PUBLIC);
    if (this.keys.find(publicKey) !== 0) return out.reject(codes.REJECT_PUBLIC_KEY_TAKEN, 0, 0);
    if (this.isFullOfKeys()) return;
    const key = this.addKey(signer.account, publicKey, view, at + command.KEY_SCOPES);
    out.keyTerms(this.owe(codes.ENTRY_KEY_ADD, signer.account), key);
  }

  keyRevoke(view: DataView, at: number): void {
    const { keys, signer, out } = this;
    const key = view.getUint32(at + command.REVOKE_KEY, true);
    const isOperator = signer.account === 0;
    const owner = keys.has(key) ? keys.account[key]! : -1;
    const mayName = owner === signer.account || (isOperator && owner > 0);
    if (!mayName || keys.revoked[key] !== 0) {
      return out.reject(codes.REJECT_UNKNOWN_TARGET, key, 0);
    }
    const needed = isOperator ? codes.SCOPE_ACCOUNTS : codes.SCOPE_KEYS;
    const isOwn = !isOperator && key === signer.key;
    if (!isOwn && (signer.scopes & needed) === 0) {
      return out.reject(codes.REJECT_KEY_SCOPE, signer.scopes, needed);
    }
    this.revoke(key);
    if (isOperator && owner !== 0) out.begin(codes.REPORT_KEY_REVOKED, 0, key);
    out.keyId(this.owe(codes.ENTRY_KEY_REVOKE, owner), key);
  }

  /** The next entry for every other shard; returns where its report lies. */
  private owe(entry: number, account: number): number {
    return this.out.outbox(entry, codes.SHARD_ALL, account, ++this.state.directory);
  }

  /** Writes the reject when no account can be opened. */
  isFullOfAccounts(): boolean {
    const { count, max } = this.accounts;
    if (count >= max) this.out.reject(codes.REJECT_ACCOUNTS_FULL, count, max);
    return count >= max;
  }

  /** Writes the reject when no key can be added. */
  isFullOfKeys(): boolean {
    const { count, max } = this.keys;
    if (count >= max) this.out.reject(codes.REJECT_KEYS_FULL, count, max);
    return count >= max;
  }

  /** The next account with its first key, and their two reports; returns the key. */
  openAccount(publicKey: Uint8Array, view: DataView, termsAt: number): number {
    const account = this.accounts.open();
    const key = this.newKey(account, publicKey, view, termsAt);
    this.out.key(codes.REPORT_ACCOUNT_OPENED, 0, key);
    this.out.key(codes.REPORT_KEY_ADDED, account, key);
    return key;
  }

  /** The account's next key, and its report. */
  addKey(account: number, publicKey: Uint8Array, view: DataView, termsAt: number): number {
    const key = this.newKey(account, publicKey, view, termsAt);
    this.out.key(codes.REPORT_KEY_ADDED, account, key);
    return key;
  }

  /** Scopes and expiry lie together in each command that has them, at `termsAt`. */
  private newKey(account: number, publicKey: Uint8Array, view: DataView, termsAt: number): number {
    const key = this.keys.add(this.accounts, account, publicKey);
    this.keys.scopes[key] = view.getUint32(termsAt, true);
    this.keys.expiry[key] = readU64(view, termsAt + 4);
    return key;
  }

  /** Tells the key's account. */
  revoke(key: number): void {
    this.keys.revoked[key] = 1;
    this.out.begin(codes.REPORT_KEY_REVOKED, this.keys.account[key]!, key);
  }

  logon(view: DataView, at: number): void {
    const { keys, signer, out } = this;
    if ((signer.scopes & codes.SCOPE_READ) === 0) {
      return out.reject(codes.REJECT_KEY_SCOPE, signer.scopes, codes.SCOPE_READ);
    }
    keys.logon[signer.key] = signer.nonce;
    const number = this.accounts.number[signer.account]!;
    const report = out.begin(codes.REPORT_LOGGED_ON, signer.account, signer.key);
    out.numbers(report, readU64(view, at + command.LOGON_NEXT_REPORT), number);
  }
}

/** A view of the 32 bytes at `at`. */
export function publicKeyAt(view: DataView, at: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, PUBLIC_KEY_SIZE);
}
