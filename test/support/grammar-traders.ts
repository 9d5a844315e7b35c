/**
 * Random commands of traders: mostly such that they are accepted, some wrong in one chosen way.
 *
 *   price      from the touch, within the profile's spread
 *   quantity   a few steps, bounded by what the account can pay
 *   spoilers   one row each: what is made wrong, and so which refusal it aims at
 */
import { buyHold, freeOf, heldAsset, holdOf, sellHold } from "../../src/naive/naive-ledger.ts";
import { crosses, oppositeOf, sideOf } from "../../src/naive/naive-book.ts";
import type { NaiveMarket, NaiveOrder } from "../../src/naive/naive-state.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import type { Kind } from "./grammar-profiles.ts";
import type { GrammarWorld } from "./grammar-world.ts";

export const TRADER_KINDS = [
  "new_order",
  "cancel",
  "replace",
  "reduce",
  "mass_cancel",
  "withdraw",
] as const satisfies readonly Kind[];
export type TraderKind = (typeof TRADER_KINDS)[number];

const UNKNOWN_MARKETS = [0, 4_000_000, codes.U32_MAX];
const EXTREMES = [1, 2, 3, 2 ** 31, codes.U32_MAX - 1, codes.U32_MAX];

type Draft = { -readonly [Field in keyof encode.NewOrder]: encode.NewOrder[Field] };

export function traderCommand(
  world: GrammarWorld,
  account: number,
  kind: TraderKind,
): Uint8Array<ArrayBuffer> {
  const { prng } = world;
  if (kind === "new_order") return newOrder(world, account);
  if (kind === "mass_cancel") {
    const market = prng.chance(40) ? 0 : aimedMarket(world, world.pickMarket().id);
    return encode.encodeMassCancel(market, prng.below(3));
  }
  if (kind === "withdraw") return withdraw(world, account);
  const order = world.spoils() ? undefined : world.pickOrder(account);
  if (order === undefined && !world.spoils()) return newOrder(world, account);
  return aboutOrder(world, kind, order ?? world.pickOrder());
}

/** Nearly always the market itself; sometimes none that exists. */
function aimedMarket(world: GrammarWorld, market: number): number {
  return world.spoils() && world.prng.chance(30) ? world.prng.pick(UNKNOWN_MARKETS) : market;
}

function aboutOrder(
  world: GrammarWorld,
  kind: "cancel" | "replace" | "reduce",
  order: NaiveOrder | undefined,
): Uint8Array<ArrayBuffer> {
  const { prng } = world;
  const market = aimedMarket(world, order?.market.id ?? world.pickMarket().id);
  const id = order?.clientOrderId ?? world.clientOrderId();
  if (kind === "cancel") return encode.encodeCancel(market, id);
  const rules = order?.market ?? world.pickMarket();
  if (kind === "reduce") {
    const leaves = order?.leaves ?? 10;
    const step = rules.quantityStep;
    const most = Math.max(1, Math.ceil(leaves / step) - 1);
    const lots = prng.between(1, Math.min(most, prng.pick([1, 3, most]))) * step;
    return encode.encodeReduce(market, id, spoilNumber(world, lots, leaves));
  }
  const side = order?.side ?? prng.between(1, 2);
  const price = spoilNumber(world, drawPrice(world, rules, side), rules.priceMax + 1);
  const free = order === undefined ? 0n : holdOf(order) + freeFor(order);
  const quantity = drawQuantity(world, rules, { side, price, free });
  return encode.encodeReplace(market, id, price, spoilNumber(world, quantity, codes.U32_MAX));
}

function freeFor(order: NaiveOrder): bigint {
  return freeOf(order.account, heldAsset(order.market, order.side));
}

/** The number, or one that is off by one, extreme, or the named border. */
function spoilNumber(world: GrammarWorld, number: number, border: number): number {
  if (!world.spoils()) return number;
  const odd = world.prng.pick([number + 1, Math.max(1, number - 1), border, ...EXTREMES]);
  return Math.min(Math.max(odd, 1), codes.U32_MAX);
}

function newOrder(world: GrammarWorld, account: number): Uint8Array<ArrayBuffer> {
  const { prng, profile } = world;
  const market = world.pickMarket();
  const side = prng.between(codes.SIDE_BUY, codes.SIDE_SELL);
  const price = drawPrice(world, market, side);
  const owner = world.state.accounts[account];
  const free = owner === undefined ? 0n : freeOf(owner, heldAsset(market, side));
  const full = !world.spoils() && !world.hasPlace(account, market) && !prng.chance(10);
  const [type, tif] = full ? IMMEDIATE : drawLife(world);
  const rests = tif === codes.TIF_GTC;
  const draft: Draft = {
    market: market.id,
    side,
    type,
    tif,
    clientOrderId: world.clientOrderId(),
    price,
    quantity: drawQuantity(world, market, { side, price, free }),
    stp: prng.chance(profile.stpPercent) ? prng.between(1, 3) : codes.STP_NONE,
    postOnly: rests && (market.state === codes.STATE_POST_ONLY || prng.chance(20)) ? 1 : 0,
  };
  if (draft.postOnly === 1 && !world.spoils()) draft.price = stepAside(market, side, price);
  if (tif === codes.TIF_FOK && prng.chance(70)) aimAtMakers(world, market, draft);
  if (world.spoils()) prng.pick(SPOILERS)(draft, market, world);
  return encode.encodeNewOrder(draft);
}

