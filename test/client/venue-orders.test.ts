/**
 * Orders that wait, expire, slide and are canceled without their owner, by the SDK against a real
 * venue.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Client, connect, type ConnectOptions } from "../../src/client/client.ts";
import { decimalOrder, type DecimalOrder } from "../../src/client/decimal-order.ts";
import { explainReport } from "../../src/client/explain-report.ts";
import { HttpClient, rulesTerms } from "../../src/client/http.ts";
import { MarketRules } from "../../src/client/market-rules.ts";
import { OperatorClient } from "../../src/client/operator.ts";
import { generateKeyFile, type Signer } from "../../src/edges/keys.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { Report } from "../../src/protocol/report.ts";
import { VenueProcess } from "../support/venue-process.ts";
import { untilSettled } from "./stand.ts";

let venue: VenueProcess;
let http: HttpClient;
let desk: OperatorClient;
let eth: MarketRules;
let accounts = 0;
const clients: Client[] = [];

beforeAll(async () => {
  venue = await VenueProcess.start();
  http = new HttpClient(venue.address);
  desk = new OperatorClient(http, venue.operator);
  await untilSettled(http, 1);
  eth = new MarketRules(rulesTerms(await http.market("ETH-USD")));
}, 30_000);
afterAll(() => {
  for (const client of clients) client.close();
  return venue.stop();
});

interface Trader {
  readonly signer: Signer;
  readonly account: number;
  readonly key: number;
  readonly file: string;
}

async function trader(): Promise<Trader> {
  accounts++;
  const file = join(venue.dir, `trader-${accounts}.pem`);
  const signer = generateKeyFile(file);
  const ids = await desk.openAccount(signer.publicKey, { scopes: codes.SCOPES_TRADER });
  for (const { id } of [eth.quote, eth.base]) {
    const reference = accounts * 10 + id;
    await desk.deposit({ account: ids.account, asset: id, amount: 10 ** 13, reference });
  }
  return { signer, ...ids, file };
}

async function open(who: Trader, more: Partial<ConnectOptions> = {}): Promise<Client> {
  const { host, port } = venue.address;
  const client = await connect({ host, port, ...who, ...more });
  clients.push(client);
  return client;
}

/** A client, and what it hears in words; `until` waits for a sentence. */
async function listening(who: Trader, more: Partial<ConnectOptions> = {}) {
  const heard: string[] = [];
  const reports: Report[] = [];
  const onReport = (report: Report): void => {
    reports.push(report);
    heard.push(explainReport(report, eth));
  };
  const client = await open(who, { onReport, ...more });
  const until = async (words: string): Promise<void> => {
    while (!heard.some((one) => one.startsWith(words))) await new Promise(setImmediate);
  };
  const place = (order: DecimalOrder) => client.place(decimalOrder(eth, order));
  return { client, heard, reports, until, place };
}

const BUY = { side: "buy", quantity: "1" } as const;
const SELL = { side: "sell", quantity: "1" } as const;

describe("orders that wait", () => {
  test("a stop is triggered by its owner's own trade, and each result is its own", async () => {
    const [ana, bo] = [await listening(await trader()), await listening(await trader())];
    await bo.place({ ...BUY, price: "2000", quantity: "2" });
    await bo.place({ ...BUY, price: "1990", quantity: "9" });
    const stop = await ana.place({ ...SELL, type: "stop", stopPrice: "2000", price: "1980" });
    expect(stop.order).toMatchObject({ state: "waiting", leaves: eth.lots("1") });
    expect(stop.order?.stopPrice).toBe(eth.ticks("2000"));
    const sold = await ana.place({ ...SELL, price: "1995", quantity: "3" });
    expect(sold).toMatchObject({ state: "open", order: { state: "resting", reason: "" } });
    expect(sold.order?.reports.map((report) => explainReport(report, eth))).toEqual([
      "accepted: 3.000 at 1995.00",
      "traded 2.000 at 2000.00, 1.000 left",
    ]);
    await ana.until("traded 1.000 at 1990.00, 0.000 left");
    expect(ana.heard.slice(-2)).toEqual([
      "triggered at stop price 2000.00 by a trade at 2000.00",
      "traded 1.000 at 1990.00, 0.000 left",
    ]);
    await Promise.all([ana.client.cancelAll(), bo.client.cancelAll()]);
  });

  test("show in queries with stop price and good till", async () => {
    const { client, place } = await listening(await trader());
    const goodTill = new Date("2040-01-02T03:04:05.678Z");
    const order = { ...BUY, price: "2100", stopPrice: "2099.5" };
    const { reports } = await place({ ...order, type: "stop_limit", goodTill });
    await untilSettled(http, reports[0]!.position);
    expect((await http.orders(client.account)).orders).toMatchObject([
      {
        type: "stop_limit",
        state: "waiting",
        stop_price: "2099.50",
        price: "2100.00",
        good_till_us: goodTill.getTime() * 1000,
      },
    ]);
    await client.cancelAll();
  });
});

