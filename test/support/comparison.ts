/**
 * Comparison: two engines fed the same records, compared after each.
 *
 *   record --> naive --> reports, roots  \
 *          --> other --> reports, roots  / equal to the byte, or a text that says where not
 *
 * After each record the touch of one book is compared too; all open orders when that is asked.
 */
import { equalBytes, toHex } from "../../src/base/bytes.ts";
import { sideOf } from "../../src/naive/naive-book.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import type { NaiveRootSet } from "../../src/naive/naive-roots.ts";
import type { NaiveMarket, NaiveOrder } from "../../src/naive/naive-state.ts";
import { SIDE_BUY, SIDE_SELL } from "../../src/protocol/codes.ts";
import { ReportChain } from "../../src/protocol/execution.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { readReport, REPORT_SIZE, ReportBatch } from "../../src/protocol/report.ts";

/** What both engines can do, and what more one may be asked. */
export interface Judged {
  apply(view: DataView, record: RecordView, reports: ReportBatch): void;
  roots(): NaiveRootSet;
  /** All open orders, those that wait too. */
  openOrders?(): readonly OrderRow[];
  /** The best price of a side of a book, 0 for none, and the lots open at this price there. */
  probe?(market: number, side: number, price: number): Probe;
  /** See Engine. */
  followChain(chain: ReportChain): void;
  /** Goes on as a new engine that read the snapshot of this one. */
  restart?(): void;
}
export type Probe = readonly [best: number, lots: number];

/** What both engines say of an open order. */
export interface OrderRow {
  readonly account: number;
  readonly market: number;
  readonly side: number;
  readonly price: number;
  readonly leaves: number;
  readonly cumulative: number;
  readonly clientOrderId: bigint;
  readonly waits: boolean;
  readonly stopPrice: number;
  readonly goodTill: number;
  readonly arrival: number;
}
export type Maker = (genesisFrame: Uint8Array) => Judged;

/** Stands among records for: the other engine goes on from its own snapshot here. */
export const RESTART = new Uint8Array(0);

export class Comparison {
  readonly naive: NaiveEngine;
  readonly record = new RecordView();
  /** What the naive engine said of the last record. */
  readonly reports = new ReportBatch();
  private readonly other: Judged;
  private readonly otherReports = new ReportBatch();
  private readonly chain = new ReportChain();
  private markets: NaiveMarket[] = [];

  constructor(genesisFrame: Uint8Array, make: Maker) {
    this.naive = new NaiveEngine(genesisFrame);
    this.other = make(genesisFrame);
    this.naive.followChain(this.chain);
    this.other.followChain(this.chain);
  }

  /** Applies one record to both; "" if they agree about it. */
  step(bytes: Uint8Array<ArrayBuffer>): string {
    if (bytes.length === 0) return attempt(() => this.other.restart?.());
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const wrong = readRecord(view, 0, this.record);
    if (wrong !== "") return wrong;
    this.reports.clear();
    this.otherReports.clear();
    const said = attempt(() => this.naive.apply(view, this.record, this.reports));
    const otherSaid = attempt(() => this.other.apply(view, this.record, this.otherReports));
    if ((said === "") !== (otherSaid === "")) {
      return `naive: ${said || "goes on"}\nother: ${otherSaid || "goes on"}`;
    }
    this.chain.step(this.reports.slice(0));
    return compareReports(this.reports, this.otherReports) || this.compareProbes();
  }

  /** The touch of one book after each record: best bid, best ask, and the lots at a price. */
  private compareProbes(): string {
    const { naive, other } = this;
    if (other.probe === undefined || naive.state.markets.size === 0) return "";
    const market = this.nextMarket();
    for (const side of [SIDE_BUY, SIDE_SELL]) {
      const orders = sideOf(market, side);
      const best = orders.at(-1)?.price ?? 0;
      const price = orders.at(-1 - (naive.position % 3))?.price ?? best;
      const own = `${best} ${best === 0 ? 0 : lotsAt(orders, price)}`;
      const theirs = other.probe(market.id, side, price).join(" ");
      if (own !== theirs) {
        const where = `market ${market.id} side ${side}, best and lots at ${price}`;
        return `${where}: naive ${own} other ${theirs}`;
      }
    }
    return "";
  }

