/**
 * Two settlements of one shard that both believe to lead, real engines and real checkpoints: they
 * publish the same bytes, and when a bit of one has flipped, none.
 */
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Logger } from "../../src/edges/logger.ts";
import { VerifyPool } from "../../src/edges/verify-pool.ts";
import { Halt } from "../../src/engine/halt.ts";
import { createLevels } from "../../src/engine/levels.ts";
import * as codes from "../../src/protocol/codes.ts";
import { Settlement } from "../../src/settlement-plane/settlement.ts";
import { ALICE, signerOf, Stand } from "../ingress/stand.ts";
import { order } from "../support/small-shard.ts";

const TICK_MS = 50;
const ROOM_MS = 20_000;
const logger = new Logger({
  sink: { write: () => undefined, close: () => undefined },
  severityMin: "error",
});

/** One settlement over the stand's log, with a directory of its own. */
async function settle(stand: Stand, who: string) {
  const dir = mkdtempSync(join(tmpdir(), "clob-pair-"));
  const stop = new AbortController();
  const judge = await VerifyPool.open(1, (fault) => {
    throw fault;
  });
  const settlement = new Settlement({
    log: stand.store.open(),
    genesis: stand.genesis,
    genesisFrame: stand.genesisFrame,
    venue: stand.venue,
    options: { levels: createLevels, roots: true },
    judge,
    aheadBytesMax: 1 << 20,
    checkpointSigner: signerOf(9),
    dir,
    snapshotRecords: 1000,
    who,
    mayPublish: () => true,
    logger,
    onReports: () => undefined,
    onBatch: () => undefined,
    stop: stop.signal,
  });
  const ended = settlement.run().then(
    () => "stopped",
    (fault: unknown) => fault,
  );
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
    await judge.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { settlement, dir, ended, [Symbol.asyncDispose]: end };
}

type Settling = Awaited<ReturnType<typeof settle>>;

async function untilPublished(number: number, ...all: readonly Settling[]): Promise<void> {
  while (all.some(({ settlement }) => (settlement.latest?.number ?? -1) < number)) {
    await Bun.sleep(5);
  }
}

function notes({ dir }: Settling): string[] {
  return ["in.note", "state.note"].map((name) => readFileSync(join(dir, name), "utf8"));
}

test(
  "they sign the same notes, byte for byte, though both believe to lead",
  async () => {
    await using stand = await Stand.start({ tickMs: TICK_MS });
    await using one = await settle(stand, "one");
    await using two = await settle(stand, "two");
    await untilPublished(2, one, two);
    const size = (settling: Settling): string => notes(settling)[1]!.split("\n")[1]!;
    // They are at the same one for most of each second.
    while (size(one) !== size(two)) await Bun.sleep(5);
    expect(notes(one)).toEqual(notes(two));
  },
  ROOM_MS,
);

test(
  "one bit flips in the state of one: nothing of it is signed by either, and the shard halts",
  async () => {
    await using stand = await Stand.start({ tickMs: TICK_MS });
    await using one = await settle(stand, "one");
    await using two = await settle(stand, "two");
    await untilPublished(1, one, two);
    const { state } = one.settlement.engine;
    const slot = state.balances.find(ALICE.account, 1);
    state.balances.values[2 * slot]! += 1;
    // No report shows it: only the roots of what this order touches do.
    const alice = await stand.logOn(ALICE);
    alice.send(stand.trade(ALICE, order({ clientOrderId: 1n, price: 90 })));
    const { position } = await alice.report(({ kind }) => kind === codes.REPORT_ACCEPTED);
    for (const settling of [one, two]) {
      const fault = await settling.ended;
      expect(fault).toBeInstanceOf(Halt);
      expect(String(fault)).toContain("another settlement has computed another commitment");
      expect(settling.settlement.latest!.position).toBeLessThan(position);
      expect(Number(notes(settling)[0]!.split("\n")[1])).toBeLessThan(position);
    }
  },
  ROOM_MS,
);
