/**
 * Metrics of settlement: how far it is, how old the newest checkpoint, how busy the read side.
 */
import { Metrics } from "../edges/metrics.ts";
import type { ExportProgress } from "./exporter.ts";
import { type ReadSide, Refused, shardOf } from "./http-answer.ts";
import type { ShardSource } from "./shard-source.ts";

/** What the HTTP side and the stream count. */
export class ReadCounts {
  requests = 0;
  refused = 0;
  inProgress = 0;
  streamConnections = 0;
  streamMessages = 0;
  streamSlow = 0;
}

export function settlementMetrics(side: ReadSide, counts: ReadCounts): Metrics {
  const metrics = new Metrics();
  addShards(metrics, side);
  const total = (name: string, help: string, read: () => number): void =>
    metrics.total({ name, help }, read);
  total("clob_settlement_requests_total", "HTTP requests taken.", () => counts.requests);
  total("clob_settlement_requests_refused_total", "Answered by a problem.", () => counts.refused);
  total("clob_settlement_stream_messages_total", "Sent to readers.", () => counts.streamMessages);
  total("clob_settlement_stream_slow_total", "Slow readers closed.", () => counts.streamSlow);
  const connections = {
    name: "clob_settlement_stream_connections",
    help: "Readers of the stream.",
  };
  const leads = { name: "clob_settlement_is_leader", help: "1 if it leads, 0 if it follows." };
  metrics.gauge(leads, () => (side.leadership.leads ? 1 : 0));
  total("clob_settlement_turns_total", "Turns as leader.", () => side.leadership.counts.turns);
  metrics.gauge(connections, () => counts.streamConnections);
  return metrics;
}

function addShards(metrics: Metrics, side: ReadSide): void {
  for (const id of side.settlements.keys()) {
    const shard = shardOf(side, id);
    if (shard instanceof Refused) continue;
    const { source, data } = shard;
    const labels = { shard: id };
    const gauge = (name: string, help: string, read: () => number): void =>
      metrics.gauge({ name, help, labels }, read);
    const total = (name: string, help: string, read: () => number): void =>
      metrics.total({ name, help, labels }, read);
    gauge("clob_settlement_position", "Executed and compared.", () => source.engine.position);
    gauge("clob_settlement_matched_position", "Newest published by a matcher.", () =>
      data.matchedUpTo(source.engine.position),
    );
    gauge("clob_settlement_halted_info", "1 if the shard is halted and only read.", () =>
      source.isHalted ? 1 : 0,
    );
    gauge("clob_settlement_lag_records", "Published and not yet executed and compared.", () =>
      Math.max(0, data.matchedPosition - source.engine.position),
    );
    gauge("clob_settlement_checkpoint_age_seconds", "NaN before the first.", () =>
      source.latest === null ? Number.NaN : (side.wallMs() - source.latest.logTime / 1000) / 1000,
    );
    gauge(
      "clob_settlement_open_orders",
      "Resting or waiting.",
      () => source.engine.state.openOrders,
    );
    gauge("clob_settlement_in_flight_entries", "Written for it elsewhere, not applied yet.", () =>
      entriesInFlight(side, source),
    );
    gauge("clob_settlement_carry_stalled_seconds", "Entries for it wait, none is applied.", () =>
      side.carrier === undefined ? 0 : side.carrier.stalledMs(id) / 1000,
    );
    gauge("clob_settlement_accounts", "Traders.", () => source.engine.state.accounts.count);
    total("clob_settlement_commands_total", "Of traders, in this process.", () => data.rate.total);
    const { counts } = data;
    total("clob_settlement_orders_expired_total", "In this process.", () => counts.expired);
    total("clob_settlement_stops_triggered_total", "In this process.", () => counts.triggered);
    total("clob_settlement_timers_fired_total", "Dead-man timers.", () => counts.timersFired);
    total("clob_settlement_trades_total", "Since genesis.", () => data.trades);
    total("clob_settlement_checkpoints_total", "Since genesis.", () =>
      source.latest === null ? 0 : source.latest.number + 1,
    );
    gauge("clob_log_trimmed_position", "The log may begin behind it.", () =>
      data.retention === null ? 0 : data.retention.trimmed,
    );
    if (source.exported !== null) addExport(metrics, source, source.exported);
  }
}

function addExport(metrics: Metrics, source: ShardSource, progress: ExportProgress): void {
  const labels = { shard: source.parts.genesis.shard };
  const gauge = (name: string, help: string, read: () => number): void =>
    metrics.gauge({ name, help, labels }, read);
  const total = (name: string, help: string, read: () => number): void =>
    metrics.total({ name, help, labels }, read);
  gauge("clob_export_archived_position", "In the store, under a signed head.", () => {
    return progress.archived;
  });
  gauge("clob_export_lag_records", "Signed and not archived yet.", () =>
    Math.max(0, (source.latest?.position ?? 0) - progress.archived),
  );
  gauge(
    "clob_export_lag_seconds",
    "Log time signed and not archived yet.",
    () => Math.max(0, (source.latest?.logTime ?? 0) - progress.archivedTime) / 1e6,
  );
  gauge("clob_export_waiting_info", "1 while the store or the log is waited for.", () =>
    progress.why === "" ? 0 : 1,
  );
  total("clob_export_steps_total", "Written, in this process.", () => progress.steps);
  total("clob_export_bytes_total", "Of objects created in this process.", () => progress.bytes);
  total("clob_export_faults_total", "Of store and log, in this process.", () => progress.faults);
}

/** What the shards that are settled here have written for this one and it has not applied. */
function entriesInFlight({ settlements }: ReadSide, { engine, parts }: ShardSource): number {
  const { state } = engine;
  const { shard, directoryOrigin } = parts.genesis;
  const lead = settlements.get(directoryOrigin)?.engine.state.directory ?? 0;
  let count = Math.max(0, lead - state.directory);
  for (const [source, other] of settlements) {
    const written = other.engine.state.links.out[shard] ?? 0;
    count += Math.max(0, written - (state.links.in[source] ?? 0));
  }
  return count;
}