const IMMEDIATE = [codes.TYPE_LIMIT, codes.TIF_IOC] as const;

function drawLife(world: GrammarWorld): readonly [number, number] {
  const { prng, profile } = world;
  if (!prng.chance(profile.crossPercent)) return [codes.TYPE_LIMIT, codes.TIF_GTC];
  return prng.pick([
    [codes.TYPE_LIMIT, codes.TIF_GTC],
    [codes.TYPE_LIMIT, codes.TIF_IOC],
    [codes.TYPE_LIMIT, codes.TIF_FOK],
    [codes.TYPE_MARKET, codes.TIF_IOC],
    [codes.TYPE_MARKET, codes.TIF_FOK],
  ] as const);
}

/** A legal price: around the touch, on the own side of it unless it is to cross. */
function drawPrice(world: GrammarWorld, market: NaiveMarket, side: number): number {
  const { prng, profile } = world;
  const own = sideOf(market, side).at(-1)?.price;
  const other = oppositeOf(market, side).at(-1)?.price;
  const middle = Math.min(
    market.priceMin + 500,
    Math.floor((market.priceMin + market.priceMax) / 2),
  );
  const anchor = other ?? own ?? Math.min(middle * 20, Math.floor(market.priceMax / 2) + 1);
  const away = prng.below(prng.chance(50) ? 4 : profile.spread) * market.priceStep;
  const into = prng.chance(profile.crossPercent) ? 1 : -1;
  const price = anchor + away * into * (side === codes.SIDE_BUY ? 1 : -1);
  const bounded = Math.min(Math.max(price, market.priceMin), market.priceMax);
  return Math.max(bounded - (bounded % market.priceStep), market.priceStep);
}

/** The price, or if it would trade, the nearest that would not. */
function stepAside(market: NaiveMarket, side: number, price: number): number {
  const best = oppositeOf(market, side).at(-1)?.price;
  if (best === undefined || !crosses(side, price, best)) return price;
  const aside = best + (side === codes.SIDE_BUY ? -market.priceStep : market.priceStep);
  return Math.min(Math.max(aside, 1), codes.U32_MAX);
}

/** A legal quantity that `free` can pay, if there is one. */
function drawQuantity(
  world: GrammarWorld,
  market: NaiveMarket,
  wish: { side: number; price: number; free: bigint },
): number {
  const { prng } = world;
  const step = market.quantityStep;
  const most = Math.floor(market.quantityMax / step);
  const steps = prng.between(1, Math.min(most, prng.pick([1, 5, 20, 100, most])));
  const buys = wish.side === codes.SIDE_BUY;
  const unit = buys ? buyHold(market, wish.price, step) + 1n : sellHold(market, step);
  const payable = wish.free / unit / (prng.chance(5) ? 1n : 4n);
  const least = Math.ceil(market.quantityMin / step);
  const paid = BigInt(steps) < payable ? steps : Number(payable);
  return Math.max(paid, least) * step;
}

/** All that the best few makers have open, to the lot or one lot off. */
function aimAtMakers({ prng }: GrammarWorld, market: NaiveMarket, draft: Draft): void {
  const makers = oppositeOf(market, draft.side);
  const few = makers.slice(-prng.pick([1, 2, 3, 4, 5, 7, 12, 40])).toReversed();
  const last = few.at(-1);
  if (last === undefined) return;
  const lots = few.reduce((sum, maker) => sum + maker.leaves, prng.pick([0, 0, 0, 1, -1]));
  draft.price = last.price;
  draft.quantity = Math.min(Math.max(lots, 1), codes.U32_MAX);
}

type Spoiler = (draft: Draft, market: NaiveMarket, world: GrammarWorld) => void;

const SPOILERS: readonly Spoiler[] = [
  (draft, _, { prng }) => (draft.market = prng.pick(UNKNOWN_MARKETS)),
  (draft) => (draft.price = Math.min(draft.price + 1, codes.U32_MAX)),
  (draft) => (draft.quantity = Math.min(draft.quantity + 1, codes.U32_MAX)),
  (draft, market) => (draft.quantity = Math.max(market.quantityMin - market.quantityStep, 1)),
  (draft, market) => {
    draft.quantity = Math.min(market.quantityMax + market.quantityStep, codes.U32_MAX);
  },
  (draft, market) => (draft.price = Math.max(market.priceMin - market.priceStep, 1)),
  (draft, market) => {
    draft.price = Math.min(market.priceMax + market.priceStep, codes.U32_MAX);
  },
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
  (draft, market) => {
    const best = oppositeOf(market, draft.side).at(-1);
    if (best === undefined) return;
    draft.price = best.price;
    if (draft.tif === codes.TIF_GTC) draft.postOnly = 1;
  },
];

function withdraw(world: GrammarWorld, account: number): Uint8Array<ArrayBuffer> {
  const { prng, state } = world;
  const asset = world.spoils()
    ? prng.pick([0, 9_999, codes.U32_MAX])
    : prng.pick([...state.assets.keys()]);
  const owner = state.accounts[account];
  const free = owner === undefined ? 0 : Number(freeOf(owner, asset));
  const part = prng.pick([1, 1_000, Math.floor(free / 1_000)]);
  const amount = world.spoils() ? prng.pick([free, free + 1, codes.AMOUNT_MAX]) : part;
  return encode.encodeWithdraw(asset, clampAmount(amount), prng.bytes(32));
}

export function clampAmount(amount: number): number {
  return Math.min(Math.max(amount, 1), codes.AMOUNT_MAX);
}
