/**
 * MarketLoad: random signed orders on every market of a venue, over one connection per shard with
 * two accounts on it, and all of their reports.
 *
 * Frames of a fixed size leave as long as fewer than a window of them wait for their outcome. Each
 * command must come to what a random one may come to, each account's reports must be without a gap,
 * and each market must have taken an order.
 */
import { Prng } from "../../src/base/prng.ts";
import { type Client, connect } from "../../src/client/client.ts";
import type { CommandResult } from "../../src/client/frame-tracker.ts";
import type { Signer } from "../../src/edges/keys.ts";
import type { VenueAddress } from "../../src/load/replay.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { Report } from "../../src/protocol/report.ts";
import { ACCOUNTS, MarketFlow } from "./market-flow.ts";

export interface Trader {
  readonly signer: Signer;
  readonly account: number;
  readonly key: number;
}

export interface LoadShard {
  readonly shard: number;
  readonly markets: readonly number[];
}

export interface LoadTerms {
  /** Commands of each shard, at least. */
  readonly commandsPerShard: number;
  readonly batch: number;
  /** Frames of one shard on their way, at most. */
  readonly window: number;
}

/** What a command of MarketFlow may be refused for: the order is gone, or it would trade. */
const REFUSALS: readonly string[] = ["unknown_order", "post_only_crosses"];

export class MarketLoad {
  readonly counts = { commands: 0, frames: 0, reports: 0, trades: 0, rejected: 0 };
  /** Markets in which an order was accepted. */
  readonly touched = new Set<number>();
  /** What should not be. */
  readonly wrong: string[] = [];
  private readonly shards: readonly LoadShard[];
  private readonly flows: readonly MarketFlow[];
  private readonly clients: Client[][] = [];

  private constructor(shards: readonly LoadShard[], seed: number) {
    this.shards = shards;
    this.flows = shards.map((one) => new MarketFlow(new Prng(seed + one.shard), one.markets));
  }

  /** Logs both traders on at every shard; a second `run` goes on with the same flow. */
  static async open(
    { host, port }: VenueAddress,
    traders: readonly Trader[],
    { shards, seed }: { readonly shards: readonly LoadShard[]; readonly seed: number },
  ): Promise<MarketLoad> {
    const load = new MarketLoad(shards, seed);
    const onReport = (report: Report): void => load.take(report);
    const onGap = (from: number, to: number): void => {
      load.wrong.push(`reports ${from} to ${to} are missing`);
    };
    const [first, second] = traders;
    if (first === undefined || second === undefined) throw new RangeError(`${ACCOUNTS} traders`);
    for (const { shard } of shards) {
      const client = await connect({ ...first, host, port, shard, onReport, onGap });
      load.clients.push([client, await client.addAccount({ ...second, onReport, onGap })]);
    }
    return load;
  }

  /** Sends all and resolves when the last report is here. */
  async run(terms: LoadTerms): Promise<void> {
    await Promise.all(this.shards.map((_, index) => this.runShard(index, terms)));
  }

  /** Number of the newest report of each account on each shard, in the order of the shards. */
  lastReports(): number[][] {
    return this.clients.map((accounts) => accounts.map((client) => client.lastReport));
  }

  close(): void {
    for (const [client] of this.clients) client?.close();
  }

  private async runShard(index: number, terms: LoadTerms): Promise<void> {
    const flow = this.flows[index]!;
    const waiting = new Set<Promise<void>>();
    for (let sent = 0; sent < terms.commandsPerShard; sent += terms.batch) {
      const { account, commands } = flow.next(terms.batch);
      this.counts.frames++;
      const done: Promise<void> = this.outcome(this.clients[index]![account]!, commands).finally(
        () => waiting.delete(done),
      );
      waiting.add(done);
      if (waiting.size >= terms.window) await Promise.race(waiting);
    }
    await Promise.all(waiting);
  }

  private async outcome(client: Client, commands: readonly Uint8Array[]): Promise<void> {
    for (const result of await client.send(commands)) this.judge(result);
  }

  private judge({ state, error }: CommandResult): void {
    this.counts.commands++;
    if (state === "open" || state === "done") return;
    this.counts.rejected++;
    const isRight = state === "rejected" && REFUSALS.includes(error?.code ?? "");
    if (!isRight && this.wrong.length < 10) this.wrong.push(`${state}: ${error?.message ?? ""}`);
  }

  private take({ kind, subject }: Report): void {
    this.counts.reports++;
    if (kind === codes.REPORT_ACCEPTED) this.touched.add(subject);
    // Both sides of a trade are told, and both are here.
    if (kind === codes.REPORT_FILL) this.counts.trades += 0.5;
  }
}
