/**
 * NaiveAccountCommands: a trader's commands that speak of no order (RULES.md section 5).
 */
import * as codes from "../protocol/codes.ts";
import * as fields from "../protocol/command-layout.ts";
import { freeOf, move } from "./naive-ledger.ts";
import * as check from "./naive-order-checks.ts";
import { type Answer, type NaiveTurn, refuse } from "./naive-turn.ts";

export function withdraw(turn: NaiveTurn): Answer {
  const refusal = check.checkScope(turn, codes.SCOPE_WITHDRAW) ?? check.checkSuspended(turn);
  if (refusal !== null) return refusal;
  const subject = turn.u32(fields.WITHDRAW_ASSET);
  const asset = turn.state.assets.get(subject);
  if (asset === undefined) return refuse(codes.REJECT_UNKNOWN_ASSET, subject);
  const amount = turn.u64(fields.WITHDRAW_AMOUNT);
  const short = check.checkFunds(amount, freeOf(turn.account, subject));
  if (short !== null) return short;

  move(turn.account, subject, { free: -amount });
  asset.withdrawals += amount;
  const second = Number(freeOf(turn.account, subject));
  turn.say(turn.account, codes.REPORT_WITHDRAWN, { subject, first: Number(amount), second });
  return null;
}

export function logon(turn: NaiveTurn): Answer {
  const refusal = check.checkScope(turn, codes.SCOPE_READ);
  if (refusal !== null) return refusal;

  turn.key.logon = turn.nonce;
  const first = Number(turn.u64(fields.LOGON_NEXT_REPORT));
  const second = turn.account.number;
  turn.say(turn.account, codes.REPORT_LOGGED_ON, { subject: turn.key.id, first, second });
  return null;
}

/** All the account's orders are canceled when log time is past the timer; 0 disarms. */
export function deadMan(turn: NaiveTurn): Answer {
  const refusal = check.checkCancelScope(turn);
  if (refusal !== null) return refusal;

  const timeout = Number(turn.u64(fields.DEAD_MAN_TIMEOUT));
  const second = turn.account.timer;
  const fires = Math.min(turn.state.logTime + timeout, codes.AMOUNT_MAX);
  turn.account.timer = timeout === 0 ? 0 : fires;
  turn.say(turn.account, codes.REPORT_TIMER_SET, { first: turn.account.timer, second });
  return null;
}
