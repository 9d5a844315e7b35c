/**
 * The demo as a new user starts it: within seconds four markets move, and a restart after a kill
 * goes on.
 */
import { expect, test } from "bun:test";
import { HttpClient } from "../../src/client/http.ts";
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

async function openOrders(venue: VenueProcess): Promise<number> {
  const { shards } = await new HttpClient({ settlement: venue.address.settlement }).status();
  return shards[0]?.open_orders ?? 0;
}

test(
  "four markets move, after a kill as well, and nothing is left twice",
  async () => {
    await using venue = await VenueProcess.start({ demo: true });
    await untilItMoves(venue, 3);
    await venue.kill();
    await venue.launch();
    await untilItMoves(venue, 6);
    // Two makers with ten levels a side in each market, swept before the ladders were built anew.
    expect(await openOrders(venue)).toBeLessThanOrEqual(SYMBOLS.length * 20);
  },
  MS_MAX,
);
