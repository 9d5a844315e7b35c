/**
 * OpenShards: each shard's log with the genesis that it begins with, for any service.
 *
 * A service that finds no genesis, or one that does not decode, refuses to start and says what to
 * do. A shard with a halted mark is not served: each service waits until the halt is lifted, and
 * serves the others meanwhile.
 */
import { join } from "node:path";
import { type Genesis, decodeGenesis, venueOf } from "../protocol/genesis.ts";
import { RECORD_HEADER_SIZE } from "../protocol/record.ts";
import type { Config } from "../edges/config.ts";
import { HOST_FILES } from "../edges/files.ts";
import type { Logger } from "../edges/logger.ts";
import { haltSentence, LogFault, type Restored, type ShardLog } from "../edges/log.ts";
import { ExportStore } from "../edges/export-store.ts";
import { openLog } from "../edges/open-log.ts";
import { openStore } from "../edges/open-store.ts";
import type { EngineOptions } from "../engine/engine.ts";
import { type KnownRules, RULES, unknownRules } from "../engine/rules.ts";
import { openVerifiers, type SignatureVerifier } from "../edges/verify.ts";
import { ArchivedLog } from "./archived-log.ts";
import { ExportedStates } from "./exported-states.ts";
import { ExportSource } from "./export-source.ts";
import { InputArchive } from "./input-archive.ts";
import { refuseStale } from "./restored.ts";
import { SignedCommitments } from "./signed-commitments.ts";

export interface OpenShard {
  /** What it has let go of is read from the export. */
  readonly log: ShardLog;
  readonly genesis: Genesis;
  readonly genesisFrame: Uint8Array;
  readonly venue: Uint8Array;
  /** Where services keep what they derive from the log: snapshots, commitments. */
  readonly dir: string;
  /** Why it was halted when it was opened, or null. */
  readonly halted: string | null;
  /** Where its log had ended and gone on otherwise by then; absent: nowhere. */
  readonly ends?: readonly Restored[];
}

/**
 * The shards of `ids`, lowest first; throws LogFault for one that cannot be served. With a logger,
 * waiting for the log is told to it.
 */
export async function openShards(
  config: Config,
  ids: readonly number[],
  logger?: Logger,
): Promise<OpenShard[]> {
  const shards: OpenShard[] = [];
  for (const id of [...ids].sort((a, b) => a - b)) {
    const notice = (why: string): void => logger?.warning("waiting", { shard: id, why });
    shards.push(await openShard(config, await openLog(config, id, { notice })));
  }
  return shards;
}

/** `files`: where services keep what they derive from the log. */
export async function openShard(
  config: Config,
  log: ShardLog,
  files = HOST_FILES,
): Promise<OpenShard> {
  const record = await log.genesis();
  if (record === null) {
    throw new LogFault(`shard ${log.shard} has no genesis (${log.describe}); run: clob init`);
  }
  const genesisFrame = record.slice(RECORD_HEADER_SIZE);
  const genesis = decodeGenesis(genesisFrame);
  if (typeof genesis === "string") throw new LogFault(`shard ${log.shard}: ${genesis}`);
  if (genesis.shard !== log.shard) {
    throw new LogFault(`shard ${log.shard}: its log holds the genesis of shard ${genesis.shard}`);
  }
  await refuseUnknownRules(log, genesis.rulesVersion);
  const dir = join(config.log.dataDir, `shard-${log.shard}`);
  const halted = await log.halted();
  const retention = await log.retention();
  refuseStale(dir, log.shard, retention, files);
  const venue = venueOf(genesisFrame, genesis);
  const openArchive = (): InputArchive => archiveOf(config, { genesis, venue });
  const archived = new ArchivedLog(log, openArchive);
  return { log: archived, genesis, genesisFrame, venue, dir, halted, ends: retention.ends };
}

/** The export that settlement writes. */
export function archiveOf(
  config: Config,
  { genesis, venue }: Pick<OpenShard, "genesis" | "venue">,
): InputArchive {
  const { shard } = genesis;
  const exportDir = exportDirOf(config);
  return new InputArchive({
    source: new ExportSource(new ExportStore(openStore(exportDir), shard)),
    shard,
    venue,
    genesis,
    openVerifier: async () => (await openVerifiers()).reference,
  });
}

/** Its snapshots, as states to start from. */
export function exportedStates(
  config: Config,
  shard: OpenShard,
  parts: Pick<StatesParts, "options" | "logger">,
): ExportedStates {
  const store = new ExportStore(openStore(exportDirOf(config)), shard.genesis.shard);
  const openVerifier = async () => (await openVerifiers()).reference;
  return statesIn(store, shard, { ...parts, openVerifier });
}

export interface StatesParts {
  readonly options: EngineOptions;
  readonly logger: Logger;
  readonly openVerifier: () => Promise<SignatureVerifier>;
}

/** The same of any store. */
export function statesIn(
  store: ExportStore,
  { genesis, genesisFrame, venue }: OpenShard,
  { options, logger, openVerifier }: StatesParts,
): ExportedStates {
  const { shard } = genesis;
  return new ExportedStates({
    store,
    venue,
    genesis,
    genesisFrame,
    commitments: new SignedCommitments({ store, venue, genesis, openVerifier }),
    options,
    onUnreachable: (why) => logger.warning("no snapshots of the export", { shard, why }),
  });
}

/** Before anything is replayed: every version that governs some position, or will, is known here. */
export async function refuseUnknownRules(
  log: ShardLog,
  first: number,
  known: KnownRules = RULES,
): Promise<void> {
  const why = unknownRules([{ version: first, from: 1 }, ...(await log.rules())], known);
  if (why !== "") throw new LogFault(`shard ${log.shard}: ${why}; start a build that knows it`);
}

/** Asks whether this process could read what the log lets go of. */
export function exportReader(config: Config, shard: OpenShard): () => Promise<boolean> {
  const archive = archiveOf(config, shard);
  return async () => (await archive.covered()) > 0;
}

/** Where a service looks for the export: where settlement writes it, or an operator by hand. */
export function exportDirOf({ settlement, log }: Config): string {
  return settlement.exportDir ?? join(log.dataDir, "export");
}

/** Says what was opened, and which shards are halted and wait for a Clear. */
export function announceShards(logger: Logger, shards: readonly OpenShard[]): void {
  for (const { log, halted } of shards) {
    logger.info("log", { shard: log.shard, log: log.describe });
    if (halted === null) continue;
    logger.warning("not served until it is cleared", { why: haltSentence(log.shard, halted) });
  }
}
