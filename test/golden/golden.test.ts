/**
 * The golden logs of every released rules version give for ever what they gave: the same reports,
 * the same states, the same signed notes, by both engines and before the verifier.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { viewOf } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { SNAPSHOT_VERSION } from "../../src/engine/snapshot.ts";
import * as codes from "../../src/protocol/codes.ts";
import { FRAME_HEADER_SIZE } from "../../src/protocol/frame.ts";
import { RECORD_HEADER_SIZE } from "../../src/protocol/record.ts";
import { decodeGolden, encodeGolden, type GoldenLogFacts, rootsText } from "./golden-log.ts";
import { kindsOf, replayGolden, sealGolden, snapshotBehind } from "./replay-golden.ts";

const BYTES_MAX = 300 * 1024;

const versions = readdirSync(import.meta.dir)
  .map((name) => Number(/^rules-(\d+)$/.exec(name)?.[1] ?? 0))
  .filter((version) => version > 0)
  .toSorted((a, b) => a - b);

function logsOf(version: number): GoldenLogFacts[] {
  const path = join(import.meta.dir, `rules-${version}`, "golden.json");
  return JSON.parse(readFileSync(path, "utf8")) as GoldenLogFacts[];
}

const fileOf = (version: number, name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(import.meta.dir, `rules-${version}`, name)));

const rising = (values: Iterable<number>): number[] => [...values].toSorted((a, b) => a - b);

/** The values of the constants whose name begins so. */
function named(prefix: string): number[] {
  const found = Object.entries(codes).filter(([name]) => name.startsWith(prefix));
  return rising(found.map(([, value]) => Number(value)));
}

test("every released version has them, and they are small", () => {
  expect(versions).toEqual(Array.from({ length: codes.RULES_VERSION }, (_, i) => i + 1));
  const files = versions.flatMap((version) =>
    logsOf(version).flatMap(({ shards }) => shards.map(({ file }) => fileOf(version, file).length)),
  );
  expect(files.reduce((sum, size) => sum + size, 0)).toBeLessThan(BYTES_MAX);
});

describe.each(versions)("rules version %d", (version) => {
  const logs = logsOf(version);

  test("all commands and all kinds of reports are in the logs, and several shards", () => {
    const commands = new Set<number>();
    const reports = new Set<number>();
    for (const { shards } of logs) {
      for (const { file } of shards) {
        const records = decodeGolden(fileOf(version, file));
        for (const kind of kindsOf(records)) reports.add(kind);
        for (const bytes of records) {
          const at = RECORD_HEADER_SIZE + FRAME_HEADER_SIZE;
          if (bytes.length > at) commands.add(viewOf(bytes).getUint8(at));
        }
      }
    }
    expect(rising(commands)).toEqual(named("COMMAND_"));
    expect(rising(reports)).toEqual(named("REPORT_"));
    expect(logs.some(({ shards }) => shards.length > 2)).toBe(true);
  });

  describe.each(logs)("$name", ({ venue, shards }) => {
    const read = shards.map((facts) => ({
      facts,
      shard: facts.shard,
      records: decodeGolden(fileOf(version, facts.file)),
    }));

    test("the files are those that were made, and one writes them so", () => {
      for (const { facts, records, shard } of read) {
        const bytes = fileOf(version, facts.file);
        expect([sha256(bytes).toHex(), records.length]).toEqual([facts.sum, facts.records]);
        expect(encodeGolden(records, shard, Uint8Array.fromHex(venue)).toHex()).toBe(bytes.toHex());
      }
    });

    test("both engines give these reports, this chain and this state, from a snapshot too", () => {
      for (const { facts, records } of read) {
        const { chain, reports, roots } = facts;
        const half = Math.floor(records.length / 2);
        expect(replayGolden(records, "naive")).toEqual({ chain, reports, roots });
        expect(replayGolden(records, "fast")).toEqual({ chain, reports, roots });
        expect(replayGolden(records, "fast", half)).toEqual({ chain, reports, roots });
      }
    });

    test("settled and exported they give these notes, and the verifier says yes", async () => {
      const { notes, verdicts } = await sealGolden(read, Uint8Array.fromHex(venue));
      expect(notes).toEqual(shards.map((facts) => facts.notes));
      const counts = shards.map(({ shard, records, checkpoints }) => {
        return { shard, records, checkpoints };
      });
      expect(verdicts).toMatchObject([
        { ok: true, isPinned: true, shards: counts },
        { ok: true, isPinned: true, shards: counts },
      ]);
    });
  });
});

/** Of the state behind the last record of the first log of version 1. */
test("a snapshot of this build's layout is the golden one, and gives the golden state", () => {
  const facts = logsOf(1)[0]?.shards[0];
  const records = decodeGolden(fileOf(1, facts!.file));
  const golden = fileOf(1, `snapshot-${SNAPSHOT_VERSION}.bin`);
  const { snapshot } = snapshotBehind(records);
  expect(snapshot.toHex()).toBe(golden.toHex());
  const restored = Engine.restore(records[0]!.slice(RECORD_HEADER_SIZE), golden, {
    levels: createLevels,
    roots: true,
  });
  if (typeof restored === "string") throw new Error(restored);
  expect(rootsText(restored.engine.roots())).toEqual(facts!.roots);
  expect(restored.chain.toHex()).toBe(facts!.chain);
});
