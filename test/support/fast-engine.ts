/**
 * The fast engine as one side of a comparison, over TypeScript levels or the C ones.
 *
 * Where the C library is not built `nativeEngine` is null, and the suites say so by skipping.
 */
import { nativeLevelsReason, openNativeLevels } from "../../src/edges/native-levels.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels, type LevelLimits, type PriceLevels } from "../../src/engine/levels.ts";
import type { Maker } from "./comparison.ts";

export const plainEngine: Maker = (genesisFrame) =>
  new Engine(genesisFrame, { levels: createLevels, roots: true });

/** The reason why there are no C levels, or "". */
export const whyNoNative = isNative() ? "" : nativeLevelsReason();

export const nativeEngine: Maker | null =
  whyNoNative === ""
    ? (genesisFrame) => new Engine(genesisFrame, { levels: native, roots: true })
    : null;

function isNative(): boolean {
  return openNativeLevels({ sideCount: 4, levelCount: 4 }) !== null;
}

function native(limits: LevelLimits): PriceLevels {
  const levels = openNativeLevels(limits);
  if (levels === null) throw new Error(nativeLevelsReason());
  return levels;
}
