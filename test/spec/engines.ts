/**
 * The engines that every play is run over. An engine joins by a row at the end: a name, and how to
 * open it on a genesis frame, or null where it is not built.
 */
import type { ApplyEngine } from "../../bench/flow.ts";
import { readU64, viewOf } from "../../src/base/bytes.ts";
import { openNativeLevels } from "../../src/edges/native-levels.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels, type LevelLimits, type PriceLevels } from "../../src/engine/levels.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import { LINK_SIZE, TOTAL_SIZE } from "../../src/proofs/commitment.ts";
import type { StateRoots } from "../../src/proofs/checkpointer.ts";
import { ASSET_ID } from "../../src/protocol/command-layout.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";

/** An engine, and what a play asks it about the state. */
export interface SpecEngine extends ApplyEngine {
  /** The levels of a side, best first: price and open lots. */
  depth(market: number, side: number): readonly (readonly [number, number])[];
  /** Free and held. */
  balance(account: number, asset: number): readonly [number, number];
  /** Fees of the asset so far. */
  fees(asset: number): number;
  /** What a commitment would state of other shards. */
  stated(): Stated;
  /** Goes on as a new engine: from a snapshot, or the naive one from all records so far. */
  restart(): void;
}

/** Entries of the directory; shard, out and in of each link; net by asset. */
export interface Stated {
  readonly directory: number;
  readonly links: readonly (readonly [shard: number, out: number, back: number])[];
  readonly net: ReadonlyMap<number, number>;
}

export type Open = (genesisFrame: Uint8Array) => SpecEngine;

const LEVELS_SHOWN = 1000;
const NO_CHAIN = new Uint8Array(32);

function fast(genesisFrame: Uint8Array, levels: (limits: LevelLimits) => PriceLevels): SpecEngine {
  const options = { levels, roots: true };
  let engine = new Engine(genesisFrame, options);
  return {
    apply: (view, record, reports) => engine.apply(view, record, reports),
    depth: (market, side) =>
      engine.views.depth(market, side, LEVELS_SHOWN).map(({ price, lots }) => [price, lots]),
    balance: (account, asset) => {
      const found = engine.views.balancesOf(account).find((row) => row.asset === asset);
      return [found?.free ?? 0, found?.held ?? 0];
    },
    fees: (asset) => engine.views.assets().find((row) => row.asset === asset)!.fees,
    stated: () => statedIn(engine.roots()),
    restart: () => {
      const restored = Engine.restore(genesisFrame, engine.snapshot(NO_CHAIN), options);
      if (typeof restored === "string") throw new Error(restored);
      engine = restored.engine;
    },
  };
}

/** Read from the bytes that a commitment would have. */
function statedIn({ directory, links, totals }: StateRoots): Stated {
  const net = new Map<number, number>();
  const rows = viewOf(totals);
  for (let at = 0; at < totals.length; at += TOTAL_SIZE) {
    const asset = rows.getUint32(at + ASSET_ID, true);
    net.set(asset, Number(rows.getBigInt64(at + TOTAL_SIZE - 8, true)));
  }
  const view = viewOf(links);
  const count = links.length / LINK_SIZE;
  return {
    directory,
    links: Array.from({ length: count }, (_, i) => [
      view.getUint16(i * LINK_SIZE, true),
      readU64(view, i * LINK_SIZE + 8),
      readU64(view, i * LINK_SIZE + 16),
    ]),
    net,
  };
}

function native(limits: LevelLimits): PriceLevels {
  const levels = openNativeLevels(limits);
  if (levels === null) throw new Error("the C levels were here a moment ago");
  return levels;
}

function naive(genesisFrame: Uint8Array): SpecEngine {
  let engine = new NaiveEngine(genesisFrame);
  const records: DataView[] = [];
  const apply: SpecEngine["apply"] = (view, record, reports) => {
    records.push(new DataView(view.buffer.slice(0), view.byteOffset, view.byteLength));
    engine.apply(view, record, reports);
  };
  return {
    apply,
    depth: (market, side) => engine.levels(market, side).map(({ price, lots }) => [price, lots]),
    balance: (account, asset) => {
      const found = engine.balances(account).find((row) => row.asset === asset);
      return [Number(found?.free ?? 0), Number(found?.held ?? 0)];
    },
    fees: (asset) => Number(engine.state.assets.get(asset)!.fees),
    stated: () => ({
      directory: engine.state.directory,
      links: [...engine.state.links.values()]
        .sort((a, b) => a.shard - b.shard)
        .map((link) => [link.shard, link.out, link.in]),
      net: new Map([...engine.state.assets.values()].map(({ id, net }) => [id, Number(net)])),
    }),
    restart: () => {
      engine = new NaiveEngine(genesisFrame);
      const record = new RecordView();
      for (const view of records) {
        readRecord(view, 0, record);
        engine.apply(view, record, new ReportBatch());
      }
    },
  };
}

const hasNative = openNativeLevels({ sideCount: 2, levelCount: 2 }) !== null;

export const ENGINES: readonly (readonly [string, Open | null])[] = [
  ["fast, TypeScript levels", (frame) => fast(frame, createLevels)],
  ["fast, C levels", hasNative ? (frame) => fast(frame, native) : null],
  ["naive", naive],
];
