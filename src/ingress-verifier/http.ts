/**
 * Ingress over HTTP: takes finished signed frames, the same bytes as on TCP, and says how it goes.
 *
 * Whoever writes signs; ingress holds no key. Unsigned or wrongly signed is 401 and the log stays
 * untouched; a frame that was used before is 409 and has no effect.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { viewOf } from "../base/bytes.ts";
import { Metrics, METRICS_CONTENT_TYPE } from "../edges/metrics.ts";
import {
  httpProblem,
  type Problem,
  PROBLEM_CONTENT_TYPE,
  problemOfCode,
} from "../edges/problem.ts";
import * as codes from "../protocol/codes.ts";
import { FRAME_HEADER_SIZE, FRAME_KIND_AT, FRAME_SHARD_AT } from "../protocol/frame.ts";
import type { Report } from "../protocol/report.ts";
import { reportToJson } from "../protocol/report-json.ts";
import type { Ingress } from "./ingress.ts";
import type { ShardDoor } from "./shard-door.ts";
import { submit } from "./submission.ts";

export interface IngressHttpLimits {
  readonly httpBodyBytesMax: number;
  readonly httpRequestsMax: number;
}

export interface IngressHttpParts {
  readonly ingress: Ingress;
  readonly limits: IngressHttpLimits;
  readonly stop: AbortSignal;
}

const OUTCOME_WAIT_MS = 10_000;
const FRAME_CONTENT_TYPE = "application/octet-stream";

export function createIngressHttp(parts: IngressHttpParts): Hono {
  const app = new Hono();
  const metrics = ingressMetrics(parts.ingress);
  const counting = { frames: 0 };
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", (context) =>
    parts.stop.aborted
      ? context.json({ status: "draining" }, 503)
      : context.json({ status: "ready" }),
  );
  app.get("/metrics", (context) =>
    context.body(metrics.text(), 200, { "Content-Type": METRICS_CONTENT_TYPE }),
  );
  const limit = bodyLimit({
    maxSize: parts.limits.httpBodyBytesMax,
    onError: () => problemResponse(httpProblem(413, "body_size")),
  });
  app.post("/v1/frames", limit, async (context) => {
    const wrong = requestProblem(context.req.url, context.req.header("content-type"));
    if (wrong !== null) return problemResponse(wrong);
    if (counting.frames >= parts.limits.httpRequestsMax) {
      return problemResponse(httpProblem(503, "requests_max"));
    }
    counting.frames++;
    try {
      const frame = new Uint8Array(await context.req.arrayBuffer());
      return await answer(parts, frame);
    } finally {
      counting.frames--;
    }
  });
  for (const [path, methods] of METHODS) {
    app.all(path, () => problemResponse(httpProblem(405, "method"), { Allow: methods }));
  }
  app.notFound(() => problemResponse(httpProblem(404, "not_found")));
  app.onError(() => problemResponse(httpProblem(500, "internal")));
  return app;
}

const METHODS = [
  ["/v1/frames", "POST"],
  ["/healthz", "GET, HEAD"],
  ["/readyz", "GET, HEAD"],
  ["/metrics", "GET, HEAD"],
] as const;

/** A frame is bytes and nothing else: no parameter, no other content type. */
function requestProblem(url: string, contentType: string | undefined): Problem | null {
  if (new URL(url).search !== "") return httpProblem(400, "bad_query", "frames take no parameter");
  const [type] = (contentType ?? "").split(";");
  if (type?.trim().toLowerCase() === FRAME_CONTENT_TYPE) return null;
  return httpProblem(415, "content_type", `a frame is ${FRAME_CONTENT_TYPE}`);
}

async function answer(parts: IngressHttpParts, frame: Uint8Array): Promise<Response> {
  if (parts.stop.aborted) return problemResponse(problemOfCode(codes.REJECT_DRAINING));
  const door = doorFor(parts.ingress, frame);
  if (typeof door === "number") return problemResponse(problemOfCode(door));
  const { code, reports } = await submit(door, frame, OUTCOME_WAIT_MS);
  if (code !== codes.ACCEPTED) return problemResponse(refusal(code, reports));
  return Response.json({ position: reports[0]?.position ?? 0, reports: reports.map(reportToJson) });
}

/** With the two numbers that disagree, where the engine gave them. */
function refusal(code: number, reports: readonly Report[]): Problem {
  const unnumbered = reports.find((report) => report.number === 0);
  if (unnumbered === undefined) return problemOfCode(code);
  const numbers = { stated: unnumbered.first, limit: unnumbered.second };
  return { ...problemOfCode(code), ...numbers };
}

/** The door of the frame's shard, or of the directory's; or the code to refuse with. */
function doorFor(ingress: Ingress, frame: Uint8Array): ShardDoor | number {
  if (frame.length < FRAME_HEADER_SIZE) return codes.REJECT_FRAME_SIZE;
  const view = viewOf(frame);
  const isDirectory = view.getUint8(FRAME_KIND_AT) === codes.FRAME_DIRECTORY;
  const shard = view.getUint16(FRAME_SHARD_AT, true);
  for (const [id, door] of ingress.doors) {
    if (id === (isDirectory ? door.genesis.directoryOrigin : shard)) return door;
  }
  return codes.REJECT_SHARD;
}

function problemResponse(problem: Problem, more: Record<string, string> = {}): Response {
  const headers = { "Content-Type": PROBLEM_CONTENT_TYPE, ...more };
  return Response.json(problem, { status: problem.status, headers });
}

function ingressMetrics(ingress: Ingress): Metrics {
  const metrics = new Metrics();
  const { entry } = ingress;
  const connections = { name: "clob_ingress_connections", help: "Open TCP connections." };
  metrics.gauge(connections, () => entry.sessionCount);
  const refused = { name: "clob_ingress_connections_refused_total", help: "Turned away at once." };
  metrics.total(refused, () => entry.counts.refusedConnections);
  const moved = { name: "clob_ingress_sessions_moved_total", help: "Ended for their age." };
  metrics.total(moved, () => entry.counts.moved);
  for (const [shard, door] of ingress.doors) {
    const labels = { shard };
    const { counts, queue } = door;
    const total = (name: string, help: string, read: () => number): void =>
      metrics.total({ name, help, labels }, read);
    total("clob_ingress_frames_admitted_total", "Frames let into the log.", () => counts.admitted);
    total("clob_ingress_frames_refused_total", "Frames refused here.", () => counts.refused);
    total("clob_ingress_frames_overloaded_total", "No room for them.", () => counts.overloaded);
    total("clob_ingress_losses_total", "Lost suffixes of the log.", () => counts.losses);
    total("clob_ingress_reports_total", "Reports followed.", () => counts.reports);
    const queued = { name: "clob_ingress_queue_bytes", help: "Waiting to be appended.", labels };
    metrics.gauge(queued, () => queue.bytes);
    const followed = { name: "clob_ingress_position", help: "Reports shown up to.", labels };
    metrics.gauge(followed, () => door.followed);
    const unmatched = { name: "clob_ingress_unmatched_records", help: "Await reports.", labels };
    metrics.gauge(unmatched, () => door.unmatched);
  }
  return metrics;
}
