/** SettlementParts: what one shard's Settlement is made of. */
import type { Files } from "../edges/files.ts";
import type { Signer } from "../edges/keys.ts";
import type { Logger } from "../edges/logger.ts";
import type { Restored, ShardLog } from "../edges/log.ts";
import type { FrameJudge } from "../edges/verify-pool.ts";
import type { Engine, EngineOptions } from "../engine/engine.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { ReportBatch } from "../protocol/report.ts";
import type { ExportedStates } from "../service/exported-states.ts";
import type { BorderSnapshots } from "./border-snapshots.ts";

export interface SettlementParts {
  readonly log: ShardLog;
  readonly genesis: Genesis;
  readonly genesisFrame: Uint8Array;
  readonly venue: Uint8Array;
  readonly options: EngineOptions;
  readonly judge: FrameJudge;
  readonly aheadBytesMax: number;
  readonly checkpointSigner: Signer;
  readonly dir: string;
  /** Where that is; the host's if absent. */
  readonly files?: Files;
  /** Where the log had ended and gone on otherwise when it was opened. */
  readonly ends?: readonly Restored[];
  readonly snapshotRecords: number;
  /** Where others may lie, if any do. */
  readonly exportedStates?: ExportedStates;
  /** For the export, where there is one. */
  readonly borderSnapshots?: BorderSnapshots;
  /** This settlement, the same after a restart, unlike any other. */
  readonly who: string;
  /** Whether this one leads: see leadership.ts. */
  readonly mayPublish: () => boolean;
  readonly logger: Logger;
  readonly onReports: (engine: Engine, reports: ReportBatch) => void;
  readonly onBatch: (engine: Engine) => void;
  readonly stop: AbortSignal;
}
