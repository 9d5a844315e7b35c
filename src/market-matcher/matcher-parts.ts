/** MatcherParts: what one shard's Matcher is made of. */
import type { Files } from "../edges/files.ts";
import type { ShardLog } from "../edges/log.ts";
import type { Logger } from "../edges/logger.ts";
import type { EngineOptions } from "../engine/engine.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { StateSource } from "../service/kept-states.ts";

export interface MatcherParts {
  readonly log: ShardLog;
  /** Why it was halted when it was opened; null or absent: it was not. */
  readonly halted?: string | null;
  readonly genesis: Genesis;
  readonly genesisFrame: Uint8Array;
  readonly options: EngineOptions;
  readonly snapshotDir: string;
  /** Where others may lie, if any do. */
  readonly exportedStates?: StateSource;
  /** Where that is; the host's if absent. */
  readonly files?: Files;
  /** Commands, or records without one, between snapshots. */
  readonly snapshotRecords: number;
  readonly batchBytesMax: number;
  /** How often a standby asks whether it is its turn. */
  readonly standbyPollMs: number;
  readonly logger: Logger;
  readonly stop: AbortSignal;
}
