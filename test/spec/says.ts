/**
 * Says: the reports of a record in the words of a play. Orders are #1, #2 ... as they were
 * accepted.
 *
 * A pair of fills is one phrase of the taker; that maker and taker agree is checked here. What is
 * left of an order after its trades is said last: it is filled, it rests, or some are canceled.
 */
import * as codes from "../../src/protocol/codes.ts";
import type { Report } from "../../src/protocol/report.ts";
import { ASSETS } from "./stage.ts";

const REASONS = ["", "requested", "mass", "immediate", "self_trade", "record_full"];
const ACCOUNT_STATES = ["free", "suspended"];
export const STATES = ["", "open", "post_only", "cancel_only", "halted", "closed"];

/** An order that was accepted: how to name it in a command. */
export interface PlayedOrder {
  readonly account: number;
  readonly market: number;
  readonly clientOrderId: bigint;
  readonly orderId: string;
}

export class Words {
  readonly orders: PlayedOrder[] = [];
  private readonly names: ReadonlyMap<string, number>;
  private phrases: string[] = [];
  private maker: Report | null = null;
  /** The order that trades in this command, until it is clear what becomes of it. */
  private taker: Report | null = null;

  constructor(names: ReadonlyMap<string, number>) {
    this.names = names;
  }

  /** What a record's reports say, in one line. */
  say(reports: readonly Report[]): string {
    this.phrases = [];
    let index = 0;
    for (const report of reports) {
      if (report.index !== index) this.endCommand();
      index = report.index;
      this.sayReport(report);
    }
    this.endCommand();
    return this.phrases.length === 0 ? "nothing" : this.phrases.join(", ");
  }

  private endCommand(): void {
    const { taker } = this;
    this.taker = null;
    if (taker === null) return;
    const left = taker.cumulative > 0 ? ` with ${taker.leaves}` : "";
    this.phrases.push(taker.leaves === 0 ? "is filled" : `rests ${this.order(taker)}${left}`);
  }

  private sayReport(report: Report): void {
    switch (report.kind) {
      case codes.REPORT_ACCEPTED:
        this.orders.push({
          account: report.account,
          market: report.subject,
          clientOrderId: report.clientOrderId,
          orderId: idOf(report),
        });
        this.taker = report;
        return;
      case codes.REPORT_FILL:
        return this.sayFill(report);
      case codes.REPORT_CANCELED:
        if (this.taker !== null && idOf(this.taker) === idOf(report)) this.taker = null;
        return this.push(`${this.order(report)} loses ${report.last} (${REASONS[report.reason]})`);
      case codes.REPORT_REPLACED:
        this.push(`${this.order(report)} becomes ${report.leaves} at ${report.price}`);
        this.taker = report;
        return;
      case codes.REPORT_REDUCED:
        return this.push(`${this.order(report)} loses ${report.last}, keeps ${report.leaves}`);
      case codes.REPORT_REJECTED:
        return this.sayReject(report);
      default:
        return this.push(sayOther(report, (account) => this.name(account)));
    }
  }

  private push(phrase: string): void {
    this.phrases.push(phrase);
  }

  private sayFill(report: Report): void {
    if (report.liquidity === codes.LIQUIDITY_MAKER) {
      this.maker = report;
      return;
    }
    const { maker } = this;
    if (maker === null) throw new Error("a taker's fill comes after its maker's");
    const agrees =
      maker.first === report.first &&
      maker.price === report.price &&
      maker.last === report.last &&
      maker.side !== report.side;
    if (!agrees) throw new Error("maker and taker of a trade disagree");
    const fees = maker.second + report.second;
    const paid = fees === 0 ? "" : ` (fees ${maker.second} and ${report.second})`;
    this.push(`trades ${report.last} with ${this.order(maker)} at ${report.price}${paid}`);
    this.maker = null;
    this.taker = report;
  }

  private sayReject(report: Report): void {
    const { name } = codes.rejectCode(report.code);
    const numbers = report.first + report.second === 0 ? "" : ` ${report.first} ${report.second}`;
    this.push(`refused ${name}${numbers}${report.number === 0 ? ", unnumbered" : ""}`);
  }

  private order(report: Report): string {
    const at = this.orders.findIndex((order) => order.orderId === idOf(report));
    if (at < 0) throw new Error("a report about an order that was never accepted");
    return `#${at + 1}`;
  }

  private name(account: number): string {
    for (const [name, id] of this.names) if (id === account) return name;
    return `account ${account}`;
  }
}

/** The order id: key, nonce and index. */
function idOf(report: Report): string {
  return `${report.orderKey}/${report.orderNonce}/${report.orderIndex}`;
}

function assetName(asset: number): string {
  return Object.keys(ASSETS).find((name) => ASSETS[name] === asset) ?? `asset ${asset}`;
}

function sayOther(report: Report, nameOf: (account: number) => string): string {
  const who = nameOf(report.account);
  switch (report.kind) {
    case codes.REPORT_MASS_CANCELED:
      return `${report.last} canceled${report.reason === 1 ? ", cut" : ""}`;
    case codes.REPORT_LOGGED_ON:
      return `key ${report.subject} is on from ${report.first}, ${report.second} so far`;
    case codes.REPORT_ACCOUNT_OPENED:
      return `${who} hears of account ${report.subject}`;
    case codes.REPORT_KEY_ADDED:
      return `${who} has a new key`;
    case codes.REPORT_KEY_REVOKED:
      return `${who} hears that key ${report.subject} is revoked`;
    case codes.REPORT_DEPOSITED:
      return report.account === 0
        ? `reference ${report.second} is used`
        : `${who} gets ${report.first} ${assetName(report.subject)}, has ${report.second}`;
    case codes.REPORT_WITHDRAWN:
      return `${report.first} ${assetName(report.subject)} gone, ${report.second} left`;
    case codes.REPORT_ASSET_OPENED:
      return `asset ${report.subject} is open`;
    case codes.REPORT_MARKET_OPENED:
      return `${report.last} markets from ${report.subject} are open`;
    case codes.REPORT_MARKET_STATE:
      return `market ${report.subject}: ${STATES[report.first]} to ${STATES[report.second]}`;
    case codes.REPORT_ACCOUNT_STATE:
      return `${who} hears: account ${report.subject} ${ACCOUNT_STATES[report.reason]}`;
    default:
      throw new Error(`no words for report kind ${report.kind}`);
  }
}
