/**
 * Ctrl-C of `clob`: a key press that arrives twice, from the terminal and from a runner that hands
 * it on, is one.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { untilSettled } from "../client/stand.ts";
import { VenueProcess } from "../support/venue-process.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "cli", "main.ts");
const PRESSES = 5;

test("book --watch ends with 0, however often the key press arrives at once", async () => {
  await using venue = await VenueProcess.start();
  await untilSettled(new HttpClient(venue.address), 1);
  const child = Bun.spawn([process.execPath, MAIN, "book", "BTC-USD", "--watch"], {
    env: { ...process.env, CLOB_SETTLEMENT: venue.address.settlement, CLOB_DATA: venue.dir },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = child.stdout.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toStartWith("BTC-USD");
  for (let press = 0; press < PRESSES; press++) {
    child.kill("SIGINT");
    await new Promise(setImmediate);
  }
  expect([await child.exited, child.signalCode]).toEqual([0, null]);
}, 20_000);
