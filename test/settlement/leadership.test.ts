/** Who of two settlements leads, and how the turn passes from one to the other. */
import { afterEach, expect, test } from "bun:test";
import { Logger } from "../../src/edges/logger.ts";
import type { ShardLog } from "../../src/edges/log.ts";
import { MemoryStore } from "../../src/edges/memory-log.ts";
import { Leadership } from "../../src/settlement-plane/leadership.ts";

const logger = new Logger({
  sink: { write: () => undefined, close: () => undefined },
  severityMin: "error",
});
const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

function begin(log: ShardLog, isNear: () => boolean = () => true) {
  const stop = new AbortController();
  stops.push(stop);
  const changes: boolean[] = [];
  const one = new Leadership({
    log,
    pollMs: 2,
    isNear,
    onChange: () => changes.push(one.leads),
    logger,
  });
  const running = one.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
    await one.close();
  };
  return { one, changes, end };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(1);
}

test("one leads, the other follows, and takes over when the turn is given back", async () => {
  const store = new MemoryStore(1);
  const first = begin(store.open());
  await until(() => first.one.leads);
  const second = begin(store.open());
  await Bun.sleep(30);
  expect([first.one.leads, second.one.leads]).toEqual([true, false]);
  await first.end();
  await until(() => second.one.leads);
  expect(second.one.term).toBeGreaterThan(1);
});

test("one whose lease ran out leads no more, and follows", async () => {
  const store = new MemoryStore(1);
  const first = begin(store.open());
  await until(() => first.one.leads);
  store.turns.areLeasesOver = true;
  const second = begin(store.open());
  await until(() => second.one.leads);
  store.turns.areLeasesOver = false;
  expect(first.one.leads).toBe(false);
  await until(() => first.changes.length === 2);
  expect(first.changes).toEqual([true, false]);
  await Bun.sleep(20);
  expect([first.one.leads, second.one.leads]).toEqual([false, true]);
});

test("one that is far behind leaves the turn to another, though not for ever", async () => {
  const store = new MemoryStore(1);
  const far = begin(store.open(), () => false);
  await Bun.sleep(20);
  expect(far.one.leads).toBe(false);
  const near = begin(store.open());
  await until(() => near.one.leads);
  await near.end();
  // Nobody else is there.
  await until(() => far.one.leads);
});
