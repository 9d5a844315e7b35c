/** The embedded log under the conformance suite, and reading that jumps over its files. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { openSegmentLog } from "../../src/edges/segment-log.ts";
import { conformance } from "./conformance.ts";
import { frameOf, readAll, SHARD } from "./records.ts";
import { SegmentStand } from "./segment-stand.ts";

conformance("segment", async () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-log-"));
  return {
    open: async () =>
      openSegmentLog({ dir, shard: SHARD, segmentBytesMax: 65_536, clockDifferenceMsMax: 5000 }),
    dispose: async () => rmSync(dir, { recursive: true }),
  };
});

test("jumps over segments and over known places find what reading on finds", async () => {
  await using stand = new SegmentStand();
  const sizes = { segmentBytesMax: 4_000_000 };
  const writer = await (await stand.create(sizes)).openInputWriter();
  const random = new Prng(3);
  for (let i = 0; i < 60; i++) {
    const next = writer.tip() + 1;
    const count = random.between(1, 12);
    await writer.append(Array.from({ length: count }, (_, j) => frameOf(next + j, 30_000)));
  }
  expect(stand.segments("in").length).toBeGreaterThan(2);
  const reader = await stand.open().openInputReader();
  for (let i = 0; i < 200; i++) {
    const after = random.between(1, writer.tip() - 1);
    const [first, ...more] = await readAll(reader, after, after + 1, random.between(1, 200_000));
    expect([first?.position, first?.number]).toEqual([after + 1, after + 1]);
    for (const { position, number } of more) expect(number).toBe(position);
  }
});
