/**
 * NaiveDue: what log time alone brings, before a record's frame is looked at (RULES.md section 9).
 *
 *   expired orders --> dead-man timers --> stops left over
 *
 * What finds no room is not remembered anywhere: it is found again in the next record.
 */
import * as codes from "../protocol/codes.ts";
import { cancelOpen } from "./naive-order.ts";
import {
  type NaiveAccount,
  type NaiveMarket,
  type NaiveOrder,
  type NaiveState,
  ordersOf,
} from "./naive-state.ts";
import { cascade } from "./naive-stops.ts";
import type { NaiveVoice } from "./naive-voice.ts";

/** A cancel for a timer, and then the report of the timer itself. */
const ROOM_FOR_A_CANCEL = 2;

export function doWhatIsDue(voice: NaiveVoice): void {
  const { state } = voice;
  for (const order of expiredOrders(state)) {
    if (voice.room() >= 1) cancelOpen(voice, order, codes.CANCEL_EXPIRED);
  }
  for (const account of firingTimers(state)) {
    if (voice.room() >= 1) fireTimer(voice, account);
  }
  const left = [...state.markets.values()].filter(
    (market) => market.high !== 0 && market.state === codes.STATE_OPEN,
  );
  for (const market of left.sort((a, b) => a.id - b.id)) cascade(voice, market);
}

/** Whether something is left that must come before a new order in this market. */
export function isCatchingUp(state: NaiveState, market: NaiveMarket): boolean {
  const isLate = expiredOrders(state).length > 0 || firingTimers(state).length > 0;
  return isLate || market.high !== 0;
}

function expiredOrders({ timed, logTime }: NaiveState): NaiveOrder[] {
  return [...timed]
    .filter(({ goodTill }) => goodTill < logTime)
    .sort((a, b) => a.goodTill - b.goodTill || a.arrival - b.arrival);
}

function firingTimers({ accounts, logTime }: NaiveState): NaiveAccount[] {
  return accounts
    .filter(({ timer }) => timer !== 0 && timer < logTime)
    .sort((a, b) => a.timer - b.timer || a.id - b.id);
}

/** A timer that was cut off stays, and so goes on in the next record. */
function fireTimer(voice: NaiveVoice, account: NaiveAccount): void {
  const orders = ordersOf(account);
  let last = 0;
  for (const order of orders) {
    if (voice.room() < ROOM_FOR_A_CANCEL) break;
    cancelOpen(voice, order, codes.CANCEL_DEAD_MAN);
    last++;
  }
  const isCutOff = last < orders.length;
  const first = account.timer;
  if (!isCutOff) account.timer = 0;
  voice.say(account, codes.REPORT_TIMER_FIRED, { last, reason: isCutOff ? 1 : 0, first });
}
