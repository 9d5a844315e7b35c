/**
 * The SDK against a real venue: connections that are cut both ways, kills of the venue, and of the
 * client.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Client, connect } from "../../src/client/client.ts";
import { HttpClient, rulesTerms } from "../../src/client/http.ts";
import { MemoryJournal } from "../../src/client/journal.ts";
import { MarketRules } from "../../src/client/market-rules.ts";
import { OperatorClient } from "../../src/client/operator.ts";
import { placeCommand } from "../../src/client/order-request.ts";
import { Pipe } from "../../src/client/pipe.ts";
import { MarketStream } from "../../src/client/stream.ts";
import { generateKeyFile, type Signer } from "../../src/edges/keys.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeCancel } from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import type { Report } from "../../src/protocol/report.ts";
import { VenueProcess } from "../support/venue-process.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { errorOf, said, untilSettled } from "./stand.ts";

let venue: VenueProcess;
let http: HttpClient;
let desk: OperatorClient;
let btc: MarketRules;
let accounts = 0;

beforeAll(async () => {
  venue = await VenueProcess.start();
  http = new HttpClient(venue.address);
  desk = new OperatorClient(http, venue.operator);
  await untilSettled(http, 1);
  btc = new MarketRules(rulesTerms(await http.market("BTC-USD")));
}, 30_000);
afterAll(() => venue.stop());

interface Trader {
  readonly signer: Signer;
  readonly account: number;
  readonly key: number;
  readonly file: string;
}

/** A new account with money of both kinds. */
async function trader(): Promise<Trader> {
  accounts++;
  const file = join(venue.dir, `trader-${accounts}.pem`);
  const signer = generateKeyFile(file);
  const ids = await desk.openAccount(signer.publicKey, { scopes: codes.SCOPES_TRADER });
  for (const { id } of [btc.quote, btc.base]) {
    const reference = accounts * 10 + id;
    await desk.deposit({ account: ids.account, asset: id, amount: 10 ** 13, reference });
  }
  return { signer, ...ids, file };
}

function join2(who: Trader, more: object = {}): Promise<Client> {
  const { host, port } = venue.address;
  return connect({ host, port, ...who, ...more });
}

describe("a client at a real venue", () => {
  test("trades, and finds the same in queries and on the stream", async () => {
    const client = await join2(await trader());
    const books: string[] = [];
    const stream = new MarketStream(
      { settlement: venue.address.settlement, markets: ["BTC-USD"] },
      { onBook: ({ asks }) => books.push(asks.map((level) => level.join(" x ")).join(", ")) },
    );
    const place = { market: btc.id, price: btc.ticks("60000"), quantity: btc.lots("0.5") };
    const rests = await client.place({ ...place, side: "sell", clientOrderId: 1n });
    const trades = await client.place({
      ...place,
      side: "buy",
      quantity: btc.lots("0.2"),
      timeInForce: "ioc",
    });
    expect([rests, trades].map(said)).toEqual([
      "open, accepted 0/5000",
      "done, accepted 0/2000, fill 2000/3000, fill 2000/0",
    ]);
    await untilSettled(http, trades.reports[0]!.position);
    const { orders } = await http.orders(client.account);
    expect(orders.map(({ leaves, filled, price }) => [leaves, filled, price])).toEqual([
      ["0.3000", "0.2000", "60000.00"],
    ]);
    while (books.at(-1) !== "60000.00 x 0.3000") await new Promise(setImmediate);
    stream.close();
    await client.cancelAll();
    client.close();
  });

  test("adds a key, trades by it, revokes it", async () => {
    const who = await trader();
    const client = await join2(who);
    const signer = generateKeyFile(join(venue.dir, "second.pem"));
    const added = await client.addKey({ publicKey: signer.publicKey, scopes: codes.SCOPE_READ });
    const key = added.reports[0]!.cumulative;
    const second = await join2({ ...who, signer, key });
    const order = { market: btc.id, side: "buy", price: 5_000_000, quantity: 10 } as const;
    expect(said(await second.place(order))).toBe("rejected, rejected 10/0, key_scope");
    await client.revokeKey(key);
    expect(said(await second.place(order))).toBe("rejected, rejected 10/0, key_revoked");
    client.close();
    second.close();
    expect((await errorOf(join2({ ...who, signer, key }))).code).toBe("key_revoked");
  });

  test("hears each report once and in order, whatever a bad network does", async () => {
    const who = await trader();
    const proxy = new TcpProxy(venue.address.port);
    let pieces = 0;
    proxy.fate = () => {
      pieces++;
      if (pieces % 7 === 3) return "cut_request";
      return pieces % 7 === 5 ? "cut_reply" : "pass";
    };
    const numbers: number[] = [];
    const onReport = ({ number }: Report): unknown => numbers.push(number);
    const client = await join2(who, { port: proxy.port, onReport });
    const ids = Array.from({ length: 30 }, (_, index) => BigInt(index + 1));
    for (const clientOrderId of ids) {
      const order = { market: btc.id, side: "buy", price: 5_000_000, quantity: 1 } as const;
      expect(said(await client.place({ ...order, clientOrderId }))).toBe("open, accepted 0/1");
    }
    expect(proxy.accepted).toBeGreaterThan(3);
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
    const { reports } = await client.cancelAll();
    expect(reports.length).toBe(31);
    client.close();
    proxy.stop();
  }, 30_000);

  test("goes on through kills of the venue, and nothing happens twice", async () => {
    const client = await join2(await trader());
    const batches: Promise<unknown>[] = [];
    for (let batch = 0; batch < 60; batch++) {
      const orders = Array.from({ length: 8 }, (_, index) =>
        placeCommand({
          market: btc.id,
          side: "buy",
          price: 5_000_000,
          quantity: 1,
          clientOrderId: BigInt(batch * 8 + index + 1),
        }),
      );
      batches.push(client.send(orders).then((results) => results.map(({ state }) => state)));
      await new Promise(setImmediate);
      if (batch % 20 === 10) {
        await venue.kill();
        await venue.launch();
      }
    }
    const states = (await Promise.all(batches)).flat();
    expect(states).toEqual(Array.from({ length: 480 }, () => "open"));
    const { reports } = await client.cancelAll();
    expect(reports.at(-1)!.last).toBe(480);
    client.close();
  }, 60_000);

  test("can't be told that another venue is its own", async () => {
    const journal = new MemoryJournal();
    journal.setVenue("cd".repeat(32));
    expect((await errorOf(join2(await trader(), { journal }))).code).toBe("venue");
  });
});

