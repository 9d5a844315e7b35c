/**
 * Rows of [limits]: every buffer, queue and table of the venue has its bound here (DESIGN P8).
 *
 * The first group bounds state that `apply` sees, so it goes into genesis. The second group
 * bounds sockets, queues and patience of one process and may differ from machine to machine.
 */
import { integer, type Row } from "./config-row.ts";

type Limit = readonly [key: string, fallback: number, min: number, max: number, doc: string];

const GENESIS_LIMITS: readonly Limit[] = [
  ["orders_max", 1_048_576, 1, 16_777_216, "Open orders of one shard."],
  ["accounts_max", 65_536, 1, 16_777_216, "Accounts of the venue."],
  ["keys_max", 65_536, 1, 16_777_216, "Keys of the venue, revoked ones included."],
  ["assets_max", 64, 1, 65_535, "Assets of the venue."],
  ["markets_max", 32_768, 1, 1_000_000, "Markets of one shard."],
  ["reports_per_record_max", 65_536, 1024, 65_536, "Reports that one record may cause."],
];

const PROCESS_LIMITS: readonly Limit[] = [
  ["connections_max", 10_000, 1, 1_000_000, "TCP connections of one ingress."],
  ["connections_per_ip_max", 1024, 1, 1_000_000, "TCP connections from one address."],
  ["accounts_per_connection_max", 1024, 1, 65_536, "Accounts logged on over one connection."],
  ["out_queue_bytes_max", 1_048_576, 65_536, 268_435_456, "Bytes waiting for one slow client."],
  ["bad_frames_per_second_max", 100, 1, 1_000_000, "Refused frames before a client is closed."],
  ["append_queue_bytes_max", 8_388_608, 65_536, 1_073_741_824, "Bytes waiting for the log."],
  ["unmatched_records_max", 65_536, 64, 16_777_216, "Records whose reports ingress waits for."],
  ["reports_kept", 65_536, 1, 16_777_216, "Reports per shard in memory, for sessions to resume."],
  ["reports_kept_ms", 86_400_000, 1000, 604_800_000, "Age up to which a session can resume."],
  ["resume_records_max", 262_144, 64, 16_777_216, "Newest records searched to resume one session."],
  ["resumes_max", 64, 1, 65_536, "Clients that read older reports at once, per shard."],
  ["login_timeout_ms", 5000, 10, 60_000, "A connection that has not logged in by then is closed."],
  ["frame_timeout_ms", 10_000, 10, 600_000, "A frame begun and not finished by then is refused."],
  ["heartbeat_ms", 1000, 10, 60_000, "The server says something at least this often."],
  ["client_silent_ms_max", 15_000, 10, 600_000, "A client silent for longer is disconnected."],
  ["settle_ahead_bytes_max", 1_048_576, 65_536, 268_435_456, "Records verified ahead, per shard."],
  ["http_body_bytes_max", 65_536, 1024, 1_048_576, "Body of one HTTP request."],
  ["http_requests_max", 1024, 1, 65_536, "HTTP requests in progress."],
  ["http_rows_max", 1000, 1, 100_000, "Rows of one HTTP answer."],
  ["stream_connections_max", 1000, 1, 100_000, "WebSocket connections of one settlement-plane."],
  ["stream_queue_bytes_max", 1_048_576, 65_536, 268_435_456, "Bytes waiting for one slow reader."],
  ["trades_kept", 1024, 1, 65_536, "Newest trades per market in memory, for queries."],
  ["log_file_bytes_max", 67_108_864, 65_536, 1_073_741_824, "log.jsonl; then it begins anew."],
  ["drain_timeout_ms", 10_000, 0, 600_000, "Longest that a stop waits for what is in flight."],
];

const VERIFY_QUEUE: Row = {
  section: "limits",
  key: "verify_queue_frames_max",
  kind: integer(1, 1_048_576),
  fallback: 16_384,
  notYet: true,
  doc: "Frames waiting for verification.",
};

export const LIMIT_ROWS: readonly Row[] = [
  ...GENESIS_LIMITS.map((limit) => limitRow(limit, true)),
  ...PROCESS_LIMITS.map((limit) => limitRow(limit, false)),
  VERIFY_QUEUE,
];

function limitRow(limit: Limit, genesis: boolean): Row {
  const [key, fallback, min, max, doc] = limit;
  return { section: "limits", key, kind: integer(min, max), fallback, doc, genesis };
}
