/**
 * Engines: the two that can judge an export. They share the protocol, nothing else.
 */
import { Engine } from "../engine/engine.ts";
import { createLevels } from "../engine/levels.ts";
import { NaiveEngine } from "../naive/naive-engine.ts";
import type { VerifyEngine } from "./verify-shard.ts";

export type EngineName = "fast" | "naive";

/** For VerifyExportParts.openEngine. */
export function judgeEngine(name: EngineName): (genesisFrame: Uint8Array) => VerifyEngine {
  if (name === "naive") return (frame) => new NaiveEngine(frame);
  return (frame) => new Engine(frame, { levels: createLevels, roots: true });
}
