/**
 * RollLoad: two traders over the SDK who ask one after the other without end, and notice what a
 * restart does to them: how long they waited, what was refused, and whether each order came once.
 */
import { type Client, connect } from "../../src/client/client.ts";
import type { HttpClient } from "../../src/client/http.ts";
import { OperatorClient } from "../../src/client/operator.ts";
import { signerFromSeed, type Signer } from "../../src/edges/keys.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { Report } from "../../src/protocol/report.ts";

const MARKET = 1;
const USD = 1;
const BTC = 2;
const FUNDS = 10 ** 13;
const PRICE = 6_000_000;

/** One trader's orders, and what was said of them. */
class Trader {
  readonly counts = { placed: 0, filled: 0, rejected: 0, losses: 0, gaps: 0 };
  /** What went otherwise than it must, in sentences. */
  readonly faults: string[] = [];
  longestMs = 0;
  private readonly accepted = new Map<bigint, number>();
  private lastNumber = 0;
  private next = 1n;
  private askedAt = 0;

  onReport(report: Report): void {
    const { kind, number, clientOrderId } = report;
    if (this.lastNumber !== 0 && number !== this.lastNumber + 1) {
      this.faults.push(`report ${number} behind ${this.lastNumber}`);
    }
    this.lastNumber = number;
    if (kind !== codes.REPORT_ACCEPTED) return;
    this.accepted.set(clientOrderId, (this.accepted.get(clientOrderId) ?? 0) + 1);
  }

  /** How long the order in hand has been waited for, or the longest of those before. */
  waitMs(): number {
    const now = this.askedAt === 0 ? 0 : performance.now() - this.askedAt;
    return Math.max(this.longestMs, now);
  }

  async run(client: Client, side: "buy" | "sell", stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const clientOrderId = this.next++;
      this.askedAt = performance.now();
      const order = { market: MARKET, side, price: PRICE, quantity: 1, clientOrderId };
      const result = await client.place(side === "buy" ? { ...order, timeInForce: "ioc" } : order);
      this.longestMs = this.waitMs();
      this.askedAt = 0;
      this.counts.placed++;
      if (result.state === "rejected") this.counts.rejected++;
      if (result.state === "unknown") this.faults.push(`order ${clientOrderId} is unknown`);
      if (result.reports.some(({ kind }) => kind === codes.REPORT_FILL)) this.counts.filled++;
      // Nobody bought it: away with it, so that the book stays small.
      if (result.state === "open") await client.cancel({ market: MARKET, clientOrderId });
    }
  }

  /** Each order that was placed was accepted once. */
  judge(): void {
    for (let id = 1n; id < this.next; id++) {
      const times = this.accepted.get(id) ?? 0;
      if (times !== 1) this.faults.push(`order ${id} was accepted ${times} times`);
    }
  }
}

export class RollLoad {
  private readonly traders: Trader[] = [];
  private readonly clients: Client[] = [];
  private readonly stopping = new AbortController();
  private readonly runs: Promise<void>[] = [];

  static async start(
    http: HttpClient,
    { operator, port }: { readonly operator: Signer; readonly port: number },
  ): Promise<RollLoad> {
    const load = new RollLoad();
    const desk = new OperatorClient(http, operator);
    for (const [i, side] of (["sell", "buy"] as const).entries()) {
      const signer = signerFromSeed(new Uint8Array(32).fill(90 + i));
      const scopes = codes.SCOPES_TRADER;
      const who = await desk.openAccount(signer.publicKey, { scopes });
      for (const asset of [USD, BTC]) {
        const terms = { asset, account: who.account, amount: FUNDS };
        await desk.deposit({ ...terms, reference: Date.now() * 1000 + asset });
      }
      const trader = new Trader();
      const client = await connect({
        ...who,
        host: "127.0.0.1",
        port,
        signer,
        onReport: (report) => trader.onReport(report),
        onGap: () => trader.counts.gaps++,
        onState: (state) => (trader.counts.losses += state === "down" ? 1 : 0),
      });
      load.traders.push(trader);
      load.clients.push(client);
      load.runs.push(trader.run(client, side, load.stopping.signal));
    }
    return load;
  }

  get placed(): number {
    return Math.min(...this.traders.map(({ counts }) => counts.placed));
  }

  /** The longest wait since this was asked last. */
  takeLongestMs(): number {
    const longest = Math.max(...this.traders.map((trader) => trader.waitMs()));
    for (const trader of this.traders) trader.longestMs = 0;
    return Math.round(longest);
  }

  async stop() {
    this.stopping.abort();
    await Promise.all(this.runs);
    for (const client of this.clients) client.close();
    for (const trader of this.traders) trader.judge();
    const sum = (name: keyof Trader["counts"]): number =>
      this.traders.reduce((total, { counts }) => total + counts[name], 0);
    return {
      placed: sum("placed"),
      filled: sum("filled"),
      rejected: sum("rejected"),
      connections_lost: sum("losses"),
      gaps: sum("gaps"),
      faults: this.traders.flatMap(({ faults }) => faults),
    };
  }
}
