/** A matcher that is asked to stop in the middle of its recovery ends; it does not judge `ex`. */
import { expect, test } from "bun:test";
import { createLevels } from "../../src/engine/levels.ts";
import { replay, startOf } from "../../src/market-matcher/recover.ts";
import { NO_STATES } from "../../src/service/kept-states.ts";
import { matchedLog } from "../support/matched-log.ts";

const options = { levels: createLevels, roots: false };

test("asked to stop between ex and in, it compares nothing", async () => {
  const { store, log, genesisFrame, tip } = await matchedLog();
  const stop = new AbortController();
  const input = await log.openInputReader();
  const executions = await log.openExecutionReader();
  const reading = executions.read.bind(executions);
  executions.read = async (after, bytesMax, signal) => {
    const records = await reading(after, bytesMax, signal);
    stop.abort();
    return records;
  };
  const onHalt = async (_engine: unknown, fault: unknown) => {
    throw fault;
  };
  const parts = { genesisFrame, options, states: NO_STATES, input, executions, onHalt };
  const onSkippedSnapshot = (): void => undefined;
  const from = { refuseMixedLog: () => Promise.resolve(), ...parts, onSkippedSnapshot };
  const found = await startOf(from, tip);
  await replay(from, found, { tip, stop: stop.signal });
  expect(found.engine.position).toBe(0);
  expect(store.halted).toBeNull();
});
