/**
 * Restore: a shard's log made anew from its export, when Redis or the disk has lost it.
 *
 *   export -> signed head N -> record N, and all before it executed again -> a log that ends there
 *
 * It is the log as it would be after a trim: one record of `in`, its execution record, and no more.
 * What lay above N is lost, and nobody may go on with what he knows of it: the generation is above
 * all before (restored-generation.ts), and state of lost positions is put aside. The venue stays
 * the same.
 */
import { join } from "node:path";
import { equalBytes } from "../base/bytes.ts";
import { crc32 } from "../base/crc32.ts";
import type { Config } from "../edges/config.ts";
import { ExportStore } from "../edges/export-store.ts";
import { readKeyFile } from "../edges/keys.ts";
import { type InputReader, type LogEnd, LogFault, type Restored } from "../edges/log.ts";
import { openLog } from "../edges/open-log.ts";
import { openStore } from "../edges/open-store.ts";
import { openVerifiers } from "../edges/verify.ts";
import type { Engine } from "../engine/engine.ts";
import { createLevels } from "../engine/levels.ts";
import { encodeExecution } from "../protocol/execution.ts";
import { decodeGenesis, type Genesis, venueOf } from "../protocol/genesis.ts";
import { RECORD_HEADER_SIZE } from "../protocol/record.ts";
import { engineOptions } from "../service/choose-levels.ts";
import { ExportSource } from "../service/export-source.ts";
import { exportDirOf } from "../service/open-shards.ts";
import { InputArchive } from "../service/input-archive.ts";
import { NO_STATES } from "../service/kept-states.ts";
import { Past } from "../service/past.ts";
import { clearedEnds, putAside } from "../service/restored.ts";
import { CHECKPOINT_KEY } from "./init.ts";
import { nextGeneration } from "./restored-generation.ts";
import { refuseDivided } from "./restored-links.ts";

export interface RestoredShard extends Restored {
  readonly shard: number;
  readonly venueId: string;
  /** False where the log had been restored before, by this command elsewhere. */
  readonly made: boolean;
  /** The export holds lost records, too: it cannot go on there. False where nothing was made. */
  readonly isExportBeyond: boolean;
  /** "", or why the export could not be told of this generation. */
  readonly untold: string;
  /** Files of this machine that knew more, moved to `lost-<generation>`. */
  readonly aside: readonly string[];
}

interface Source {
  readonly store: ExportStore;
  readonly source: ExportSource;
  readonly archive: InputArchive;
  readonly genesis: Genesis;
  readonly genesisRecord: Uint8Array;
  readonly venue: Uint8Array;
}

/** `venueId`: hex, whose export it must be; absent: that of the checkpoint key at hand. */
export async function restoreShard(
  config: Config,
  shard: number,
  venueId?: string,
): Promise<RestoredShard> {
  const dir = join(config.log.dataDir, `shard-${shard}`);
  const log = await openLog(config, shard);
  try {
    const known = await log.genesis();
    if (known !== null) {
      const retention = await log.retention();
      const aside = putAside(dir, retention);
      const restored = retention.restored ?? (aside.length > 0 ? retention.ends.at(-1) : undefined);
      if (restored === undefined) throw new LogFault(sentence(shard));
      const venue = venueOfFrame(known.subarray(RECORD_HEADER_SIZE)).toHex();
      const before = { ...restored, made: false, isExportBeyond: false, untold: "" };
      return { shard, venueId: venue, ...before, aside };
    }
    const source = await openSource(config, shard, venueId);
    const { end: made, engine } = await endOf(source, dir);
    // What ended before that, the log that is lost has said to who was cleared for it.
    const end = { ...made, ends: clearedEnds(dir) };
    await refuseDivided(config, engine);
    const untold = await source.store.tellRestored(end);
    await log.restore(end);
    const aside = putAside(dir, await log.retention());
    const { position, generation } = end;
    const isExportBeyond = await source.source.reachesBeyond(position);
    const restored = { position, generation, made: true, isExportBeyond, untold };
    return { shard, venueId: source.venue.toHex(), ...restored, aside };
  } finally {
    await log.close();
  }
}

