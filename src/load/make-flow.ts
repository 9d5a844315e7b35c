/**
 * MakeFlow: order flows of our own, by shape and seed, in the public benchmark's format.
 *
 *   mid     one step of a geometric random walk per new order, from 33,504 ticks
 *           buys are priced along its first half, sells along its second, 1 + k ticks passive
 *   k       power law with exponent 2.23 over 0 .. 799 (10 %), or a hump about 8 (90 %)
 *   life    new --(modify, 20 %)--> cancel (95 %), mostly before the next order comes
 *           2 % of cancels come twice, 2 % of the modified and cancelled get a late modify
 *   IOC     15 %, never modified or cancelled
 *
 * Arrival order is fully shuffled. `wide` and `deep` are harder: orders live for hundreds of
 * messages, over tens of thousands of prices or on few levels with long queues, and are modified
 * again and again. The same shape, seed and count give the same bytes on every machine.
 */
import { Prng } from "../base/prng.ts";
import { exp, exponential, ln, normal } from "./exact-math.ts";
import { type Message, MESSAGE_CANCEL, MESSAGE_MODIFY, MESSAGE_NEW } from "./workload.ts";

interface Shape {
  /** How far the mid may be expected to get, as part of the start. */
  readonly swing: number;
  /** Ticks away from the mid. */
  readonly distance: (random: Prng) => number;
  /** Mean life of an order, in new orders that arrive meanwhile. */
  readonly life: number;
  readonly modifyPercent: number;
  /** Modifies of one order, at most. */
  readonly modifiesMax: number;
  readonly cancelPercent: number;
}

const START = 33_504;
const PRICE_MIN = 1;
const PRICE_MAX = 0xffff_ffff;
const QUANTITY_MAX = 100;
const IOC_PERCENT = 15;
const TWICE_PERCENT = 2;
const TOWARDS_PERCENT = 80;

const DISTANCE_MAX = 800;
const POWER = 2.23;
const HUMP = 8;
const HUMP_PERCENT = 90;
const WIDE_TICKS = 6000;
const DEEP_TICKS = 12;

/** Chance that k is at most i, of the power law. */
const POWER_LAW = powerLaw();

const PUBLIC = {
  distance: (random: Prng) => (random.chance(HUMP_PERCENT) ? humped(random) : tailed(random)),
  life: 0.2,
  modifyPercent: 20,
  modifiesMax: 1,
  cancelPercent: 95,
};

const SHAPES: Readonly<Record<string, Shape>> = {
  static: { ...PUBLIC, swing: 0 },
  normal: { ...PUBLIC, swing: 0.02 },
  "swing-25": { ...PUBLIC, swing: 0.25 },
  "swing-40": { ...PUBLIC, swing: 0.4 },
  "flash-crash": { ...PUBLIC, swing: 0.6 },
  wide: {
    swing: 0.1,
    distance: (random) => Math.floor(exponential(random) * WIDE_TICKS),
    life: 400,
    modifyPercent: 30,
    modifiesMax: 6,
    cancelPercent: 80,
  },
  deep: {
    swing: 0,
    distance: (random) => Math.floor(exponential(random) * DEEP_TICKS),
    life: 2000,
    modifyPercent: 60,
    modifiesMax: 8,
    cancelPercent: 45,
  },
};

export const SHAPE_NAMES: readonly string[] = Object.keys(SHAPES);

/** A message and when it comes; `rank` orders what comes at the same time. */
interface Event {
  readonly time: number;
  readonly rank: number;
  readonly message: Message;
}

/** The messages of a flow of `count` new orders, or null for a shape that there is not. */
export function makeFlow(shapeName: string, seed: number, count: number): Message[] | null {
  const shape = SHAPES[shapeName];
  if (shape === undefined) return null;
  const random = new Prng(seed);
  const orders = shuffled(newOrders(shape, count, random), random);
  const events: Event[] = [];
  for (const [time, order] of orders.entries()) addLife(events, order, { shape, random, time });
  return events.sort((a, b) => a.time - b.time || a.rank - b.rank).map(({ message }) => message);
}

/** New orders in the order of the walk; ids count from 1. */
function newOrders(shape: Shape, count: number, random: Prng): Message[] {
  // The square root is exact in IEEE 754 too.
  const step = shape.swing / Math.sqrt(Math.max(1, count));
  const orders: Message[] = [];
  let mid = START;
  for (let i = 0; i < count; i++) {
    mid *= 1 + normal(random) * step;
    const side = i < count / 2 ? 0 : 1;
    const away = 1 + shape.distance(random);
    const price = legalPrice(Math.round(mid) + (side === 0 ? -away : away));
    const quantity = random.between(1, QUANTITY_MAX);
    const ioc = random.chance(IOC_PERCENT);
    orders.push({ type: MESSAGE_NEW, side, ioc, quantity, orderId: BigInt(i + 1), price });
  }
  return orders;
}

/** The new order at `time`, and what its owner does with it later. */
function addLife(
  events: Event[],
  order: Message,
  { shape, random, time }: { shape: Shape; random: Prng; time: number },
): void {
  const add = (at: number, message: Message): void => {
    events.push({ time: at, rank: events.length, message });
  };
  add(time, order);
  if (order.ioc) return;
  const end = time + exponential(random) * shape.life;
  const isModified = random.chance(shape.modifyPercent);
  const isCancelled = random.chance(shape.cancelPercent);
  let now = order;
  if (isModified) {
    const times = random.between(1, shape.modifiesMax);
    for (let i = 1; i <= times; i++) {
      now = modified(now, random);
      add(time + ((end - time) * i) / (times + 1), now);
    }
  }
  if (!isCancelled) return;
  const cancel = { ...order, type: MESSAGE_CANCEL, side: 0, quantity: 0, price: 0 };
  add(end, cancel);
  if (random.chance(TWICE_PERCENT)) add(end + exponential(random) * shape.life, cancel);
  if (isModified && random.chance(TWICE_PERCENT)) {
    add(end + exponential(random) * shape.life, modified(now, random));
  }
}

/** One lot more, mostly one tick towards the other side. */
function modified(order: Message, random: Prng): Message {
  const { side, price, quantity } = order;
  const towards = random.chance(TOWARDS_PERCENT) ? 1 : 0;
  const next = legalPrice(side === 0 ? price + towards : price - towards);
  return { ...order, type: MESSAGE_MODIFY, quantity: quantity + 1, price: next };
}

function legalPrice(ticks: number): number {
  return Math.max(PRICE_MIN, Math.min(PRICE_MAX, ticks));
}

function humped(random: Prng): number {
  return Math.max(0, Math.round(HUMP + normal(random)));
}

function tailed(random: Prng): number {
  const at = random.unit();
  let low = 0;
  let high = DISTANCE_MAX - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (POWER_LAW[middle]! > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

function powerLaw(): Float64Array {
  const weights = Float64Array.from({ length: DISTANCE_MAX }, (_, k) => exp(-POWER * ln(k + 1)));
  let total = 0;
  for (const weight of weights) total += weight;
  let sum = 0;
  return weights.map((weight) => (sum += weight / total));
}

/** Fisher and Yates. */
function shuffled(orders: Message[], random: Prng): Message[] {
  for (let i = orders.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const [a, b] = [orders[i]!, orders[j]!];
    orders[i] = b;
    orders[j] = a;
  }
  return orders;
}
