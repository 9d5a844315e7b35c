/**
 * Funds: Deposit (RULES 7) and Withdraw (RULES 5): the only ways in and out of the sum of all
 * money. All deposits enter at the shard that leads the directory; funds go on by transfers.ts.
 */
import { readU64, SAFE_LIMIT } from "../base/bytes.ts";
import { type Assets, DEPOSITS, WITHDRAWALS } from "../ledger/assets.ts";
import type { Balances } from "../ledger/balances.ts";
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import type { Parts } from "./parts.ts";
import type { ReportsOut } from "./reports-out.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";

export class Funds {
  private readonly state: State;
  private readonly assets: Assets;
  private readonly balances: Balances;
  private readonly signer: Signer;
  private readonly out: ReportsOut;

  constructor(parts: Parts) {
    this.state = parts.state;
    this.assets = parts.state.assets;
    this.balances = parts.state.balances;
    this.signer = parts.signer;
    this.out = parts.out;
  }

  deposit(view: DataView, at: number): void {
    const { signer, out } = this;
    if ((signer.scopes & codes.SCOPE_CUSTODY) === 0) {
      return out.reject(codes.REJECT_KEY_SCOPE, signer.scopes, codes.SCOPE_CUSTODY);
    }
    const { shard, directoryOrigin, leadsDirectory } = this.state;
    if (!leadsDirectory) return out.reject(codes.REJECT_DEPOSIT_SHARD, shard, directoryOrigin);
    const asset = view.getUint32(at + command.DEPOSIT_ASSET, true);
    const slot = this.assets.find(asset);
    if (slot === 0) return out.reject(codes.REJECT_UNKNOWN_ASSET, asset, 0);
    const account = view.getUint32(at + command.DEPOSIT_ACCOUNT, true);
    if (!this.state.accounts.has(account)) {
      return out.reject(codes.REJECT_UNKNOWN_ACCOUNT, account, 0);
    }
    const references = this.state.keys.reference;
    const last = references[signer.key]!;
    const reference = readU64(view, at + command.DEPOSIT_REFERENCE);
    if (reference <= last) return out.reject(codes.REJECT_REFERENCE, reference, last);
    const amount = readU64(view, at + command.DEPOSIT_AMOUNT);
    const deposits = this.assets.total(slot, DEPOSITS);
    if (amount + deposits >= SAFE_LIMIT) {
      return out.reject(codes.REJECT_DEPOSITS_MAX, amount, deposits);
    }

    references[signer.key] = reference;
    this.assets.add(slot, DEPOSITS, amount);
    const balance = this.balances.open(account, asset);
    this.balances.credit(balance, amount);
    const free = this.balances.free(balance);
    out.numbers(out.begin(codes.REPORT_DEPOSITED, account, asset), amount, free);
    out.numbers(out.begin(codes.REPORT_DEPOSITED, 0, asset), amount, reference);
  }

  withdraw(view: DataView, at: number): void {
    const { signer, out } = this;
    if ((signer.scopes & codes.SCOPE_WITHDRAW) === 0) {
      return out.reject(codes.REJECT_KEY_SCOPE, signer.scopes, codes.SCOPE_WITHDRAW);
    }
    if (this.state.accounts.suspended[signer.account] !== 0) {
      return out.reject(codes.REJECT_ACCOUNT_SUSPENDED, 0, 0);
    }
    const asset = view.getUint32(at + command.WITHDRAW_ASSET, true);
    const slot = this.assets.find(asset);
    if (slot === 0) return out.reject(codes.REJECT_UNKNOWN_ASSET, asset, 0);
    const amount = readU64(view, at + command.WITHDRAW_AMOUNT);
    // Slot 0, which is empty, if the account never had the asset.
    const balance = this.balances.find(signer.account, asset);
    const free = this.balances.free(balance);
    if (amount > free) return out.reject(codes.REJECT_FUNDS, amount, free);

    this.balances.debit(balance, amount);
    this.assets.add(slot, WITHDRAWALS, amount);
    out.numbers(out.begin(codes.REPORT_WITHDRAWN, signer.account, asset), amount, free - amount);
  }
}
