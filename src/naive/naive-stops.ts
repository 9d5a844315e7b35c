/**
 * NaiveStops: stops that wait, and the cascade that triggers them (RULES.md section 10).
 *
 *   trades of a command --> window low .. high
 *   while it is not empty: the next stop it reaches --> triggered, matches, may widen the window
 *                          none --> the window is empty, the cascade is over
 *                          no room --> the window stays, and is due in the next record
 */
import * as codes from "../protocol/codes.ts";
import { match } from "./naive-match.ts";
import { ofOrder, putAway, takeOut } from "./naive-order.ts";
import type { NaiveMarket, NaiveOrder } from "./naive-state.ts";
import type { NaiveVoice } from "./naive-voice.ts";

/** Triggered, two fills or cancels, and the rest. */
const ROOM_FOR_A_STOP = 4;

export function isStop(order: NaiveOrder): boolean {
  return order.stopPrice !== 0;
}

/** Whether the last trade lies where a stop that is being placed would be triggered. */
export function isReachedAtOnce({ market, side, stopPrice }: NaiveOrder): boolean {
  if (market.last === 0) return false;
  return side === codes.SIDE_BUY ? market.last >= stopPrice : market.last <= stopPrice;
}

/** The stop, which waits no more, becomes a taker. `reachedBy`: the price that reached it. */
export function trigger(voice: NaiveVoice, order: NaiveOrder, reachedBy: number): void {
  const said = { ...ofOrder(order), first: order.stopPrice, second: reachedBy };
  voice.say(order.account, codes.REPORT_TRIGGERED, said);
  match(voice, order);
  putAway(voice, order);
}

/** Triggers what the window reaches, one after the other, as far as room goes. */
export function cascade(voice: NaiveVoice, market: NaiveMarket): void {
  while (market.high !== 0) {
    const next = nextStop(market);
    if (next === undefined) {
      market.low = 0;
      market.high = 0;
      return;
    }
    if (voice.room() < ROOM_FOR_A_STOP) return;
    takeOut(next);
    trigger(voice, next, next.side === codes.SIDE_BUY ? market.high : market.low);
  }
}

/** Of the first buy and the first sell that are reached, the one that came first. */
function nextStop({ waiting, low, high }: NaiveMarket): NaiveOrder | undefined {
  const buys = waiting
    .filter(({ side, stopPrice }) => side === codes.SIDE_BUY && stopPrice <= high)
    .sort((a, b) => a.stopPrice - b.stopPrice || a.arrival - b.arrival);
  const sells = waiting
    .filter(({ side, stopPrice }) => side === codes.SIDE_SELL && stopPrice >= low)
    .sort((a, b) => b.stopPrice - a.stopPrice || a.arrival - b.arrival);
  return [...buys.slice(0, 1), ...sells.slice(0, 1)].sort((a, b) => a.arrival - b.arrival)[0];
}
