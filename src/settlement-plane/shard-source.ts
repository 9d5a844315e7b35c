/**
 * ShardSource: what the read side sees of one shard's Settlement. It reads and changes nothing.
 */
import type { ShardLog } from "../edges/log.ts";
import type { Engine } from "../engine/engine.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { PublishedCheckpoint } from "./checkpoint-notes.ts";
import type { ExportProgress } from "./exporter.ts";
import type { Recompute } from "./recompute.ts";

export interface ShardSource {
  readonly engine: Engine;
  /** Null before the first of this process. */
  readonly latest: PublishedCheckpoint | null;
  readonly isReady: boolean;
  /** It was halted when this process started, and is only read. */
  readonly isHalted: boolean;
  /** Null where nothing is exported continuously. */
  readonly exported: ExportProgress | null;
  /** Of a halted shard, else null. */
  readonly recompute: Pick<Recompute, "found"> | null;
  readonly parts: {
    readonly genesis: Genesis;
    readonly venue: Uint8Array;
    readonly log: Pick<ShardLog, "describe" | "halted" | "writerOfExecutions">;
  };
}
