/**
 * ShardData: what one shard's reports tell that its state does not: trades, finished orders, rates.
 *
 *   reports of a record -> trades per market        -> who follows the market
 *                       -> orders that are finished
 *                       -> commands of traders, counted
 *
 * It begins with what is recalled from the newest execution records; what lies before is in the
 * export.
 */
import { readU64 } from "../base/bytes.ts";
import type { Retention } from "../edges/log.ts";
import type { Engine } from "../engine/engine.ts";
import { Views } from "../engine/views.ts";
import * as codes from "../protocol/codes.ts";
import * as at from "../protocol/report.ts";
import { orderIdText } from "../protocol/report-json.ts";
import { CommandRate } from "./command-rate.ts";
import { DueCounts } from "./due-counts.ts";
import { FinishedOrders, type OrderId } from "./finished-orders.ts";
import { type Trade, TradeRing } from "./trade-ring.ts";

/** Told of each market that an order report speaks of, and of each trade. */
export interface MarketListener {
  onChange(market: number): void;
  onTrade(market: number, trade: Trade): void;
}

export class ShardData {
  readonly finished = new FinishedOrders();
  readonly rate: CommandRate;
  readonly counts = new DueCounts();
  /** What the log still holds, and for whom; null while nobody has looked. */
  retention: Retention | null = null;
  /** The newest position that a matcher is known to have published; 0 while nobody has looked. */
  matchedPosition = 0;
  /** Of all markets since genesis. */
  trades = 0;
  private readonly rings = new Map<number, TradeRing>();
  private readonly source: { readonly engine: Engine };
  private viewed: { readonly engine: Engine; readonly views: Views };
  private readonly tradesKept: number;
  private readonly listener: MarketListener;
  /** Limit of the order that the record at hand brought to the book last. */
  private takerPrice = 0;
  /** Stop prices by order id, of orders that were seen being triggered and are open still. */
  private readonly triggered = new Map<string, number>();

  constructor(
    /** Its engine is another one once it has begun anew. */
    source: { readonly engine: Engine },
    parts: { tradesKept: number; wallMs: () => number; listener: MarketListener },
  ) {
    const { engine } = source;
    this.source = source;
    this.viewed = { engine, views: new Views(engine.state) };
    this.rate = new CommandRate(parts.wallMs);
    this.tradesKept = parts.tradesKept;
    this.listener = parts.listener;
    const { markets } = engine.state;
    for (let slot = 1; slot <= markets.count; slot++) this.trades += markets.trades(slot);
  }

  get views(): Views {
    const { engine } = this.source;
    if (this.viewed.engine !== engine) this.viewed = { engine, views: new Views(engine.state) };
    return this.viewed.views;
  }

  /**
   * The newest position that a matcher has published, which what is executed shows too. 0 until the
   * log was asked: behind a start the records executed so far say nothing of how many there are.
   */
  matchedUpTo(executed: number): number {
    return this.matchedPosition === 0 ? 0 : Math.max(this.matchedPosition, executed);
  }

  /** The market's newest trades, or null while there were none. */
  ringOf(market: number): TradeRing | null {
    return this.rings.get(market) ?? null;
  }

  onReports(reports: at.ReportBatch): void {
    const { view } = reports;
    const end = reports.count * at.REPORT_SIZE;
    let commands = 0;
    for (let offset = 0; offset < end; offset += at.REPORT_SIZE) {
      if (answersCommand(view, offset)) commands++;
      const kind = view.getUint8(offset);
      this.counts.follow(view, offset);
      if (!isOfOrder(kind)) continue;
      this.listener.onChange(view.getUint32(offset + at.REPORT_SUBJECT_AT, true));
      this.followOrder(view, offset, kind);
    }
    this.rate.add(commands, this.source.engine.logTime);
  }

  /** Older reports, after a start: trades and finished orders only. */
  recall(view: DataView): void {
    const { trades } = this;
    for (let offset = 0; offset < view.byteLength; offset += at.REPORT_SIZE) {
      const kind = view.getUint8(offset);
      if (isOfOrder(kind)) this.followOrder(view, offset, kind);
    }
    this.trades = trades;
  }

