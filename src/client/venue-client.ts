/**
 * VenueClient: one account on all shards of a venue. Whoever trades need not know that there are
 * shards.
 *
 *   const venue = connectVenue({ host, port, settlement, signer, account: 7, key: 9,
 *                                autoTransfer: new Map([[1, 500_000_000]]) });
 *   await venue.place({ market: 2101, side: "buy", price: 5, quantity: 1 });
 *
 * A market's orders go to its shard. Funds lie on shards too: where an order lacks some and the
 * limit allows, they are brought from the others first, and the order is placed again.
 */
import * as codes from "../protocol/codes.ts";
import type { Client, OrderResult, SendOptions } from "./client.ts";
import { ClientError } from "./errors.ts";
import type { CommandResult } from "./frame-tracker.ts";
import { HttpClient } from "./http.ts";
import type { BalancesJson, MarketJson } from "./http-json.ts";
import type * as requests from "./order-request.ts";
import { randomOrderId } from "./order-request.ts";
import { ShardClients, type ShardClientsOptions } from "./shard-clients.ts";
import {
  type FreeFunds,
  type TransferRequest,
  type TransferResult,
  Transfers,
} from "./transfers.ts";

export interface VenueOptions extends ShardClientsOptions {
  /** URL of settlement's HTTP, which knows markets and balances. */
  readonly settlement: string;
  /** Units by asset that orders may bring from other shards, all together; none if absent. */
  readonly autoTransfer?: ReadonlyMap<number, number>;
  /** How long a transfer may take to arrive before it counts as on its way. */
  readonly arriveMsMax?: number;
}

export interface VenueOrderResult extends OrderResult {
  /** Units that were brought from other shards for it. */
  readonly moved: number;
  /** Of an order that lacks funds: where free funds of that asset lie, the most first. */
  readonly elsewhere: readonly FreeFunds[];
}

const ARRIVE_MS_MAX = 10_000;
/** Fills may take what was brought before the order comes again. */
const PLACES_MAX = 3;

export function connectVenue(options: VenueOptions): VenueClient {
  return new VenueClient(options);
}

export class VenueClient {
  readonly account: number;
  private readonly http: HttpClient;
  private readonly clients: ShardClients;
  private readonly transfers: Transfers;
  private readonly left: Map<number, number>;
  private readonly arriveMsMax: number;
  private readonly markets = new Map<number, MarketJson>();

  constructor(options: VenueOptions) {
    const { settlement, autoTransfer, arriveMsMax, ...rest } = options;
    const { signal } = options;
    this.account = options.account;
    this.http = new HttpClient({ settlement, ...(signal === undefined ? {} : { signal }) });
    this.clients = new ShardClients(rest);
    this.transfers = new Transfers(options.account, this.clients, this.http);
    this.left = new Map(autoTransfer);
    this.arriveMsMax = arriveMsMax ?? ARRIVE_MS_MAX;
  }

  /** The connection to one shard, for what has no function here. */
  on(shard: number): Promise<Client> {
    return this.clients.on(shard);
  }

  /** The connection to a market's shard. */
  async onMarket(market: number): Promise<Client> {
    return this.clients.on((await this.market(market)).shard);
  }

  async place(request: requests.PlaceRequest, options?: SendOptions): Promise<VenueOrderResult> {
    const clientOrderId = request.clientOrderId ?? randomOrderId();
    const market = await this.market(request.market);
    const client = await this.clients.on(market.shard);
    let moved = 0;
    for (let places = 1; ; places++) {
      const result = await client.place({ ...request, clientOrderId }, options);
      const [report] = result.reports;
      const isShort = result.state === "rejected" && report?.code === codes.REJECT_FUNDS;
      if (!isShort) return { ...result, moved, elsewhere: [] };
      const { id: asset } = request.side === "buy" ? market.quote : market.base;
      const missing = report.first - report.second;
      const funds = await this.transfers.free(asset);
      const elsewhere = funds.filter(({ shard }) => shard !== market.shard);
      const plan = places < PLACES_MAX ? this.planOf(asset, missing, elsewhere) : [];
      if (plan.length === 0) {
        return { ...result, moved, elsewhere, error: withPlaces(result, elsewhere) };
      }
      for (const { shard: from, units: amount } of plan) {
        moved += await this.bring({ asset, amount, from, to: market.shard });
      }
    }
  }

