/**
 * What the read side makes of a transfer: one command of a trader, and of its outbox nothing.
 */
import { expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { REPORT_SIZE, ReportBatch, writeReport } from "../../src/protocol/report.ts";
import { ShardData } from "../../src/settlement-plane/shard-data.ts";
import { FedShard } from "./fed-shard.ts";

test("a transfer is one command, taken or not, and changes no market", () => {
  const fed = new FedShard();
  const changed: number[] = [];
  const listener = {
    onChange: (market: number) => void changed.push(market),
    onTrade: () => undefined,
  };
  const data = new ShardData(fed, { tradesKept: 10, wallMs: () => 0, listener });
  const known = fed.operate(encode.encodeShardOpen(1000));
  const taken = fed.trade(1, encode.encodeTransfer(1000, 1, 5), encode.encodeTransfer(1000, 1, 6));
  const refused = fed.trade(1, encode.encodeTransfer(999, 1, 5));
  const key = encode.encodeKey(codes.COMMAND_KEY_ADD, new Uint8Array(32).fill(9), 1, 0);
  const added = fed.direct(1, key);
  const reports = new ReportBatch();
  for (const report of [...known, ...taken, ...refused, ...added]) {
    const at = reports.add();
    writeReport(reports.view, at, report);
  }
  expect(taken.map(({ kind }) => kind)).toEqual([
    codes.REPORT_TRANSFERRED,
    codes.REPORT_OUTBOX,
    codes.REPORT_TRANSFERRED,
    codes.REPORT_OUTBOX,
  ]);
  expect(reports.slice(0).length).toBe(8 * REPORT_SIZE);
  data.onReports(reports);
  expect([data.rate.total, data.trades, changed]).toEqual([3, 0, []]);
  expect(data.finished.find({ key: 2, nonce: 1, index: 0 })).toBeNull();
  fed.close();
});
