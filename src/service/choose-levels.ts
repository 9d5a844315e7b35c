/**
 * ChooseLevels: which form of the price levels an engine gets. The C form where its library is,
 * else the TypeScript form, which gives the same results more slowly, with a warning that says by
 * how much.
 */
import { randomInt } from "node:crypto";
import type { EngineOptions } from "../engine/engine.ts";
import { createLevels } from "../engine/levels.ts";
import type { Logger } from "../edges/logger.ts";
import { nativeLevelsReason, openNativeLevels } from "../edges/native-levels.ts";
import { LogFault } from "../edges/log.ts";

export interface ChosenLevels {
  /** "c" or "ts". */
  readonly name: "c" | "ts";
  readonly open: EngineOptions["levels"];
}

/** `wanted`: "auto" takes C where it is there; "c" refuses to start without it. */
export function chooseLevels(wanted: "auto" | "c" | "ts", logger: Logger): ChosenLevels {
  const typescript: ChosenLevels = { name: "ts", open: createLevels };
  if (wanted === "ts") return typescript;
  const reason = nativeLevelsReason();
  if (reason === "") {
    return { name: "c", open: (limits) => openNativeLevels(limits) ?? createLevels(limits) };
  }
  if (wanted === "c") throw new LogFault(`the C price levels can't be loaded: ${reason}`);
  logger.warning("price levels in TypeScript: same results, 1.4 to 1.9 times slower than in C", {
    reason,
  });
  return typescript;
}

/**
 * Options of a service's engine, with a secret seed: nobody can choose ids that collide in tables.
 */
export function engineOptions(levels: ChosenLevels, roots: boolean): EngineOptions {
  return { levels: levels.open, roots, seed: randomInt(2 ** 32) };
}
