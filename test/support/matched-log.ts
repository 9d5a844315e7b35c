/** A log in memory with the small venue's life in it and a tick at its end, matched to the tip. */
import { Logger } from "../../src/edges/logger.ts";
import type { ShardLog } from "../../src/edges/log.ts";
import { MemoryStore } from "../../src/edges/memory-log.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { Matcher } from "../../src/market-matcher/matcher.ts";
import { decodeGenesis, type Genesis } from "../../src/protocol/genesis.ts";
import { SimDisk } from "../sim/sim-files.ts";
import { Weather } from "../sim/weather.ts";
import { World } from "../sim/world.ts";
import { CHECKPOINT, OPERATOR, recordOf, smallGenesis, smallLife } from "./sealed-venue.ts";

export interface MatchedLog {
  readonly store: MemoryStore;
  readonly log: ShardLog;
  readonly genesis: Genesis;
  readonly genesisFrame: Uint8Array;
  readonly tip: number;
}

const START_US = 1_764_000_000_000_000;
const TICK = new Uint8Array(0);

/** A disk without a snapshot, so that a recovery has to read everything. */
function files() {
  const world = new World(1);
  return new SimDisk().filesOf(world.nature, new Weather(world));
}

export async function matchedLog(): Promise<MatchedLog> {
  const genesisFrame = new Uint8Array(smallGenesis(OPERATOR, CHECKPOINT));
  const genesis = decodeGenesis(genesisFrame);
  if (typeof genesis === "string") throw new Error(genesis);
  const store = new MemoryStore(1);
  const log = store.open();
  await log.create(recordOf(genesisFrame, START_US));
  const writer = await log.openInputWriter();
  const life = smallLife(genesisFrame, OPERATOR).slice(1);
  for (const record of life) await writer.append([record.subarray(24)]);
  await writer.append([TICK]);
  const tip = writer.tip();

  const stop = new AbortController();
  const matcher = new Matcher({
    log,
    genesis,
    genesisFrame,
    options: { levels: createLevels, roots: false },
    snapshotDir: "/nowhere",
    files: files(),
    snapshotRecords: 1000,
    batchBytesMax: 1 << 20,
    standbyPollMs: 1,
    logger: new Logger({
      sink: { write: () => undefined, close: () => undefined },
      severityMin: "error",
    }),
    stop: stop.signal,
  });
  const run = matcher.run();
  while (matcher.counts.position < tip) await Bun.sleep(1);
  stop.abort();
  await run;
  return { store, log, genesis, genesisFrame, tip };
}
