/** A standby, and what it waits for before it takes the turn. */
import { expect, test } from "bun:test";
import type { ExecutionReader, ExecutionWriter, InputReader } from "../../src/edges/log.ts";
import { Logger } from "../../src/edges/logger.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { standBy } from "../../src/market-matcher/standby.ts";
import { ReportChain } from "../../src/protocol/execution.ts";
import { NO_STATES } from "../../src/service/kept-states.ts";
import { CHECKPOINT, listLog, OPERATOR, smallGenesis } from "../support/sealed-venue.ts";

const PATIENCE_MS = 2000;

/** Of a log of which nothing more is published until somebody leads. */
async function takesTurn(tips: number[]): Promise<boolean> {
  const genesisFrame = smallGenesis(OPERATOR, CHECKPOINT);
  const options = { levels: createLevels, roots: false };
  const [late, stop] = [AbortSignal.timeout(PATIENCE_MS), new AbortController()];
  late.addEventListener("abort", () => stop.abort());
  const read = (_after: number, _bytesMax: number, over: AbortSignal): Promise<null> =>
    new Promise((resolve) => over.addEventListener("abort", () => resolve(null)));
  const tip = async (): Promise<number> => (tips.length > 1 ? tips.shift()! : tips[0]!);
  const close = async (): Promise<void> => undefined;
  const executions: ExecutionReader = { read, tip, close };
  const input: InputReader = { read, tip, close };
  const writer = { close } as unknown as ExecutionWriter;
  const log = { ...listLog([], 1), openExecutionWriter: async () => writer };
  const taken = await standBy({
    log: { ...log, writerOfExecutions: async () => null },
    logger: new Logger({
      sink: { write: () => undefined, close: () => undefined },
      severityMin: "error",
    }),
    pollMs: 5,
    from: {
      genesisFrame,
      options,
      states: NO_STATES,
      input,
      executions,
      refuseMixedLog: close,
      onHalt: async (_engine: unknown, fault: unknown) => {
        throw fault;
      },
      onSkippedSnapshot: () => undefined,
    },
    state: {
      engine: new Engine(genesisFrame, options),
      chain: new ReportChain(),
      snapshotPosition: 0,
      from: "genesis",
    },
    onCompared: () => undefined,
    onNear: () => undefined,
    stop: stop.signal,
  });
  return taken === writer;
}

test("it leads where a failover has lost the durable position that it has seen", async () => {
  expect(await takesTurn([3, 3, 0])).toBe(true);
});

test("it leaves the turn to others while it is behind", async () => {
  expect(await takesTurn([3])).toBe(false);
});
