/**
 * Config: everything that config.toml, environment and flags say, checked and typed.
 *
 * Keys are those of the file in camelCase. Fields marked genesis are for `clob init` alone: once
 * a log exists, its genesis holds these numbers, and no service reads them here.
 */
import type { ListenAddress, RedisHost } from "./config-address.ts";
import type { Range } from "./config-ranges.ts";

export interface Config {
  /** The file it was read from, as given. */
  readonly file: string;
  readonly venue: VenueConfig;
  readonly log: LogConfig;
  /** Null unless an address is set; never null if `log.kind` is "redis". */
  readonly redis: RedisConfig | null;
  /** genesis; by rising id. */
  readonly assets: readonly AssetConfig[];
  /** genesis; by rising id. Ranges stay ranges, cut where one shard ends and another begins. */
  readonly markets: readonly MarketConfig[];
  /** genesis; by rising id. */
  readonly shards: readonly ShardConfig[];
  readonly ingress: IngressConfig;
  readonly settlement: SettlementConfig;
  readonly matcher: MatcherConfig;
  readonly limits: LimitsConfig;
}

export interface VenueConfig {
  readonly name: string;
  readonly keysDir: string;
  /** genesis */
  readonly dayStartS: number;
  readonly severityMin: "debug" | "info" | "warning" | "error";
}

export type Durability = "auto" | "D0" | "D1" | "D2" | "D3";

export interface LogConfig {
  /** "auto" has been decided. */
  readonly kind: "embedded" | "redis";
  readonly dataDir: string;
  readonly durability: Durability;
  readonly replicas: number;
  readonly primaryNeverRestartsEmpty: boolean;
  readonly segmentBytesMax: number;
  readonly tickMs: number;
  readonly gatherMsMax: number;
  readonly packBytesMax: number;
  readonly clockDifferenceMsMax: number;
  readonly consumerSilentMsMax: number;
  readonly keepRecords: number;
  readonly keepMs: number;
}

export interface RedisConfig {
  readonly hosts: readonly RedisHost[];
  readonly tls: boolean;
  readonly username: string | null;
  readonly password: string | null;
  readonly caFile: string | null;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly unreachableMsMax: number;
  readonly memoryTrimPercent: number;
  readonly memoryRefuseOrdersPercent: number;
  readonly memoryCancelsOnlyPercent: number;
}

export interface AssetConfig {
  readonly id: number;
  readonly symbol: string;
  readonly decimals: number;
}

export type MarketState = "open" | "post_only" | "cancel_only" | "halted" | "closed";

/** One market, or `count` markets of one kind with ids from `id` upward. */
export interface MarketConfig {
  readonly id: number;
  readonly count: number;
  /** `#` stands for the id; see marketSymbol in protocol/command-layout.ts. */
  readonly symbol: string;
  readonly shard: number;
  /** Asset ids. */
  readonly base: number;
  readonly quote: number;
  /** Decimal texts: quote for 1 base, and base. See parseStep in base/decimal.ts. */
  readonly tick: string;
  readonly lot: string;
  /** Units of base in one lot. */
  readonly lotUnits: number;
  /** Units of quote in 1 tick x 1 lot; a u32, so that every amount is an integer. */
  readonly tickValue: number;
  /** Lots. */
  readonly quantityMin: number;
  readonly quantityMax: number;
  /** Ticks. */
  readonly priceMin: number;
  readonly priceMax: number;
  /** Ticks and lots; 1 where every tick and lot will do. */
  readonly priceStep: number;
  readonly quantityStep: number;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  readonly openOrdersMax: number;
  readonly state: MarketState;
}

export interface ShardConfig {
  readonly id: number;
  /** Ids that belong to it, of markets that exist or may be opened later. */
  readonly ranges: readonly Range[];
}

export interface IngressConfig {
  readonly tcpAddress: ListenAddress;
  readonly httpAddress: ListenAddress;
  readonly slot: string;
  readonly verifyWorkers: number;
  readonly reusePort: boolean;
  /** 0: sessions get as old as they like. */
  readonly sessionAgeMsMax: number;
  readonly sessionNoticeMs: number;
}

export interface SettlementConfig {
  readonly httpAddress: ListenAddress;
  /** Where what shards owe each other is handed in, over HTTP. */
  readonly ingressAddress: ListenAddress;
  /** 0: the service chooses. */
  readonly verifyThreads: number;
  readonly leaseMs: number;
  /** Null where nothing is exported continuously. */
  readonly exportDir: string | null;
  readonly publishDelayMs: number;
  readonly carry: "archived" | "durable";
  /** genesis */
  readonly checkpointIntervalMs: number;
  /** genesis */
  readonly checkpointCommands: number;
}

export interface MatcherConfig {
  readonly httpAddress: ListenAddress;
  readonly engine: "auto" | "c" | "ts";
  readonly snapshotCommands: number;
  readonly leaseMs: number;
}

export interface LimitsConfig {
  /** genesis, down to reportsPerRecordMax */
  readonly ordersMax: number;
  readonly accountsMax: number;
  readonly keysMax: number;
  readonly assetsMax: number;
  readonly marketsMax: number;
  readonly reportsPerRecordMax: number;
  readonly connectionsMax: number;
  readonly connectionsPerIpMax: number;
  readonly accountsPerConnectionMax: number;
  readonly outQueueBytesMax: number;
  readonly badFramesPerSecondMax: number;
  readonly verifyQueueFramesMax: number;
  readonly appendQueueBytesMax: number;
  readonly unmatchedRecordsMax: number;
  readonly reportsKept: number;
  readonly reportsKeptMs: number;
  readonly resumeRecordsMax: number;
  readonly resumesMax: number;
  readonly loginTimeoutMs: number;
  readonly frameTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly clientSilentMsMax: number;
  readonly settleAheadBytesMax: number;
  readonly httpBodyBytesMax: number;
  readonly httpRequestsMax: number;
  readonly httpRowsMax: number;
  readonly streamConnectionsMax: number;
  readonly streamQueueBytesMax: number;
  readonly tradesKept: number;
  readonly logFileBytesMax: number;
  readonly drainTimeoutMs: number;
}
