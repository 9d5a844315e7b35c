/**
 * Genesis: the first record of every shard, signed by operator key 1. Everything a result depends
 * on.
 *
 * A frame of kind 1 (account 0, key 1, nonce 1, one command) whose command is:
 *
 *   offset  size  field
 *        0     1  type 1
 *        1     1  layout                 1; drafts from before the first release have 0
 *        2     2  rules_version
 *        4     4  size                   of this command
 *        8    16  random
 *       24     8  checkpoint_interval_us
 *       32     4  checkpoint_commands
 *       36     4  accounts_max
 *       40     4  keys_max
 *       44     4  orders_max
 *       48     4  markets_max
 *       52     4  assets_max
 *       56     4  reports_per_record_max
 *       60     2  operator keys
 *       62     2  assets
 *       64     2  markets (entries; a range is one)
 *       66     2  directory_origin       the shard that leads the directory
 *       68     4  day_start_s            seconds after 00:00 UTC, 0 .. 86,399: a trading day begins
 *       72    32  checkpoint public key
 *      104        operator keys, 40 bytes each: public key 32, scopes 4, reserved 4
 *                 assets, 32 bytes each: as AssetOpen
 *                 markets, 88 bytes each: as MarketOpen
 *
 * The venue id is SHA-256 of the whole frame of the shard that leads the directory.
 */
import { readU64, SAFE_LIMIT, viewOf, writeU64 } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import { checkCommand } from "./check-command.ts";
import * as codes from "./codes.ts";
import { ASSET_OPEN_SIZE, MARKET_OPEN_SIZE } from "./command-layout.ts";
import * as frame from "./frame.ts";
import { FRAME_SIZE_MAX } from "./record.ts";

const FIXED_SIZE = 104;
const OPERATOR_SIZE = 40;
const LAYOUT = 1;
const DAY_START_MAX = 86_399;

export interface OperatorKey {
  readonly publicKey: Uint8Array;
  readonly scopes: number;
}

export interface GenesisLimits {
  readonly accountsMax: number;
  readonly keysMax: number;
  readonly ordersMax: number;
  readonly marketsMax: number;
  readonly assetsMax: number;
  readonly reportsPerRecordMax: number;
}

export interface Genesis {
  readonly shard: number;
  readonly directoryOrigin: number;
  readonly rulesVersion: number;
  readonly random: Uint8Array;
  readonly checkpointIntervalUs: number;
  readonly checkpointCommands: number;
  /** Seconds after 00:00 UTC at which a trading day begins. */
  readonly dayStartS: number;
  readonly limits: GenesisLimits;
  readonly checkpointKey: Uint8Array;
  readonly operators: readonly OperatorKey[];
  /** AssetOpen commands, 32 bytes each. */
  readonly assets: readonly Uint8Array[];
  /** MarketOpen commands, 88 bytes each. */
  readonly markets: readonly Uint8Array[];
  /** Zero for the shard that leads the directory, the venue id elsewhere. */
  readonly venueField: Uint8Array;
}

/** The signed genesis frame. `sign` is operator key 1. */
export function encodeGenesis(
  genesis: Genesis,
  sign: (message: Uint8Array) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const size =
    FIXED_SIZE +
    genesis.operators.length * OPERATOR_SIZE +
    genesis.assets.length * ASSET_OPEN_SIZE +
    genesis.markets.length * MARKET_OPEN_SIZE;
  const body = new Uint8Array(size);
  writeFixed(viewOf(body), genesis, size);
  body.set(genesis.random, 8);
  body.set(genesis.checkpointKey, 72);
  let at = FIXED_SIZE;
  for (const operator of genesis.operators) {
    body.set(operator.publicKey, at);
    viewOf(body).setUint32(at + 32, operator.scopes, true);
    at += OPERATOR_SIZE;
  }
  for (const entry of [...genesis.assets, ...genesis.markets]) {
    body.set(entry, at);
    at += entry.length;
  }
  const header = {
    kind: codes.FRAME_GENESIS,
    shard: genesis.shard,
    venue: genesis.venueField,
    account: 0,
    key: 1,
    nonce: 1,
    expiry: 0,
  };
  return frame.signFrame(header, [body], sign);
}

