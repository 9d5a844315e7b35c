/**
 * settlement's HTTP side: docs/HTTP.md, put together from routes that know no Hono, and the
 * dashboard.
 *
 * It reads and never changes anything. Every refusal is a problem (RFC 9457).
 */
import { type Context, Hono } from "hono";
import { METRICS_CONTENT_TYPE } from "../edges/metrics.ts";
import { httpProblem } from "../edges/problem.ts";
import { accountRoutes } from "./http-accounts.ts";
import {
  badQuery,
  HEADERS,
  jsonResponse,
  problemResponse,
  type ReadSide,
  Refused,
  roleText,
  type Route,
  textResponse,
} from "./http-answer.ts";
import { DASHBOARD_FILES } from "./http-dashboard.ts";
import { marketRoutes } from "./http-markets.ts";
import { type ReadCounts, settlementMetrics } from "./http-metrics.ts";
import { orderRoutes } from "./http-orders.ts";
import { Query } from "./http-query.ts";
import { statusRoutes } from "./http-status.ts";

export interface SettlementHttpParts {
  readonly side: ReadSide;
  readonly counts: ReadCounts;
  readonly limits: { readonly httpRequestsMax: number };
}

export function createSettlementHttp(parts: SettlementHttpParts): Hono {
  const { side, counts, limits } = parts;
  const app = new Hono();
  app.use(async (_context, next) => {
    if (counts.inProgress >= limits.httpRequestsMax) {
      counts.refused++;
      return problemResponse(httpProblem(503, "requests_max"));
    }
    counts.requests++;
    counts.inProgress++;
    await next();
    counts.inProgress--;
    return undefined;
  });
  addOwnPages(app, parts);
  for (const { path, body, type } of DASHBOARD_FILES) {
    add(app, path, () => text(body, type));
  }
  const routes = [statusRoutes, marketRoutes, accountRoutes, orderRoutes];
  for (const route of routes.flatMap((of) => of(side))) {
    add(app, route.path, (context) => answerRoute(route, context, counts));
  }
  app.notFound(() => refuse(counts, new Refused(httpProblem(404, "not_found"))));
  app.onError(() => refuse(counts, new Refused(httpProblem(500, "internal"))));
  return app;
}

function addOwnPages(app: Hono, { side, counts }: SettlementHttpParts): void {
  const metrics = settlementMetrics(side, counts);
  const isReady = (): boolean => [...side.settlements.values()].every((one) => one.isReady);
  const status = (word: string, code: number): Response =>
    Response.json({ status: word }, { status: code, headers: HEADERS });
  const ready = (): Response =>
    Response.json({ status: "ready", role: roleText(side.leadership) }, { headers: HEADERS });
  add(app, "/healthz", () => status("ok", 200));
  add(app, "/readyz", () => (isReady() ? ready() : status("recovering", 503)));
  add(app, "/metrics", () => text(metrics.text(), METRICS_CONTENT_TYPE));
}

/** GET (and HEAD) of the path; any other method is refused. */
function add(
  app: Hono,
  path: string,
  answer: (context: Context) => Response | Promise<Response>,
): void {
  app.get(path, (context) => answer(context));
  app.all(path, () => problemResponse(httpProblem(405, "method"), { Allow: "GET, HEAD" }));
}

async function answerRoute(route: Route, context: Context, counts: ReadCounts): Promise<Response> {
  const query = new Query(new URL(context.req.url).searchParams, route.query);
  const answer = await route.answer({ params: context.req.param(), query });
  if (query.wrong !== null) return refuse(counts, badQuery(query.wrong));
  return answer instanceof Refused ? refuse(counts, answer) : jsonResponse(answer);
}

function refuse(counts: ReadCounts, refused: Refused): Response {
  counts.refused++;
  return problemResponse(refused.problem);
}

function text(body: string, type: string): Response {
  return textResponse(body, { "Content-Type": type, "Cache-Control": "no-cache" });
}