test("a killed client resends from its journal, and its orders are there once", async () => {
  const who = await trader();
  const journal = join(venue.dir, "killed.journal");
  const { port, settlement } = venue.address;
  const ids = { account: who.account, key: who.key };
  const setting = JSON.stringify({ port, settlement, file: who.file, ...ids, journal });
  const run = (kills: boolean) =>
    Bun.spawn(
      [
        process.execPath,
        join(import.meta.dir, "order-child.ts"),
        setting,
        kills ? "forever" : "once",
      ],
      { stdout: "pipe", stderr: "inherit" },
    );
  for (let round = 0; round < 3; round++) {
    const child = run(true);
    const reader = child.stdout.getReader();
    expect((await reader.read()).done).toBe(false);
    child.kill("SIGKILL");
    await child.exited;
  }
  const last = run(false);
  const counts = JSON.parse(await new Response(last.stdout).text());
  expect(await last.exited).toBe(0);
  expect(counts).toMatchObject({ confirmed: 1, unknown: 0, refused: 0 });
  await untilSettled(http, counts.position);
  const { orders } = await http.orders(who.account, { limit: 1000 });
  const open = orders.map((order) => order.client_order_id);
  expect(new Set(open).size).toBe(open.length);
  // What a frame that left says of itself: consecutive ids, none missing, none twice.
  const sorted = open.map(Number).sort((a, b) => a - b);
  expect(sorted).toEqual(sorted.map((_, index) => index + 1));
}, 60_000);

test("a pipe carries frames signed beforehand, by another key than it logs on with", async () => {
  const who = await trader();
  const owner = await join2(who);
  const signer = generateKeyFile(join(venue.dir, "fast.pem"));
  const added = await owner.addKey({ publicKey: signer.publicKey, scopes: codes.SCOPE_TRADE });
  owner.close();
  const key = added.reports[0]!.cumulative;
  let reports = 0;
  let refused = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const pipe = await Pipe.open({
    ...venue.address,
    accounts: [who],
    onReport: (view, at) => {
      if (view.getUint8(at) === codes.REPORT_REJECTED) refused++;
      if (++reports === 5000 + 1) resolve();
    },
    onRefused: () => refused++,
    onClose: () => undefined,
  });
  const { hello } = pipe;
  const frames = Array.from({ length: 5000 }, (_, index) =>
    signFrame(
      {
        kind: codes.FRAME_TRADER,
        shard: hello.shard,
        venue: hello.venue,
        account: who.account,
        key,
        nonce: index + 1,
        expiry: 0,
      },
      [encodeCancel(btc.id, 1n)],
      (message) => signer.sign(message),
    ),
  );
  for (const frame of frames) while (!pipe.submit(frame)) await pipe.whenRoom();
  await promise;
  // All are unknown_order, and the first report is the logon's.
  expect([reports, refused]).toEqual([5001, 5000]);
  pipe.close();
}, 30_000);
