/**
 * Random new orders of every type and time in force: mostly such that they are accepted, some
 * wrong in one chosen way. Whatever is drawn, the bytes alone are always in order.
 *
 *   life       type and time in force, by the profile's habits
 *   aims       fill-or-kill and budgets, at what the best few makers have open
 *   spoilers   one row each: what is made wrong, and so which refusal it aims at
 */
import { freeOf, heldAsset, notional } from "../../src/naive/naive-ledger.ts";
import { oppositeOf } from "../../src/naive/naive-book.ts";
import type { NaiveMarket } from "../../src/naive/naive-state.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeNewOrder, type NewOrder } from "../../src/protocol/commands.ts";
import {
  clampAmount,
  clampU32,
  drawPrice,
  drawQuantity,
  drawStopPrice,
  EXTREMES,
  stepAside,
} from "./grammar-numbers.ts";
import type { GrammarWorld } from "./grammar-world.ts";

export const UNKNOWN_MARKETS = [0, 4_000_000, codes.U32_MAX];

type Draft = { -readonly [Field in keyof NewOrder]-?: NewOrder[Field] };
type Life = readonly [type: number, tif: number];

const IMMEDIATE: Life = [codes.TYPE_LIMIT, codes.TIF_IOC];
const CROSSING: readonly Life[] = [
  [codes.TYPE_LIMIT, codes.TIF_GTC],
  IMMEDIATE,
  [codes.TYPE_LIMIT, codes.TIF_FOK],
  [codes.TYPE_MARKET, codes.TIF_IOC],
  [codes.TYPE_MARKET, codes.TIF_FOK],
];

export function newOrder(world: GrammarWorld, account: number): Uint8Array<ArrayBuffer> {
  const { prng, profile } = world;
  const market = world.pickMarket();
  const side = prng.between(codes.SIDE_BUY, codes.SIDE_SELL);
  const price = drawPrice(world, market, side);
  const owner = world.state.accounts[account];
  const free = owner === undefined ? 0n : freeOf(owner, heldAsset(market, side));
  const full = !world.spoils() && !world.hasPlace(account, market) && !prng.chance(10);
  const [type, tif] = full ? IMMEDIATE : drawLife(world);
  const draft: Draft = {
    market: market.id,
    side,
    type,
    tif,
    clientOrderId: world.clientOrderId(account),
    price,
    quantity: drawQuantity(world, market, { side, price, free }),
    stp: prng.chance(profile.stpPercent) ? prng.between(1, 4) : codes.STP_NONE,
    postOnly: codes.POST_ONLY_OFF,
    stopPrice: 0,
    goodTill: 0,
    budget: 0,
  };
  refine(world, market, draft);
  if (world.spoils()) prng.pick(SPOILERS)(draft, market, world);
  return encodeNewOrder(draft);
}

function drawLife(world: GrammarWorld): Life {
  const { prng, profile } = world;
  const life = (): Life => {
    if (prng.chance(profile.stopPercent)) {
      return [prng.pick([codes.TYPE_STOP, codes.TYPE_STOP_LIMIT]), codes.TIF_GTC];
    }
    if (!prng.chance(profile.crossPercent)) return [codes.TYPE_LIMIT, codes.TIF_GTC];
    return prng.pick(CROSSING);
  };
  const [type, tif] = life();
  const isTimed = tif === codes.TIF_GTC && prng.chance(profile.timedPercent);
  return [type, isTimed ? prng.pick([codes.TIF_GTD, codes.TIF_GTD, codes.TIF_DAY]) : tif];
}

/** What its type and time in force ask for. */
function refine(world: GrammarWorld, market: NaiveMarket, draft: Draft): void {
  const { prng, profile } = world;
  if (draft.tif === codes.TIF_GTD) draft.goodTill = world.drawGoodTill();
  if (isStop(draft)) {
    draft.stopPrice = drawStopPrice(world, market, draft.side);
    // Most stops may pay more than what reaches them; a few are narrow, or beyond it.
    if (prng.chance(70)) draft.price = protection(world, market, draft);
  } else if (mayBePostOnly(draft)) {
    const wanted = market.state === codes.STATE_POST_ONLY || prng.chance(20);
    if (wanted) draft.postOnly = prng.pick([codes.POST_ONLY_REJECT, codes.POST_ONLY_SLIDE]);
    const stepsAside = draft.postOnly === codes.POST_ONLY_REJECT && !world.spoils();
    if (stepsAside) draft.price = stepAside(market, draft.side, draft.price);
  } else if (draft.type === codes.TYPE_MARKET && draft.tif === codes.TIF_IOC) {
    if (prng.chance(profile.budgetPercent)) drawBudget(world, market, draft);
  } else if (draft.tif === codes.TIF_FOK && prng.chance(70)) {
    aimAtMakers(world, market, draft);
  }
}

