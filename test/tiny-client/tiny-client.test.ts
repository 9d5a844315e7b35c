/**
 * The tiny client against a real venue: what 150 lines and the page of bytes can do.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { OperatorClient } from "../../src/client/operator.ts";
import { generateKeyFile } from "../../src/edges/keys.ts";
import { SCOPES_TRADER } from "../../src/protocol/codes.ts";
import { untilSettled } from "../client/stand.ts";
import { VenueProcess } from "../support/venue-process.ts";
import { TinyClient, type TinyReport } from "./tiny-client.ts";

const MARKET = 1;
let venue: VenueProcess;
let pem = "";
let who = { account: 0, key: 0 };

beforeAll(async () => {
  venue = await VenueProcess.start();
  const file = join(venue.dir, "tiny.pem");
  const { publicKey } = generateKeyFile(file);
  pem = readFileSync(file, "utf8");
  const http = new HttpClient(venue.address);
  await untilSettled(http, 1);
  const desk = new OperatorClient(http, venue.operator);
  who = await desk.openAccount(publicKey, { scopes: SCOPES_TRADER });
  for (const asset of [1, 2]) {
    await desk.deposit({ ...who, asset, amount: 10 ** 14, reference: asset });
  }
}, 30_000);

afterAll(() => venue.stop());

const NAMES = new Map([
  [16, "accepted"],
  [17, "fill"],
  [18, "canceled"],
  [21, "rejected"],
  [23, "logged on"],
  [25, "key added"],
  [27, "deposited"],
]);

function said({ kind, clientId, last, leaves }: TinyReport): string {
  const name = NAMES.get(kind) ?? String(kind);
  return kind < 23 ? `${name} ${clientId}: ${last}, ${leaves} open` : name;
}

test("logs on, trades, cancels, and goes on where it was after a lost connection", async () => {
  const first = new TinyClient(venue.address.port, pem, who);
  await first.logOn(1);
  const before = first.reports.map(said);
  expect(before).toEqual(["key added", "deposited", "deposited", "logged on"]);
  first.place(MARKET, "sell", { price: 6_000_000, lots: 5, id: 1n });
  first.place(MARKET, "buy", { price: 6_000_100, lots: 2, id: 2n });
  first.cancel(MARKET, 1n);
  await first.until(() => first.reports.some(({ kind }) => kind === 18));
  const traded = first.reports.slice(4).map(said);
  expect(traded).toEqual([
    "accepted 1: 0, 5 open",
    "accepted 2: 0, 2 open",
    "fill 1: 2, 3 open",
    "fill 2: 2, 0 open",
    "canceled 1: 3, 0 open",
  ]);
  const seen = first.reports.at(-1)!.number;
  first.place(MARKET, "sell", { price: 7_000_000, lots: 1, id: 3n });
  await first.until(() => first.reports.length === 10);
  first.cut();

  await venue.kill();
  await venue.launch();
  const again = new TinyClient(venue.address.port, pem, who);
  await again.logOn(seen + 1);
  expect(again.reports.map(said)).toEqual(["accepted 3: 0, 1 open", "logged on"]);
  again.cancel(MARKET, 3n);
  await again.until(() => again.reports.length === 3);
  expect(said(again.reports[2]!)).toBe("canceled 3: 1, 0 open");
  const numbers = [...first.reports, ...again.reports.slice(1)].map(({ number }) => number);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  again.cut();
}, 30_000);

test("is small and brings nothing of ours", () => {
  const source = readFileSync(join(import.meta.dir, "tiny-client.ts"), "utf8");
  expect(source.trimEnd().split("\n").length).toBeLessThanOrEqual(150);
  expect(source.match(/from "[^"]+"/g)).toEqual(['from "node:crypto"', 'from "node:net"']);
});
