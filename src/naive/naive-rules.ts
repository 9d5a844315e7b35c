/**
 * NaiveRules: the released versions of the rules (RULES.md 12), each as what the naive engine does
 * under it, and the command that goes from one to the next.
 */
import { checkFrame } from "../protocol/check-frame.ts";
import * as codes from "../protocol/codes.ts";
import * as fields from "../protocol/command-layout.ts";
import * as accounts from "./naive-account-commands.ts";
import * as cancels from "./naive-cancels.ts";
import { carry } from "./naive-carry.ts";
import * as directory from "./naive-directory.ts";
import { doWhatIsDue } from "./naive-due.ts";
import * as links from "./naive-links.ts";
import * as operators from "./naive-operators.ts";
import { checkScope } from "./naive-order-checks.ts";
import * as orders from "./naive-orders.ts";
import { type Answer, type NaiveTurn, refuse } from "./naive-turn.ts";

export type NaiveCommands = ReadonlyMap<number, (turn: NaiveTurn) => Answer>;

export interface NaiveRuleSet {
  readonly checkFrame: typeof checkFrame;
  readonly doWhatIsDue: typeof doWhatIsDue;
  readonly commands: NaiveCommands;
}

export type NaiveRuleTable = ReadonlyMap<number, NaiveRuleSet>;

export const COMMANDS_1: NaiveCommands = new Map([
  [codes.COMMAND_NEW_ORDER, orders.newOrder],
  [codes.COMMAND_CANCEL, cancels.cancelOrder],
  [codes.COMMAND_REPLACE, orders.replaceOrder],
  [codes.COMMAND_REDUCE, cancels.reduceOrder],
  [codes.COMMAND_MASS_CANCEL, cancels.massCancel],
  [codes.COMMAND_WITHDRAW, accounts.withdraw],
  [codes.COMMAND_DEAD_MAN, accounts.deadMan],
  [codes.COMMAND_TRANSFER, links.transfer],
  [codes.COMMAND_LOGON, accounts.logon],
  [codes.COMMAND_ACCOUNT_OPEN, directory.accountOpen],
  [codes.COMMAND_KEY_ADD, directory.keyAdd],
  [codes.COMMAND_KEY_REVOKE, directory.keyRevoke],
  [codes.COMMAND_ASSET_OPEN, operators.assetOpen],
  [codes.COMMAND_MARKET_OPEN, operators.marketOpen],
  [codes.COMMAND_MARKET_STATE, operators.marketState],
  [codes.COMMAND_ACCOUNT_STATE, operators.accountState],
  [codes.COMMAND_DEPOSIT, operators.deposit],
  [codes.COMMAND_SHARD_OPEN, links.shardOpen],
  [codes.COMMAND_CARRY, carry],
  [codes.COMMAND_UPGRADE, upgrade],
  [codes.COMMAND_CLEAR, operators.clear],
]);

export const NAIVE_RULES: NaiveRuleTable = new Map([
  [1, { checkFrame, doWhatIsDue, commands: COMMANDS_1 }],
]);

function upgrade(turn: NaiveTurn): Answer {
  const refusal = checkScope(turn, codes.SCOPE_RULES);
  if (refusal !== null) return refusal;
  const { state } = turn;
  const { current, next } = state.governing;
  const version = turn.u16(fields.UPGRADE_VERSION);
  const from = Number(turn.u64(fields.UPGRADE_FROM));
  if (from > 1 && from === current.from && version === current.version) {
    const again = { subject: version, first: from, second: version };
    turn.say(turn.account, codes.REPORT_UPGRADE_SET, again);
    return null;
  }
  if (next !== null) return refuse(codes.REJECT_UPGRADE_PENDING, next.version, next.from);
  if (version <= current.version) {
    return refuse(codes.REJECT_UPGRADE_VERSION, version, current.version);
  }
  if (from <= state.position) {
    return refuse(codes.REJECT_UPGRADE_POSITION, from, state.position + 1);
  }
  const most = state.position + codes.UPGRADE_AHEAD_MAX;
  if (from > most) return refuse(codes.REJECT_UPGRADE_POSITION, from, most);

  state.governing = { current, next: { version, from } };
  const said = { subject: version, first: from, second: current.version };
  turn.say(turn.account, codes.REPORT_UPGRADE_SET, said);
  return null;
}
