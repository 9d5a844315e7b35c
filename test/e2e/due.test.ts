/**
 * An idle shard on which only ticks come: what is due happens there within about a tick, the trader
 * is told, settlement agrees, and a stranger's verdict on the export is yes from both engines.
 */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { viewOf } from "../../src/base/bytes.ts";
import { Logger } from "../../src/edges/logger.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { VerifyPool } from "../../src/edges/verify-pool.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeDeadMan } from "../../src/protocol/commands.ts";
import { readRecord, RECORD_TICK, RecordView } from "../../src/protocol/record.ts";
import type { Report } from "../../src/protocol/report.ts";
import { exportShard } from "../../src/settlement-plane/export.ts";
import { MarketData } from "../../src/settlement-plane/market-data.ts";
import { Settlement } from "../../src/settlement-plane/settlement.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { verifyExport } from "../../src/verifier/verify-export.ts";
import { placeTillSoon } from "../ingress/follow.ts";
import { ALICE, BOB, signerOf, Stand, until } from "../ingress/stand.ts";
import { order } from "../support/small-shard.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-due-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const TICK_MS = 50;
const STOP = { type: codes.TYPE_STOP, price: 120, stopPrice: 110 };
const DUE = { tag: "00".repeat(8), index: codes.INDEX_DUE };

test("an order expires, a timer fires, and everybody agrees", async () => {
  await using stand = await Stand.start({ tickMs: TICK_MS });
  const settling = await settle(stand);
  const [alice, bob] = [await stand.logOn(ALICE), await stand.logOn(BOB)];
  const goodTill = await placeTillSoon(alice, (till) =>
    stand.trade(
      ALICE,
      order({ ...till, clientOrderId: 1n, price: 90 }),
      order({ ...till, ...STOP, clientOrderId: 2n }),
    ),
  );
  // From here on only ticks come.
  const isExpired = ({ reason }: Report): boolean => reason === codes.CANCEL_EXPIRED;
  const expired = [await alice.report(isExpired), await alice.report(isExpired)];
  expect(expired.map(({ clientOrderId }) => clientOrderId)).toEqual([1n, 2n]);
  expect(expired).toMatchObject([DUE, DUE]);
  await expectFirstTickPast(stand, expired[0]!, goodTill);
  const sell = order({ clientOrderId: 1n, price: 130, side: codes.SIDE_SELL });
  bob.send(stand.trade(BOB, encodeDeadMan(2 * TICK_MS * 1000), sell));
  const set = await bob.report(({ kind }) => kind === codes.REPORT_TIMER_SET);
  const fired = await bob.report(({ kind }) => kind === codes.REPORT_TIMER_FIRED);
  expect(fired).toMatchObject({ ...DUE, first: set.first, last: 1 });
  await expectFirstTickPast(stand, fired, set.first);

  await until(() => (settling.settlement.latest?.position ?? 0) >= fired.position);
  const { data } = settling;
  expect(data.counts).toMatchObject({ expired: 2, triggered: 0, timersFired: 1 });
  const { orderNonce: nonce } = expired[0]!;
  expect(data.finished.find({ key: 2, nonce, index: 0 })).toMatchObject({
    reason: codes.CANCEL_EXPIRED,
    filled: 0,
  });
  await expectVerified(stand, fired.position);
  await settling.end();
}, 20_000);

/** Its record is a tick, and the one before it is not past the time yet. */
async function expectFirstTickPast(stand: Stand, report: Report, time: number): Promise<void> {
  const reader = await stand.store.open().openInputReader();
  const batch = await reader.read(0, 1 << 24, new AbortController().signal);
  await reader.close();
  if (batch === null) throw new Error("the log has records");
  const record = new RecordView();
  const records: { kind: number; logTime: number }[] = [];
  for (let at = 0; records.length < report.position; at = record.end) {
    expect(readRecord(viewOf(batch.bytes), at, record)).toBe("");
    records.push({ kind: record.kind, logTime: record.logTime });
  }
  const [before, its] = records.slice(-2);
  expect(its).toEqual({ kind: RECORD_TICK, logTime: report.logTime });
  expect(before!.logTime).toBeLessThanOrEqual(time);
  expect(its!.logTime).toBeGreaterThan(time);
}

/** Settlement behind the stand, and what its read side knows. */
async function settle(stand: Stand) {
  const logger = new Logger({ sink: { write: () => {}, close: () => {} }, severityMin: "error" });
  const stop = new AbortController();
  const judge = await VerifyPool.open(1, (fault) => {
    throw fault;
  });
  const marketData = new MarketData({ tradesKept: 100 }, Date.now);
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
    who: "one",
    mayPublish: () => true,
    snapshotRecords: 1000,
    logger,
    onReports: (_engine: Engine, reports) => marketData.onReports(1, reports),
    onBatch: () => marketData.onBatch(),
    stop: stop.signal,
  });
  const data = marketData.addShard(1, settlement);
  const running = settlement.run();
  const end = async (): Promise<void> => {
    stop.abort();
    marketData.close();
    await running;
    await judge.close();
  };
  return { settlement, data, end };
}

async function expectVerified(stand: Stand, position: number): Promise<void> {
  const out = join(dir, "export");
  const log = stand.store.open();
  const exported = await exportShard({ log, venue: stand.venue, settlementDir: dir, out });
  expect(exported.records).toBeGreaterThanOrEqual(position);
  const { reference: verifier } = await openVerifiers();
  for (const engine of ["fast", "naive"] as const) {
    const openEngine = judgeEngine(engine);
    const verdict = await verifyExport({ from: out, venue: stand.venue, verifier, openEngine });
    expect(verdict).toMatchObject({ ok: true, isPinned: true });
  }
}