  async cancel(request: requests.OrderRef, options?: SendOptions): Promise<CommandResult> {
    return (await this.onMarket(request.market)).cancel(request, options);
  }

  async replace(request: requests.ReplaceRequest, options?: SendOptions): Promise<OrderResult> {
    return (await this.onMarket(request.market)).replace(request, options);
  }

  async reduce(request: requests.ReduceRequest, options?: SendOptions): Promise<OrderResult> {
    return (await this.onMarket(request.market)).reduce(request, options);
  }

  /** Of one market, or on every shard; a result per shard. */
  async cancelAll(
    request: requests.CancelAllRequest = {},
    options?: SendOptions,
  ): Promise<ReadonlyMap<number, CommandResult>> {
    const shards =
      request.market === undefined
        ? await this.shards()
        : [(await this.market(request.market)).shard];
    return this.onAll(shards, (client) => client.cancelAll(request, options));
  }

  /** Arms or disarms the dead-man timer on every shard; see Client.deadMan. */
  async deadMan(timeoutMs: number): Promise<ReadonlyMap<number, CommandResult>> {
    return this.onAll(await this.shards(), (client) => client.deadMan(timeoutMs));
  }

  async addKey(request: Parameters<Client["addKey"]>[0]): Promise<CommandResult> {
    return (await this.onDirectory()).addKey(request);
  }

  async revokeKey(key: number): Promise<CommandResult> {
    return (await this.onDirectory()).revokeKey(key);
  }

  /** Resolves when the funds have arrived, or have not in time: then `credited` is null. */
  transfer(request: TransferRequest): Promise<TransferResult> {
    return this.transfers.transfer(request, this.arriveMsMax);
  }

  /** One balance per asset with its split by shard. */
  balances(): Promise<BalancesJson> {
    return this.http.balances(this.account);
  }

  /** Says goodbye on all shards. */
  close(): void {
    this.clients.close();
  }

  private async onAll<T>(
    shards: readonly number[],
    call: (client: Client) => Promise<T>,
  ): Promise<ReadonlyMap<number, T>> {
    const results = shards.map(async (shard) => {
      return [shard, await call(await this.clients.on(shard))] as const;
    });
    return new Map(await Promise.all(results));
  }

  private async shards(): Promise<number[]> {
    return (await this.http.status()).shards.map(({ shard }) => shard);
  }

  private async onDirectory(): Promise<Client> {
    return this.clients.on((await this.http.status()).directory_shard);
  }

  private async market(id: number): Promise<MarketJson> {
    const known = this.markets.get(id);
    if (known !== undefined) return known;
    const market = await this.http.market(id);
    this.markets.set(id, market);
    return market;
  }

  /** Which shards give how much; empty if the limit or the funds do not cover it. */
  private planOf(asset: number, missing: number, elsewhere: readonly FreeFunds[]): FreeFunds[] {
    if (missing > (this.left.get(asset) ?? 0)) return [];
    const plan: FreeFunds[] = [];
    let rest = missing;
    for (const { shard, units } of elsewhere) {
      if (rest === 0) break;
      const take = Math.min(rest, units);
      plan.push({ shard, units: take });
      rest -= take;
    }
    return rest === 0 ? plan : [];
  }

  /** The units that have left; the limit is used up by all that was tried. */
  private async bring(request: TransferRequest): Promise<number> {
    const { asset, amount } = request;
    this.left.set(asset, (this.left.get(asset) ?? 0) - amount);
    const { sent } = await this.transfer(request);
    return sent.state === "rejected" ? 0 : amount;
  }
}

/** The reject, and where the missing funds lie. */
function withPlaces(result: OrderResult, elsewhere: readonly FreeFunds[]): ClientError | null {
  const { error } = result;
  if (error === null || elsewhere.length === 0) return error;
  const { code, message, retryable, stated, limit } = error;
  const where = elsewhere.map(({ shard, units }) => `${units} units on shard ${shard}`);
  const more = `${message}; free elsewhere: ${where.join(", ")}`;
  return new ClientError({ code, message: more, retryable, stated, limit });
}
