/**
 * Random commands of traders about their open orders, funds and timers: mostly such that they are
 * accepted, some wrong in one chosen way. New orders: grammar-orders.ts.
 */
import { freeOf, heldAsset, holdOf } from "../../src/naive/naive-ledger.ts";
import type { NaiveOrder } from "../../src/naive/naive-state.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { transfer } from "./grammar-carry.ts";
import { clampAmount, clampU32, drawPrice, drawQuantity, EXTREMES } from "./grammar-numbers.ts";
import { newOrder, UNKNOWN_MARKETS } from "./grammar-orders.ts";
import type { Kind } from "./grammar-profiles.ts";
import type { GrammarWorld } from "./grammar-world.ts";

export const TRADER_KINDS = [
  "new_order",
  "cancel",
  "replace",
  "reduce",
  "mass_cancel",
  "withdraw",
  "dead_man",
  "transfer",
] as const satisfies readonly Kind[];
export type TraderKind = (typeof TRADER_KINDS)[number];

/** Longest timers go off with the leap of a day, the shortest with the next record. */
const TIMEOUTS = [0, 1, 1_000, 100_000, 5_000_000, codes.DAY_US];

export function traderCommand(
  world: GrammarWorld,
  account: number,
  kind: TraderKind,
): Uint8Array<ArrayBuffer> {
  const { prng } = world;
  if (kind === "new_order") return newOrder(world, account);
  if (kind === "mass_cancel") return massCancel(world);
  if (kind === "dead_man") return encode.encodeDeadMan(prng.pick(TIMEOUTS));
  if (kind === "withdraw") return withdraw(world, account);
  if (kind === "transfer") return transfer(world, account);
  const order = world.spoils() ? undefined : world.pickOrder(account);
  if (order === undefined && !world.spoils()) return newOrder(world, account);
  return aboutOrder(world, kind, order ?? world.pickOrder());
}

export function massCancel(world: GrammarWorld): Uint8Array<ArrayBuffer> {
  const market = world.prng.chance(40) ? 0 : aimedMarket(world, world.pickMarket().id);
  return encode.encodeMassCancel(market, world.prng.below(3));
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
  const id = order?.clientOrderId ?? world.clientOrderId(0);
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
  return clampU32(odd);
}

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
