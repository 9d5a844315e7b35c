/**
 * NaiveLinks: which other shards are known, and funds that leave for one (RULES.md sections 5, 11).
 */
import * as codes from "../protocol/codes.ts";
import * as fields from "../protocol/command-layout.ts";
import { freeOf, move } from "./naive-ledger.ts";
import * as check from "./naive-order-checks.ts";
import { owe } from "./naive-outbox.ts";
import { type Answer, type NaiveTurn, refuse } from "./naive-turn.ts";

export function shardOpen(turn: NaiveTurn): Answer {
  const refusal = check.checkScope(turn, codes.SCOPE_MARKETS);
  if (refusal !== null) return refusal;
  const { genesis, links } = turn.state;
  const subject = turn.u32(fields.SHARD_OPEN_SHARD);
  if (subject === genesis.shard || links.has(subject)) {
    return refuse(codes.REJECT_SHARD_KNOWN, subject);
  }

  links.set(subject, { shard: subject, out: 0, in: 0 });
  turn.say(turn.account, codes.REPORT_SHARD_KNOWN, { subject });
  return null;
}

/** Free funds leave for the account's balance on another shard. */
export function transfer(turn: NaiveTurn): Answer {
  const refusal = check.checkScope(turn, codes.SCOPE_TRADE) ?? check.checkSuspended(turn);
  if (refusal !== null) return refusal;
  const { account, state } = turn;
  const subject = turn.u32(fields.TRANSFER_ASSET);
  const asset = state.assets.get(subject);
  if (asset === undefined) return refuse(codes.REJECT_UNKNOWN_ASSET, subject);
  const to = turn.u16(fields.TRANSFER_SHARD);
  const link = state.links.get(to);
  if (link === undefined) return refuse(codes.REJECT_UNKNOWN_SHARD, to, state.genesis.shard);
  const amount = turn.u64(fields.TRANSFER_AMOUNT);
  const short = check.checkFunds(amount, freeOf(account, subject));
  if (short !== null) return short;

  move(account, subject, { free: -amount });
  asset.net -= amount;
  const number = ++link.out;
  const first = Number(amount);
  const second = Number(freeOf(account, subject));
  turn.say(account, codes.REPORT_TRANSFERRED, { subject, last: to, first, second });
  const credit = { asset: subject, amount };
  owe(turn, { entry: codes.ENTRY_CREDIT, to, account: account.id, number, credit }, null);
  return null;
}
