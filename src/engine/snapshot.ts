/**
 * Snapshot: the state of a shard at a position as bytes that mean the same to every engine.
 *
 *   offset  size  field
 *        0     1  version           4
 *        1     1  reserved          zero
 *        2     2  shard
 *        4     2  rules_version
 *        6     2  directory_origin
 *        8    32  venue
 *       40    32  genesis           SHA-256 of the genesis frame
 *       72     8  position
 *       80     8  log_time
 *       88     8  arrivals          orders put to rest or to wait so far
 *       96    32  report_chain      the caller's: its value after `position`
 *      128     4  assets
 *      132     4  markets
 *      136     4  accounts          account 0 too
 *      140     4  orders
 *      144     8  directory
 *      152     4  links
 *      156     4  reserved          zero
 *      160    24  from which positions the rules versions govern, see protocol/governing.ts
 *      184        assets by rising id, 64 bytes each     as in RULES 8
 *                 links by rising shard, 24 bytes each   as in RULES 8
 *                 markets by rising id, 112 bytes each   as in RULES 8
 *                 accounts by rising id                  as in RULES 8
 *                 orders by rising arrival, 72 bytes each
 *       -32    32  SHA-256 of all bytes before
 *
 *   order:  0 arrival u64   8 market u32   12 side u8       13 self-trade prevention u8
 *          14 post-only u8  15 type u8    16 price u32     20 leaves u32   24 cumulative u32
 *          28 account u32   32 key u32    36 index u16     38 zero u16     40 nonce u64
 *          48 client order id u64         56 good till u64
 *          64 stop price u32, 0 of a limit order               68 zero u32
 *
 * Little-endian throughout. One state has one snapshot.
 */
import { equalBytes, readU64, SAFE_LIMIT, viewOf } from "../base/bytes.ts";
import { HASH_SIZE, sha256 } from "../base/hash.ts";
import { type Governing, GOVERNING_SIZE, readGoverning } from "../protocol/governing.ts";

export const SNAPSHOT_VERSION = 4;
export const GOVERNING_AT = 160;
export const SNAPSHOT_HEADER_SIZE = GOVERNING_AT + GOVERNING_SIZE;
export const SNAPSHOT_ORDER_SIZE = 72;

export const SHARD_AT = 2;
export const RULES_VERSION_AT = 4;
export const DIRECTORY_ORIGIN_AT = 6;
export const VENUE_AT = 8;
export const GENESIS_AT = 40;
export const POSITION_AT = 72;
export const LOG_TIME_AT = 80;
export const ARRIVALS_AT = 88;
export const REPORT_CHAIN_AT = 96;
export const ASSETS_AT = 128;
export const MARKETS_AT = 132;
export const ACCOUNTS_AT = 136;
export const ORDERS_AT = 140;
export const DIRECTORY_AT = 144;
export const LINKS_AT = 152;
const RESERVED_AT = 156;

export interface SnapshotHeader {
  readonly shard: number;
  readonly governing: Governing;
  readonly directoryOrigin: number;
  readonly venue: Uint8Array;
  readonly genesisHash: Uint8Array;
  readonly position: number;
  readonly logTime: number;
  readonly arrivals: number;
  readonly reportChain: Uint8Array;
  readonly assets: number;
  readonly markets: number;
  readonly accounts: number;
  readonly orders: number;
  readonly directory: number;
  readonly links: number;
}

/** The header of a snapshot whose bytes are whole, or what is wrong with them. */
export function readSnapshotHeader(bytes: Uint8Array): SnapshotHeader | string {
  if (bytes.length === 0) return "snapshot is empty";
  if (bytes[0] !== SNAPSHOT_VERSION) return `snapshot version ${bytes[0]} is unknown`;
  if (bytes.length < SNAPSHOT_HEADER_SIZE + HASH_SIZE) return "snapshot is cut";
  const end = bytes.length - HASH_SIZE;
  if (!equalBytes(sha256(bytes.subarray(0, end)), bytes.subarray(end))) {
    return "snapshot is not what was written: its hash differs";
  }
  const view = viewOf(bytes);
  const places = [POSITION_AT, LOG_TIME_AT, ARRIVALS_AT, DIRECTORY_AT];
  const numbers = places.map((at) => readU64(view, at));
  if (numbers.some((number) => number >= SAFE_LIMIT))
    return "a number of the snapshot is too large";
  if (bytes[1] !== 0 || view.getUint32(RESERVED_AT, true) !== 0)
    return "reserved bytes of the snapshot are not zero";
  const governing = readGoverning(view, GOVERNING_AT, view.getUint16(RULES_VERSION_AT, true));
  if (typeof governing === "string") return governing;
  const [position = 0, logTime = 0, arrivals = 0, directory = 0] = numbers;
  return {
    shard: view.getUint16(SHARD_AT, true),
    governing,
    directoryOrigin: view.getUint16(DIRECTORY_ORIGIN_AT, true),
    venue: bytes.slice(VENUE_AT, VENUE_AT + HASH_SIZE),
    genesisHash: bytes.slice(GENESIS_AT, GENESIS_AT + HASH_SIZE),
    position,
    logTime,
    arrivals,
    reportChain: bytes.slice(REPORT_CHAIN_AT, REPORT_CHAIN_AT + HASH_SIZE),
    assets: view.getUint32(ASSETS_AT, true),
    markets: view.getUint32(MARKETS_AT, true),
    accounts: view.getUint32(ACCOUNTS_AT, true),
    orders: view.getUint32(ORDERS_AT, true),
    directory,
    links: view.getUint32(LINKS_AT, true),
  };
}
