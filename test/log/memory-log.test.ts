/** The memory log under the conformance suite, and its faults on request. */
import { expect, test } from "bun:test";
import { LogFault } from "../../src/edges/log.ts";
import { type Fate, MemoryStore } from "../../src/edges/memory-log.ts";
import { conformance } from "./conformance.ts";
import { executionOf, frameOf, genesisRecord, SHARD } from "./records.ts";

conformance("memory", async () => {
  const store = new MemoryStore(SHARD);
  return { open: async () => store.open(), dispose: async () => {} };
});

const AFTER: readonly [Fate, number][] = [
  ["ok", 2],
  ["refused", 1],
  ["unknown_executed", 2],
  ["unknown_lost", 1],
];

test.each(AFTER)("an append whose fate is %s leaves the tip at %d", async (fate, tip) => {
  const store = new MemoryStore(SHARD);
  const log = store.open();
  await log.create(genesisRecord());
  store.fate = (role) => (role === "in" ? fate : "ok");
  const writer = await log.openInputWriter();
  const outcome = await writer.append([frameOf(1)]).catch((error: unknown) => error);
  expect(outcome instanceof LogFault).toBe(fate !== "ok");
  expect(await (await log.openInputReader()).tip()).toBe(tip);
  store.fate = () => "ok";
  const again = await writer.append([frameOf(2)]).catch((error: unknown) => error);
  expect(again instanceof LogFault).toBe(fate !== "ok");
  const next = await log.openInputWriter();
  expect(await next.append([frameOf(2)])).toMatchObject({ first: next.tip() });
});

test("an append waits as long as its fate does", async () => {
  const store = new MemoryStore(SHARD);
  const log = store.open();
  await log.create(genesisRecord());
  const gate = Promise.withResolvers<Fate>();
  store.fate = () => gate.promise;
  const writer = await log.openExecutionWriter();
  const appending = writer.append(executionOf(1, 1, 1));
  expect(writer.tip()).toBe(0);
  gate.resolve("ok");
  await appending;
  expect(writer.tip()).toBe(1);
});
