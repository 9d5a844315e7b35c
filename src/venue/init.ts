/**
 * Init: makes a venue, or one shard of it: its keys if there are none, and record 1 of its log.
 *
 *   <keys>/operator.pem      operator key 1, with every scope; signs the genesis
 *   <keys>/carry.pem         operator key 2, with scope carry alone: settlement's own
 *   <keys>/checkpoint.pem    signs checkpoints
 *   in:{s}, record 1         the genesis; its hash, of the lowest shard, is the venue id
 *
 * Keys come first, so that a crash between the two leaves keys that the next try takes up. A log
 * that has a genesis is left alone.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Clock } from "../edges/clock.ts";
import type { Config } from "../edges/config.ts";
import { genesisTerms } from "../edges/config-genesis.ts";
import { generateKeyFile, readKeyFile, type Signer } from "../edges/keys.ts";
import { LogFault, type ShardLog } from "../edges/log.ts";
import { openLog } from "../edges/open-log.ts";
import { RULES_VERSION, SCOPE_CARRY, SCOPES_OPERATOR } from "../protocol/codes.ts";
import { VENUE_SIZE } from "../protocol/frame.ts";
import { decodeGenesis, encodeGenesis, venueOf } from "../protocol/genesis.ts";
import { encodePack, RECORD_HEADER_SIZE } from "../protocol/record.ts";

export const OPERATOR_KEY = "operator.pem";
export const CARRY_KEY = "carry.pem";
export const CHECKPOINT_KEY = "checkpoint.pem";

const RANDOM_SIZE = 16;

export interface Made {
  readonly shard: number;
  /** Hex. */
  readonly venueId: string;
  /** False where the log had its genesis already. */
  readonly created: boolean;
}

/** Makes every shard of the configuration, the lowest first, or one of them. */
export async function initShards(config: Config, only?: number): Promise<Made[]> {
  const made: Made[] = [];
  for (const { id } of config.shards) {
    if (only !== undefined && id !== only) continue;
    const log = await openLog(config, id);
    try {
      made.push(await initVenue(config, log));
    } finally {
      await log.close();
    }
  }
  return made;
}

/** Makes the shard of this log; throws LogFault where the shard that leads is not made yet. */
export async function initVenue(config: Config, log: ShardLog): Promise<Made> {
  const { shard } = log;
  const known = await log.genesis();
  if (known !== null) return { shard, venueId: venueOfRecord(known), created: false };

  const terms = genesisTerms(config, shard);
  const leads = shard === terms.directoryOrigin;
  const venueField = leads
    ? new Uint8Array(VENUE_SIZE)
    : await venueOfShard(config, terms.directoryOrigin);
  const operator = keyAt(config, OPERATOR_KEY);
  const genesis = {
    ...terms,
    rulesVersion: RULES_VERSION,
    random: new Uint8Array(randomBytes(RANDOM_SIZE)),
    checkpointKey: keyAt(config, CHECKPOINT_KEY).publicKey,
    operators: [
      { publicKey: operator.publicKey, scopes: SCOPES_OPERATOR },
      { publicKey: keyAt(config, CARRY_KEY).publicKey, scopes: SCOPE_CARRY },
    ],
    venueField,
  };
  const frame = encodeGenesis(genesis, (message) => operator.sign(message));
  const wrong = decodeGenesis(frame);
  if (typeof wrong === "string") throw new LogFault(`shard ${shard} cannot begin: ${wrong}`);
  const header = {
    shard,
    rulesVersion: RULES_VERSION,
    directoryOrigin: terms.directoryOrigin,
    logTime: new Clock().micros(),
  };
  await log.create(encodePack(header, [frame]));
  return { shard, venueId: venueOf(frame, wrong).toHex(), created: true };
}

/** The key of that name, made if it is not there. */
function keyAt(config: Config, name: string): Signer {
  const { keysDir } = config.venue;
  mkdirSync(keysDir, { recursive: true, mode: 0o700 });
  const path = join(keysDir, name);
  return existsSync(path) ? readKeyFile(path) : generateKeyFile(path);
}

async function venueOfShard(config: Config, shard: number): Promise<Uint8Array> {
  const log = await openLog(config, shard);
  try {
    const record = await log.genesis();
    if (record === null) throw new LogFault(`shard ${shard} leads the directory; make it first`);
    return Uint8Array.fromHex(venueOfRecord(record));
  } finally {
    await log.close();
  }
}

/** The venue id, hex, from a genesis record. */
function venueOfRecord(record: Uint8Array): string {
  const frame = record.subarray(RECORD_HEADER_SIZE);
  const genesis = decodeGenesis(frame);
  if (typeof genesis === "string") throw new LogFault(genesis);
  return venueOf(frame, genesis).toHex();
}
