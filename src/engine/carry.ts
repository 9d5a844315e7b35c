/**
 * CarryIn: what another shard's outbox says, as the carrier brings it here (RULES 11).
 *
 *   entries of the directory    from the shard that leads it, numbered by `directory`
 *   credits                     from any known shard, numbered by `in` of that link
 *
 * The next number only, so that each is applied once, whoever carries it and however often.
 */
import { readU64 } from "../base/bytes.ts";
import { NET } from "../ledger/assets.ts";
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import { type Directory, publicKeyAt } from "./directory.ts";
import type { Parts } from "./parts.ts";
import type { ReportsOut } from "./reports-out.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";

export class CarryIn {
  private readonly state: State;
  private readonly signer: Signer;
  private readonly out: ReportsOut;
  private readonly directory: Directory;

  constructor(parts: Parts, directory: Directory) {
    this.state = parts.state;
    this.signer = parts.signer;
    this.out = parts.out;
    this.directory = directory;
  }

  carry(view: DataView, at: number): void {
    const { signer, out, state } = this;
    // The nonce is of account 0, which most entries have no report for.
    state.changes.account(signer.account);
    if ((signer.scopes & codes.SCOPE_CARRY) === 0) {
      return out.reject(codes.REJECT_KEY_SCOPE, signer.scopes, codes.SCOPE_CARRY);
    }
    const source = view.getUint16(at + command.CARRY_SHARD, true);
    const isCredit = view.getUint8(at + command.CARRY_ENTRY) === codes.ENTRY_CREDIT;
    if (!state.links.has(source) || (!isCredit && source !== state.directoryOrigin)) {
      return out.reject(codes.REJECT_UNKNOWN_SHARD, source, state.shard);
    }
    const number = readU64(view, at + command.CARRY_NUMBER);
    const expected = (isCredit ? state.links.in[source]! : state.directory) + 1;
    if (number !== expected) return out.reject(codes.REJECT_CARRY_NUMBER, number, expected);
    if (isCredit) this.credit(view, at, source);
    else this.entry(view, at);
  }

  private credit(view: DataView, at: number, source: number): void {
    const { out, state } = this;
    const { accounts, assets, balances, links, leadsDirectory } = state;
    const directory = readU64(view, at + command.CARRY_DIRECTORY);
    if (!leadsDirectory && directory > state.directory) {
      return out.reject(codes.REJECT_CARRY_EARLY, directory, state.directory);
    }
    const asset = view.getUint32(at + command.CARRY_KEY, true);
    const slot = assets.find(asset);
    if (slot === 0) return out.reject(codes.REJECT_UNKNOWN_ASSET, asset, 0);
    const account = view.getUint32(at + command.CARRY_ACCOUNT, true);
    if (!accounts.has(account)) return out.reject(codes.REJECT_CARRY_ENTRY, account, asset);
    const amount = readU64(view, at + command.CARRY_EXPIRY);
    const most = (leadsDirectory ? 0 : codes.AMOUNT_MAX) - assets.total(slot, NET);
    if (amount > most) return out.reject(codes.REJECT_CARRY_AMOUNT, amount, most);

    links.in[source] = links.in[source]! + 1;
    assets.add(slot, NET, amount);
    const balance = balances.open(account, asset);
    balances.credit(balance, amount);
    const report = out.begin(codes.REPORT_CREDITED, account, asset);
    out.lots(report, source);
    out.numbers(report, amount, balances.free(balance));
  }

  /** Of the directory. */
  private entry(view: DataView, at: number): void {
    const { directory, out, state } = this;
    const entry = view.getUint8(at + command.CARRY_ENTRY);
    if (entry === codes.ENTRY_ACCOUNT_OPEN && directory.isFullOfAccounts()) return;
    if (entry !== codes.ENTRY_KEY_REVOKE && directory.isFullOfKeys()) return;
    const account = view.getUint32(at + command.CARRY_ACCOUNT, true);
    const key = view.getUint32(at + command.CARRY_KEY, true);
    const publicKey = publicKeyAt(view, at + command.CARRY_PUBLIC);
    if (!this.follows(entry, account, key, publicKey)) {
      return out.reject(codes.REJECT_CARRY_ENTRY, account, key);
    }
    state.directory++;
    const terms = at + command.CARRY_SCOPES;
    if (entry === codes.ENTRY_ACCOUNT_OPEN) directory.openAccount(publicKey, view, terms);
    else if (entry === codes.ENTRY_KEY_ADD) directory.addKey(account, publicKey, view, terms);
    else directory.revoke(key);
  }

  /** Whether it is about the account and the key that come next here. */
  private follows(entry: number, account: number, key: number, publicKey: Uint8Array): boolean {
    const { accounts, keys } = this.state;
    if (entry === codes.ENTRY_KEY_REVOKE) {
      return keys.has(key) && keys.account[key] === account && keys.revoked[key] === 0;
    }
    const isOpening = entry === codes.ENTRY_ACCOUNT_OPEN;
    const isNext = isOpening ? account === accounts.count + 1 : accounts.has(account);
    return isNext && key === keys.count + 1 && keys.find(publicKey) === 0;
  }
}