function writeFixed(view: DataView, genesis: Genesis, size: number): void {
  view.setUint8(0, codes.COMMAND_GENESIS);
  view.setUint8(1, LAYOUT);
  view.setUint16(2, genesis.rulesVersion, true);
  view.setUint32(4, size, true);
  writeU64(view, 24, genesis.checkpointIntervalUs);
  view.setUint32(32, genesis.checkpointCommands, true);
  view.setUint32(36, genesis.limits.accountsMax, true);
  view.setUint32(40, genesis.limits.keysMax, true);
  view.setUint32(44, genesis.limits.ordersMax, true);
  view.setUint32(48, genesis.limits.marketsMax, true);
  view.setUint32(52, genesis.limits.assetsMax, true);
  view.setUint32(56, genesis.limits.reportsPerRecordMax, true);
  view.setUint16(60, genesis.operators.length, true);
  view.setUint16(62, genesis.assets.length, true);
  view.setUint16(64, genesis.markets.length, true);
  view.setUint16(66, genesis.directoryOrigin, true);
  view.setUint32(68, genesis.dayStartS, true);
}

/** The genesis in these frame bytes, or a sentence about what is wrong. Signature not checked. */
export function decodeGenesis(bytes: Uint8Array): Genesis | string {
  if (bytes.length > FRAME_SIZE_MAX) return "genesis is too large";
  const least = frame.FRAME_HEADER_SIZE + FIXED_SIZE + frame.SIGNATURE_SIZE;
  if (bytes.length < least) return "genesis is cut";
  const view = viewOf(bytes);
  const wrong = checkGenesisHeader(view);
  if (wrong !== "") return wrong;
  const body = bytes.subarray(frame.FRAME_HEADER_SIZE, bytes.length - frame.SIGNATURE_SIZE);
  return decodeBody(body, frame.readFrameHeader(view, 0));
}

function checkGenesisHeader(view: DataView): string {
  if (view.getUint32(0, true) !== frame.FRAME_MAGIC) return "genesis does not begin with CLOB";
  const version = view.getUint8(frame.FRAME_VERSION_AT);
  if (version !== codes.PROTOCOL_VERSION) return `genesis has unknown version ${version}`;
  if (view.getUint8(frame.FRAME_KIND_AT) !== codes.FRAME_GENESIS) return "record is not a genesis";
  const fields =
    view.getUint32(frame.FRAME_ACCOUNT_AT, true) === 0 &&
    view.getUint32(frame.FRAME_KEY_AT, true) === 1 &&
    readU64(view, frame.FRAME_NONCE_AT) === 1 &&
    readU64(view, frame.FRAME_EXPIRY_AT) === 0 &&
    view.getUint16(frame.FRAME_COUNT_AT, true) === 1 &&
    view.getUint32(frame.FRAME_RESERVED_AT, true) === 0;
  if (!fields) return "genesis header has a field that no genesis has";
  if (!isShard(view.getUint16(frame.FRAME_SHARD_AT, true))) return "genesis names no shard";
  const size = view.getUint16(frame.FRAME_SIZE_AT, true);
  const whole = frame.FRAME_HEADER_SIZE + size + frame.SIGNATURE_SIZE;
  return whole === view.byteLength ? "" : "genesis length and its size field differ";
}

