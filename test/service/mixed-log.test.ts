/**
 * `in` and `ex` of two servers, one of which has lost what the other one has. A record that causes
 * no reports, such as a tick, leaves the same reports and the same chain as any other of its kind:
 * only `last_crc` of the execution record tells that it is another one.
 */
import { expect, test } from "bun:test";
import { readU64, viewOf, writeU64 } from "../../src/base/bytes.ts";
import { type InputReader, LostSuffix, type ShardLog } from "../../src/edges/log.ts";
import { VerifyPool } from "../../src/edges/verify-pool.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { replay, startOf } from "../../src/market-matcher/recover.ts";
import { Checkpointer } from "../../src/proofs/checkpointer.ts";
import { ReportChain } from "../../src/protocol/execution.ts";
import { RECORD_HEADER_SIZE } from "../../src/protocol/record.ts";
import { NO_STATES } from "../../src/service/kept-states.ts";
import { runSettleLoop } from "../../src/settlement-plane/settle-loop.ts";
import { type MatchedLog, matchedLog } from "../support/matched-log.ts";

const LOG_TIME_AT = 8;

/** The same records; where told so, the tick at the end is one of a microsecond later. */
async function inputOf(log: ShardLog, tip: number, isOther: boolean): Promise<InputReader> {
  const input = await log.openInputReader();
  const reading = input.read.bind(input);
  input.read = async (after, bytesMax, stop) => {
    const batch = await reading(after, bytesMax, stop);
    if (batch === null || !isOther || batch.first + batch.count <= tip) return batch;
    const bytes = batch.bytes.slice();
    const view = viewOf(bytes);
    const at = bytes.length - RECORD_HEADER_SIZE + LOG_TIME_AT;
    writeU64(view, at, readU64(view, at) + 1);
    return { ...batch, bytes };
  };
  return input;
}

/** Not `expect().rejects`: while that waits, no message of a thread arrives. */
function endOf(done: Promise<void>): Promise<string> {
  return done.then(
    () => "",
    (fault: Error) => fault.name,
  );
}

const onHalt = async (_engine: unknown, fault: unknown) => {
  throw fault;
};

/** The positions at which it asked whether it had read one log. */
async function matcherAsks(venue: MatchedLog, isOther: boolean): Promise<number[]> {
  const { log, genesisFrame, tip } = venue;
  const asked: number[] = [];
  const parts = {
    genesisFrame,
    options: { levels: createLevels, roots: false },
    states: NO_STATES,
    input: await inputOf(log, tip, isOther),
    executions: await log.openExecutionReader(),
    refuseMixedLog: async (position: number) => {
      asked.push(position);
      throw new LostSuffix("two servers");
    },
    onHalt,
    onSkippedSnapshot: () => undefined,
  };
  const found = await startOf(parts, tip);
  const done = replay(parts, found, { tip, stop: new AbortController().signal });
  expect(await endOf(done)).toBe(isOther ? "LostSuffix" : "");
  return asked;
}

async function settlementAsks(venue: MatchedLog, isOther: boolean): Promise<number[]> {
  const { log, genesis, genesisFrame, tip } = venue;
  const asked: number[] = [];
  const judge = await VerifyPool.open(1, () => undefined);
  const chain = new ReportChain();
  const engine = new Engine(genesisFrame, { levels: createLevels, roots: true });
  engine.followChain(chain);
  const checkpointer = new Checkpointer({
    shard: 1,
    directoryOrigin: 1,
    intervalUs: genesis.checkpointIntervalUs,
    commandsMax: genesis.checkpointCommands,
  });
  const done = runSettleLoop({
    engine,
    chain,
    checkpointer,
    judge,
    aheadBytesMax: 1 << 20,
    genesisKey: genesis.operators[0]!.publicKey,
    input: await inputOf(log, tip, isOther),
    executions: await log.openExecutionReader(),
    until: { published: tip, input: tip },
    onCheckpoint: () => void checkpointer.commit(engine.roots(), chain.value),
    refuseMixedLog: async (position: number) => {
      asked.push(position);
      throw new LostSuffix("two servers");
    },
    onHalt,
    onReports: () => undefined,
    onBatch: () => undefined,
    stop: new AbortController().signal,
  });
  expect(await endOf(done)).toBe(isOther ? "LostSuffix" : "");
  await judge.close();
  return asked;
}

test.each([
  ["a matcher that recovers", matcherAsks],
  ["settlement", settlementAsks],
] as const)(
  "%s asks before it takes another tick for the one that was executed",
  async (_, asks) => {
    const venue = await matchedLog();
    expect(await asks(venue, false)).toEqual([]);
    expect(await asks(venue, true)).toEqual([venue.tip]);
  },
);
