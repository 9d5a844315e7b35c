/**
 * Cli: what a command needs of the world: addresses, keys, connections, made when first asked for.
 */
import { join } from "node:path";
import { type Client, connect, type ConnectOptions } from "../client/client.ts";
import { HttpClient, rulesTerms } from "../client/http.ts";
import type { FinishedOrderJson, MarketJson, OrderJson } from "../client/http-json.ts";
import { ClientError } from "../client/errors.ts";
import { type Asset, MarketRules } from "../client/market-rules.ts";
import { OperatorClient } from "../client/operator.ts";
import { connectVenue, type VenueClient, type VenueOptions } from "../client/venue-client.ts";
import type { Config } from "../edges/config.ts";
import type { ConfigRead } from "../edges/config-read.ts";
import { didYouMean } from "../edges/config-suggest.ts";
import { readKeyFile, type Signer } from "../edges/keys.ts";
import { type Args, UsageError } from "./command.ts";
import { keyFile, type Who, whoIs } from "./identity.ts";
import { type Environment, findConfig, findPlaces, type Places } from "./places.ts";

export interface Io {
  readonly env: Environment;
  readonly isTerminal: boolean;
  /** Aborted by Ctrl-C, for commands that go on until then. */
  readonly stop: AbortSignal;
  out(text: string): void;
  err(text: string): void;
}

export interface Market {
  readonly json: MarketJson;
  readonly rules: MarketRules;
}

const OPERATOR_KEY = "operator.pem";

export class Cli {
  readonly io: Io;
  readonly args: Args;
  readonly places: Places;
  readonly http: HttpClient;
  private readonly read: Extract<ConfigRead, { ok: true }> | null;

  constructor(io: Io, args: Args) {
    this.io = io;
    this.args = args;
    this.read = findConfig(args, io.env);
    this.places = findPlaces(args, io.env, this.read?.config ?? null);
    const { ingress, settlement } = this.places;
    const timeoutMs = args.integer("timeout", 1);
    const shard = args.integer("shard", 1);
    this.http = new HttpClient({
      ingress,
      settlement,
      signal: io.stop,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(shard === undefined ? {} : { shard }),
    });
  }

  get isJson(): boolean {
    return this.args.text("output") === "json";
  }

  get hasConfig(): boolean {
    return this.read !== null;
  }

  /** The configuration, for commands that cannot do without. */
  get config(): Config {
    return this.configRead.config;
  }

  get configRead(): Extract<ConfigRead, { ok: true }> {
    if (this.read !== null) return this.read;
    throw new UsageError("there is no config.toml here; name one with --config FILE");
  }

  async market(name: string): Promise<Market> {
    const json = await this.http.market(name).catch((error: unknown) => this.noMarket(name, error));
    return { json, rules: new MarketRules(rulesTerms(json)) };
  }

  /** Which one, and what was perhaps meant. */
  private async noMarket(name: string, error: unknown): Promise<never> {
    if (!(error instanceof ClientError) || error.code !== "unknown_market") throw error;
    const symbols = (await this.http.markets()).map(({ symbol }) => symbol);
    const meant = didYouMean(name, symbols);
    const message = `${error.code}: there is no market ${name}${meant}; see: clob markets`;
    throw new ClientError({ code: error.code, message });
  }

  /** By symbol or id. */
  async asset(name: string): Promise<Asset> {
    const assets = await this.http.assets();
    const asset = assets.find(({ id, symbol }) => symbol === name || String(id) === name);
    if (asset !== undefined) return asset;
    const symbols = assets.map(({ symbol }) => symbol);
    const message = `there is no asset ${name}${didYouMean(name, symbols)}: ${symbols.join(", ")}`;
    throw new ClientError({ code: "unknown_asset", message });
  }

  keyFile(): string {
    return keyFile(this.args.text("key") ?? this.io.env["CLOB_KEY"], this.places.keysDir);
  }

  who(): Promise<Who> {
    return whoIs(this.keyFile(), this.http);
  }

  /** A trader's connection; close it. */
  async client(who: Who, more: Partial<ConnectOptions> = {}): Promise<Client> {
    const { host, port } = this.places.tcp;
    const shard = more.shard ?? this.args.integer("shard", 1) ?? 0;
    return connect({ ...who, host, port, signal: this.deadline(), ...more, shard });
  }

  /** A trader's account on all shards; close it. */
  venue(who: Who, more: Partial<VenueOptions> = {}): VenueClient {
    const { host, port } = this.places.tcp;
    const { settlement } = this.places;
    return connectVenue({ ...who, host, port, settlement, signal: this.deadline(), ...more });
  }

  /** `--shard`, else all of them, the lowest first. */
  async shards(): Promise<number[]> {
    const only = this.args.integer("shard", 1);
    if (only !== undefined) return [only];
    return (await this.http.status()).shards.map(({ shard }) => shard);
  }

  /**
   * An order by its id. Each shard counts a key's nonces for itself, so that an id may be on
   * several: then it takes --shard to say which.
   */
  async order(id: string): Promise<OrderJson | FinishedOrderJson> {
    const found: (OrderJson | FinishedOrderJson)[] = [];
    let refusal: unknown = null;
    for (const shard of await this.shards()) {
      try {
        found.push(await this.http.onShard(shard).order(id));
      } catch (error) {
        if (!(error instanceof ClientError) || error.code !== "unknown_order") throw error;
        refusal = error;
      }
    }
    const [order] = found;
    if (order === undefined) throw refusal;
    if (found.length === 1) return order;
    const markets = found.map(({ market }) => market).join(", ");
    throw new UsageError(`${id} is an order in ${markets}; say which with --shard`);
  }

  private deadline(): AbortSignal {
    const timeoutMs = this.args.integer("timeout", 1) ?? 10_000;
    return AbortSignal.any([this.io.stop, AbortSignal.timeout(timeoutMs)]);
  }

  /**
   * The operators' desk at a shard, by default the one asked about or the lowest, signed by
   * --operator FILE or the key in the keys directory.
   */
  operator(shard?: number): OperatorClient {
    const http = shard === undefined ? this.http : this.http.onShard(shard);
    return new OperatorClient(http, this.operatorKey());
  }

  operatorKey(): Signer {
    return readKeyFile(this.args.text("operator") ?? join(this.places.keysDir, OPERATOR_KEY));
  }

  note(text: string): void {
    this.io.err(`${text}\n`);
  }
}
