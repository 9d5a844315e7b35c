/**
 * Rotating a key and winding a market down, by the clob command against a real venue.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { untilSettled } from "../client/stand.ts";
import { VenueProcess } from "../support/venue-process.ts";
import { clob } from "./capture.ts";

let venue: VenueProcess;
let http: HttpClient;
const file = (name: string): string => join(venue.dir, name);

beforeAll(async () => {
  venue = await VenueProcess.start();
  http = new HttpClient(venue.address);
  await untilSettled(http, 1);
}, 30_000);
afterAll(() => venue.stop());

async function run(line: string) {
  const { host, port, ingress, settlement } = venue.address;
  const { code, out } = await clob([...line.split(" "), "-o", "json"], {
    CLOB_TCP: `${host}:${port}`,
    CLOB_INGRESS: ingress,
    CLOB_SETTLEMENT: settlement,
    CLOB_DATA: venue.dir,
    CLOB_KEY: file("old.pem"),
  });
  const told = JSON.parse(out);
  return { code, told, refused: code === 0 ? "" : told.error.code };
}

async function data(line: string) {
  const { code, told } = await run(line);
  expect([line, code, code === 0 ? "" : told]).toEqual([line, 0, ""]);
  return told;
}

test("a new key takes over from an old one, which is refused from then on", async () => {
  await data(`keygen ${file("old.pem")}`);
  const { account, key } = await data("account open");
  const { position } = await data(`admin deposit ${account} USD 100000`);
  await untilSettled(http, position);
  await data(`keygen ${file("new.pem")}`);
  const added = await data(`key add ${file("new.pem")} --scopes trade,cancel,read,keys`);
  expect(added).toMatchObject({ account, noted: `${file("new.pem")}.json` });
  expect(added.key).toBeGreaterThan(key);
  const byNew = `--key ${file("new.pem")}`;
  await data(`order buy BTC-USD 0.1 --limit 50000 ${byNew}`);
  // Not every right was given to it.
  const withdrawal = await run(`withdraw USD 1 --to ${"00".repeat(31)}01 ${byNew}`);
  expect([withdrawal.code, withdrawal.refused]).toEqual([1, "key_scope"]);
  const revoked = await data(`key revoke ${key} ${byNew}`);
  await untilSettled(http, revoked.position);
  const old = await run("order buy BTC-USD 0.1 --limit 50000");
  expect(old.code).toBe(1);
  expect(old.refused).toMatch(/^(key_revoked|unknown_key|revoked)$/);
  expect((await run(`key revoke ${key} ${byNew}`)).code).toBe(1);
  const { keys } = await data(`account show ${account}`);
  expect(keys).toHaveLength(2);
});

test("a market is wound down: cancels only, then closed for ever", async () => {
  const byNew = `--key ${file("new.pem")}`;
  const order = await data(`order buy ETH-USD 1 --limit 3000 ${byNew}`);
  await data("admin market cancel-only ETH-USD");
  const refused = await run(`order buy ETH-USD 1 --limit 3000 ${byNew}`);
  expect([refused.code, refused.refused]).toEqual([1, "market_state"]);
  await data(`cancel ${order.order_id} ${byNew}`);
  await data("admin market close ETH-USD");
  const reopened = await run("admin market resume ETH-USD");
  expect(reopened.code).toBe(1);
});