  private nextMarket(): NaiveMarket {
    if (this.markets.length !== this.naive.state.markets.size) {
      this.markets = [...this.naive.state.markets.values()];
    }
    return this.markets[this.naive.position % this.markets.length]!;
  }

  /** "" if both have the same open orders. */
  compareOrders(): string {
    const { openOrders } = this.other;
    if (openOrders === undefined) return "";
    const own = this.naive.openOrders().map((order) => asText(rowOf(order)));
    const other = openOrders.call(this.other).toSorted((a, b) => a.arrival - b.arrival);
    const theirs = other.map(asText);
    const at = own.findIndex((row, i) => row !== theirs[i]);
    if (at < 0 && own.length === theirs.length) return "";
    const i = at < 0 ? own.length : at;
    const where = `open order ${i + 1} of ${own.length} and ${theirs.length}`;
    return `${where}\n  naive ${own[i]}\n  other ${theirs[i]}`;
  }

  /** "" if the states have the same roots, else the names of those that differ. */
  compareRoots(): string {
    const own = shown(this.naive.roots());
    const other = shown(this.other.roots());
    const names = Object.keys(own).filter((name) => own[name] !== other[name]);
    return names.map((name) => `${name}: naive ${own[name]}\n  other ${other[name]}`).join("\n");
  }
}

function lotsAt(orders: readonly NaiveOrder[], price: number): number {
  let lots = 0;
  for (let i = orders.length - 1; i >= 0; i--) {
    const order = orders[i]!;
    if (order.price === price) lots += order.leaves;
    else if (lots > 0) break;
  }
  return lots;
}

export function rowOf(order: NaiveOrder): OrderRow {
  const stopPrice = order.waits ? order.stopPrice : 0;
  return { ...order, account: order.account.id, market: order.market.id, stopPrice };
}

function asText(row: OrderRow): string {
  const { account, market, side, price, leaves, cumulative, clientOrderId, arrival } = row;
  const wait = row.waits ? ` waits at ${row.stopPrice}` : "";
  const order = `${account} market ${market} side ${side} id ${clientOrderId} ${leaves}@${price}`;
  return `account ${order} after ${cumulative}${wait} till ${row.goodTill} arrival ${arrival}`;
}

function attempt(action: () => void): string {
  try {
    action();
    return "";
  } catch (error) {
    return `throws ${String(error)}`;
  }
}

/** Halts are worded differently; that both halt is what counts. */
function compareReports(own: ReportBatch, other: ReportBatch): string {
  const mine = own.slice(0);
  const theirs = other.slice(0);
  if (equalBytes(mine, theirs)) return "";
  const most = Math.max(own.count, other.count);
  for (let i = 0; i < most; i++) {
    const at = i * REPORT_SIZE;
    const a = mine.subarray(at, at + REPORT_SIZE);
    const b = theirs.subarray(at, at + REPORT_SIZE);
    if (equalBytes(a, b)) continue;
    return `report ${i + 1} of ${own.count} and ${other.count}\n${sideBySide(a, b)}`;
  }
  return "no report differs";
}

/** The fields that differ, or the whole report where there is only one. */
function sideBySide(a: Uint8Array, b: Uint8Array): string {
  const [own, other] = [a, b].map((bytes) =>
    bytes.length === 0
      ? {}
      : readReport(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0),
  );
  const left = new Map(Object.entries(own ?? {}));
  const right = new Map(Object.entries(other ?? {}));
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const apart = names.filter((name) => left.get(name) !== right.get(name));
  const kinds = `kind naive ${String(left.get("kind"))} other ${String(right.get("kind"))}`;
  const rows = apart.map(
    (name) => `  ${name}: naive ${String(left.get(name))} other ${String(right.get(name))}`,
  );
  return [kinds, ...rows, `  naive ${toHex(a)}`, `  other ${toHex(b)}`].join("\n");
}

function shown(roots: NaiveRootSet): Record<string, string> {
  return {
    accounts: toHex(roots.accounts),
    markets: toHex(roots.markets),
    books: toHex(roots.books),
    arrivals: String(roots.arrivals),
    directory: String(roots.directory),
    totals: toHex(roots.totals),
    links: toHex(roots.links),
    governing: JSON.stringify(roots.governing),
  };
}
