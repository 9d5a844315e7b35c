/**
 * The public benchmark's answers: the hash of the report stream of every flow, and in the small
 * cases the book after every message. Over both forms of the levels.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { applyPack, buildFlow, PLAIN_FLOW } from "../../bench/flow.ts";
import { openNativeLevels } from "../../src/edges/native-levels.ts";
import { Engine, type EngineOptions } from "../../src/engine/engine.ts";
import { createLevels, type LevelLimits, type PriceLevels } from "../../src/engine/levels.ts";
import { CanonicalStream } from "../../src/load/canonical.ts";
import { readWorkload, type Workload } from "../../src/load/workload.ts";
import { SIDE_BUY, SIDE_SELL } from "../../src/protocol/codes.ts";
import { sharedDir } from "../support/shared-dir.ts";

const dir = join(sharedDir() ?? "", "workloads");
const hasNative = openNativeLevels({ sideCount: 2, levelCount: 2 }) !== null;

interface Expected {
  readonly messages: number;
  readonly report_sha256: string;
}

/** [best bid, best ask, price, side, lots open there], null for an empty side. */
type Probe = readonly [number | null, number | null, number, number, number];

function nativeLevels(limits: LevelLimits): PriceLevels {
  const levels = openNativeLevels(limits);
  if (levels === null) throw new Error("the C levels were here a moment ago");
  return levels;
}

async function load(name: string): Promise<Workload> {
  const bytes = new Uint8Array(await Bun.file(join(dir, name)).arrayBuffer());
  const workload = readWorkload(name.endsWith(".gz") ? Bun.gunzipSync(bytes) : bytes);
  if (typeof workload === "string") throw new Error(`${name}: ${workload}`);
  return workload;
}

function hashOf(workload: Workload, levels: EngineOptions["levels"], batchMax: number): string {
  const ordersMax = Math.max(workload.count, 16);
  const flow = buildFlow(workload, { ...PLAIN_FLOW, batchMax, ordersMax });
  const engine = new Engine(flow.genesisFrame, { levels, roots: false });
  const stream = new CanonicalStream();
  applyPack(engine, flow.setup, () => {});
  applyPack(engine, flow.records, (i, reports) => stream.add(flow.firsts[i]!, reports));
  return stream.hash();
}

/** What the books say after each message, asked where the expected probes ask. */
function probesOf(
  workload: Workload,
  levels: EngineOptions["levels"],
  asked: readonly Probe[],
): Probe[] {
  const flow = buildFlow(workload, { ...PLAIN_FLOW, batchMax: 1, ordersMax: 8192 });
  const engine = new Engine(flow.genesisFrame, { levels, roots: false });
  const found: Probe[] = [];
  applyPack(engine, flow.setup, () => {});
  applyPack(engine, flow.records, (i) => {
    const [, , price, side] = asked[i]!;
    const bid = engine.views.best(1, SIDE_BUY) || null;
    const ask = engine.views.best(1, SIDE_SELL) || null;
    found.push([bid, ask, price, side, engine.views.lotsAt(1, side + SIDE_BUY, price)]);
  });
  return found;
}

const forms: readonly (readonly [string, EngineOptions["levels"], boolean])[] = [
  ["TypeScript levels", createLevels, true],
  ["C levels", nativeLevels, hasNative],
];

for (const [name, levels, isHere] of forms) {
  describe.skipIf(sharedDir() === null || !isHere)(`conformance, ${name}`, () => {
    const files = sharedDir() === null ? [] : Object.keys(readHashes());
    // One large flow in the daily run; `bun run bench conformance` runs them all.
    const chosen = files.filter((file) => !file.startsWith("large_") || file.includes("swing-40"));
    test.each(chosen)("%s", async (file) => {
      const workload = await load(file);
      const expected = readHashes()[file]!;
      const found = {
        messages: workload.count,
        report_sha256: hashOf(workload, levels, PLAIN_FLOW.batchMax),
      };
      expect(found).toEqual(expected);
    });

    const cases = sharedDir() === null ? [] : caseNames();
    test.each(cases)("%s: the book after each message", async (probed) => {
      const workload = await load(join("cases", `${probed}.bin`));
      const path = join(dir, "cases", `${probed}.states.json`);
      const expected: Probe[] = await Bun.file(path).json();
      expect(probesOf(workload, levels, expected)).toEqual(expected);
    });
  });
}

function readHashes(): Record<string, Expected> {
  return require(join(dir, "hashes.json"));
}

function caseNames(): string[] {
  const ending = ".states.json";
  return readdirSync(join(dir, "cases"))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length));
}

describe.skipIf(sharedDir() === null)("conformance does not depend on", () => {
  test("how messages are cut into frames", async () => {
    const file = "orders_normal_s7_n20000.bin";
    const workload = await load(file);
    const hashes = [1, 7, 256].map((batchMax) => hashOf(workload, createLevels, batchMax));
    const expected = readHashes()[file]!.report_sha256;
    expect(hashes).toEqual([expected, expected, expected]);
  });
});
