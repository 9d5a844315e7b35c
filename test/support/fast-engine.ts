/**
 * The fast engine as one side of a comparison, over TypeScript levels or the C ones.
 *
 * Where the C library is not built `nativeEngine` is null, and the suites say so by skipping.
 */
import { nativeLevelsReason, openNativeLevels } from "../../src/edges/native-levels.ts";
import { Engine, type EngineOptions } from "../../src/engine/engine.ts";
import { createLevels, type LevelLimits, type PriceLevels } from "../../src/engine/levels.ts";
import { ReportChain } from "../../src/protocol/execution.ts";
import type { ReportBatch } from "../../src/protocol/report.ts";
import type { RecordView } from "../../src/protocol/record.ts";
import type { StateRoots } from "../../src/proofs/checkpointer.ts";
import type { Judged, Maker, OrderRow, Probe } from "./comparison.ts";

const NO_CHAIN = new Uint8Array(32);

/** The engine, and what the comparison asks it beside reports and roots. */
class FastEngine implements Judged {
  private engine: Engine;
  private chain = new ReportChain();
  private readonly genesisFrame: Uint8Array;
  private readonly options: EngineOptions;

  constructor(genesisFrame: Uint8Array, levels: EngineOptions["levels"]) {
    this.genesisFrame = genesisFrame;
    this.options = { levels, roots: true };
    this.engine = new Engine(genesisFrame, this.options);
  }

  apply(view: DataView, record: RecordView, reports: ReportBatch): void {
    this.engine.apply(view, record, reports);
  }

  followChain(chain: ReportChain): void {
    this.chain = chain;
    this.engine.followChain(chain);
  }

  roots(): StateRoots {
    return this.engine.roots();
  }

  openOrders(): OrderRow[] {
    const { views } = this.engine;
    const accounts = Array.from({ length: views.accountCount }, (_, i) => i + 1);
    return accounts.flatMap((account) => views.ordersOf(account));
  }

  probe(market: number, side: number, price: number): Probe {
    const { views } = this.engine;
    return [views.best(market, side), views.lotsAt(market, side, price)];
  }

  restart(): void {
    const bytes = this.engine.snapshot(NO_CHAIN);
    const restored = Engine.restore(this.genesisFrame, bytes, this.options);
    if (typeof restored === "string") throw new Error(restored);
    this.engine = restored.engine;
    this.engine.followChain(this.chain);
  }
}

export const plainEngine: Maker = (genesisFrame) => new FastEngine(genesisFrame, createLevels);

/** The reason why there are no C levels, or "". */
export const whyNoNative = isNative() ? "" : nativeLevelsReason();

export const nativeEngine: Maker | null =
  whyNoNative === "" ? (genesisFrame) => new FastEngine(genesisFrame, native) : null;

function isNative(): boolean {
  return openNativeLevels({ sideCount: 4, levelCount: 4 }) !== null;
}

function native(limits: LevelLimits): PriceLevels {
  const levels = openNativeLevels(limits);
  if (levels === null) throw new Error(nativeLevelsReason());
  return levels;
}
