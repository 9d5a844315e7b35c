/**
 * The matcher's HTTP side: is it alive, is it ready, how much has it done. Nothing else.
 */
import { Hono } from "hono";
import { httpProblem, PROBLEM_CONTENT_TYPE } from "../edges/problem.ts";
import { Metrics, METRICS_CONTENT_TYPE } from "../edges/metrics.ts";
import type { Matcher } from "./matcher.ts";

export interface MatcherHttpParts {
  readonly matchers: ReadonlyMap<number, Matcher>;
}

export function createMatcherHttp(parts: MatcherHttpParts): Hono {
  const app = new Hono();
  const metrics = matcherMetrics(parts);
  const all = [...parts.matchers.values()];
  const isReady = (): boolean => all.every((one) => one.isReady);
  /** A standby is as ready as a leader: it needs no restart, and nobody sends it anything. */
  const role = (): string => {
    if (all.every(({ leads }) => leads)) return "leader";
    return all.some(({ leads }) => leads) ? "leader of some shards" : "standby";
  };
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", (context) =>
    isReady()
      ? context.json({ status: "ready", role: role() })
      : context.json({ status: "recovering" }, 503),
  );
  app.get("/metrics", (context) =>
    context.body(metrics.text(), 200, { "Content-Type": METRICS_CONTENT_TYPE }),
  );
  app.notFound((context) =>
    context.json(httpProblem(404, "not_found"), 404, { "Content-Type": PROBLEM_CONTENT_TYPE }),
  );
  return app;
}

function matcherMetrics(parts: MatcherHttpParts): Metrics {
  const metrics = new Metrics();
  for (const [shard, matcher] of parts.matchers) {
    const labels = { shard };
    const { counts } = matcher;
    const total = (name: string, help: string, read: () => number): void =>
      metrics.total({ name, help, labels }, read);
    total("clob_matcher_records_total", "Input records applied.", () => counts.records);
    total("clob_matcher_reports_total", "Reports published.", () => counts.reports);
    total("clob_matcher_batches_total", "Execution records appended.", () => counts.batches);
    total("clob_matcher_snapshots_total", "Snapshots written.", () => counts.snapshots);
    total("clob_matcher_losses_total", "Lost suffixes of the log.", () => counts.losses);
    total("clob_matcher_turns_total", "Turns taken as the one that leads.", () => counts.turns);
    const leads = { name: "clob_matcher_is_leader", help: "1 if it leads, 0 if it stands by." };
    metrics.gauge({ ...leads, labels }, () => (matcher.leads ? 1 : 0));
    const help = "Position of the last record applied.";
    metrics.gauge({ name: "clob_matcher_position", help, labels }, () => counts.position);
  }
  return metrics;
}
