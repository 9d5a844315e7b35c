/**
 * HttpClient: the two HTTP doors as functions. Settlement answers questions, ingress takes signed
 * frames.
 *
 * Refusals become ClientErrors with the codes of TCP. An answer that lacks what docs/HTTP.md
 * promises is refused by name, so that nobody computes with `undefined`.
 */
import { ClientError, unknownOutcome, unreachable, violation } from "./errors.ts";
import type * as json from "./http-json.ts";
import type { MarketTerms } from "./market-rules.ts";

export interface HttpOptions {
  /** Such as "http://127.0.0.1:9091". */
  readonly settlement: string;
  /** Such as "http://127.0.0.1:9090"; only needed to post frames. */
  readonly ingress?: string;
  readonly timeoutMs?: number;
  /** Which shard questions are about; absent: the lowest. */
  readonly shard?: number;
  readonly signal?: AbortSignal;
}

export interface Page {
  readonly limit?: number;
  readonly after?: string | number;
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** Of a question about the venue, whatever shard others are about. */
const VENUE: Query = { shard: undefined };
const TIMEOUT_MS = 10_000;
const PAGES_MAX = 1000;
const MARKET: readonly (keyof json.MarketJson)[] = [
  ...(["id", "symbol", "shard", "state", "base", "quote", "tick", "lot"] as const),
  ...(["tick_value", "lot_units"] as const),
];
const ORDER: readonly (keyof json.OrderJson)[] = [
  ...(["order_id", "client_order_id", "market_id", "side", "price", "leaves", "state"] as const),
];

export class HttpClient {
  private readonly options: HttpOptions;

  constructor(options: HttpOptions) {
    this.options = options;
  }

  /** The same doors, with questions about that shard. */
  onShard(shard: number): HttpClient {
    return new HttpClient({ ...this.options, shard });
  }

  /** The shard that questions are about; undefined: the lowest. */
  get shard(): number | undefined {
    return this.options.shard;
  }

  status(): Promise<json.StatusJson> {
    return this.ask<json.StatusJson>("/v1/status", ["venue", "shards", "rules_version"], VENUE);
  }

  time(): Promise<json.TimeJson> {
    return this.ask<json.TimeJson>("/v1/time", ["time_us", "log_time_us"], VENUE);
  }

  async assets(): Promise<readonly json.AssetTotalsJson[]> {
    const answer = await this.ask<{ assets: json.AssetTotalsJson[] }>("/v1/assets", ["assets"]);
    return answer.assets;
  }

  /** All markets, page by page. */
  async markets(): Promise<json.MarketJson[]> {
    const all: json.MarketJson[] = [];
    let after: number | null = 0;
    for (let page = 0; after !== null && page < PAGES_MAX; page++) {
      const query: Query = { after: after === 0 ? undefined : after, limit: 1000 };
      const answer: json.MarketsJson = await this.ask("/v1/markets", ["markets", "next"], query);
      all.push(...answer.markets);
      after = answer.next;
    }
    return all;
  }

  /** By symbol or id. */
  market(market: string | number): Promise<json.MarketJson> {
    const path = `/v1/markets/${encodeURIComponent(market)}`;
    return this.ask<json.MarketJson>(path, MARKET, VENUE);
  }

  book(market: string | number, depth = 20): Promise<json.BookJson> {
    const path = `/v1/markets/${encodeURIComponent(market)}/book`;
    return this.ask<json.BookJson>(path, ["market", "bids", "asks"], { ...VENUE, depth });
  }

  trades(
    market: string | number,
    page: { readonly limit?: number; readonly before?: number } = {},
  ): Promise<json.TradesJson> {
    const path = `/v1/markets/${encodeURIComponent(market)}/trades`;
    return this.ask<json.TradesJson>(path, ["market", "trades"], { ...VENUE, ...page });
  }

  account(account: number): Promise<json.AccountJson> {
    const members = ["account", "balances", "keys", "reports"] as const;
    return this.ask<json.AccountJson>(`/v1/accounts/${account}`, members);
  }

  /** One balance per asset, over all shards, with its split. */
  balances(account: number): Promise<json.BalancesJson> {
    const path = `/v1/accounts/${account}/balances`;
    return this.ask<json.BalancesJson>(path, ["balances", "positions"], VENUE);
  }

  orders(
    account: number,
    page: Page & { readonly market?: string } = {},
  ): Promise<json.OrdersJson> {
    const path = `/v1/accounts/${account}/orders`;
    return this.ask<json.OrdersJson>(path, ["orders", "next"], { ...page });
  }

  /** By `key-nonce-index`. */
  order(orderId: string): Promise<json.OrderJson | json.FinishedOrderJson> {
    return this.ask<json.OrderJson>(`/v1/orders/${encodeURIComponent(orderId)}`, ORDER);
  }

