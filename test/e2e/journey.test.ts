/**
 * An order's whole way in one process: from a trader's key to a verified checkpoint, and a
 * stranger's verdict on the export.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clock } from "../../src/edges/clock.ts";
import type { Config } from "../../src/edges/config.ts";
import { readConfig } from "../../src/edges/config-read.ts";
import { readKeyFile } from "../../src/edges/keys.ts";
import { Logger } from "../../src/edges/logger.ts";
import { openLog } from "../../src/edges/open-log.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { VerifyPool } from "../../src/edges/verify-pool.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { Ingress } from "../../src/ingress-verifier/ingress.ts";
import { submit } from "../../src/ingress-verifier/submission.ts";
import { Matcher } from "../../src/market-matcher/matcher.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeNewOrder } from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { openShard } from "../../src/service/open-shards.ts";
import { exportShard } from "../../src/settlement-plane/export.ts";
import { Settlement } from "../../src/settlement-plane/settlement.ts";
import { openDemoAccounts } from "../../src/venue/demo-accounts.ts";
import { initVenue } from "../../src/venue/init.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { verifyExport } from "../../src/verifier/verify-export.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-journey-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let config: Config;
beforeAll(() => {
  const read = readConfig({ env: { CLOB_DATA: join(dir, "data") }, flags: {} });
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  config = read.config;
});

test("an order is matched, reported, committed, exported and verified", async () => {
  const log = await openLog(config, 1);
  await initVenue(config, log);
  const shard = await openShard(config, log);
  const verifiers = await openVerifiers();
  const faults: unknown[] = [];
  const judge = await VerifyPool.open(1, (fault) => faults.push(fault));
  const logger = new Logger({ sink: { write: () => {}, close: () => {} }, severityMin: "error" });
  const clock = new Clock();
  const stop = new AbortController();
  const settlement = new Settlement({
    ...shard,
    options: { levels: createLevels, roots: true },
    judge,
    aheadBytesMax: config.limits.settleAheadBytesMax,
    checkpointSigner: readKeyFile(join(config.venue.keysDir, "checkpoint.pem")),
    dir: join(shard.dir, "settlement"),
    who: "one",
    mayPublish: () => true,
    snapshotRecords: 1000,
    logger,
    onReports: () => {},
    onBatch: () => {},
    stop: stop.signal,
  });
  const settling = settlement.run();
  const matcher = new Matcher({
    ...shard,
    options: { levels: createLevels, roots: false },
    snapshotDir: join(shard.dir, "snapshots"),
    snapshotRecords: 1000,
    batchBytesMax: 1 << 18,
    standbyPollMs: 5,
    logger,
    stop: stop.signal,
  });
  const matching = matcher.run();
  const ingress = await Ingress.start({
    shards: [shard],
    verifier: verifiers.fast,
    hostname: "127.0.0.1",
    port: 0,
    reusePort: false,
    entryLimits: config.limits,
    doorLimits: { ...config.limits, packBytesMax: config.log.packBytesMax },
    memoryMarks: { memoryRefuseOrdersPercent: 70, memoryCancelsOnlyPercent: 85 },
    tickMs: 200,
    drainTimeoutMs: 2000,
    dashboard: "",
    logger,
    now: () => clock.monotonicMs(),
    stop: stop.signal,
    onFault: (fault) => faults.push(fault),
  });
  const door = ingress.doors.get(1);
  if (door === undefined) throw new Error("shard 1 has a door");
  const accounts = await openDemoAccounts(config, door);
  const [ana, bo] = accounts;
  if (ana === undefined || bo === undefined) throw new Error("there are demo accounts");

  const order = (side: number, quantity: number) =>
    encodeNewOrder({
      market: 1,
      side,
      type: codes.TYPE_LIMIT,
      tif: codes.TIF_GTC,
      clientOrderId: 1n,
      price: 6_000_000,
      quantity,
      stp: codes.STP_NONE,
      postOnly: codes.POST_ONLY_OFF,
    });
  const send = (who: typeof ana, command: Uint8Array) => {
    const signer = readKeyFile(join(config.venue.keysDir, who.file));
    const { account, key } = who;
    const kind = codes.FRAME_TRADER;
    const header = { kind, shard: 1, venue: shard.venue, account, key, nonce: 1, expiry: 0 };
    return submit(
      door,
      signFrame(header, [command], (message) => signer.sign(message)),
      5000,
    );
  };
  const resting = await send(ana, order(codes.SIDE_SELL, 30));
  expect(resting.reports.map((report) => report.kind)).toEqual([codes.REPORT_ACCEPTED]);
  const taking = await send(bo, order(codes.SIDE_BUY, 10));
  const kinds = taking.reports.map((report) => [report.kind, report.last, report.leaves]);
  expect(kinds).toEqual([
    [codes.REPORT_ACCEPTED, 0, 10],
    [codes.REPORT_FILL, 10, 0],
  ]);

  const traded = taking.reports[0]?.position ?? 0;
  while ((settlement.latest?.position ?? 0) < traded) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const out = join(dir, "export");
  const exported = await exportShard({
    log,
    venue: shard.venue,
    settlementDir: join(shard.dir, "settlement"),
    out,
  });
  expect(exported.records).toBeGreaterThanOrEqual(traded);
  for (const engine of ["fast", "naive"] as const) {
    const verdict = await verifyExport({
      from: out,
      venue: shard.venue,
      verifier: verifiers.reference,
      openEngine: judgeEngine(engine),
    });
    expect(verdict).toMatchObject({ ok: true, isPinned: true });
  }
  stop.abort();
  await ingress.drain();
  await Promise.all([matching, settling]);
  await judge.close();
  expect(faults).toEqual([]);
  await log.close();
}, 20_000);
