/** What a halted shard is found to be when it is executed once more. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionReader, InputReader, ShardLog } from "../../src/edges/log.ts";
import { VerifyPool } from "../../src/edges/verify-pool.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { decodeGenesis } from "../../src/protocol/genesis.ts";
import { RECORD_HEADER_SIZE } from "../../src/protocol/record.ts";
import { CommitmentFile } from "../../src/settlement-plane/commitment-file.ts";
import { Recompute, type Recomputed } from "../../src/settlement-plane/recompute.ts";
import { PACE_US } from "../support/export-stand.ts";
import {
  CHECKPOINT,
  listLog,
  OPERATOR,
  sealVenue,
  smallGenesis,
  smallLife,
} from "../support/sealed-venue.ts";

/** So often the answer is looked at, 5 ms apart. */
const LOOKS = 400;

const dir = mkdtempSync(join(tmpdir(), "clob-recompute-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const records = smallLife(smallGenesis(OPERATOR, CHECKPOINT), OPERATOR, PACE_US);
await sealVenue(records, CHECKPOINT, dir);

interface Behind {
  /** Where it ends behind a failover. */
  readonly later: number;
  /** It had lost that record before anybody had read it. */
  readonly isUnread?: boolean;
}

/** A halted log that ends with that record, and of which nothing is published. */
async function recomputed(
  first: number,
  dirOfSigned: string,
  { later, isUnread = false }: Behind = { later: first },
): Promise<Recomputed> {
  let last = first;
  const genesisFrame = records[0]!.slice(RECORD_HEADER_SIZE);
  const genesis = decodeGenesis(genesisFrame);
  if (typeof genesis === "string") throw new Error(genesis);
  const executions: ExecutionReader = {
    read: () => Promise.reject(new Error("nothing is published")),
    tip: async () => 0,
    close: async () => {},
  };
  let published = -1;
  let mark: string | null = "a drill";
  const input: InputReader = {
    read: async (after, _bytesMax, stop) => {
      if (after < (isUnread ? later : last))
        return { first: after + 1, count: 1, bytes: records[after]! };
      return new Promise((resolve) => {
        if (stop.aborted) resolve(null);
        stop.addEventListener("abort", () => resolve(null));
      });
    },
    tip: async () => last,
    close: async () => {},
  };
  const log: ShardLog = {
    ...listLog(records, 1),
    openInputReader: async () => input,
    openExecutionReader: async () => executions,
    halted: async () => mark,
  };
  const judge = await VerifyPool.open(1, () => undefined);
  const signed = new CommitmentFile(dirOfSigned);
  const recompute = new Recompute({
    log,
    genesis,
    genesisFrame,
    options: { levels: createLevels, roots: true },
    terms: {
      shard: 1,
      directoryOrigin: 1,
      intervalUs: genesis.checkpointIntervalUs,
      commandsMax: genesis.checkpointCommands,
    },
    judge,
    aheadBytesMax: 1 << 20,
    signed,
    onPublished: (engine) => void (published = engine.position),
    stop: new AbortController().signal,
  });
  const done = recompute.untilLifted();
  if (isUnread) await Bun.sleep(50);
  else {
    while (recompute.found?.position !== last) await Bun.sleep(5);
    expect(published).toBe(last);
  }
  last = later;
  for (let i = 0; i < LOOKS && recompute.found?.position !== last; i++) await Bun.sleep(5);
  mark = null;
  await done;
  await judge.close();
  signed.close();
  const { found } = recompute;
  if (found === null) throw new Error("it was not executed again");
  return found;
}

test("a log that holds all that was signed may go on", async () => {
  const found = await recomputed(records.length, join(dir, "settlement"));
  expect([found.position, found.wrong]).toEqual([records.length, ""]);
});

test("a log that ends before what was signed may not: history would be signed twice", async () => {
  const found = await recomputed(30, join(dir, "settlement"));
  expect(found.position).toBe(30);
  expect(found.wrong).toMatch(/^commitment \d+ was signed of position 4\d, and in ends at 30: /);
  // Where nothing was signed, nothing stands in the way.
  expect((await recomputed(30, join(dir, "none"))).wrong).toBe("");
});

test("behind a failover that has lost its last record it is of the record before", async () => {
  const found = await recomputed(30, join(dir, "none"), { later: 29 });
  expect([found.position, found.wrong]).toEqual([29, ""]);
  expect(found.chain).toEqual((await recomputed(29, join(dir, "none"))).chain);
});

test("a record that a failover has lost before it was read is not waited for", async () => {
  const found = await recomputed(30, join(dir, "none"), { later: 29, isUnread: true });
  expect([found.position, found.wrong]).toEqual([29, ""]);
});