test("an order slides to one step from the best, and a budget is what it may spend", async () => {
  const [ana, bo] = [await listening(await trader()), await listening(await trader())];
  await bo.place({ ...SELL, price: "3000", quantity: "5" });
  const slid = await ana.place({ ...BUY, price: "3001", postOnly: "slide" });
  const { state, price, asked } = slid.order!;
  expect([state, eth.price(price), eth.price(asked)]).toEqual(["resting", "2999.99", "3001.00"]);
  await ana.client.cancelAll();
  const budget = await ana.place({ ...BUY, type: "market", quantity: "5", budget: "4500" });
  expect(budget.order).toMatchObject({ state: "canceled", reason: "budget" });
  expect(budget.order?.filled).toBeGreaterThan(eth.lots("1.49"));
  expect(budget.order?.filled).toBeLessThan(eth.lots("1.5"));
  await bo.client.cancelAll();
});

describe("orders that go without their owner", () => {
  test("good till a moment, and by the dead-man timer", async () => {
    const { client, reports, place, until } = await listening(await trader());
    const { log_time_us: now } = await http.time();
    // On a busy machine it may be past before it arrives.
    let state = "rejected";
    for (let ahead = 600_000; state === "rejected"; ahead *= 2) {
      ({ state } = await place({ ...BUY, price: "1000", goodTill: now + ahead }));
    }
    await until("canceled: its good till is past (1.000 taken off)");
    await place({ ...BUY, price: "1000" });
    const [set] = (await client.deadMan(300)).reports;
    await until("dead-man timer fired: 1 orders canceled");
    const canceled = reports.filter(({ kind }) => kind === codes.REPORT_CANCELED);
    expect(canceled.map(({ reason, index }) => [reason, index])).toEqual([
      [codes.CANCEL_EXPIRED, codes.INDEX_DUE],
      [codes.CANCEL_DEAD_MAN, codes.INDEX_DUE],
    ]);
    expect(canceled[1]!.logTime).toBeGreaterThan(set!.first);
    expect((await client.deadMan(0)).reports[0]).toMatchObject({ first: 0, second: 0 });
  }, 20_000);

  test("a client that is killed leaves nothing in the book", async () => {
    const who = await trader();
    const owner = await open(who);
    const signer = generateKeyFile(join(venue.dir, "watching.pem"));
    const scopes = codes.SCOPES_TRADER;
    const added = await owner.addKey({ publicKey: signer.publicKey, scopes });
    const key = added.reports[0]!.cumulative;
    owner.close();
    // By a key of its own: a logon of the same key would take the place of the one that is killed.
    const watching = await listening({ ...who, signer, key });
    const child = Bun.spawn(
      [
        process.execPath,
        join(import.meta.dir, "leaving-child.ts"),
        JSON.stringify({ ...venue.address, ...who, signer: undefined }),
      ],
      { stdout: "pipe", stderr: "inherit" },
    );
    await child.stdout.getReader().read();
    const hasBoth = () => watching.heard.filter((one) => one.startsWith("accepted")).length === 2;
    while (!hasBoth()) await new Promise(setImmediate);
    child.kill("SIGKILL");
    await watching.until("mass_canceled");
    const gone = watching.reports.filter(({ kind }) => kind === codes.REPORT_CANCELED);
    expect(gone.map(({ reason }) => reason)).toEqual([codes.CANCEL_MASS, codes.CANCEL_MASS]);
    expect(new Set(gone.map(({ tag }) => tag)).size).toBe(1);
  }, 20_000);

  test("a client that came back keeps what it placed since", async () => {
    const who = await trader();
    const first = await open(who, { cancelOnDisconnect: true });
    const order = decimalOrder(eth, { ...BUY, price: "1000" });
    await first.place(order);
    const second = await open(who, { cancelOnDisconnect: true });
    const { reports } = await second.place({ ...order, price: eth.ticks("1001") });
    first.close();
    await second.deadMan(0);
    await untilSettled(http, reports[0]!.position + 1);
    expect((await http.orders(who.account)).orders).toHaveLength(2);
    second.close();
    while ((await http.orders(who.account)).orders.length > 0) await new Promise(setImmediate);
  });
});
