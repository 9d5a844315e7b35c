/**
 * The demo as a new user starts it: within seconds four markets move, and a restart after a kill
 * goes on.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import type { OrderJson } from "../../src/client/http-json.ts";
import { DEMO_NAME, readDemoAccounts } from "../../src/venue/demo-accounts.ts";
import { VenueProcess } from "../support/venue-process.ts";

const SYMBOLS = ["BTC-USD", "ETH-USD", "SOL-USD", "DOGE-USD"];
const WAIT_MS = 15_000;
const MS_MAX = 60_000;

/** Five levels a side everywhere, bids below asks, and trades. */
async function moves(http: HttpClient, tradesMin: number): Promise<boolean> {
  // Behind a start settlement reads the log from its beginning.
  if ((await http.markets()).length < SYMBOLS.length) return false;
  const books = await Promise.all(SYMBOLS.map((symbol) => http.book(symbol)));
  const areFull = books.every(
    ({ bids, asks }) =>
      bids.length >= 5 && asks.length >= 5 && Number(bids[0]![0]) < Number(asks[0]![0]),
  );
  const { shards } = await http.status();
  return areFull && shards.reduce((sum, { trades }) => sum + trades, 0) >= tradesMin;
}

async function untilItMoves(venue: VenueProcess, tradesMin: number): Promise<void> {
  const http = new HttpClient({ settlement: venue.address.settlement });
  const until = performance.now() + WAIT_MS;
  while (!(await moves(http, tradesMin))) {
    if (performance.now() > until) throw new Error("the demo's markets do not move");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** All open orders of the two makers. */
async function makersOrders(venue: VenueProcess): Promise<OrderJson[]> {
  const http = new HttpClient({ settlement: venue.address.settlement });
  const accounts = readDemoAccounts(join(venue.dir, "keys", DEMO_NAME)) ?? [];
  const makers = accounts.filter(({ role }) => role === "maker");
  expect(makers).toHaveLength(2);
  const pages = await Promise.all(makers.map(({ account }) => http.orders(account)));
  expect(pages.map(({ next }) => next)).toEqual([null, null]);
  return pages.flatMap(({ orders }) => orders);
}

test(
  "four markets move, after a kill as well, and nothing is left twice",
  async () => {
    await using venue = await VenueProcess.start({ demo: true });
    await untilItMoves(venue, 3);
    const before = await makersOrders(venue);
    await venue.kill();
    await venue.launch();
    await untilItMoves(venue, 6);
    const after = await makersOrders(venue);
    // The restart has swept the books before the ladders were built anew.
    const swept = new Set(before.map(({ order_id }) => order_id));
    expect(after.filter(({ order_id }) => swept.has(order_id))).toEqual([]);
    for (const symbol of SYMBOLS) {
      const orders = after.filter(({ market }) => market === symbol);
      const stops = orders.filter(({ state }) => state === "waiting");
      const expiring = orders.filter((one) => one.state === "open" && one.good_till_us > 0);
      // Two makers, ten levels a side between them; beside those a stop and an order that expires.
      expect(orders.length - stops.length - expiring.length).toBeLessThanOrEqual(20);
      expect([stops.length <= 1, expiring.length <= 1]).toEqual([true, true]);
    }
  },
  MS_MAX,
);
