/**
 * Canonical: our reports as the public benchmark's report stream, and its hash.
 *
 *   0 order ack      0,seq,side,order_id,price,qty            accepted
 *   1 trade          1,seq,price,qty,maker_id,taker_id        a pair of fills
 *   2 cancel ack     2,seq,side,order_id,price                canceled, the rest of an IOC too
 *   3 modify ack     3,seq,side,order_id,new_price,new_qty    replaced
 *   4 cancel reject  4,seq,order_id                           rejected
 *   5 modify reject  5,seq,order_id                           rejected
 *
 * Sorted stably by (seq, type), joined by one newline. Sides are 0 buy, 1 sell.
 */
import { toHex } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import * as codes from "../protocol/codes.ts";
import * as report from "../protocol/report.ts";

export class CanonicalStream {
  private readonly lines: string[] = [];
  /** Lines of the message being read that come after those still to come: at most one. */
  private modified = "";
  private sequence = -1;
  private maker = 0n;

  /** Adds the reports of a record whose first command is message `first`. */
  add(first: number, reports: Uint8Array): void {
    const view = new DataView(reports.buffer, reports.byteOffset, reports.byteLength);
    for (let at = 0; at < reports.length; at += report.REPORT_SIZE) {
      const sequence = first + view.getUint16(at + report.REPORT_INDEX_AT, true);
      if (sequence !== this.sequence) this.endMessage();
      this.sequence = sequence;
      this.addReport(view, at);
    }
  }

  private endMessage(): void {
    if (this.modified !== "") this.lines.push(this.modified);
    this.modified = "";
  }

  private addReport(view: DataView, at: number): void {
    const kind = view.getUint8(at);
    const id = view.getBigUint64(at + report.REPORT_CLIENT_ID_AT, true);
    const side = view.getUint8(at + report.REPORT_SIDE_AT) - codes.SIDE_BUY;
    const price = view.getUint32(at + report.REPORT_PRICE_AT, true);
    const leaves = view.getUint32(at + report.REPORT_LEAVES_AT, true);
    const seq = this.sequence;
    if (kind === codes.REPORT_ACCEPTED)
      this.lines.push(`0,${seq},${side},${id},${price},${leaves}`);
    else if (kind === codes.REPORT_FILL) this.addFill(view, at, id, price);
    else if (kind === codes.REPORT_CANCELED) this.lines.push(`2,${seq},${side},${id},${price}`);
    else if (kind === codes.REPORT_REPLACED) {
      this.modified = `3,${seq},${side},${id},${price},${leaves}`;
    } else this.addReject(view, at, id);
  }

  private addFill(view: DataView, at: number, id: bigint, price: number): void {
    if (view.getUint8(at + report.REPORT_LIQUIDITY_AT) === codes.LIQUIDITY_MAKER) {
      this.maker = id;
      return;
    }
    const last = view.getUint32(at + report.REPORT_LAST_AT, true);
    this.lines.push(`1,${this.sequence},${price},${last},${this.maker},${id}`);
  }

  private addReject(view: DataView, at: number, id: bigint): void {
    const type = view.getUint8(at + report.REPORT_REASON_AT);
    if (type === codes.COMMAND_CANCEL) this.lines.push(`4,${this.sequence},${id}`);
    else if (type === codes.COMMAND_REPLACE) this.lines.push(`5,${this.sequence},${id}`);
    else this.lines.push(`refused,${this.sequence},${id}`); // No stream of the benchmark has this.
  }

  text(): string {
    this.endMessage();
    return this.lines.join("\n");
  }

  /** Lowercase hex. */
  hash(): string {
    return toHex(sha256(new TextEncoder().encode(this.text())));
  }
}
