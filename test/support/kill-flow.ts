/**
 * KillFlow: a flow to kill venues under, written to a file with the hash that its report stream
 * must have. Made from a seed; the naive engine says the hash.
 */
import { writeFileSync } from "node:fs";
import { hashThrough } from "../../src/load/engine-run.ts";
import { makeFlow } from "../../src/load/make-flow.ts";
import { readWorkload, writeWorkload } from "../../src/load/workload.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";

/** A flow that leaves long queues in the book. */
export function writeKillFlow(path: string, seed: number, count: number): void {
  const messages = makeFlow("deep", seed, count);
  if (messages === null) throw new Error("there is a shape called deep");
  const bytes = writeWorkload(messages);
  const workload = readWorkload(bytes);
  if (typeof workload === "string") throw new Error(workload);
  writeFileSync(path, bytes);
  const hash = hashThrough(workload, (genesisFrame) => new NaiveEngine(genesisFrame));
  writeFileSync(`${path}.sha256`, `${hash}\n`);
}
