/** A trader of chaos has one life at a time, whoever starts it how often. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { whoIs } from "./opening.ts";
import { Orders } from "./orders.ts";
import { Trader } from "./trader.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-chaos-trader-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("a trader that is started twice and then killed once has no life left", async () => {
  const door = { open: 0, came: 0 };
  // A venue that says nothing: a client that connects stays until it is killed.
  const silent = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: () => {
        door.open++;
        door.came++;
      },
      close: () => {
        door.open--;
      },
      data: () => undefined,
    },
  });
  const prng = new Prng(1);
  const trader = new Trader({
    who: whoIs(1, 1),
    shard: 1,
    venueId: "00".repeat(32),
    doors: [{ host: "127.0.0.1", port: silent.port }],
    journal: join(dir, "journal"),
    orders: new Orders({ account: 1, shard: 1, shards: 1, batchMax: 1, prng }),
    gapMs: 10,
    isPatient: false,
    prng,
    onWrong: () => undefined,
    say: () => undefined,
  });
  // As two faults do that kill the same client at about the same time.
  trader.start();
  trader.start();
  while (door.came === 0) await Bun.sleep(1);
  trader.crash();
  while (door.open > 0) await Bun.sleep(1);
  silent.stop(true);
  expect(door.came).toBe(1);
});
