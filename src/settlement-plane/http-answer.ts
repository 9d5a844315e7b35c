/**
 * Answer: what a route gives back, and how it looks on the wire. The routes themselves know no
 * Hono.
 *
 *   Route { path, query, answer(ask) } -> JSON, or Refused with a problem
 */
import {
  httpProblem,
  type Problem,
  PROBLEM_CONTENT_TYPE,
  problemOfCode,
} from "../edges/problem.ts";
import type { MarketData } from "./market-data.ts";
import { parseInteger, type Query } from "./http-query.ts";
import type { ShardData } from "./shard-data.ts";
import type { ShardSource } from "./shard-source.ts";

export class Refused {
  readonly problem: Problem;

  constructor(problem: Problem) {
    this.problem = problem;
  }
}

/** By a code of TCP; a thing that a path names and nobody knows is 404 here. */
export function unknown(code: number): Refused {
  return new Refused({ ...problemOfCode(code), status: 404 });
}

export function badQuery(why: string): Refused {
  return new Refused(httpProblem(400, "bad_query", why));
}

export function notFound(why?: string): Refused {
  return new Refused(httpProblem(404, "not_found", why));
}

/** Which of two settlements this one is. */
export interface Role {
  readonly leads: boolean;
  readonly term: number;
  readonly counts: { readonly turns: number };
}

export function roleText({ leads }: Role): "leader" | "follower" {
  return leads ? "leader" : "follower";
}

/** What all routes are made of. */
export interface ReadSide {
  readonly settlements: ReadonlyMap<number, ShardSource>;
  readonly leadership: Role;
  /** Absent with one shard. */
  readonly carrier?: { stalledMs(destination: number): number };
  readonly marketData: MarketData;
  readonly rowsMax: number;
  readonly venueName: string;
  readonly wallMs: () => number;
}

export interface Shard {
  readonly id: number;
  readonly source: ShardSource;
  readonly data: ShardData;
}

export interface Ask {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
}

export interface Route {
  /** As Hono reads it: `/v1/markets/:m`. */
  readonly path: string;
  /** Names of the parameters that it knows. */
  readonly query: readonly string[];
  /** What becomes a JSON object; its type is one of client/http-json.ts. */
  readonly answer: (ask: Ask) => object | Promise<object>;
}

/** The shard of `?shard=N`, by default the lowest. */
export function pickShard(side: ReadSide, query: Query): Shard | Refused {
  const lowest = Math.min(...side.settlements.keys());
  const id = query.integer("shard", { min: 1, max: 65_534, fallback: lowest });
  return shardOf(side, id);
}

export function shardOf(side: ReadSide, id: number): Shard | Refused {
  const source = side.settlements.get(id);
  const data = side.marketData.shardData(id);
  if (source === undefined || data === null) return notFound(`shard ${id} is not served here`);
  return { id, source, data };
}

/** The answer to a question about one shard. */
export function onShard(
  side: ReadSide,
  answer: (shard: Shard, ask: Ask) => object,
): (ask: Ask) => object {
  return (ask) => {
    const shard = pickShard(side, ask.query);
    return shard instanceof Refused ? shard : answer(shard, ask);
  };
}

/** The account of the path, or -1 if there is none such. */
export function accountOf({ data }: Shard, { params }: Ask): number {
  const id = parseInteger(params["a"] ?? "");
  return id !== null && id <= data.views.accountCount ? id : -1;
}

const LIMIT_DEFAULT = 100;

export function rowLimit(side: ReadSide, query: Query): number {
  const { rowsMax } = side;
  const fallback = Math.min(LIMIT_DEFAULT, rowsMax);
  return query.integer("limit", { min: 1, max: rowsMax, fallback });
}

const JSON_CONTENT_TYPE = "application/json;charset=utf-8";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** Nothing of ours is framed, sniffed or sent elsewhere; scripts and styles are our own files. */
export const HEADERS = {
  "Content-Security-Policy": POLICY.join("; "),
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
} as const;

/** Says its own length, so that a HEAD is told it too. */
export function textResponse(text: string, headers: Record<string, string>): Response {
  const bytes = new TextEncoder().encode(text);
  const size = { "Content-Length": String(bytes.length) };
  return new Response(bytes, { headers: { ...HEADERS, ...size, ...headers } });
}

export function jsonResponse(body: object): Response {
  const headers = { "Content-Type": JSON_CONTENT_TYPE, "Cache-Control": "no-store" };
  return textResponse(JSON.stringify(body), headers);
}

export function problemResponse(problem: Problem, more: Record<string, string> = {}): Response {
  const headers = { ...HEADERS, "Content-Type": PROBLEM_CONTENT_TYPE, ...more };
  return Response.json(problem, { status: problem.status, headers });
}
