/**
 * Rows of [ingress], [settlement] and [matcher]: one section for each service of the venue.
 */
import { choice, integer, type Row, text } from "./config-row.ts";

const MONTH_MS = 30 * 86_400_000;

const INGRESS_ROWS: readonly Row[] = [
  {
    section: "ingress",
    key: "tcp_address",
    kind: { type: "listen_address" },
    fallback: "127.0.0.1:8080",
    flag: "tcp",
    doc: "Where traders connect.",
  },
  {
    section: "ingress",
    key: "http_address",
    kind: { type: "listen_address" },
    fallback: "127.0.0.1:9090",
    doc: "HTTP of ingress-verifier: signed frames, health, metrics.",
  },
  {
    section: "ingress",
    key: "slot",
    kind: text(/^[a-z0-9][a-z0-9-]{0,15}$/, "1 to 16 of a-z, 0-9 and -, not - first"),
    fallback: "1",
    env: "CLOB_INGRESS_SLOT",
    doc: "Name of this ingress on its Redis, the same after a restart, another for each ingress.",
  },
  {
    section: "ingress",
    key: "verify_workers",
    kind: integer(0, 256),
    fallback: 0,
    notYet: true,
    doc: "Threads that verify signatures; 0 verifies in the main thread.",
  },
  {
    section: "ingress",
    key: "reuse_port",
    kind: { type: "boolean" },
    fallback: false,
    doc: "Lets several ingress processes of one machine share the TCP port.",
  },
  {
    section: "ingress",
    key: "session_age_ms_max",
    kind: integer(0, MONTH_MS),
    fallback: 0,
    doc:
      "A TCP session ends before it is older, at an age drawn from three quarters of this and " +
      "up, so that long sessions find machines that were added. 0: never.",
  },
  {
    section: "ingress",
    key: "session_notice_ms",
    kind: integer(0, 600_000),
    fallback: 10_000,
    doc: "A session that ends for its age is told so long before.",
  },
];

const SETTLEMENT_ROWS: readonly Row[] = [
  {
    section: "settlement",
    key: "http_address",
    kind: { type: "listen_address" },
    fallback: "127.0.0.1:9091",
    doc: "HTTP of settlement-plane: API, stream, dashboard, health, metrics.",
  },
  {
    section: "settlement",
    key: "ingress_address",
    kind: { type: "listen_address" },
    fallback: "127.0.0.1:9090",
    doc:
      "HTTP of an ingress that serves all shards: what shards owe each other is handed in there. " +
      "A venue of one process, or with one shard, needs none.",
  },
  {
    section: "settlement",
    key: "verify_threads",
    kind: integer(0, 256),
    fallback: 0,
    doc:
      "Threads that verify all signatures again. 0: one in a venue of one process, " +
      "else the machine's cores less one.",
  },
  {
    section: "settlement",
    key: "lease_ms",
    kind: integer(100, 60_000),
    fallback: 1500,
    doc: "On Redis: a second settlement takes over from one that was silent for longer.",
  },
  {
    section: "settlement",
    key: "export",
    kind: choice("auto", "off", "on"),
    fallback: "auto",
    env: "CLOB_EXPORT",
    doc:
      "Whether settlement exports continuously. auto: with a log on Redis, or if export_dir is " +
      "set; beside an embedded log the export would lie on the same disk.",
  },
  {
    section: "settlement",
    key: "export_dir",
    kind: { type: "path" },
    fallback: "",
    env: "CLOB_EXPORT_DIR",
    doc:
      "Where the continuous export goes: `clob verify` reads it. A directory, gs://BUCKET/PATH, " +
      "s3://BUCKET/PATH, or two of them with a comma: objects in the first, pointers in the " +
      "second. Empty: `export` in the data directory. Settlements of a venue may share it.",
  },
  {
    section: "settlement",
    key: "publish_delay_ms",
    kind: integer(0, MONTH_MS),
    fallback: 0,
    doc:
      "The export's roots are public at once, record bytes after this: the log shows every stop " +
      "order. Withdrawals become final as much later, and transfers between shards arrive so.",
  },
  {
    section: "settlement",
    key: "carry",
    kind: choice("archived", "durable"),
    fallback: "archived",
    doc:
      "When what one shard owes another is carried. archived: where settlement exports, once the " +
      "export holds it, so that either shard can be made anew from its own export. durable: at " +
      "once; after a loss of the log the exports may not fit each other.",
  },
  {
    section: "settlement",
    key: "checkpoint_interval_ms",
    kind: integer(1000, 60_000),
    fallback: 1000,
    genesis: true,
    doc: "A checkpoint ends before the first record of a later period of this length.",
  },
  {
    section: "settlement",
    key: "checkpoint_commands",
    kind: integer(1, 10_000_000),
    fallback: 100_000,
    genesis: true,
    doc: "A checkpoint ends after the record that makes this many commands.",
  },
];

const MATCHER_ROWS: readonly Row[] = [
  {
    section: "matcher",
    key: "http_address",
    kind: { type: "listen_address" },
    fallback: "127.0.0.1:9092",
    doc: "HTTP of market-matcher: health, metrics.",
  },
  {
    section: "matcher",
    key: "engine",
    kind: choice("auto", "c", "ts"),
    fallback: "auto",
    flag: "engine",
    doc: "Price levels in C or in TypeScript. auto is C where its library loads.",
  },
  {
    section: "matcher",
    key: "snapshot_commands",
    kind: integer(1000, 1_000_000_000),
    fallback: 1_000_000,
    doc: "A snapshot is written after this many commands, so that a restart replays fewer.",
  },
  {
    section: "matcher",
    key: "lease_ms",
    kind: integer(100, 60_000),
    fallback: 1000,
    doc: "On Redis: a standby takes over a shard whose matcher was silent for longer.",
  },
];

export const SERVICE_ROWS: readonly Row[] = [...INGRESS_ROWS, ...SETTLEMENT_ROWS, ...MATCHER_ROWS];
