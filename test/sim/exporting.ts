/**
 * Exporting: what services have where the venue exports continuously and its log is trimmed, put
 * together as src/service/open-shards.ts and the service.ts of each do over a Config.
 *
 *   settlement    exporter, trimmer       all of them   a place among the consumers of the log
 *   readers       what is gone from the log comes from the store, snapshots too
 */
import { ExportStore } from "../../src/edges/export-store.ts";
import type { Logger } from "../../src/edges/logger.ts";
import type { ObjectStore } from "../../src/edges/object-store.ts";
import { SnapshotFiles } from "../../src/edges/snapshot-files.ts";
import type { EngineOptions } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { ArchivedLog } from "../../src/service/archived-log.ts";
import type { ExportedStates } from "../../src/service/exported-states.ts";
import { ExportSource } from "../../src/service/export-source.ts";
import { holdPlace } from "../../src/service/hold-place.ts";
import { InputArchive } from "../../src/service/input-archive.ts";
import { statesInFiles } from "../../src/service/kept-states.ts";
import { type OpenShard, statesIn } from "../../src/service/open-shards.ts";
import type { PastParts } from "../../src/service/past.ts";
import { Exporter } from "../../src/settlement-plane/exporter.ts";
import type { Settlement } from "../../src/settlement-plane/settlement.ts";
import { Trimmer } from "../../src/settlement-plane/trimmer.ts";
import type { SimStore } from "./sim-store.ts";
import type { Venue } from "./venue.ts";
import type { Process } from "./world.ts";

/** One process of a venue that exports. */
export class Exporting {
  private readonly venue: Venue;
  private readonly process: Process;
  private readonly logger: Logger;
  private readonly objects: ObjectStore;

  private constructor(venue: Venue, process: Process, logger: Logger, store: SimStore) {
    this.venue = venue;
    this.process = process;
    this.logger = logger;
    this.objects = store.openFor(process);
  }

  /** Null where nothing is exported. */
  static open(venue: Venue, process: Process, logger: Logger): Exporting | null {
    const { store } = venue;
    return store === null ? null : new Exporting(venue, process, logger, store);
  }

  /** What its log has let go of is read from the store. */
  archived(shard: OpenShard): OpenShard {
    return { ...shard, log: new ArchivedLog(shard.log, () => this.archiveOf(shard)) };
  }

  states(shard: OpenShard, options: EngineOptions): ExportedStates {
    const store = new ExportStore(this.objects, shard.genesis.shard);
    const openVerifier = async () => this.venue.verifier;
    return statesIn(store, shard, { options, logger: this.logger, openVerifier });
  }

  /** For ingress. */
  withPast(shard: OpenShard): OpenShard & { readonly past: PastParts } {
    return { ...shard, past: this.past(shard) };
  }

  /** There is no matcher on this machine. */
  private past(shard: OpenShard): PastParts {
    const { log, genesisFrame, dir } = shard;
    const { venue, process } = this;
    const { setup } = venue;
    const options = { levels: createLevels, roots: false, seed: setup.seed ^ 2 };
    const files = venue.diskOf(process.role).filesOf(process, venue.weather);
    const own = new SnapshotFiles(`${dir}/snapshots`, "matcher", Infinity, files);
    own.follow(shard.ends ?? []);
    const states = {
      own: statesInFiles(own, genesisFrame, options),
      store: this.states(shard, options),
      worth: setup.snapshotRecords,
    };
    return { log, genesisFrame, options, states };
  }

  /** Says how far this process has read, until stopped. */
  holdPlace(
    shard: OpenShard,
    { name, position }: { name: () => string; position: () => number },
    stop: AbortSignal,
  ): Promise<void> {
    const archive = this.archiveOf(shard);
    const readsExport = async (): Promise<boolean> => (await archive.covered()) > 0;
    const silentMsMax = this.venue.setup.retention.consumerSilentMs;
    return holdPlace({ log: shard.log, name, position, silentMsMax, readsExport, stop });
  }

  /** Settlement's, of one shard. */
  exporter(
    { log, venue }: OpenShard,
    settlement: Settlement,
    parts: {
      readonly mayPublish: () => boolean;
      readonly awaited: () => number;
      readonly onArchived: () => void;
      readonly stop: AbortSignal;
    },
  ): Exporter {
    const { stepUs, publishDelayMs } = this.venue.setup.retention;
    const exporter = new Exporter({
      ...parts,
      objects: this.objects,
      log,
      venue,
      commitments: settlement.commitments,
      notesOf: (heads) => settlement.sign(heads),
      snapshots: settlement.parts.borderSnapshots ?? null,
      publishDelayMs,
      stepUs,
      wallMs: () => Date.now(),
      logger: this.logger,
    });
    settlement.exported = exporter.progress;
    return exporter;
  }

  trimmer(shard: OpenShard, settlement: Settlement, stop: AbortSignal): Trimmer {
    const archive = this.archiveOf(shard);
    const { keepRecords, keepMs, trimMs } = this.venue.setup.retention;
    return new Trimmer({
      log: shard.log,
      archived: () => archive.covered(),
      checkpointed: () => (settlement.isHalted ? 0 : (settlement.latest?.position ?? 0)),
      keepRecords,
      keepMs,
      memoryPercent: 70,
      everyMs: trimMs,
      wallMs: () => Date.now(),
      logger: this.logger,
      onTurn: () => undefined,
      stop,
    });
  }

  private archiveOf({ genesis, venue }: Pick<OpenShard, "genesis" | "venue">): InputArchive {
    const { shard } = genesis;
    return new InputArchive({
      source: new ExportSource(new ExportStore(this.objects, shard)),
      shard,
      venue,
      genesis,
      openVerifier: async () => this.venue.verifier,
    });
  }
}
