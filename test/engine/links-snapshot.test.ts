/**
 * What a shard knows of others is in its snapshot: directory, links, net. Numbers that no shard can
 * have come to are named, not followed; views say the same as the bytes.
 */
import { describe, expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import { Engine, type EngineOptions } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { CommandGrammar } from "../support/command-grammar.ts";
import { genesisOf, profileOf } from "../support/grammar-profiles.ts";

const OPTIONS: EngineOptions = { levels: createLevels, roots: true };
const HEADER = 184;
const DIRECTORY_AT = 144;
const LINKS_AT = 152;
const TOTAL = 64;
const RECORDS = 400;

/** A shard after some time with others: 1 leads the directory, 2 follows it. */
function shardAfter(shard: number): { engine: Engine; genesisFrame: Uint8Array } {
  const usual = profileOf(shard === 1 ? 0 : 2);
  const weights = { ...usual.weights, carry: 200, shard_open: 60, transfer: 120 };
  const profile = { ...usual, accounts: 3, weights, spoilPercent: 0, spoilFramePercent: 0 };
  const genesisFrame = genesisOf(profile);
  const naive = new NaiveEngine(genesisFrame);
  const engine = new Engine(genesisFrame, OPTIONS);
  const grammar = new CommandGrammar(profile, naive.state);
  const reports = new ReportBatch();
  for (let i = 0; i < RECORDS; i++) {
    const view = viewOf(grammar.next());
    const record = new RecordView();
    expect(readRecord(view, 0, record)).toBe("");
    reports.clear();
    naive.apply(view, record, reports);
    engine.apply(view, record, reports);
  }
  return { engine, genesisFrame };
}

describe.each([1, 2])("a snapshot of shard %d", (shard) => {
  const { engine, genesisFrame } = shardAfter(shard);
  const bytes = engine.snapshot(new Uint8Array(32));
  const assets = engine.views.assets();
  const links = engine.views.links();
  const linksAt = HEADER + assets.length * TOTAL;

  /** What a restore says of the bytes with one change and a hash that fits. */
  function changed(change: (view: DataView) => void): string {
    const copy = bytes.slice();
    change(viewOf(copy));
    copy.set(sha256(copy.subarray(0, copy.length - 32)), copy.length - 32);
    const found = Engine.restore(genesisFrame, copy, OPTIONS);
    return typeof found === "string" ? found : "restored";
  }

  test("comes back with links, directory and net, and views say what the bytes say", () => {
    const found = Engine.restore(genesisFrame, bytes, OPTIONS);
    if (typeof found === "string") throw new Error(found);
    const { views } = found.engine;
    expect([views.links(), views.directory]).toEqual([links, engine.views.directory]);
    expect(views.assets()).toEqual(assets);
    expect(found.engine.roots()).toEqual(engine.roots());
    expect(links.length).toBeGreaterThan(2);
    expect(links.some(({ out }) => out > 0)).toBe(true);
    expect(links.some((link) => link.in > 0)).toBe(true);
    const sign = shard === 1 ? -1 : 1;
    expect(assets.some(({ net }) => Math.sign(net) === sign)).toBe(true);
    expect(assets.every(({ net }) => net * sign >= 0)).toBe(true);
    const said = links.map((link) => link.shard);
    expect(said).toEqual(said.toSorted((a, b) => a - b));
    const view = viewOf(bytes);
    expect(view.getBigUint64(DIRECTORY_AT, true)).toBe(BigInt(views.directory));
    expect(view.getUint32(LINKS_AT, true)).toBe(links.length);
    for (const [i, link] of links.entries()) {
      const at = linksAt + 24 * i;
      expect([view.getUint16(at, true), view.getBigUint64(at + 8, true)]).toEqual([
        link.shard,
        BigInt(link.out),
      ]);
      expect(view.getBigUint64(at + 16, true)).toBe(BigInt(link.in));
    }
    for (const [i, { net }] of assets.entries()) {
      expect(view.getBigInt64(HEADER + TOTAL * i + 56, true)).toBe(BigInt(net));
    }
  });

  test("with other links, totals or directory is refused", () => {
    const second = linksAt + 24;
    const net = HEADER + 56;
    const wrong = "link 2 of the snapshot is not one";
    const total = "a total is not possible";
    expect([
      changed(() => {}),
      changed((view) => view.setUint16(second, view.getUint16(linksAt, true), true)),
      changed((view) => view.setUint16(second, 0xffff, true)),
      changed((view) => view.setUint16(second + 2, 1, true)),
      changed((view) => view.setUint32(second + 4, 1, true)),
      changed((view) => view.setUint32(second + 12, 0x20_0000, true)),
      changed((view) => view.setUint32(second + 20, 0x20_0000, true)),
      changed((view) => view.setUint32(LINKS_AT, 0xffff_ffff, true)),
      changed((view) => view.setUint32(LINKS_AT + 4, 1, true)),
      changed((view) => view.setUint32(DIRECTORY_AT + 4, 0x20_0000, true)),
      changed((view) => view.setBigInt64(net, shard === 1 ? 1n : -1n, true)),
      changed((view) => view.setBigInt64(net, 2n ** 53n, true)),
      changed((view) => view.setBigInt64(net, -(2n ** 53n), true)),
      changed((view) => view.setBigInt64(net - 24, 2n ** 53n, true)),
      changed((view) => view.setBigInt64(net - 24, view.getBigInt64(net - 24, true) + 1n, true)),
    ]).toEqual([
      "restored",
      ...Array.from({ length: 6 }, () => wrong),
      "snapshot's links are cut",
      "reserved bytes of the snapshot are not zero",
      "a number of the snapshot is too large",
      ...Array.from({ length: 4 }, () => total),
      shard === 1 ? "asset 1: balances, fees and deposits of the snapshot do not add up" : total,
    ]);
  });
});

test("a shard that follows the directory knows who leads it, from genesis on", () => {
  const { engine, genesisFrame } = shardAfter(2);
  const bytes = engine.snapshot(new Uint8Array(32));
  const at = HEADER + engine.views.assets().length * TOTAL;
  const copy = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 24));
  const view = viewOf(copy);
  view.setUint32(LINKS_AT, engine.views.links().length - 1, true);
  copy.set(sha256(copy.subarray(0, copy.length - 32)), copy.length - 32);
  expect(engine.views.links()[0]?.shard).toBe(1);
  expect(Engine.restore(genesisFrame, copy, OPTIONS)).toBe("snapshot knows no directory");
});
