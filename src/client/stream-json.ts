/**
 * What settlement's stream says, as types. The words to it: docs/HTTP.md.
 */
import type { LevelJson, ShardStatsJson, TradeJson } from "./http-json.ts";

export interface SnapshotMessage {
  readonly type: "snapshot";
  readonly market: string;
  readonly sequence: number;
  readonly depth: number;
  readonly position: number;
  readonly log_time_us: number;
  readonly bids: readonly LevelJson[];
  readonly asks: readonly LevelJson[];
  readonly checksum: number;
}

export interface DeltaMessage {
  readonly type: "delta";
  readonly market: string;
  readonly first: number;
  readonly last: number;
  readonly position: number;
  readonly log_time_us: number;
  /** New quantities; "0" takes the level off. */
  readonly bids: readonly LevelJson[];
  readonly asks: readonly LevelJson[];
  readonly checksum: number;
}

export interface TradeMessage extends TradeJson {
  readonly type: "trade";
  readonly market: string;
}

export interface CheckpointMessage {
  readonly type: "checkpoint";
  readonly shard: number;
  readonly number: number;
  readonly position: number;
  readonly log_time_us: number;
}

export interface StatsMessage {
  readonly type: "stats";
  readonly time_us: number;
  readonly shards: readonly ShardStatsJson[];
}

export type StreamMessage =
  | SnapshotMessage
  | DeltaMessage
  | TradeMessage
  | CheckpointMessage
  | StatsMessage;
