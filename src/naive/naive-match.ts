/**
 * NaiveMatch: the crossing loop (RULES.md section 5, "Matching").
 *
 *   best maker crosses? --> no room      the taker's rest is canceled
 *                       --> same owner   self-trade prevention, the taker's
 *                       --> trade        both sides get a fill report, the maker's first
 */
import * as codes from "../protocol/codes.ts";
import { crosses, oppositeOf, takeFromBook } from "./naive-book.ts";
import { fee, holdFor, holdOf, move, notional, sellHold } from "./naive-ledger.ts";
import { cancel, cancelOpen, close, ofOrder, reduce } from "./naive-order.ts";
import type { NaiveMarket, NaiveOrder } from "./naive-state.ts";
import type { NaiveVoice } from "./naive-voice.ts";

/** A step says at most two reports, and the rest may need one more. */
const ROOM_FOR_A_STEP = 3;

/** Trades what crosses. Afterwards the taker has no leaves, or nothing on the book crosses it. */
export function match(voice: NaiveVoice, taker: NaiveOrder): void {
  const makers = oppositeOf(taker.market, taker.side);
  while (taker.leaves > 0) {
    const maker = makers.at(-1);
    if (maker === undefined || !crosses(taker.side, taker.price, maker.price)) return;
    if (voice.room() < ROOM_FOR_A_STEP) {
      cancel(voice, taker, codes.CANCEL_RECORD_FULL);
    } else if (maker.account === taker.account && taker.stp !== codes.STP_NONE) {
      preventSelfTrade(voice, maker, taker);
    } else {
      const lots = lotsOfTrade(maker, taker);
      if (lots === 0) cancel(voice, taker, codes.CANCEL_BUDGET);
      else trade(voice, { maker, taker, lots });
    }
  }
}

function preventSelfTrade(voice: NaiveVoice, maker: NaiveOrder, taker: NaiveOrder): void {
  const reason = codes.CANCEL_SELF_TRADE;
  if (taker.stp === codes.STP_DECREMENT) {
    const lots = Math.min(maker.leaves, taker.leaves);
    if (lots === maker.leaves) cancelOpen(voice, maker, reason);
    else reduce(voice, maker, lots, reason);
    if (lots === taker.leaves) cancel(voice, taker, reason);
    else reduce(voice, taker, lots, reason);
    return;
  }
  if (taker.stp !== codes.STP_CANCEL_TAKER) cancelOpen(voice, maker, reason);
  if (taker.stp !== codes.STP_CANCEL_MAKER) cancel(voice, taker, reason);
}

/** All that both have, or with a budget the most quantity steps that it covers. */
function lotsOfTrade(maker: NaiveOrder, taker: NaiveOrder): number {
  const lots = Math.min(maker.leaves, taker.leaves);
  const { budget } = taker;
  if (budget === null) return lots;
  const step = taker.market.quantityStep;
  // `most` may be tried no more once it is too much; `least` is always covered.
  let least = 0;
  let most = Math.floor(lots / step);
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (budgetFor(taker, maker.price, middle * step) <= budget) least = middle;
    else most = middle - 1;
  }
  return least * step;
}

/** What a trade takes out of the taker's budget: a buy's fee counts, a sell's does not. */
function budgetFor({ market, side }: NaiveOrder, price: number, lots: number): bigint {
  const value = notional(market, price, lots);
  return side === codes.SIDE_BUY ? value + fee(value, market.takerPpm) : value;
}

interface Trade {
  readonly maker: NaiveOrder;
  readonly taker: NaiveOrder;
  readonly lots: number;
}

/** One trade, at the maker's price. */
function trade(voice: NaiveVoice, { maker, taker, lots }: Trade): void {
  const { market } = taker;
  const { price } = maker;
  const value = notional(market, price, lots);
  const fees = { maker: fee(value, market.makerPpm), taker: fee(value, market.takerPpm) };
  settle(voice, { maker, taker, lots }, fees);

  market.trades++;
  market.last = price;
  widenWindow(market, price);
  if (taker.budget !== null) taker.budget -= budgetFor(taker, price, lots);
  for (const order of [maker, taker]) {
    order.leaves -= lots;
    order.cumulative += lots;
  }
  if (maker.leaves === 0) takeFromBook(maker);
  for (const order of [maker, taker]) if (order.leaves === 0) close(voice.state, order);
  const both = { price, last: lots, first: market.trades };
  voice.say(maker.account, codes.REPORT_FILL, {
    ...ofOrder(maker),
    ...both,
    liquidity: codes.LIQUIDITY_MAKER,
    second: Number(fees.maker),
  });
  voice.say(taker.account, codes.REPORT_FILL, {
    ...ofOrder(taker),
    ...both,
    liquidity: codes.LIQUIDITY_TAKER,
    second: Number(fees.taker),
  });
}

/** At once with each trade: nobody looks at it before the taker's rest is put away. */
function widenWindow(market: NaiveMarket, price: number): void {
  market.low = market.low === 0 ? price : Math.min(market.low, price);
  market.high = Math.max(market.high, price);
}

/**
 * Moves the money of one trade; the orders still have the leaves from before it. Takes before it
 * gives, since buyer and seller may be one account that has nearly all there can be.
 */
function settle(
  voice: NaiveVoice,
  { maker, taker, lots }: Trade,
  fees: { readonly maker: bigint; readonly taker: bigint },
): void {
  const { market } = taker;
  const value = notional(market, maker.price, lots);
  const units = sellHold(market, lots);
  const takerBuys = taker.side === codes.SIDE_BUY;
  const [buyer, buyerFee] = takerBuys ? [taker, fees.taker] : [maker, fees.maker];
  const [seller, sellerFee] = takerBuys ? [maker, fees.maker] : [taker, fees.taker];

  const spent = value + buyerFee;
  const unheld = holdOf(buyer) - holdAfter(buyer, lots, spent);
  move(buyer.account, market.quote, { held: -unheld, free: unheld - spent });
  move(seller.account, market.base, { held: -units });
  move(buyer.account, market.base, { free: units });
  move(seller.account, market.quote, { free: value - sellerFee });
  voice.state.assets.get(market.quote)!.fees += fees.maker + fees.taker;
}

/** What a buyer holds when these lots are paid; a budget goes back with the last of them. */
function holdAfter(buyer: NaiveOrder, lots: number, spent: bigint): bigint {
  const leaves = buyer.leaves - lots;
  if (buyer.budget === null) return holdFor(buyer, buyer.price, leaves);
  return leaves === 0 ? 0n : buyer.budget - spent;
}
