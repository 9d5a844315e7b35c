/**
 * Ends of `clob book --watch` from outside: a key press that arrives twice, from the terminal and
 * from a runner that hands it on, is one; and a reader that leaves has had enough.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { untilSettled } from "../client/stand.ts";
import { VenueProcess } from "../support/venue-process.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "cli", "main.ts");
const PRESSES_MS = 100;

test("book --watch ends with 0, however often the key press arrives at once", async () => {
  await using venue = await VenueProcess.start();
  await untilSettled(new HttpClient(venue.address), 1);
  const watch = () =>
    Bun.spawn([process.execPath, MAIN, "book", "BTC-USD", "--watch"], {
      env: { ...process.env, CLOB_SETTLEMENT: venue.address.settlement, CLOB_DATA: venue.dir },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
  // Several, since the moment between the first press and the end is short.
  const children = Array.from({ length: 8 }, watch);
  for (const { stdout } of children) {
    const { value } = await stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toStartWith("BTC-USD");
  }
  const from = performance.now();
  while (performance.now() - from < PRESSES_MS) {
    for (const { pid } of children) process.kill(pid, "SIGINT");
  }
  const ends = await Promise.all(children.map(({ exited }) => exited));
  expect(ends).toEqual(children.map(() => 0));
}, 20_000);

test("book --watch ends with 0 and without a word when its reader leaves", async () => {
  await using venue = await VenueProcess.start({ demo: true });
  await untilSettled(new HttpClient(venue.address), 1);
  const line = `"${process.execPath}" "${MAIN}" book BTC-USD --watch -o json; echo "code $?" >&2`;
  const child = Bun.spawn(["sh", "-c", `{ ${line}; } | head -n 1`], {
    env: { ...process.env, CLOB_SETTLEMENT: venue.address.settlement, CLOB_DATA: venue.dir },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  expect(await new Response(child.stderr).text()).toBe("code 0\n");
}, 20_000);
