/**
 * Export as a part of the settlement service: one exporter per shard, one store for all.
 */
import type { Config } from "../edges/config.ts";
import type { Logger } from "../edges/logger.ts";
import type { ObjectStore } from "../edges/object-store.ts";
import { openStore } from "../edges/open-store.ts";
import type { OpenShard } from "../service/open-shards.ts";
import { BorderSnapshots } from "./border-snapshots.ts";
import { Exporter } from "./exporter.ts";
import type { Settlement } from "./settlement.ts";

export interface ExportServiceParts {
  readonly config: Config;
  /** Absent: the directory that the config names. */
  readonly objects?: ObjectStore;
  /** Whether this process leads that shard's settlement; always, if absent. */
  readonly mayPublish?: (shard: number) => boolean;
  /** See exporter.ts. */
  readonly awaited?: (shard: number) => number;
  readonly onArchived?: () => void;
  readonly wallMs: () => number;
  readonly logger: Logger;
  readonly stop: AbortSignal;
}

export class ExportService {
  private readonly parts: ExportServiceParts;
  private readonly objects: ObjectStore;

  private constructor(parts: ExportServiceParts, objects: ObjectStore) {
    this.parts = parts;
    this.objects = objects;
  }

  /** Null where nothing is exported continuously. */
  static open(parts: ExportServiceParts): ExportService | null {
    const { exportDir } = parts.config.settlement;
    if (parts.objects === undefined && exportDir === null) return null;
    const objects = parts.objects ?? openStore(exportDir ?? "");
    parts.logger.info("exporting", { to: objects.describe });
    return new ExportService(parts, objects);
  }

  /** For each settlement its own. */
  settlementParts(): { borderSnapshots: BorderSnapshots } {
    const { snapshotCommands } = this.parts.config.matcher;
    return { borderSnapshots: new BorderSnapshots(snapshotCommands) };
  }

  /** Exports this shard until stopped. */
  run({ log, venue }: OpenShard, settlement: Settlement): Promise<void> {
    const { config, mayPublish, awaited, onArchived, wallMs, logger, stop } = this.parts;
    const { shard } = log;
    const exporter = new Exporter({
      objects: this.objects,
      log,
      venue,
      commitments: settlement.commitments,
      notesOf: (heads) => settlement.sign(heads),
      snapshots: settlement.parts.borderSnapshots ?? null,
      publishDelayMs: config.settlement.publishDelayMs,
      wallMs,
      mayPublish: () => mayPublish?.(shard) ?? true,
      awaited: () => awaited?.(shard) ?? 0,
      ...(onArchived === undefined ? {} : { onArchived }),
      logger: logger.with({ shard }),
      stop,
    });
    settlement.exported = exporter.progress;
    return exporter.run();
  }

  close(): void {
    this.objects.close();
  }
}