  private followOrder(view: DataView, offset: number, kind: number): void {
    const price = view.getUint32(offset + at.REPORT_PRICE_AT, true);
    if (makesTaker(kind)) this.takerPrice = price;
    if (kind === codes.REPORT_TRIGGERED) {
      const stopPrice = readU64(view, offset + at.REPORT_FIRST_AT);
      this.triggered.set(orderText(orderIdOf(view, offset)), stopPrice);
    }
    const isFill = kind === codes.REPORT_FILL;
    const isTaker = view.getUint8(offset + at.REPORT_LIQUIDITY_AT) === codes.LIQUIDITY_TAKER;
    if (isFill && isTaker) this.trade(view, offset, price);
    const isDone = isFill && view.getUint32(offset + at.REPORT_LEAVES_AT, true) === 0;
    if (isDone || kind === codes.REPORT_CANCELED) {
      this.finish(view, offset, isFill && isTaker ? this.takerPrice : price);
    }
  }

  private trade(view: DataView, offset: number, price: number): void {
    const market = view.getUint32(offset + at.REPORT_SUBJECT_AT, true);
    const trade = {
      id: readU64(view, offset + at.REPORT_FIRST_AT),
      price,
      quantity: view.getUint32(offset + at.REPORT_LAST_AT, true),
      isTakerBuy: view.getUint8(offset + at.REPORT_SIDE_AT) === codes.SIDE_BUY,
      position: readU64(view, offset + at.REPORT_POSITION_AT),
      logTime: readU64(view, offset + at.REPORT_LOG_TIME_AT),
    };
    let ring = this.rings.get(market);
    if (ring === undefined) this.rings.set(market, (ring = new TradeRing(this.tradesKept)));
    ring.add(trade);
    this.trades++;
    this.listener.onTrade(market, trade);
  }

  private finish(view: DataView, offset: number, price: number): void {
    const id = orderIdOf(view, offset);
    const isCanceled = view.getUint8(offset) === codes.REPORT_CANCELED;
    const stopPrice = this.forgetTriggered(id);
    this.finished.add(id, {
      account: view.getUint32(offset + at.REPORT_ACCOUNT_AT, true),
      market: view.getUint32(offset + at.REPORT_SUBJECT_AT, true),
      side: view.getUint8(offset + at.REPORT_SIDE_AT),
      clientOrderId: view.getBigUint64(offset + at.REPORT_CLIENT_ID_AT, true),
      price,
      filled: view.getUint32(offset + at.REPORT_CUMULATIVE_AT, true),
      reason: isCanceled ? view.getUint8(offset + at.REPORT_REASON_AT) : 0,
      stopPrice,
    });
  }

  /** The stop price at which it was triggered, 0 if it was not. */
  private forgetTriggered(id: OrderId): number {
    if (this.triggered.size === 0) return 0;
    const text = orderText(id);
    const stopPrice = this.triggered.get(text) ?? 0;
    this.triggered.delete(text);
    return stopPrice;
  }
}

/** Whether a report of this kind speaks of an order that was taken. */
function isOfOrder(kind: number): boolean {
  return kind <= codes.REPORT_REDUCED || kind === codes.REPORT_TRIGGERED;
}

/** Whether the order of such a report may take from the book next. */
function makesTaker(kind: number): boolean {
  return (
    kind === codes.REPORT_ACCEPTED ||
    kind === codes.REPORT_REPLACED ||
    kind === codes.REPORT_TRIGGERED
  );
}

function orderIdOf(view: DataView, offset: number): OrderId {
  return {
    key: view.getUint32(offset + at.REPORT_ORDER_KEY_AT, true),
    nonce: readU64(view, offset + at.REPORT_ORDER_NONCE_AT),
    index: view.getUint16(offset + at.REPORT_ORDER_INDEX_AT, true),
  };
}

function orderText({ key, nonce, index }: OrderId): string {
  return orderIdText(key, nonce, index);
}

/** Whether this report is the one answer that each command of a trader gets. */
function answersCommand(view: DataView, offset: number): boolean {
  const reason = view.getUint8(offset + at.REPORT_REASON_AT);
  switch (view.getUint8(offset)) {
    case codes.REPORT_ACCEPTED:
    case codes.REPORT_REPLACED:
    case codes.REPORT_MASS_CANCELED:
    case codes.REPORT_WITHDRAWN:
    case codes.REPORT_TRANSFERRED:
    case codes.REPORT_TIMER_SET:
      return true;
    case codes.REPORT_REDUCED:
      return reason === 0;
    case codes.REPORT_CANCELED:
      return reason === codes.CANCEL_REQUESTED;
    case codes.REPORT_REJECTED:
      return reason >= codes.COMMAND_NEW_ORDER && reason <= codes.COMMAND_TRANSFER;
    default:
      return false;
  }
}
