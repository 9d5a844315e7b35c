/**
 * Config schema: one row for each key of config.toml. Checking a file, docs/CONFIG.md and
 * --print-config all come from these rows; a key without a row does not exist.
 *
 * Units stand at the end of a key's name. A row marked genesis holds a number on which results
 * depend: `clob init` copies it into genesis, and afterwards nobody reads it from the file.
 */
import { choice, integer, type Row, text } from "./config-row.ts";
import { LIMIT_ROWS } from "./config-schema-limits.ts";
import { SERVICE_ROWS } from "./config-schema-services.ts";
import { SHARD_ROWS } from "./config-schema-shard.ts";

const VENUE_ROWS: readonly Row[] = [
  {
    section: "venue",
    key: "name",
    kind: text(/^[a-z0-9][a-z0-9-]{0,31}$/, "1 to 32 of a-z, 0-9 and -, not - first"),
    fallback: "clob",
    doc: "What people call this venue. Its identity is the venue id, the hash of its genesis.",
  },
  {
    section: "venue",
    key: "keys_dir",
    kind: { type: "path" },
    fallback: "",
    doc: "Where operator, checkpoint and demo keys lie. Empty: `keys` in the data directory.",
  },
  {
    section: "venue",
    key: "day_start_s",
    kind: integer(0, 86_399),
    fallback: 0,
    genesis: true,
    doc: "Seconds after 00:00 UTC at which a trading day begins: day orders end with it.",
  },
  {
    section: "venue",
    key: "severity_min",
    kind: choice("debug", "info", "warning", "error"),
    fallback: "info",
    env: "CLOB_SEVERITY",
    doc: "Least severe line that is written to stdout or log.jsonl.",
  },
];

const LOG_ROWS: readonly Row[] = [
  {
    section: "log",
    key: "kind",
    kind: choice("auto", "embedded", "redis"),
    fallback: "auto",
    env: "CLOB_LOG",
    flag: "log",
    doc: "Where the log lies. auto is redis if a Redis address is set, else embedded.",
  },
  {
    section: "log",
    key: "data_dir",
    kind: { type: "path" },
    fallback: "./data",
    env: "CLOB_DATA",
    flag: "data",
    doc: "Directory of the embedded log, of snapshots and of log.jsonl.",
  },
  {
    section: "log",
    key: "durability",
    kind: choice("auto", "D0", "D1", "D2", "D3"),
    fallback: "auto",
    doc: "What an acknowledgement means. auto is D2 for embedded and what Redis gives for redis.",
  },
  {
    section: "log",
    key: "replicas",
    kind: integer(0, 8),
    fallback: 0,
    doc: "Redis replicas that must hold a report before it leaves; 1 or more is D3.",
  },
  {
    section: "log",
    key: "primary_never_restarts_empty",
    kind: { type: "boolean" },
    fallback: false,
    doc: "The operator's word, needed for D3 without persistence: an empty primary wipes replicas.",
  },
  {
    section: "log",
    key: "segment_bytes_max",
    kind: integer(65_536, 1_073_741_824),
    fallback: 67_108_864,
    doc: "A segment file of the embedded log is sealed before it outgrows this.",
  },
  {
    section: "log",
    key: "tick_ms",
    kind: integer(10, 60_000),
    fallback: 1000,
    doc: "An idle shard gets a tick record this often, so that time-outs happen.",
  },
  {
    section: "log",
    key: "gather_ms_max",
    kind: integer(0, 1000),
    fallback: 1,
    notYet: true,
    doc: "Longest that frames are gathered while an append is in flight.",
  },
  {
    section: "log",
    key: "pack_bytes_max",
    kind: integer(65_536, 16_777_216),
    fallback: 262_144,
    doc: "Largest pack that one append carries.",
  },
  {
    section: "log",
    key: "clock_difference_ms_max",
    kind: integer(2000, 600_000),
    fallback: 5000,
    doc: "An append is refused if the log's clock and the caller's differ by more.",
  },
  {
    section: "log",
    key: "consumer_silent_ms_max",
    kind: integer(1000, 86_400_000),
    fallback: 600_000,
    doc: "A consumer silent for longer is dropped and recovers from snapshot and export.",
  },
  {
    section: "log",
    key: "keep_records",
    kind: integer(0, 1_000_000_000),
    fallback: 1_000_000,
    doc: "So many of the newest records stay in the log though they are exported.",
  },
  {
    section: "log",
    key: "keep_ms",
    kind: integer(0, 31 * 86_400_000),
    fallback: 3_600_000,
    doc: "Records younger than this stay in the log though they are exported.",
  },
];

const REDIS_ROWS: readonly Row[] = [
  {
    section: "redis",
    key: "address",
    kind: { type: "redis_address" },
    fallback: "",
    env: "REDIS_ADDR",
    doc: "Where Redis (7.0 or later) is; a comma list: nodes of a cluster, or who may take over.",
  },
  {
    section: "redis",
    key: "username",
    kind: text(/^.*$/, "text"),
    fallback: "",
    env: "REDIS_USERNAME",
    doc: "ACL user, if the address does not name one.",
  },
  {
    section: "redis",
    key: "password",
    kind: text(/^.*$/, "text"),
    fallback: "",
    env: "REDIS_PASSWORD",
    secret: true,
    doc: "Password, if the address does not hold one.",
  },
  {
    section: "redis",
    key: "ca_file",
    kind: { type: "path" },
    fallback: "",
    env: "REDIS_CA_FILE",
    doc: "PEM file of the authority that signed Redis's certificate; needs rediss://.",
  },
  {
    section: "redis",
    key: "connect_timeout_ms",
    kind: integer(10, 60_000),
    fallback: 2000,
    doc: "A connection not made by then is given up, and made anew.",
  },
  {
    section: "redis",
    key: "command_timeout_ms",
    kind: integer(10, 60_000),
    fallback: 2000,
    doc: "A command without a reply by then has an unknown outcome; the connection is closed.",
  },
  {
    section: "redis",
    key: "unreachable_ms_max",
    kind: integer(0, 3_600_000),
    fallback: 60_000,
    doc: "A service that cannot reach Redis for longer stops with exit code 3.",
  },
  {
    section: "redis",
    key: "memory_trim_percent",
    kind: integer(0, 100),
    fallback: 50,
    doc:
      "Above this share of Redis's maxmemory nothing is kept back for log.keep_records and " +
      "log.keep_ms.",
  },
  {
    section: "redis",
    key: "memory_refuse_orders_percent",
    kind: integer(1, 100),
    fallback: 70,
    doc: "Above this share of Redis's maxmemory new orders and replaces are refused.",
  },
  {
    section: "redis",
    key: "memory_cancels_only_percent",
    kind: integer(1, 100),
    fallback: 85,
    doc: "Above this share of Redis's maxmemory only cancels are taken.",
  },
];

export const ROWS: readonly Row[] = [
  ...VENUE_ROWS,
  ...LOG_ROWS,
  ...REDIS_ROWS,
  ...SHARD_ROWS,
  ...SERVICE_ROWS,
  ...LIMIT_ROWS,
];
