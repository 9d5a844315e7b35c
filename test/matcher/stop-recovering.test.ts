/** A matcher that is asked to stop in the middle of its recovery ends; it does not judge `ex`. */
import { expect, test } from "bun:test";
import { Logger } from "../../src/edges/logger.ts";
import { MemoryStore } from "../../src/edges/memory-log.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { Matcher } from "../../src/market-matcher/matcher.ts";
import { replay, startOf } from "../../src/market-matcher/recover.ts";
import { NO_STATES } from "../../src/service/kept-states.ts";
import { decodeGenesis } from "../../src/protocol/genesis.ts";
import { SimDisk } from "../sim/sim-files.ts";
import { Weather } from "../sim/weather.ts";
import { World } from "../sim/world.ts";
import {
  CHECKPOINT,
  OPERATOR,
  recordOf,
  smallGenesis,
  smallLife,
} from "../support/sealed-venue.ts";

const frame = new Uint8Array(smallGenesis(OPERATOR, CHECKPOINT));
const START_US = 1_764_000_000_000_000;
const options = { levels: createLevels, roots: false };

/** A disk without a snapshot, so that a recovery has to read everything. */
function files() {
  const world = new World(1);
  return new SimDisk().filesOf(world.nature, new Weather(world));
}

test("asked to stop between ex and in, it compares nothing", async () => {
  const store = new MemoryStore(1);
  const log = store.open();
  await log.create(recordOf(frame, START_US));
  const writer = await log.openInputWriter();
  const life = smallLife(frame, OPERATOR).slice(1);
  for (const record of life) await writer.append([record.subarray(24)]);

  const first = new AbortController();
  const genesis = decodeGenesis(frame);
  if (typeof genesis === "string") throw new Error(genesis);
  const matcher = new Matcher({
    log,
    genesis,
    genesisFrame: frame,
    options,
    snapshotDir: "/nowhere",
    files: files(),
    snapshotRecords: 1000,
    batchBytesMax: 1 << 20,
    standbyPollMs: 1,
    logger: new Logger({
      sink: { write: () => undefined, close: () => undefined },
      severityMin: "error",
    }),
    stop: first.signal,
  });
  const run = matcher.run();
  while (matcher.counts.position < writer.tip()) await Bun.sleep(1);
  first.abort();
  await run;

  const stop = new AbortController();
  const input = await log.openInputReader();
  const executions = await log.openExecutionReader();
  const reading = executions.read.bind(executions);
  executions.read = async (after, bytesMax, signal) => {
    const records = await reading(after, bytesMax, signal);
    stop.abort();
    return records;
  };
  const parts = { genesisFrame: frame, options, states: NO_STATES, input, executions };
  const onSkippedSnapshot = (): void => undefined;
  const from = { refuseMixedLog: () => Promise.resolve(), ...parts, onSkippedSnapshot };
  const found = await startOf(from, writer.tip());
  await replay(from, found, { tip: writer.tip(), stop: stop.signal });
  expect(found.engine.position).toBe(0);
  expect(store.halted).toBeNull();
});
