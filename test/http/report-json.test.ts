/**
 * Each kind of report as JSON, as the table of docs/HTTP.md names its members.
 */
import { expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import type { Report } from "../../src/protocol/report.ts";
import { reportToJson } from "../../src/protocol/report-json.ts";

/** Every field has a value of its own, so that none can stand in for another. */
const REPORT: Report = {
  kind: 0,
  side: codes.SIDE_SELL,
  liquidity: codes.LIQUIDITY_MAKER,
  reason: codes.CANCEL_MASS,
  account: 101,
  number: 102,
  position: 103,
  logTime: 104,
  tag: "0123456789abcdef",
  index: 105,
  code: codes.REJECT_TICK,
  subject: 106,
  orderNonce: 107,
  orderKey: 108,
  orderIndex: 109,
  clientOrderId: 2n ** 64n - 1n,
  price: 110,
  last: 111,
  cumulative: 112,
  leaves: 113,
  first: 114,
  second: 115,
};
const ALIKE = {
  account: 101,
  number: 102,
  position: 103,
  index: 105,
  log_time: 104,
  tag: "0123456789abcdef",
};
const OWN = {
  market: 106,
  side: "sell",
  order_id: "108-107-109",
  client_order_id: "18446744073709551615",
  price: 110,
  cumulative: 112,
  leaves: 113,
};
const KEY = { opened_account: 106, key: 112, scopes: 113 };
const FUNDS = { asset: 106, amount: 114, second: 115 };

const KINDS: readonly [string, number, object][] = [
  ["accepted", codes.REPORT_ACCEPTED, { ...OWN, held: 114, asked: 115 }],
  ["fill", codes.REPORT_FILL, { ...OWN, last: 111, trade_id: 114, fee: 115, liquidity: "maker" }],
  ["canceled", codes.REPORT_CANCELED, { ...OWN, last: 111, released: 114, reason: "mass" }],
  ["replaced", codes.REPORT_REPLACED, { ...OWN, last: 111, held: 114, asked: 115 }],
  ["reduced", codes.REPORT_REDUCED, { ...OWN, last: 111, released: 114, reason: "mass" }],
  ["triggered", codes.REPORT_TRIGGERED, { ...OWN, stop_price: 114, reached_by: 115 }],
  ["timer_set", codes.REPORT_TIMER_SET, { fires_after: 114, before: 115 }],
  ["timer_fired", codes.REPORT_TIMER_FIRED, { fires_after: 114, canceled: 111, goes_on: 2 }],
  [
    "rejected",
    codes.REPORT_REJECTED,
    {
      code: 302,
      name: "tick",
      says: "price is not a multiple of the price step",
      command_type: 2,
      client_order_id: "18446744073709551615",
      subject: 106,
      stated: 114,
      limit: 115,
    },
  ],
  ["mass_canceled", codes.REPORT_MASS_CANCELED, { market: 106, side: "sell", canceled: 111 }],
  ["logged_on", codes.REPORT_LOGGED_ON, { key: 106, next_report: 114, last_report: 115 }],
  ["account_opened", codes.REPORT_ACCOUNT_OPENED, KEY],
  ["key_added", codes.REPORT_KEY_ADDED, KEY],
  ["key_revoked", codes.REPORT_KEY_REVOKED, { key: 106 }],
  ["deposited", codes.REPORT_DEPOSITED, FUNDS],
  ["withdrawn", codes.REPORT_WITHDRAWN, FUNDS],
  ["transferred", codes.REPORT_TRANSFERRED, { asset: 106, to_shard: 111, amount: 114, free: 115 }],
  ["credited", codes.REPORT_CREDITED, { asset: 106, from_shard: 111, amount: 114, free: 115 }],
  ["cleared", codes.REPORT_CLEARED, { lifted_at: 114 }],
  ["shard_known", codes.REPORT_SHARD_KNOWN, { shard: 106 }],
  ["upgrade_set", codes.REPORT_UPGRADE_SET, { version: 106, from: 114, before: 115 }],
  ["market_opened", codes.REPORT_MARKET_OPENED, { market: 106, count: 111 }],
  ["market_state", codes.REPORT_MARKET_STATE, { market: 106, state: "post_only" }],
  ["asset_opened", codes.REPORT_ASSET_OPENED, { subject: 106, state: 2 }],
  ["account_state", codes.REPORT_ACCOUNT_STATE, { subject: 106, state: 2 }],
];

test.each(KINDS)("%s", (kind, number, members) => {
  expect(reportToJson({ ...REPORT, kind: number })).toEqual({ kind, ...ALIKE, ...members });
});

test("an outbox by its entry", () => {
  const entry = (reason: number) => reportToJson({ ...REPORT, kind: codes.REPORT_OUTBOX, reason });
  const common = { kind: "outbox", ...ALIKE, to_shard: 106 };
  expect([1, 2, 3, 4, 5].map(entry)).toEqual([
    { ...common, entry: "account_open", key: 112, scopes: 113 },
    { ...common, entry: "key_add", key: 112, scopes: 113 },
    { ...common, entry: "key_revoke", key: 112 },
    { ...common, entry: "credit", asset: 112, amount: 114, directory: 115 },
    { ...common, entry: "entry_5", key: 112, scopes: 113 },
  ]);
});

test("the other side of each pair", () => {
  const as = (fields: Partial<Report>) => reportToJson({ ...REPORT, ...fields });
  const fill = { kind: codes.REPORT_FILL, side: codes.SIDE_BUY, liquidity: 2 };
  expect(as(fill)).toMatchObject({ side: "buy", liquidity: "taker" });
  expect(as({ kind: codes.REPORT_MASS_CANCELED, side: 0 })).toMatchObject({ side: "both" });
  const reasons = [1, 2, 3, 4, 5, 7, 8, 9].map((reason) =>
    as({ kind: codes.REPORT_CANCELED, reason }),
  );
  expect(reasons.map(({ reason }) => reason)).toEqual([
    "requested",
    "mass",
    "immediate",
    "self_trade",
    "record_full",
    "expired",
    "dead_man",
    "budget",
  ]);
  const reduced = as({ kind: codes.REPORT_REDUCED, reason: 0 });
  expect("reason" in reduced).toBe(false);
  expect(as({ kind: codes.REPORT_REDUCED, reason: 4 })).toMatchObject({ reason: "self_trade" });
});
