/**
 * NaiveOrder's life: what can happen to an order besides a trade.
 *
 *   rest      lies down in the book, at the tail of its price
 *   wait      a stop, until it is triggered
 *   reduce    loses lots, keeps its place
 *   cancel    ends; whatever is still held goes back to free
 *
 * Open is an order that rests or waits: its account knows it by its client order id. One that
 * matches as a taker lies nowhere.
 */
import * as codes from "../protocol/codes.ts";
import type { Report } from "../protocol/report.ts";
import { putInBook, takeFromBook } from "./naive-book.ts";
import { heldAsset, hold, holdFor, holdOf } from "./naive-ledger.ts";
import type { NaiveOrder, NaiveState } from "./naive-state.ts";
import type { NaiveVoice } from "./naive-voice.ts";

/** The fields that say which order a report is about and how it stands. */
export function ofOrder(order: NaiveOrder): Partial<Report> {
  return {
    side: order.side,
    subject: order.market.id,
    orderKey: order.orderKey,
    orderNonce: order.orderNonce,
    orderIndex: order.orderIndex,
    clientOrderId: order.clientOrderId,
    price: order.price,
    cumulative: order.cumulative,
    leaves: order.leaves,
  };
}

/** Puts what is left of an order at the tail of its price. */
export function rest(state: NaiveState, order: NaiveOrder): void {
  open(state, order);
  putInBook(order);
}

/** The tail of its stop price is where its arrival puts it. */
export function wait(state: NaiveState, order: NaiveOrder): void {
  open(state, order);
  order.waits = true;
  order.market.waiting.push(order);
}

function open(state: NaiveState, order: NaiveOrder): void {
  order.arrival = ++state.arrivals;
  order.account.orders.set(order.clientOrderId, order);
  if (order.goodTill !== 0) state.timed.add(order);
}

/** Neither rests nor waits any more, and is still its account's. */
export function takeOut(order: NaiveOrder): void {
  if (!order.waits) {
    takeFromBook(order);
    return;
  }
  order.waits = false;
  const { waiting } = order.market;
  waiting.splice(waiting.indexOf(order), 1);
}

/** Is open no more. */
export function close(state: NaiveState, order: NaiveOrder): void {
  order.account.orders.delete(order.clientOrderId);
  state.timed.delete(order);
}

/** What is left of a taker rests, or is canceled if it may not. */
export function putAway(voice: NaiveVoice, order: NaiveOrder): void {
  if (order.leaves === 0) return;
  if (order.rests) rest(voice.state, order);
  else cancel(voice, order, codes.CANCEL_IMMEDIATE);
}

/** Cancels an order that neither rests nor waits: a taker's rest. */
export function cancel(voice: NaiveVoice, order: NaiveOrder, reason: number): void {
  const released = holdOf(order);
  hold(order.account, heldAsset(order.market, order.side), -released);
  const last = order.leaves;
  order.leaves = 0;
  close(voice.state, order);
  const said = { ...ofOrder(order), reason, last, first: Number(released) };
  voice.say(order.account, codes.REPORT_CANCELED, said);
}

/** Cancels an order that rests or waits. */
export function cancelOpen(voice: NaiveVoice, order: NaiveOrder, reason: number): void {
  takeOut(order);
  cancel(voice, order, reason);
}

/** Takes off fewer lots than it has. */
export function reduce(voice: NaiveVoice, order: NaiveOrder, lots: number, reason: number): void {
  const released = holdOf(order) - holdFor(order, order.price, order.leaves - lots);
  hold(order.account, heldAsset(order.market, order.side), -released);
  order.leaves -= lots;
  const said = { ...ofOrder(order), reason, last: lots, first: Number(released) };
  voice.say(order.account, codes.REPORT_REDUCED, said);
}
