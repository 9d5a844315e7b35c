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

const PUBLIC_KEY_SIZE = 32;

export class Directory {
  private readonly accounts: Accounts;
  private readonly keys: Keys;
  private readonly signer: Signer;
  private readonly out: ReportsOut;

  constructor(parts: Parts) {
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
    if (this.isTaken(view, at)) return out.reject(codes.REJECT_PUBLIC_KEY_TAKEN, 0, 0);
    if (accounts.count >= accounts.max) {
      return out.reject(codes.REJECT_ACCOUNTS_FULL, accounts.count, accounts.max);
    }
    if (this.isFull()) return;
    const account = accounts.open();
    const key = this.addKey(view, at, account);
    out.key(codes.REPORT_ACCOUNT_OPENED, 0, key);
    out.key(codes.REPORT_KEY_ADDED, account, key);
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
    if (this.isTaken(view, at)) return out.reject(codes.REJECT_PUBLIC_KEY_TAKEN, 0, 0);
    if (this.isFull()) return;
    out.key(codes.REPORT_KEY_ADDED, signer.account, this.addKey(view, at, signer.account));
  }

  private isTaken(view: DataView, at: number): boolean {
    return this.keys.find(publicKeyAt(view, at)) !== 0;
  }

  /** Writes the reject when no key can be added. */
  private isFull(): boolean {
    const { count, max } = this.keys;
    if (count >= max) this.out.reject(codes.REJECT_KEYS_FULL, count, max);
    return count >= max;
  }

  private addKey(view: DataView, at: number, account: number): number {
    const key = this.keys.add(this.accounts, account, publicKeyAt(view, at));
    this.keys.scopes[key] = view.getUint32(at + command.KEY_SCOPES, true);
    this.keys.expiry[key] = readU64(view, at + command.KEY_EXPIRY);
    return key;
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
    keys.revoked[key] = 1;
    out.begin(codes.REPORT_KEY_REVOKED, owner, key);
    if (isOperator && owner !== 0) out.begin(codes.REPORT_KEY_REVOKED, 0, key);
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

function publicKeyAt(view: DataView, at: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at + command.KEY_PUBLIC, PUBLIC_KEY_SIZE);
}
