/**
 * PlainBooks: what a competent person writes in an afternoon, in the two forms that one thinks of.
 *
 *   PlainOrders   each side one array of orders, sorted by price and then by arrival; a binary
 *                 search and a splice for every order that comes or goes
 *   PlainLevels   each side a sorted array of levels, each level an array of orders
 *
 * Both have a Map from ids to orders, objects, and numbers; neither has accounts, money or reports.
 */
import { type Columns, folded, type Runs } from "./books-alone.ts";
import { MESSAGE_CANCEL, MESSAGE_NEW } from "../src/load/workload.ts";

interface PlainOrder {
  readonly id: number;
  readonly side: number;
  price: number;
  leaves: number;
  arrival: number;
}

/** The loop that both forms share; they differ in where an order rests. */
abstract class PlainBook implements Runs {
  protected readonly orders = new Map<number, PlainOrder>();
  private sum = 0;
  private arrivals = 0;

  protected abstract best(side: number): PlainOrder | undefined;
  protected abstract rest(order: PlainOrder): void;
  protected abstract take(order: PlainOrder): void;

  run(columns: Columns): number {
    const { type, side, ioc, quantity, price, id } = columns;
    for (let i = 0; i < columns.count; i++) {
      if (type[i] === MESSAGE_NEW) {
        const values = { id: id[i]!, side: side[i]!, price: price[i]!, leaves: quantity[i]! };
        this.match({ ...values, arrival: 0 }, ioc[i] === 1);
        continue;
      }
      const found = this.orders.get(id[i]!);
      if (found === undefined) continue;
      this.sum = folded(this.sum, found.id);
      this.remove(found);
      if (type[i] === MESSAGE_CANCEL) continue;
      found.price = price[i]!;
      found.leaves = quantity[i]!;
      this.match(found, false);
    }
    return this.sum;
  }

  private match(taker: PlainOrder, isIoc: boolean): void {
    while (taker.leaves > 0) {
      const maker = this.best(taker.side ^ 1);
      if (maker === undefined) break;
      if (taker.side === 1 ? maker.price < taker.price : maker.price > taker.price) break;
      const quantity = Math.min(taker.leaves, maker.leaves);
      taker.leaves -= quantity;
      maker.leaves -= quantity;
      this.sum = folded(this.sum, quantity + maker.id);
      if (maker.leaves === 0) this.remove(maker);
    }
    if (taker.leaves === 0 || isIoc) return;
    taker.arrival = ++this.arrivals;
    this.rest(taker);
    this.orders.set(taker.id, taker);
  }

  private remove(order: PlainOrder): void {
    this.take(order);
    this.orders.delete(order.id);
  }
}

export class PlainOrders extends PlainBook {
  /** The best order is the last, so that taking it away is cheap. */
  private readonly sides: readonly PlainOrder[][] = [[], []];

  protected best(side: number): PlainOrder | undefined {
    return this.sides[side]!.at(-1);
  }

  protected rest(order: PlainOrder): void {
    this.sides[order.side]!.splice(this.search(order), 0, order);
  }

  protected take(order: PlainOrder): void {
    const orders = this.sides[order.side]!;
    if (orders.at(-1) === order) orders.pop();
    else orders.splice(this.search(order), 1);
  }

  /** Where the order is or belongs: behind all that are worse or came later at its price. */
  private search({ side, price, arrival }: PlainOrder): number {
    const orders = this.sides[side]!;
    let low = 0;
    let high = orders.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = orders[middle]!;
      const isWorse = side === 0 ? other.price < price : other.price > price;
      if (isWorse || (other.price === price && other.arrival > arrival)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface PlainLevel {
  readonly price: number;
  readonly orders: PlainOrder[];
}

export class PlainLevels extends PlainBook {
  /** The best level is the last, so that taking it away is cheap. */
  private readonly sides: readonly PlainLevel[][] = [[], []];

  protected best(side: number): PlainOrder | undefined {
    return this.sides[side]!.at(-1)?.orders[0];
  }

  protected rest(order: PlainOrder): void {
    const levels = this.sides[order.side]!;
    const at = this.search(order.side, order.price);
    if (levels[at]?.price === order.price) levels[at].orders.push(order);
    else levels.splice(at, 0, { price: order.price, orders: [order] });
  }

  protected take(order: PlainOrder): void {
    const levels = this.sides[order.side]!;
    const at = this.search(order.side, order.price);
    const { orders } = levels[at]!;
    orders.splice(orders.indexOf(order), 1);
    if (orders.length === 0) levels.splice(at, 1);
  }

  /** Where the level of this price is or belongs. */
  private search(side: number, price: number): number {
    const levels = this.sides[side]!;
    let low = 0;
    let high = levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = levels[middle]!.price;
      if (side === 0 ? other < price : other > price) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
