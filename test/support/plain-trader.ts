/**
 * PlainTrader: an account of its own on a venue of real processes, and a bare connection: no SDK
 * that would hide what a resume says.
 */
import { signerFromSeed } from "../../src/edges/keys.ts";
import { HttpClient } from "../../src/client/http.ts";
import { OperatorClient } from "../../src/client/operator.ts";
import * as codes from "../../src/protocol/codes.ts";
import { rejectCode } from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import type { Report } from "../../src/protocol/report.ts";
import { tagOf } from "../ingress/stand.ts";
import { Wire } from "../ingress/wire.ts";
import { type KillFleet, until } from "./kill-fleet.ts";
import { order } from "./small-shard.ts";

const SEED = new Uint8Array(32).fill(77);
const AMOUNT = 1_000_000_000_000;

export class PlainTrader {
  private readonly fleet: KillFleet;
  private readonly signer = signerFromSeed(SEED);
  private readonly who: { account: number; key: number };
  private readonly venue: Uint8Array;
  private nonce = 0;

  private constructor(fleet: KillFleet, who: { account: number; key: number }, venue: Uint8Array) {
    this.fleet = fleet;
    this.who = who;
    this.venue = venue;
  }

  /** A new account with dollars. */
  static async open(fleet: KillFleet): Promise<PlainTrader> {
    const { ingress, settlement } = fleet.address;
    const http = new HttpClient({ ingress, settlement });
    const operator = new OperatorClient(http, fleet.operator);
    const { publicKey } = signerFromSeed(SEED);
    const isKnown = async (): Promise<boolean> =>
      (await http.keyOwner(fleet.operator.publicKey)) !== null;
    await until(isKnown, "settlement to have executed genesis");
    const who = await operator.openAccount(publicKey, { scopes: codes.SCOPES_TRADER });
    await operator.deposit({ asset: 1, account: who.account, amount: AMOUNT, reference: 1 });
    const { venue } = await http.status();
    return new PlainTrader(fleet, who, Uint8Array.fromHex(venue));
  }

  /** Logs on from that report number; what the resume says and the reports up to its last. */
  async resume(next: number): Promise<{ code: string; numbers: number[]; wire: Wire }> {
    const wire = await Wire.open(this.fleet.address.port);
    wire.login("1");
    const { challenge } = await wire.hello();
    const logon = this.sign(codes.FRAME_LOGON, encode.encodeLogon(next, challenge));
    wire.send(logon);
    const { code, last } = await wire.resume();
    if (wire.reports.at(-1)?.number !== last) await wire.report(({ number }) => number === last);
    const name = code === codes.ACCEPTED ? "" : rejectCode(code).name;
    return { code: name, numbers: wire.reports.map(({ number }) => number), wire };
  }

  /** Buys that rest, far below everything; their reports. */
  async place(wire: Wire, count: number): Promise<Report[]> {
    const frames = Array.from({ length: count }, () => {
      const fields = { market: 1, price: 100, quantity: 1_000, clientOrderId: BigInt(this.nonce) };
      return this.sign(codes.FRAME_TRADER, order(fields));
    });
    wire.send(...frames);
    const last = tagOf(frames.at(-1)!);
    await wire.report(({ tag }) => tag === last);
    return wire.reports.slice(-count);
  }

  /** The same, whatever the answers are; how many were not taken at all. */
  async press(wire: Wire, count: number): Promise<number> {
    const before = wire.reports.length;
    const frames = Array.from({ length: count }, () => {
      const fields = { market: 1, price: 100, quantity: 1_000, clientOrderId: BigInt(this.nonce) };
      return this.sign(codes.FRAME_TRADER, order(fields));
    });
    const refused = (): number =>
      wire.packets.filter(({ payload }) => payload[0] === codes.MESSAGE_REFUSED).length;
    const refusedBefore = refused();
    wire.send(...frames);
    const answered = (): number => wire.reports.length - before + refused() - refusedBefore;
    await until(() => answered() >= count, "an answer to each order");
    return refused() - refusedBefore;
  }

  private sign(kind: number, command: Uint8Array): Uint8Array<ArrayBuffer> {
    const { venue, who } = this;
    const header = { kind, shard: 1, venue, ...who, nonce: ++this.nonce, expiry: 0 };
    return signFrame(header, [command], this.signer.sign);
  }
}
