/**
 * Transfers: funds of one account from shard to shard, and where they lie.
 *
 * A transfer leaves the source at once and arrives when the carrier has brought it; whoever waits
 * for it here is told by the destination's own report.
 */
import { parseDecimal } from "../base/decimal.ts";
import * as codes from "../protocol/codes.ts";
import { encodeTransfer } from "../protocol/commands.ts";
import type { Report } from "../protocol/report.ts";
import { unknownOutcome } from "./errors.ts";
import type { CommandResult } from "./frame-tracker.ts";
import type { HttpClient } from "./http.ts";
import type { ShardClients } from "./shard-clients.ts";

export interface TransferRequest {
  readonly asset: number;
  /** Units. */
  readonly amount: number;
  readonly from: number;
  readonly to: number;
}

export interface TransferResult {
  /** What the source said. */
  readonly sent: CommandResult;
  /** The destination's report; null if it was rejected, or is still on its way. */
  readonly credited: Report | null;
}

/** Free funds of an asset on one shard. */
export interface FreeFunds {
  readonly shard: number;
  readonly units: number;
}

export class Transfers {
  private readonly account: number;
  private readonly clients: ShardClients;
  private readonly http: HttpClient;

  constructor(account: number, clients: ShardClients, http: HttpClient) {
    this.account = account;
    this.clients = clients;
    this.http = http;
  }

  /** Sends, and waits until it has arrived, at most that long. */
  async transfer(request: TransferRequest, arriveMsMax: number): Promise<TransferResult> {
    const { asset, amount, from, to } = request;
    const source = await this.clients.on(from);
    // Its report can only be heard by who listens before it is sent.
    await this.clients.on(to);
    const arriving = this.arrival(request, arriveMsMax);
    try {
      const [sent] = await source.send([encodeTransfer(to, asset, amount)]);
      if (sent === undefined) throw unknownOutcome("a frame of one command has one result");
      if (sent.state === "rejected") return { sent, credited: null };
      return { sent, credited: await arriving.credited };
    } finally {
      arriving.stop();
    }
  }

  /** Free funds of the asset by shard, as settlement has them, the most first. */
  async free(asset: number): Promise<FreeFunds[]> {
    const { balances } = await this.http.balances(this.account);
    const row = balances.find((one) => one.asset === asset);
    return (row?.shards ?? [])
      .map(({ shard, free }) => ({ shard, units: unitsOf(free, row?.decimals ?? 0) }))
      .filter(({ units }) => units > 0)
      .sort((a, b) => b.units - a.units || a.shard - b.shard);
  }

  private arrival(
    { asset, amount, from, to }: TransferRequest,
    msMax: number,
  ): { credited: Promise<Report | null>; stop: () => void } {
    const { promise: credited, resolve } = Promise.withResolvers<Report | null>();
    const stopListening = this.clients.listen((report, shard) => {
      const isIt =
        shard === to &&
        report.kind === codes.REPORT_CREDITED &&
        report.subject === asset &&
        report.last === from &&
        report.first === amount;
      if (isIt) resolve(report);
    });
    const timer = setTimeout(() => resolve(null), msMax);
    const stop = (): void => {
      clearTimeout(timer);
      stopListening();
      resolve(null);
    };
    return { credited, stop };
  }
}

function unitsOf(text: string, decimals: number): number {
  const units = parseDecimal(text, decimals);
  return typeof units === "number" ? units : 0;
}