function isStop({ type }: Draft): boolean {
  return type === codes.TYPE_STOP || type === codes.TYPE_STOP_LIMIT;
}

function mayBePostOnly({ type, tif }: Draft): boolean {
  return type === codes.TYPE_LIMIT && tif !== codes.TIF_IOC && tif !== codes.TIF_FOK;
}

/** A limit some steps beyond the stop price. */
function protection({ prng }: GrammarWorld, market: NaiveMarket, draft: Draft): number {
  const away = prng.below(6) * market.priceStep * (draft.side === codes.SIDE_BUY ? 1 : -1);
  return clampU32(Math.min(Math.max(draft.stopPrice + away, market.priceMin), market.priceMax));
}

/** What the best few makers cost, about; mostly without a price. */
function drawBudget(world: GrammarWorld, market: NaiveMarket, draft: Draft): void {
  const { prng } = world;
  if (prng.chance(70)) draft.price = 0;
  const maker = oppositeOf(market, draft.side).at(-1 - prng.below(3));
  const lots = prng.pick([1, 2, maker?.leaves ?? 5, draft.quantity, 4 * draft.quantity]);
  const cost = Number(notional(market, maker?.price ?? 7, lots));
  const fees = prng.pick([0, 0, 1, -1, Math.floor((cost * market.takerPpm) / codes.PPM)]);
  draft.budget = clampAmount(cost + fees);
}

/** All that the best few makers have open, to the lot or one lot off. */
function aimAtMakers({ prng }: GrammarWorld, market: NaiveMarket, draft: Draft): void {
  const makers = oppositeOf(market, draft.side);
  const few = makers.slice(-prng.pick([1, 2, 3, 4, 5, 7, 12, 40])).toReversed();
  const last = few.at(-1);
  if (last === undefined) return;
  const lots = few.reduce((sum, maker) => sum + maker.leaves, prng.pick([0, 0, 0, 1, -1]));
  draft.price = last.price;
  draft.quantity = clampU32(lots);
}

type Spoiler = (draft: Draft, market: NaiveMarket, world: GrammarWorld) => void;

const SPOILERS: readonly Spoiler[] = [
  (draft, _, { prng }) => (draft.market = prng.pick(UNKNOWN_MARKETS)),
  (draft) => (draft.price = clampU32(draft.price + 1)),
  (draft) => (draft.quantity = clampU32(draft.quantity + 1)),
  (draft, market) => (draft.quantity = clampU32(market.quantityMin - market.quantityStep)),
  (draft, market) => (draft.quantity = clampU32(market.quantityMax + market.quantityStep)),
  (draft, market) => (draft.price = clampU32(market.priceMin - market.priceStep)),
  (draft, market) => (draft.price = clampU32(market.priceMax + market.priceStep)),
  (draft, _, { prng }) => (draft.price = prng.pick(EXTREMES)),
  (draft, _, { prng }) => (draft.quantity = prng.pick(EXTREMES)),
  (draft, _, world) => {
    draft.clientOrderId = world.pickOrder()?.clientOrderId ?? draft.clientOrderId;
  },
  (draft, market) => {
    draft.quantity = market.quantityMax - (market.quantityMax % market.quantityStep);
  },
  (draft, market) => {
    draft.price = market.priceMax - (market.priceMax % market.priceStep);
    draft.quantity = market.quantityMax - (market.quantityMax % market.quantityStep);
  },
  (draft, market, { prng }) => {
    const best = oppositeOf(market, draft.side).at(-1);
    if (best === undefined || !mayBePostOnly(draft)) return;
    draft.price = best.price;
    draft.postOnly = prng.between(1, 2);
  },
  // A time that is past, or just not; a stop price off the step, outside the band, extreme.
  (draft, _, world) => pastTime(draft, world),
  (draft, _, world) => pastTime(draft, world),
  (draft) => {
    if (isStop(draft)) draft.stopPrice = clampU32(draft.stopPrice + 1);
  },
  (draft, market, { prng }) => {
    if (!isStop(draft)) return;
    draft.stopPrice = clampU32(
      prng.pick([market.priceMax + market.priceStep, market.priceMin - 1, ...EXTREMES]),
    );
  },
  (draft, _, { prng }) => {
    if (draft.budget !== 0) draft.budget = prng.pick([1, codes.AMOUNT_MAX]);
  },
];

function pastTime(draft: Draft, { prng, logTime }: GrammarWorld): void {
  const isOpen = draft.tif !== codes.TIF_IOC && draft.tif !== codes.TIF_FOK;
  if (!isOpen) return;
  draft.tif = codes.TIF_GTD;
  draft.goodTill = prng.pick([1, logTime - 1_000_000, logTime - 1, logTime]);
}