function decodeBody(body: Uint8Array, header: frame.FrameHeader): Genesis | string {
  const view = viewOf(body);
  const u32 = (at: number): number => view.getUint32(at, true);
  const counts = [60, 62, 64].map((at) => view.getUint16(at, true));
  const [operatorCount = 0, assetCount = 0, marketCount = 0] = counts;
  const size =
    FIXED_SIZE +
    operatorCount * OPERATOR_SIZE +
    assetCount * ASSET_OPEN_SIZE +
    marketCount * MARKET_OPEN_SIZE;
  if (size !== body.length || u32(4) !== size) return "genesis counts and its length differ";
  if (view.getUint8(0) !== codes.COMMAND_GENESIS) return "genesis command has another type";
  const layout = view.getUint8(1);
  if (layout !== LAYOUT) return `genesis has layout ${layout}, this build reads ${LAYOUT}`;
  if (u32(68) > DAY_START_MAX) return "genesis has a day that begins after its end";
  const directoryOrigin = view.getUint16(66, true);
  const wrongOrigin = checkOrigin(directoryOrigin, header);
  if (wrongOrigin !== "") return wrongOrigin;
  const rulesVersion = view.getUint16(2, true);
  if (rulesVersion === 0) return "genesis names no rules version";
  if (operatorCount === 0) return "genesis names no operator key";
  const intervalUs = readU64(view, 24);
  const limits = {
    accountsMax: u32(36),
    keysMax: u32(40),
    ordersMax: u32(44),
    marketsMax: u32(48),
    assetsMax: u32(52),
    reportsPerRecordMax: u32(56),
  };
  const wrong = checkNumbers([intervalUs, u32(32), ...Object.values(limits)]);
  if (wrong !== "") return wrong;
  const operators = readOperators(body, operatorCount);
  if (typeof operators === "string") return operators;
  const assetsAt = FIXED_SIZE + operatorCount * OPERATOR_SIZE;
  const marketsAt = assetsAt + assetCount * ASSET_OPEN_SIZE;
  const assets = readEntries(body, assetsAt, assetCount, codes.COMMAND_ASSET_OPEN);
  if (typeof assets === "string") return assets;
  const markets = readEntries(body, marketsAt, marketCount, codes.COMMAND_MARKET_OPEN);
  if (typeof markets === "string") return markets;
  return {
    shard: header.shard,
    directoryOrigin,
    rulesVersion,
    random: body.slice(8, 24),
    checkpointIntervalUs: intervalUs,
    checkpointCommands: u32(32),
    dayStartS: u32(68),
    limits,
    checkpointKey: body.slice(72, 104),
    operators,
    assets,
    markets,
    venueField: header.venue.slice(),
  };
}

/** The directory's genesis makes the venue and can't name it; every other one does. */
function checkOrigin(directoryOrigin: number, { shard, venue }: frame.FrameHeader): string {
  if (!isShard(directoryOrigin)) return "genesis names no directory";
  const isNamed = venue.some((byte) => byte !== 0);
  if (isNamed && shard === directoryOrigin) return "the directory's genesis names a venue";
  if (!isNamed && shard !== directoryOrigin) return "genesis of an added shard names no venue";
  return "";
}

function isShard(id: number): boolean {
  return id >= 1 && id <= codes.SHARD_MAX;
}

function checkNumbers(numbers: readonly number[]): string {
  const legal = numbers.every((number) => number >= 1 && number < SAFE_LIMIT);
  return legal ? "" : "a limit of genesis is zero or too large";
}

function readOperators(body: Uint8Array, count: number): OperatorKey[] | string {
  const view = viewOf(body);
  const keys: OperatorKey[] = [];
  for (let i = 0; i < count; i++) {
    const at = FIXED_SIZE + i * OPERATOR_SIZE;
    const scopes = view.getUint32(at + 32, true);
    if (view.getUint32(at + 36, true) !== 0) return "reserved bytes of genesis are not zero";
    if (scopes === 0 || (scopes & ~codes.SCOPES_OPERATOR) !== 0) {
      return `operator key ${i + 1} has a scope that does not exist`;
    }
    keys.push({ publicKey: body.slice(at, at + 32), scopes });
  }
  return keys;
}

function readEntries(
  body: Uint8Array,
  start: number,
  count: number,
  type: number,
): Uint8Array[] | string {
  const size = type === codes.COMMAND_ASSET_OPEN ? ASSET_OPEN_SIZE : MARKET_OPEN_SIZE;
  const view = viewOf(body);
  const entries: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const at = start + i * size;
    if (view.getUint8(at) !== type) return `entry ${i + 1} of genesis has another type`;
    const code = checkCommand(view, at, type);
    if (code !== codes.ACCEPTED) {
      return `entry ${i + 1} of genesis: ${codes.rejectCode(code).says}`;
    }
    entries.push(body.slice(at, at + size));
  }
  return entries;
}

/** The venue id that this genesis frame defines or, for added shards, names. */
export function venueOf(genesisFrame: Uint8Array, genesis: Genesis): Uint8Array {
  return genesis.shard === genesis.directoryOrigin ? sha256(genesisFrame) : genesis.venueField;
}
