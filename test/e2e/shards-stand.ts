/**
 * ShardsStand: what tests of a venue of several shards need of it, whatever it runs on.
 */
import { expect } from "bun:test";
import { HttpClient } from "../../src/client/http.ts";
import { OperatorClient } from "../../src/client/operator.ts";
import {
  connectVenue,
  type VenueClient,
  type VenueOptions,
} from "../../src/client/venue-client.ts";
import type { Signer } from "../../src/edges/keys.ts";
import { SCOPES_TRADER } from "../../src/protocol/codes.ts";
import type { Report } from "../../src/protocol/report.ts";
import { clob } from "../cli/capture.ts";
import type { VenueProcess } from "../support/venue-process.ts";

const PATIENCE_MS = 30_000;

export class ShardsStand {
  readonly venue: VenueProcess;
  readonly http: HttpClient;
  readonly operator: OperatorClient;
  readonly configPath: string;
  private readonly clients: VenueClient[] = [];
  /** Position of the newest report that a client has heard, by shard. */
  private readonly heard = new Map<number, number>();
  private reference = 0;

  constructor(venue: VenueProcess, config: string) {
    this.venue = venue;
    this.configPath = config;
    this.http = new HttpClient(venue.address);
    this.operator = new OperatorClient(this.http, venue.operator);
  }

  async open(signer: Signer, funds: readonly (readonly [number, number])[]) {
    const who = await this.operator.openAccount(signer.publicKey, { scopes: SCOPES_TRADER });
    for (const [asset, amount] of funds) {
      const reference = ++this.reference;
      await this.operator.deposit({ asset, account: who.account, amount, reference });
    }
    // Whoever brings funds from shard to shard asks settlement where they lie.
    await this.until("its funds are settled", async () => {
      return (await this.http.balances(who.account)).balances.length === funds.length;
    });
    return { signer, ...who };
  }

  trade(
    who: Awaited<ReturnType<ShardsStand["open"]>>,
    more: Partial<VenueOptions> = {},
  ): VenueClient {
    const { host, port, settlement } = this.venue.address;
    const onReport = ({ position }: Report, shard: number): void => {
      this.heard.set(shard, Math.max(position, this.heard.get(shard) ?? 0));
    };
    const client = connectVenue({ ...who, host, port, settlement, onReport, ...more });
    this.clients.push(client);
    return client;
  }

  /**
   * Settlement has all that a client has heard of, and from there every credit and every entry of
   * the directory that was written has been applied.
   */
  async untilArrived(): Promise<void> {
    await this.until("all arrives", async () => {
      const { shards, directory_shard } = await this.http.status();
      const written = shards.find(({ shard }) => shard === directory_shard)?.directory;
      return shards.every(({ shard, position, directory, links }) => {
        if (position < (this.heard.get(shard) ?? 0) || directory !== written) return false;
        return links.every((link) => {
          const other = shards.find((one) => one.shard === link.shard);
          return other?.links.find((one) => one.shard === shard)?.in === link.out;
        });
      });
    });
  }

  /** The logs were lost: what a client has heard of may be gone. */
  forget(): void {
    this.heard.clear();
  }

  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const from = performance.now();
    while (!(await isSo().catch(() => false))) {
      if (performance.now() - from > PATIENCE_MS) throw new Error(`waited in vain: ${what}`);
      await Bun.sleep(10);
    }
  }

  /** Total of an asset over all shards. */
  async total(client: VenueClient, asset: number): Promise<string> {
    const { balances } = await client.balances();
    return balances.find((one) => one.asset === asset)?.total ?? "none";
  }

  clob(line: string) {
    const { host, port, ingress, settlement } = this.venue.address;
    const env = {
      ...this.venue.environment,
      CLOB_TCP: `${host}:${port}`,
      CLOB_INGRESS: ingress,
      CLOB_SETTLEMENT: settlement,
      CLOB_DATA: this.venue.dir,
      CLOB_CONFIG: this.configPath,
    };
    return clob(line.split(" "), env);
  }

  /** Checkpoints cover all that is settled now. */
  async untilCovered(): Promise<void> {
    const { shards } = await this.http.status();
    const positions = new Map(shards.map(({ shard, position }) => [shard, position]));
    await this.until("checkpoints", async () => {
      const now = await this.http.status();
      return now.shards.every(({ shard, checkpoint }) => {
        return (checkpoint?.position ?? 0) >= (positions.get(shard) ?? 0);
      });
    });
  }

  /** The export of now; the verdict of both engines on it. */
  async verify(dir: string, carriedMin: number): Promise<void> {
    await this.untilCovered();
    const copied = await this.clob(`export ${dir} -o json`);
    expect([copied.code, copied.code === 0 ? "" : copied.out]).toEqual([0, ""]);
    const { venue } = JSON.parse(copied.out);
    for (const engine of ["fast", "naive"]) {
      const said = await this.clob(`verify ${dir} --venue ${venue} --engine ${engine} -o json`);
      const verdict = JSON.parse(said.out);
      expect(verdict).toMatchObject({ ok: true, pinned: true, crossings: { in_flight: 0 } });
      expect(verdict.shards).toHaveLength(3);
      expect(verdict.crossings.carried).toBeGreaterThan(carriedMin);
    }
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}
