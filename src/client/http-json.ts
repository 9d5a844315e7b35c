/**
 * What both HTTP doors answer, as types. The words to it: docs/HTTP.md.
 *
 * Decimals are strings, integers are numbers below 2^53, times in microseconds end in `_us`.
 */
import type { ExportJson, KeptJson } from "./export-json.ts";
import type { HaltedJson } from "./halted-json.ts";
export interface AssetJson {
  readonly id: number;
  readonly symbol: string;
  readonly decimals: number;
}

export interface AssetTotalsJson extends AssetJson {
  readonly deposits: string;
  readonly withdrawals: string;
  readonly fees: string;
  /** Transfers in less transfers out: over all shards, less what is on its way, it is zero. */
  readonly net: string;
}

export type MarketStateName = "open" | "post_only" | "cancel_only" | "halted" | "closed";

export interface MarketJson {
  readonly id: number;
  readonly symbol: string;
  readonly shard: number;
  readonly state: MarketStateName;
  readonly base: AssetJson;
  readonly quote: AssetJson;
  /** Null where it is no finite decimal; prices are then whole ticks. */
  readonly tick: string | null;
  readonly lot: string;
  readonly tick_value: number;
  readonly lot_units: number;
  readonly price_min: string;
  readonly price_max: string;
  readonly price_step: string;
  readonly quantity_min: string;
  readonly quantity_max: string;
  readonly quantity_step: string;
  readonly maker_fee_ppm: number;
  readonly taker_fee_ppm: number;
  readonly open_orders_max: number;
  readonly best_bid: string | null;
  readonly best_ask: string | null;
  readonly last_price: string | null;
  readonly trades: number;
}

export interface MarketsJson {
  readonly markets: readonly MarketJson[];
  readonly next: number | null;
}

export interface CheckpointAgeJson {
  readonly number: number;
  readonly position: number;
  readonly log_time_us: number;
  readonly age_ms: number;
}

export interface ShardStatsJson {
  readonly shard: number;
  readonly position: number;
  readonly matched_position: number;
  readonly orders_per_s: number;
  readonly commands: number;
  readonly trades: number;
  readonly open_orders: number;
}

/** Another shard that a shard knows: credits written for it, and applied from it. */
export interface LinkJson {
  readonly shard: number;
  readonly out: number;
  readonly in: number;
}

/** The rules that govern since `from`, and those to come. */
export interface RulesJson {
  readonly version: number;
  readonly from: number;
  readonly next: { readonly version: number; readonly from: number } | null;
}

export interface ShardStatusJson extends ShardStatsJson {
  readonly log: string;
  /** Which matcher leads; null if none does, or where there can be one only. */
  readonly matcher: string | null;
  readonly log_time_us: number;
  readonly accounts: number;
  readonly markets: number;
  /** Directory entries written, on the shard that leads it, or applied, elsewhere. */
  readonly directory: number;
  readonly links: readonly LinkJson[];
  readonly rules: RulesJson;
  readonly halted: HaltedJson | null;
  readonly checkpoint: CheckpointAgeJson | null;
  /** Null where nothing is exported continuously. */
  readonly export: ExportJson | null;
  /** Null while nobody has looked. */
  readonly kept: KeptJson | null;
}

export interface StatusJson {
  readonly venue: string;
  readonly name: string;
  readonly version: string;
  readonly protocol_version: number;
  readonly rules_version: number;
  /** The versions of the rules that this build knows; `rules_version` is the newest. */
  readonly rules_known: readonly number[];
  /** The shard that leads the directory, where deposits enter. */
  readonly directory_shard: number;
  /** Of the settlement that answers: the leader publishes and carries. */
  readonly role: "leader" | "follower";
  readonly shards: readonly ShardStatusJson[];
}

/** Price and quantity. */
export type LevelJson = readonly [string, string];

export interface BookJson {
  readonly market: string;
  readonly id: number;
  readonly position: number;
  readonly log_time_us: number;
  /** Best first. */
  readonly bids: readonly LevelJson[];
  readonly asks: readonly LevelJson[];
  readonly checksum: number;
}

export interface TradeJson {
  readonly id: number;
  readonly price: string;
  readonly quantity: string;
  readonly taker_side: "buy" | "sell";
  readonly position: number;
  readonly log_time_us: number;
}

