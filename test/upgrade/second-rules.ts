/**
 * SecondRules: a second version of the rules, for tests alone, in both engines.
 *
 *   version 2   as version 1, but a Withdraw names an unknown asset first of all, before scope and
 *               suspension, and must leave something: of all that is free it is refused
 *               insufficient_funds (amount + 1, free). And garbage has an answer: that of a frame
 *               whose key is not known, or none where it has no header
 */
import { readU64 } from "../../src/base/bytes.ts";
import { Commands } from "../../src/engine/commands.ts";
import { RULES, type RuleSet, type RuleTable } from "../../src/engine/rules.ts";
import type { State } from "../../src/engine/state.ts";
import { freeOf } from "../../src/naive/naive-ledger.ts";
import {
  COMMANDS_1,
  NAIVE_RULES,
  type NaiveRuleSet,
  type NaiveRuleTable,
} from "../../src/naive/naive-rules.ts";
import { type Answer, type NaiveTurn, refuse } from "../../src/naive/naive-turn.ts";
import { checkFrame, checkFrameView } from "../../src/protocol/check-frame.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as layout from "../../src/protocol/command-layout.ts";
import { FRAME_HEADER_SIZE } from "../../src/protocol/frame.ts";

/** Bytes that are no frame begin with it. */
export const GARBAGE = 0xee;

class SecondCommands extends Commands {
  override applyFrame(view: DataView, start: number): void {
    // It is done with what has not even a header. The record's own, before it, says the size.
    const isShort = view.getUint32(start - 8, true) < FRAME_HEADER_SIZE;
    if (!isShort) super.applyFrame(view, start);
  }

  protected override applyCommand(view: DataView, at: number, type: number): void {
    const isDone = type === codes.COMMAND_WITHDRAW && this.refuses(view, at);
    if (!isDone) super.applyCommand(view, at, type);
  }

  private refuses(view: DataView, at: number): boolean {
    const { assets, balances } = this.state;
    const asset = view.getUint32(at + layout.WITHDRAW_ASSET, true);
    if (assets.find(asset) === 0) {
      this.out.reject(codes.REJECT_UNKNOWN_ASSET, asset, 0);
      return true;
    }
    const amount = readU64(view, at + layout.WITHDRAW_AMOUNT);
    const free = balances.free(balances.find(this.signer.account, asset));
    if (amount === free) this.out.reject(codes.REJECT_FUNDS, amount + 1, free);
    return amount === free;
  }
}

const SECOND: RuleSet = {
  checkFrame: (view, scope) =>
    view.getUint8(0) === GARBAGE ? codes.ACCEPTED : checkFrameView(view, scope),
  commands: (state: State) => new SecondCommands(state),
};

function withdraw(turn: NaiveTurn): Answer {
  const asset = turn.u32(layout.WITHDRAW_ASSET);
  if (!turn.state.assets.has(asset)) return refuse(codes.REJECT_UNKNOWN_ASSET, asset);
  const amount = turn.u64(layout.WITHDRAW_AMOUNT);
  const free = freeOf(turn.account, asset);
  if (amount === free) return refuse(codes.REJECT_FUNDS, amount + 1n, free);
  return COMMANDS_1.get(codes.COMMAND_WITHDRAW)!(turn);
}

const NAIVE_FIRST: NaiveRuleSet = NAIVE_RULES.get(1)!;
const NAIVE_SECOND: NaiveRuleSet = {
  ...NAIVE_FIRST,
  checkFrame: (bytes, scope) => (bytes[0] === GARBAGE ? codes.ACCEPTED : checkFrame(bytes, scope)),
  commands: new Map([...COMMANDS_1, [codes.COMMAND_WITHDRAW, withdraw]]),
};

/** Both versions, as a build that has released the second would know them. */
export const BOTH: RuleTable = new Map([...RULES, [2, SECOND]]);
export const NAIVE_BOTH: NaiveRuleTable = new Map([...NAIVE_RULES, [2, NAIVE_SECOND]]);

/** A frame that version 1 of these tables has no answer for: a withdrawal of 666. */
export const POISON = 666;

function poisoned(view: DataView): boolean {
  const at = FRAME_HEADER_SIZE;
  if (view.byteLength < at + 16) return false;
  const isWithdraw = view.getUint8(at) === codes.COMMAND_WITHDRAW;
  return isWithdraw && readU64(view, at + layout.WITHDRAW_AMOUNT) === POISON;
}

/** Version 1 halts on a frame that version 2 has an answer for. */
export const CURED: RuleTable = new Map<number, RuleSet>([
  [
    1,
    {
      ...RULES.get(1)!,
      checkFrame: (view, scope) =>
        poisoned(view) ? codes.REJECT_AMOUNT : checkFrameView(view, scope),
    },
  ],
  [2, SECOND],
]);

/** A second version that has no answer for it either, and a third one that has. */
export const CURED_LATE: RuleTable = new Map([
  [1, CURED.get(1)!],
  [2, { ...SECOND, checkFrame: CURED.get(1)!.checkFrame }],
  [3, SECOND],
]);

export const NAIVE_CURED: NaiveRuleTable = new Map<number, NaiveRuleSet>([
  [
    1,
    {
      ...NAIVE_FIRST,
      checkFrame: (bytes, scope) =>
        poisoned(new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
          ? codes.REJECT_AMOUNT
          : checkFrame(bytes, scope),
    },
  ],
  [2, NAIVE_SECOND],
]);

export const NAIVE_CURED_LATE: NaiveRuleTable = new Map([
  [1, NAIVE_CURED.get(1)!],
  [2, { ...NAIVE_SECOND, checkFrame: NAIVE_CURED.get(1)!.checkFrame }],
  [3, NAIVE_SECOND],
]);
