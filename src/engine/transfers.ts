/**
 * Transfers: ShardOpen, and Transfer, which sends free funds to another shard (RULES 5, 11).
 */
import { readU64 } from "../base/bytes.ts";
import { NET } from "../ledger/assets.ts";
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import type { Parts } from "./parts.ts";
import type { ReportsOut } from "./reports-out.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";

export class Transfers {
  private readonly state: State;
  private readonly signer: Signer;
  private readonly out: ReportsOut;

  constructor(parts: Parts) {
    this.state = parts.state;
    this.signer = parts.signer;
    this.out = parts.out;
  }

  shardOpen(view: DataView, at: number): void {
    const { signer, out } = this;
    const { links, shard } = this.state;
    if ((signer.scopes & codes.SCOPE_MARKETS) === 0) {
      return out.reject(codes.REJECT_KEY_SCOPE, signer.scopes, codes.SCOPE_MARKETS);
    }
    const other = view.getUint32(at + command.SHARD_OPEN_SHARD, true);
    if (other === shard || links.has(other)) return out.reject(codes.REJECT_SHARD_KNOWN, other, 0);
    links.open(other);
    out.begin(codes.REPORT_SHARD_KNOWN, 0, other);
  }

  transfer(view: DataView, at: number): void {
    const { signer, out } = this;
    const { accounts, assets, balances, links, shard } = this.state;
    if ((signer.scopes & codes.SCOPE_TRADE) === 0) {
      return out.reject(codes.REJECT_KEY_SCOPE, signer.scopes, codes.SCOPE_TRADE);
    }
    if (accounts.suspended[signer.account] !== 0) {
      return out.reject(codes.REJECT_ACCOUNT_SUSPENDED, 0, 0);
    }
    const asset = view.getUint32(at + command.TRANSFER_ASSET, true);
    const slot = assets.find(asset);
    if (slot === 0) return out.reject(codes.REJECT_UNKNOWN_ASSET, asset, 0);
    const other = view.getUint16(at + command.TRANSFER_SHARD, true);
    if (!links.has(other)) return out.reject(codes.REJECT_UNKNOWN_SHARD, other, shard);
    const amount = readU64(view, at + command.TRANSFER_AMOUNT);
    // Slot 0, which is empty, if the account never had the asset.
    const balance = balances.find(signer.account, asset);
    const free = balances.free(balance);
    if (amount > free) return out.reject(codes.REJECT_FUNDS, amount, free);

    balances.debit(balance, amount);
    assets.add(slot, NET, -amount);
    const number = links.out[other]! + 1;
    links.out[other] = number;
    const report = out.begin(codes.REPORT_TRANSFERRED, signer.account, asset);
    out.lots(report, other);
    out.numbers(report, amount, free - amount);
    const owed = out.outbox(codes.ENTRY_CREDIT, other, signer.account, number);
    out.keyId(owed, asset);
    out.numbers(owed, amount, this.state.directory);
  }
}
