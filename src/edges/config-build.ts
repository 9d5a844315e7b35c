/**
 * Config build: from checked values by path to the typed Config.
 *
 * The mapping from keys to fields is written out by hand, so that one grep finds both; a test
 * sees that no key is forgotten.
 */
import { join } from "node:path";
import { assert } from "../base/assert.ts";
import type { Config, Durability, LimitsConfig, LogConfig, RedisConfig } from "./config.ts";
import { type ListenAddress, parseListenAddress, parseRedisAddress } from "./config-address.ts";
import { logKind } from "./config-check.ts";
import type { ConfigValues } from "./config-values.ts";

type Shards = Pick<Config, "assets" | "markets" | "shards">;

/** Only for values without errors. */
export function buildConfig(file: string, values: ConfigValues, shards: Shards): Config {
  assert(values.errors.length === 0, "a Config is made of values without errors");
  const dataDir = values.text("log.data_dir");
  return {
    file,
    venue: {
      name: values.text("venue.name"),
      keysDir: values.text("venue.keys_dir") || join(dataDir, "keys"),
      dayStartS: values.integer("venue.day_start_s"),
      severityMin: values.text("venue.severity_min") as Config["venue"]["severityMin"],
    },
    log: buildLog(values),
    redis: buildRedis(values),
    assets: shards.assets,
    markets: shards.markets,
    shards: shards.shards,
    ingress: {
      tcpAddress: listenAddress(values, "ingress.tcp_address"),
      httpAddress: listenAddress(values, "ingress.http_address"),
      slot: values.text("ingress.slot"),
      verifyWorkers: values.integer("ingress.verify_workers"),
      reusePort: values.boolean("ingress.reuse_port"),
      sessionAgeMsMax: values.integer("ingress.session_age_ms_max"),
      sessionNoticeMs: values.integer("ingress.session_notice_ms"),
    },
    settlement: {
      httpAddress: listenAddress(values, "settlement.http_address"),
      ingressAddress: listenAddress(values, "settlement.ingress_address"),
      verifyThreads: values.integer("settlement.verify_threads"),
      leaseMs: values.integer("settlement.lease_ms"),
      exportDir: exportDir(values, dataDir),
      publishDelayMs: values.integer("settlement.publish_delay_ms"),
      carry: values.text("settlement.carry") as Config["settlement"]["carry"],
      checkpointIntervalMs: values.integer("settlement.checkpoint_interval_ms"),
      checkpointCommands: values.integer("settlement.checkpoint_commands"),
    },
    matcher: {
      httpAddress: listenAddress(values, "matcher.http_address"),
      engine: values.text("matcher.engine") as Config["matcher"]["engine"],
      snapshotCommands: values.integer("matcher.snapshot_commands"),
      leaseMs: values.integer("matcher.lease_ms"),
    },
    limits: buildLimits(values),
  };
}

function buildLog(values: ConfigValues): LogConfig {
  return {
    kind: logKind(values),
    dataDir: values.text("log.data_dir"),
    durability: values.text("log.durability") as Durability,
    replicas: values.integer("log.replicas"),
    primaryNeverRestartsEmpty: values.boolean("log.primary_never_restarts_empty"),
    segmentBytesMax: values.integer("log.segment_bytes_max"),
    tickMs: values.integer("log.tick_ms"),
    gatherMsMax: values.integer("log.gather_ms_max"),
    packBytesMax: values.integer("log.pack_bytes_max"),
    clockDifferenceMsMax: values.integer("log.clock_difference_ms_max"),
    consumerSilentMsMax: values.integer("log.consumer_silent_ms_max"),
    keepRecords: values.integer("log.keep_records"),
    keepMs: values.integer("log.keep_ms"),
  };
}

function buildRedis(values: ConfigValues): RedisConfig | null {
  const text = values.text("redis.address");
  const address = text === "" ? null : parseRedisAddress(text);
  if (address === null) return null;
  assert(typeof address !== "string", "the schema checked the address");
  return {
    hosts: address.hosts,
    tls: address.tls,
    username: values.text("redis.username") || address.username,
    password: values.text("redis.password") || address.password,
    caFile: values.text("redis.ca_file") || null,
    connectTimeoutMs: values.integer("redis.connect_timeout_ms"),
    commandTimeoutMs: values.integer("redis.command_timeout_ms"),
    unreachableMsMax: values.integer("redis.unreachable_ms_max"),
    memoryTrimPercent: values.integer("redis.memory_trim_percent"),
    memoryRefuseOrdersPercent: values.integer("redis.memory_refuse_orders_percent"),
    memoryCancelsOnlyPercent: values.integer("redis.memory_cancels_only_percent"),
  };
}

/** Of its own accord only where the log is on other machines: see docs/DECISIONS.md. */
function exportDir(values: ConfigValues, dataDir: string): string | null {
  const named = values.text("settlement.export_dir");
  const asked = values.text("settlement.export");
  const isOn = asked === "auto" ? named !== "" || logKind(values) === "redis" : asked === "on";
  return isOn ? named || join(dataDir, "export") : null;
}

function listenAddress(values: ConfigValues, path: string): ListenAddress {
  const address = parseListenAddress(values.text(path));
  assert(typeof address !== "string", "the schema checked the address");
  return address;
}

function buildLimits(values: ConfigValues): LimitsConfig {
  return {
    ordersMax: values.integer("limits.orders_max"),
    accountsMax: values.integer("limits.accounts_max"),
    keysMax: values.integer("limits.keys_max"),
    assetsMax: values.integer("limits.assets_max"),
    marketsMax: values.integer("limits.markets_max"),
    reportsPerRecordMax: values.integer("limits.reports_per_record_max"),
    connectionsMax: values.integer("limits.connections_max"),
    connectionsPerIpMax: values.integer("limits.connections_per_ip_max"),
    accountsPerConnectionMax: values.integer("limits.accounts_per_connection_max"),
    outQueueBytesMax: values.integer("limits.out_queue_bytes_max"),
    badFramesPerSecondMax: values.integer("limits.bad_frames_per_second_max"),
    verifyQueueFramesMax: values.integer("limits.verify_queue_frames_max"),
    appendQueueBytesMax: values.integer("limits.append_queue_bytes_max"),
    unmatchedRecordsMax: values.integer("limits.unmatched_records_max"),
    settleAheadBytesMax: values.integer("limits.settle_ahead_bytes_max"),
    reportsKept: values.integer("limits.reports_kept"),
    resumeRecordsMax: values.integer("limits.resume_records_max"),
    resumesMax: values.integer("limits.resumes_max"),
    reportsKeptMs: values.integer("limits.reports_kept_ms"),
    loginTimeoutMs: values.integer("limits.login_timeout_ms"),
    frameTimeoutMs: values.integer("limits.frame_timeout_ms"),
    heartbeatMs: values.integer("limits.heartbeat_ms"),
    clientSilentMsMax: values.integer("limits.client_silent_ms_max"),
    httpBodyBytesMax: values.integer("limits.http_body_bytes_max"),
    httpRequestsMax: values.integer("limits.http_requests_max"),
    httpRowsMax: values.integer("limits.http_rows_max"),
    streamConnectionsMax: values.integer("limits.stream_connections_max"),
    streamQueueBytesMax: values.integer("limits.stream_queue_bytes_max"),
    tradesKept: values.integer("limits.trades_kept"),
    logFileBytesMax: values.integer("limits.log_file_bytes_max"),
    drainTimeoutMs: values.integer("limits.drain_timeout_ms"),
  };
}