function sentence(shard: number): string {
  const keys = ["in", "ex", "ctl", "dur"].map((role) => `${role}:{${shard}}`).join(" ");
  const way = `If it is to be given up, on Redis: DEL ${keys}`;
  return `shard ${shard} has a log; restore makes one where there is none. ${way}`;
}

async function openSource(config: Config, shard: number, venueId?: string): Promise<Source> {
  const exportDir = exportDirOf(config);
  const store = new ExportStore(openStore(exportDir), shard);
  const source = new ExportSource(store);
  const genesisRecord = await source.firstRecord();
  if (genesisRecord === null) throw new LogFault(`${exportDir} holds no export of shard ${shard}`);
  const frame = genesisRecord.subarray(RECORD_HEADER_SIZE);
  const genesis = decodeGenesis(frame);
  if (typeof genesis === "string") throw new LogFault(`${exportDir}: ${genesis}`);
  const venue = venueOf(frame, genesis);
  if (venueId === undefined) {
    const path = join(config.venue.keysDir, CHECKPOINT_KEY);
    if (!equalBytes(readKeyFile(path).publicKey, genesis.checkpointKey)) {
      throw new LogFault(`${exportDir} is not signed by ${path}; say whose it is with --venue`);
    }
  } else if (venue.toHex() !== venueId) {
    throw new LogFault(`${exportDir} is the export of venue ${venue.toHex()}`);
  }
  const openVerifier = async () => (await openVerifiers()).reference;
  const archive = new InputArchive({ source, shard, venue, genesis, openVerifier });
  return { store, source, archive, genesis, genesisRecord, venue };
}

/** Executes all that is exported: the last record with its execution, and the state behind it. */
async function endOf(
  source: Source,
  dir: string,
): Promise<{ end: Omit<LogEnd, "ends">; engine: Engine }> {
  const { store, archive, genesis, genesisRecord } = source;
  const position = await archive.covered();
  if (position < 2) throw new LogFault("the export covers no record but genesis");
  const stop = new AbortController().signal;
  const log = { openInputReader: () => Promise.resolve(readerOf(archive)) };
  const past = await Past.open(
    {
      log,
      genesisFrame: genesisRecord.slice(RECORD_HEADER_SIZE),
      options: engineOptions({ name: "ts", open: createLevels }, false),
      states: NO_STATES,
    },
    position,
  );
  await past.upTo(position - 1, () => undefined, stop);
  const timeBefore = past.engine.logTime;
  const chainBefore = past.chain.value.slice();
  let reports: Uint8Array = new Uint8Array(0);
  await past.upTo(position, (batch) => void (reports = batch.slice(0)), stop);
  const batch = await archive.read(position - 1);
  if (batch === null) throw new LogFault(`record ${position} is not in the export`);
  const { logTime } = past.engine;
  const generation = await nextGeneration({ dir, store, logTime, nowMs: Date.now() });
  const { shard, directoryOrigin } = genesis;
  const { current, next } = past.engine.governing;
  const execution = encodeExecution(
    {
      shard,
      rulesVersion: current.version,
      directoryOrigin,
      first: position,
      last: position,
      epoch: generation,
      durable: position,
      lastCrc: crc32(batch.bytes),
      chainBefore,
      chain: past.chain.value,
    },
    reports,
  );
  const record = batch.bytes.slice();
  const rules = [current, ...(next === null ? [] : [next])].filter(({ from }) => from > 1);
  const end = { genesisRecord, position, generation, record, timeBefore, execution, rules };
  return { end, engine: past.engine };
}

function readerOf(archive: InputArchive): InputReader {
  return {
    read: (after) => archive.read(after),
    tip: () => archive.covered(),
    close: () => Promise.resolve(),
  };
}

function venueOfFrame(frame: Uint8Array): Uint8Array {
  const genesis = decodeGenesis(frame);
  if (typeof genesis === "string") throw new LogFault(genesis);
  return venueOf(frame, genesis);
}
