/**
 * Says: the reports of a record in the words of a play. Orders are #1, #2 ... as they were
 * accepted.
 *
 * A pair of fills is one phrase of the taker; that maker and taker agree is checked here. What is
 * left of an order after its trades is said last: it is filled, it rests, it waits, or some are
 * canceled. A stop that is reached becomes the taker: what follows is about it. What no command
 * caused comes first: `due: #1 loses 5 (expired); rests #2`.
 */
import { viewOf } from "../../src/base/bytes.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as fields from "../../src/protocol/command-layout.ts";
import type { Report } from "../../src/protocol/report.ts";
import { ASSETS } from "./stage-genesis.ts";

const REASONS = [
  "",
  "requested",
  "mass",
  "immediate",
  "self_trade",
  "record_full",
  "market_closed",
  "expired",
  "dead_man",
  "budget",
];
const ACCOUNT_STATES = ["free", "suspended"];
export const STATES = ["", "open", "post_only", "cancel_only", "halted", "closed"];

/** An order that was accepted: how to name it in a command. */
export interface PlayedOrder {
  readonly account: number;
  readonly market: number;
  readonly clientOrderId: bigint;
  /** As in `#7`. */
  readonly place: number;
  /** Of a stop; 0 of other orders. */
  readonly stopPrice: number;
  /** A stop that was not reached yet. */
  waits: boolean;
}

export class Words {
  readonly orders: PlayedOrder[] = [];
  private readonly byId = new Map<string, PlayedOrder>();
  private readonly names: ReadonlyMap<string, number>;
  private phrases: string[] = [];
  private maker: Report | null = null;
  /** The order that trades now, until it is clear what becomes of it; and whether it was a stop. */
  private taker: Report | null = null;
  private isStop = false;
  /** The commands that the reports answer. */
  private commands: readonly Uint8Array[] = [];

  constructor(names: ReadonlyMap<string, number>) {
    this.names = names;
  }

  /** What a record's reports say, in one line; `commands` are those of its frame. */
  say(reports: readonly Report[], commands: readonly Uint8Array[]): string {
    this.phrases = [];
    this.commands = commands;
    let index = 0;
    let due = "";
    for (const report of reports) {
      if (report.index !== index) {
        this.endTaker();
        if (index === codes.INDEX_DUE) due = this.takePhrases();
      }
      index = report.index;
      this.sayReport(report);
    }
    this.endTaker();
    if (index === codes.INDEX_DUE) due = this.takePhrases();
    const said = this.takePhrases();
    if (due === "") return said === "" ? "nothing" : said;
    return said === "" ? `due: ${due}` : `due: ${due}; ${said}`;
  }

  private takePhrases(): string {
    const said = this.phrases.join(", ");
    this.phrases = [];
    return said;
  }

  private endTaker(): void {
    const { taker } = this;
    this.taker = null;
    if (taker === null) return;
    const name = this.order(taker);
    const left = taker.cumulative > 0 ? ` with ${taker.leaves}` : "";
    if (this.played(taker).waits) this.push(`${name} waits`);
    else if (taker.leaves > 0) this.push(`rests ${name}${left}`);
    else this.push(this.isStop ? `${name} is filled` : "is filled");
  }

  private sayReport(report: Report): void {
    switch (report.kind) {
      case codes.REPORT_ACCEPTED:
        return this.sayAccepted(report);
      case codes.REPORT_TRIGGERED:
        return this.sayTriggered(report);
      case codes.REPORT_FILL:
        return this.sayFill(report);
      case codes.REPORT_CANCELED:
        if (this.taker !== null && idOf(this.taker) === idOf(report)) this.taker = null;
        return this.push(`${this.order(report)} loses ${report.last} (${REASONS[report.reason]})`);
      case codes.REPORT_REPLACED:
        this.push(`${this.order(report)} becomes ${report.leaves} at ${report.price}`);
        if (report.second !== 0) this.push(`slides from ${report.second}`);
        return this.takes(report, false);
      case codes.REPORT_REDUCED:
        return this.sayReduced(report);
      case codes.REPORT_REJECTED:
        return this.sayReject(report);
      default:
        return this.push(sayOther(report, (account) => this.name(account)));
    }
  }

  private takes(report: Report, isStop: boolean): void {
    this.taker = report;
    this.isStop = isStop;
  }

  private sayAccepted(report: Report): void {
    const command = viewOf(this.commands[report.index]!);
    const stopPrice = command.getUint32(fields.ORDER_STOP_PRICE, true);
    const asked = command.getUint32(fields.ORDER_PRICE, true);
    const order = {
      account: report.account,
      market: report.subject,
      clientOrderId: report.clientOrderId,
      place: this.orders.length + 1,
      stopPrice,
      waits: stopPrice !== 0,
    };
    this.orders.push(order);
    this.byId.set(idOf(report), order);
    const slid = stopPrice === 0 && report.second !== 0;
    if (report.second !== (slid ? asked : stopPrice)) throw new Error("accepted states no price");
    if (slid) this.push(`slides to ${report.price}`);
    this.takes(report, false);
  }

  private sayTriggered(report: Report): void {
    const order = this.played(report);
    const again = this.taker !== null && idOf(this.taker) === idOf(report);
    if (!again) this.endTaker();
    if (!order.waits || report.first !== order.stopPrice) throw new Error("it did not wait there");
    order.waits = false;
    this.push(`${this.order(report)} is reached by ${report.second}`);
    this.takes(report, true);
  }

  /** Of two own orders that lose lots to each other the taker may go on. */
  private sayReduced(report: Report): void {
    const why = report.reason === 0 ? "" : ` (${REASONS[report.reason]})`;
    this.push(`${this.order(report)} loses ${report.last}${why}, keeps ${report.leaves}`);
    if (this.taker !== null && idOf(this.taker) === idOf(report)) this.taker = report;
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
    return `#${this.played(report).place}`;
  }

  private played(report: Report): PlayedOrder {
    const found = this.byId.get(idOf(report));
    if (found === undefined) throw new Error("a report about an order that was never accepted");
    return found;
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

/** How much of what. */
function fundsOf({ first, subject }: Report): string {
  return `${first} ${assetName(subject)}`;
}

function goesOn(report: Report): string {
  return report.reason === 1 ? ", goes on" : "";
}

function sayOther(report: Report, nameOf: (account: number) => string): string {
  const who = nameOf(report.account);
  switch (report.kind) {
    case codes.REPORT_MASS_CANCELED:
      return `${report.last} canceled${report.reason === 1 ? ", cut" : ""}`;
    case codes.REPORT_TIMER_SET:
      return `timer ${report.first} (was ${report.second})`;
    case codes.REPORT_TIMER_FIRED:
      return `timer ${report.first} fires, ${report.last} canceled${goesOn(report)}`;
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
        : `${who} gets ${fundsOf(report)}, has ${report.second}`;
    case codes.REPORT_WITHDRAWN:
      return `${fundsOf(report)} gone, ${report.second} left`;
    case codes.REPORT_TRANSFERRED:
      return `${fundsOf(report)} leave for s${report.last}, ${report.second} left`;
    case codes.REPORT_CREDITED:
      return `${who} gets ${fundsOf(report)} from s${report.last}, has ${report.second}`;
    case codes.REPORT_SHARD_KNOWN:
      return `s${report.subject} is known`;
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