export interface TradesJson {
  readonly market: string;
  /** Newest first. */
  readonly trades: readonly TradeJson[];
  readonly next: number | null;
}

export interface BalanceJson {
  readonly asset: number;
  readonly symbol: string;
  readonly decimals: number;
  readonly free: string;
  readonly held: string;
  readonly total: string;
}

/** One balance with its split. Funds on their way between shards are in none of them. */
export interface VenueBalanceJson extends BalanceJson {
  readonly shards: readonly ShardBalanceJson[];
}

export interface ShardBalanceJson {
  readonly shard: number;
  readonly free: string;
  readonly held: string;
  readonly total: string;
}

export interface BalancesJson {
  readonly account: number;
  readonly balances: readonly VenueBalanceJson[];
  /** Up to where each shard was settled. */
  readonly positions: readonly { readonly shard: number; readonly position: number }[];
}

export interface KeyJson {
  readonly key: number;
  readonly public_key: string;
  readonly scopes: readonly string[];
  /** 0 for none. */
  readonly expiry_us: number;
  readonly revoked: boolean;
  readonly nonce_high: number;
}

export interface KeyOwnerJson extends Omit<KeyJson, "public_key"> {
  readonly account: number;
}

export interface AccountJson {
  readonly account: number;
  readonly shard: number;
  readonly position: number;
  /** Withdrawals up to here are final; null where nothing is exported continuously. */
  readonly archived_position: number | null;
  readonly suspended: boolean;
  /** Log time past which its dead-man timer fires, 0 for none. */
  readonly timer_us: number;
  /** Number of its newest report. */
  readonly reports: number;
  readonly open_orders: number;
  readonly balances: readonly BalanceJson[];
  readonly keys: readonly KeyJson[];
}

export interface NonceJson {
  readonly account: number;
  readonly key: number;
  readonly nonce: number;
  /** Null for one below the window, of which nothing is known. */
  readonly used: boolean | null;
  readonly nonce_high: number;
}

/** What of an order stays known. */
export interface AnyOrderJson {
  readonly order_id: string;
  readonly client_order_id: string;
  readonly account: number;
  readonly market: string;
  readonly market_id: number;
  readonly side: "buy" | "sell";
  readonly price: string;
  readonly leaves: string;
  readonly filled: string;
  readonly state: "open" | "waiting" | "filled" | "canceled";
  /** Of one that waits, or that was triggered as far as that is remembered; else null. */
  readonly stop_price: string | null;
  /** Why it was canceled. */
  readonly reason: string | null;
}

type Stp = "none" | "cancel_taker" | "cancel_maker" | "cancel_both" | "decrement";

/** An open order: it rests in the book, or waits outside until its stop price is reached. */
export interface OrderJson extends AnyOrderJson {
  /** A stop-limit order that was triggered is a limit order. */
  readonly type: "limit" | "market" | "stop" | "stop_limit";
  /** Log time past which it is expired, 0 for never. */
  readonly good_till_us: number;
  readonly post_only: "off" | "reject" | "slide";
  readonly self_trade_prevention: Stp;
}

/** An order that is no longer open: what only the book knew is gone. */
export interface FinishedOrderJson extends AnyOrderJson {
  readonly type: null;
  readonly good_till_us: null;
  readonly post_only: null;
  readonly self_trade_prevention: null;
}

export interface OrdersJson {
  readonly account: number;
  readonly position: number;
  readonly orders: readonly OrderJson[];
  readonly next: string | null;
}

export interface TreeHeadJson {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly note: string;
}

export interface CheckpointJson extends CheckpointAgeJson {
  readonly shard: number;
  readonly input: TreeHeadJson;
  readonly state: TreeHeadJson;
}

export interface TimeJson {
  readonly time_us: number;
  readonly log_time_us: number;
}

/** A report in whole ticks, lots and units; see src/protocol/report-json.ts. */
export type ReportJson = Readonly<Record<string, string | number>>;

export interface SubmittedJson {
  readonly position: number;
  readonly reports: readonly ReportJson[];
}

/** RFC 9457, with the codes of TCP. */
export interface ProblemJson {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code?: number;
  readonly name: string;
  readonly retry: boolean;
  readonly detail?: string;
  readonly stated?: number;
  readonly limit?: number;
}
