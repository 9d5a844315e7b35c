/**
 * A snapshot is the state: who is restored from it says and becomes what the other does, byte for
 * byte, and bytes that are not a snapshot are named, not followed.
 */
import { describe, expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import { Prng } from "../../src/base/prng.ts";
import { Engine, type EngineOptions } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { writeWorkload, readWorkload, type Message } from "../../src/load/workload.ts";
import { applyPack, buildFlow, type Flow, PLAIN_FLOW } from "../../bench/flow.ts";

const OPTIONS: EngineOptions = { levels: createLevels, roots: true };
const CHAIN = new Uint8Array(32).fill(7);
const HEADER = 184;

/** A flow with many levels, over three markets with fees; `seed` decides all of it. */
function randomFlow(seed: number, count: number): Flow {
  const prng = new Prng(seed);
  const messages: Message[] = Array.from({ length: count }, (_, i) => ({
    type: i < 10 || prng.chance(55) ? 0 : prng.between(1, 2),
    side: prng.below(2),
    ioc: prng.chance(10),
    quantity: prng.between(1, 100),
    orderId: BigInt(prng.between(1, i + 1)),
    price: prng.between(950, 1050),
  }));
  const workload = readWorkload(writeWorkload(messages));
  if (typeof workload === "string") throw new Error(workload);
  return buildFlow(workload, {
    ...PLAIN_FLOW,
    batchMax: 5,
    markets: 3,
    makerFeePpm: 1500,
    takerFeePpm: 2500,
    ordersMax: 4096,
  });
}

/** All that engine says from here on, and what it becomes. */
function future(engine: Engine, pack: Uint8Array): unknown {
  const said: string[] = [];
  applyPack(engine, pack, (_, reports) => said.push(sha256(reports).toHex()));
  return { said, roots: engine.roots(), snapshot: sha256(engine.snapshot(CHAIN)).toHex() };
}

function at(flow: Flow, share: number): { before: Uint8Array; after: Uint8Array } {
  // Cut behind a whole record: sizes are in the records.
  const view = viewOf(flow.records);
  let cut = 0;
  while (cut < flow.records.length * share) cut += 24 + view.getUint32(cut + 16, true);
  return { before: flow.records.subarray(0, cut), after: flow.records.subarray(cut) };
}

function restored(flow: Flow, bytes: Uint8Array): Engine {
  const found = Engine.restore(flow.genesisFrame, bytes, OPTIONS);
  if (typeof found === "string") throw new Error(found);
  return found.engine;
}

describe("snapshot", () => {
  test.each([1, 2, 3])("the restored engine goes on the same, seed %d", (seed) => {
    const flow = randomFlow(seed, 4000);
    const { before, after } = at(flow, 0.6);
    const engine = new Engine(flow.genesisFrame, OPTIONS);
    applyPack(engine, flow.setup, () => {});
    applyPack(engine, before, () => {});
    const bytes = engine.snapshot(CHAIN);
    expect(engine.views.counters()["open_orders"]).toBeGreaterThan(100);
    const copy = restored(flow, bytes);
    expect([copy.position, copy.logTime, copy.tradeCount]).toEqual([
      engine.position,
      engine.logTime,
      engine.tradeCount,
    ]);
    expect(copy.roots()).toEqual(engine.roots());
    expect(copy.snapshot(CHAIN)).toEqual(bytes);
    expect(future(copy, after)).toEqual(future(engine, after));
  });

  test("carries the caller's report chain", () => {
    const flow = randomFlow(4, 10);
    const engine = new Engine(flow.genesisFrame, OPTIONS);
    applyPack(engine, flow.setup, () => {});
    const found = Engine.restore(flow.genesisFrame, engine.snapshot(CHAIN), OPTIONS);
    expect(typeof found === "string" ? found : found.chain).toEqual(CHAIN);
  });

  test("before record 1 there is one too", () => {
    const flow = randomFlow(5, 100);
    const copy = restored(flow, new Engine(flow.genesisFrame, OPTIONS).snapshot(CHAIN));
    const fresh = new Engine(flow.genesisFrame, OPTIONS);
    expect(future(copy, flow.setup)).toEqual(future(fresh, flow.setup));
  });

  test("does not depend on where things lie: another layout seed, the same bytes", () => {
    const flow = randomFlow(6, 2000);
    const snapshots = [0, 12345].map((seed) => {
      const engine = new Engine(flow.genesisFrame, { ...OPTIONS, seed });
      applyPack(engine, flow.setup, () => {});
      applyPack(engine, flow.records, () => {});
      return engine.snapshot(CHAIN);
    });
    expect(snapshots[0]).toEqual(snapshots[1]);
  });
});

/** The same bytes with a hash that fits them. */
function rehashed(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - 32;
  const copy = bytes.slice();
  copy.set(sha256(copy.subarray(0, end)), end);
  return copy;
}

describe("bytes that are no snapshot", () => {
  const flow = randomFlow(7, 300);
  const engine = new Engine(flow.genesisFrame, OPTIONS);
  applyPack(engine, flow.setup, () => {});
  applyPack(engine, flow.records, () => {});
  const bytes = engine.snapshot(CHAIN);

  test("any flipped byte is noticed", () => {
    for (let i = 0; i < bytes.length; i += 7) {
      const copy = bytes.slice();
      copy[i]! ^= 0x40;
      expect([i, typeof Engine.restore(flow.genesisFrame, copy, OPTIONS)]).toEqual([i, "string"]);
    }
  });

  test("and so is any cut", () => {
    for (const size of [0, 1, 31, 143, 175, bytes.length - 1]) {
      const cut = bytes.subarray(0, size);
      expect(typeof Engine.restore(flow.genesisFrame, cut, OPTIONS)).toBe("string");
    }
  });

  test("changed and hashed again: a sentence or an engine, never a crash", () => {
    const prng = new Prng(11);
    let refused = 0;
    for (let i = 0; i < 1500; i++) {
      const copy = bytes.slice();
      copy[prng.between(HEADER, bytes.length - 33)] = prng.below(256);
      const found = Engine.restore(flow.genesisFrame, rehashed(copy), OPTIONS);
      if (typeof found === "string") refused++;
      else found.engine.roots();
    }
    // Key windows, fees of nobody, prices of the market rules and the like may be anything.
    expect(refused).toBeGreaterThan(500);
  });

  test("each has its sentence", () => {
    const changed = (change: (view: DataView) => void): unknown => {
      const copy = bytes.slice();
      change(viewOf(copy));
      return Engine.restore(flow.genesisFrame, rehashed(copy), OPTIONS);
    };
    const otherGenesis = flow.genesisFrame.slice();
    otherGenesis[otherGenesis.length - 1]! ^= 1;
    const afterOrders = bytes.length - 32;
    expect([
      Engine.restore(flow.genesisFrame, new Uint8Array(0), OPTIONS),
      changed((view) => view.setUint8(0, 1)),
      Engine.restore(flow.genesisFrame, bytes.subarray(0, 100), OPTIONS),
      Engine.restore(flow.genesisFrame, bytes.subarray(1), OPTIONS),
      changed((view) => view.setUint8(1, 1)),
      changed((view) => view.setUint32(76, 0xffff_ffff, true)),
      changed((view) => view.setUint16(2, 9, true)),
      changed((view) => view.setUint16(4, 9, true)),
      changed((view) => view.setUint8(40, view.getUint8(40) ^ 1)),
      changed((view) => view.setUint32(128, 99, true)),
      changed((view) => view.setUint32(132, 99, true)),
      changed((view) => view.setUint32(136, 99, true)),
      changed((view) => view.setUint32(140, 9999, true)),
      changed((view) => view.setUint32(140, 0, true)),
      changed((view) => view.setUint32(afterOrders - 72, 1, true)),
      changed((view) => view.setUint32(afterOrders - 52, 70, true)),
      Engine.restore(otherGenesis, bytes, OPTIONS),
    ]).toEqual([
      "snapshot is empty",
      "snapshot version 1 is unknown",
      "snapshot is cut",
      "snapshot version 0 is unknown",
      "reserved bytes of the snapshot are not zero",
      "a number of the snapshot is too large",
      "snapshot is of another shard or venue",
      "snapshot is under rules version 9, which this build does not know",
      "snapshot is of another shard or venue",
      "snapshot has more assets than genesis allows",
      "snapshot has more markets than genesis allows",
      "snapshot has more accounts than genesis allows",
      "snapshot has more orders than genesis allows",
      expect.stringMatching(/holds other funds than its orders need/),
      expect.stringMatching(/^order \d+ of the snapshot is not one$/),
      expect.stringMatching(/holds other funds than its orders need/),
      "snapshot is of another shard or venue",
    ]);
  });
});