  nonce(account: number, key: number, nonce: number): Promise<json.NonceJson> {
    const path = `/v1/accounts/${account}/keys/${key}/nonces/${nonce}`;
    return this.ask<json.NonceJson>(path, ["used", "nonce_high"]);
  }

  /** Whose key this is; null if nobody's. */
  async keyOwner(publicKey: Uint8Array): Promise<json.KeyOwnerJson | null> {
    try {
      const path = `/v1/keys/${publicKey.toHex()}`;
      return await this.ask<json.KeyOwnerJson>(path, ["account", "key", "nonce_high"]);
    } catch (error) {
      if (error instanceof ClientError && error.code === "unknown_key") return null;
      throw error;
    }
  }

  checkpoint(): Promise<json.CheckpointJson> {
    const members = ["number", "position", "input", "state"] as const;
    return this.ask<json.CheckpointJson>("/v1/checkpoints/latest", members);
  }

  /**
   * Hands in the bytes of one signed frame. Throws `unknown_outcome` when they may have arrived;
   * then the very same bytes may be posted again, and a `duplicate` says that this nonce was used.
   */
  async postFrame(frame: Uint8Array): Promise<json.SubmittedJson> {
    const { ingress } = this.options;
    if (ingress === undefined) throw unreachable("no address of an ingress is known");
    const url = new URL("/v1/frames", ingress);
    const headers = { "Content-Type": "application/octet-stream" };
    const response = await this.fetch(url, {
      method: "POST",
      headers,
      body: new Uint8Array(frame),
    });
    return answerOf<json.SubmittedJson>(response, url, ["position", "reports"]);
  }

  /** Any path of settlement, for what has no function here. */
  async ask<T extends object>(
    path: string,
    members: readonly (keyof T)[],
    query: Query = {},
  ): Promise<T> {
    const url = new URL(path, this.options.settlement);
    for (const [name, value] of Object.entries({ shard: this.options.shard, ...query })) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return answerOf<T>(await this.fetch(url, {}), url, members);
  }

  private async fetch(url: URL, init: RequestInit): Promise<Response> {
    const { timeoutMs = TIMEOUT_MS, signal } = this.options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const both = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    try {
      return await fetch(url, { ...init, signal: both });
    } catch (error) {
      const isAway = isNeverSent(error);
      const why = error instanceof Error ? error.message : String(error);
      const words = `${url.origin} does not answer: ${isAway ? "nobody listens there" : why}`;
      if (init.method === "POST" && !isAway) throw unknownOutcome(words);
      throw unreachable(words);
    }
  }
}

/** Whether no connection was made, in the words of Bun and of Node. */
function isNeverSent(error: unknown): boolean {
  const codes: unknown[] = [];
  for (let at = error; at instanceof Error; at = at.cause) if ("code" in at) codes.push(at.code);
  return ["ConnectionRefused", "ECONNREFUSED", "ENOTFOUND", "FailedToOpenSocket"].some((code) =>
    codes.includes(code),
  );
}

async function answerOf<T extends object>(
  response: Response,
  url: URL,
  members: readonly (keyof T)[],
): Promise<T> {
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemError(body, response, url);
  if (!hasMembers<T>(body, members)) {
    const missing = members.filter((name) => !hasMembers<T>(body, [name])).map(String);
    throw violation(`${url.origin}${url.pathname} answers without ${missing.join(", ")}`);
  }
  return body;
}

/** The contract's types stand behind these names; a test holds settlement to them. */
function hasMembers<T extends object>(body: unknown, members: readonly (keyof T)[]): body is T {
  return typeof body === "object" && body !== null && members.every((name) => name in body);
}

function problemError(body: unknown, response: Response, url: URL): ClientError {
  if (!hasMembers<json.ProblemJson>(body, ["name", "title", "retry"])) {
    const message = `${url.origin}${url.pathname} answers ${response.status} without a problem`;
    return new ClientError({ code: "http", message, retryable: response.status >= 500 });
  }
  const detail = body.detail === undefined ? "" : ` (${body.detail})`;
  return new ClientError({
    code: body.name,
    message: `${body.name}: ${body.title}${detail}`,
    retryable: body.retry,
    stated: body.stated ?? null,
    limit: body.limit ?? null,
  });
}

/** The rules of a market from what settlement says of it; see MarketRules. */
export function rulesTerms(market: json.MarketJson): MarketTerms {
  const { id, symbol, shard, base, quote, lot_units: lotUnits, tick_value: tickValue } = market;
  return { id, symbol, shard, base, quote, lotUnits, tickValue };
}
