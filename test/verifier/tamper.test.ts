/**
 * Whatever is changed in an export, the verifier says no and names it. So it does to a liar who
 * recomputes every hash and chain but lacks the keys.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { openVerifiers, type SignatureVerifier } from "../../src/edges/verify.ts";
import { ENTRY_HEADER_SIZE, SEGMENT_HEADER_SIZE } from "../../src/protocol/segment.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { type Verdict, verifyExport } from "../../src/verifier/verify-export.ts";
import * as venueOfTests from "../support/sealed-venue.ts";

const { OPERATOR, CHECKPOINT, sealVenue, seeded, smallGenesis, smallLife } = venueOfTests;

const root = mkdtempSync(join(tmpdir(), "clob-tamper-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const honest = join(root, "honest");
let venue: Uint8Array;
let verifier: SignatureVerifier;
let records: Uint8Array[];

beforeAll(async () => {
  verifier = (await openVerifiers()).fast;
  records = smallLife(smallGenesis(OPERATOR, CHECKPOINT), OPERATOR);
  venue = await sealVenue(records, CHECKPOINT, honest);
  rmSync(join(honest, "settlement"), { recursive: true });
});

function verify(dir: string, pinned: Uint8Array | null = venue): Verdict {
  return verifyExport({ dir, venue: pinned, verifier, openEngine: judgeEngine("fast") });
}

function filesOf(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(dir, name)).isFile())
    .sort();
}

describe("an honest export", () => {
  test("is true by either engine, pinned and unpinned", () => {
    expect(verify(honest)).toMatchObject({ ok: true, isPinned: true });
    expect(verify(honest, null)).toMatchObject({ ok: true, isPinned: false });
    const openEngine = judgeEngine("naive");
    expect(verifyExport({ dir: honest, venue, verifier, openEngine })).toMatchObject({ ok: true });
  });

  test("of another venue is not the one that was asked for", () => {
    const verdict = verify(honest, new Uint8Array(32));
    expect(verdict).toMatchObject({ ok: false, what: "record", place: 1 });
  });
});

describe("a changed byte", () => {
  const FLIPS = 600;

  test(`is named wherever it is: ${FLIPS} random ones over all files`, () => {
    const seed = Number(process.env["SEED"] ?? 20_261_122);
    const random = new Prng(seed);
    const files = filesOf(honest);
    const sizes = files.map((name) => statSync(join(honest, name)).size);
    const passed: string[] = [];
    for (let i = 0; i < FLIPS; i++) {
      // Every file comes up often, however small it is.
      const file = i % 2 === 0 ? random.pick(files) : byBytes(files, sizes, random);
      const path = join(honest, file);
      const before = readFileSync(path);
      const at = random.below(before.length);
      const after = Buffer.from(before);
      after[at] = after[at]! ^ (1 << random.below(8));
      writeFileSync(path, after);
      const verdict = verify(honest);
      writeFileSync(path, before);
      if (verdict.ok || !isNamed(verdict, file, at)) {
        const said = verdict.ok ? "yes" : verdict.sentence;
        passed.push(`seed ${seed}, ${file} byte ${at}: ${said}`);
      }
    }
    expect(passed).toEqual([]);
    expect(verify(honest)).toMatchObject({ ok: true });
  }, 60_000);

  function byBytes(files: readonly string[], sizes: readonly number[], random: Prng): string {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    let at = random.below(total);
    for (const [i, size] of sizes.entries()) {
      if (at < size) return files[i]!;
      at -= size;
    }
    return files[0]!;
  }

  /** The verdict names the object that the file holds, and of a record its very position. */
  function isNamed(verdict: Extract<Verdict, { ok: false }>, file: string, at: number): boolean {
    const { what, place } = verdict;
    if (file.endsWith(".seg")) {
      const position = positionAt(at);
      if (position === 0) return what === "segment" && place === 1;
      return what === "record" && place === position;
    }
    if (file.endsWith("commitments")) return what === "commitment";
    if (file.endsWith(".note")) return file.endsWith(what);
    return what === "tile" || file.endsWith(what);
  }

  /** Which record lies at this offset of the only segment; 0 for its header, 1 for the entry's. */
  function positionAt(offset: number): number {
    if (offset < SEGMENT_HEADER_SIZE) return 0;
    let end = SEGMENT_HEADER_SIZE + ENTRY_HEADER_SIZE;
    if (offset < end) return 1;
    return 1 + records.findIndex((record) => offset < (end += record.length));
  }
});

describe("a changed record", () => {
  test("is named by its very position", async () => {
    for (const position of [2, 9, 17, records.length]) {
      const dir = join(root, `record-${position}`);
      cpSync(honest, dir, { recursive: true });
      const [segment] = filesOf(dir).filter((name) => name.endsWith(".seg"));
      if (segment === undefined) throw new Error("there is a segment");
      const path = join(dir, segment);
      const bytes = readFileSync(path);
      const record = Buffer.from(records[position - 1]!);
      const at = bytes.indexOf(record) + 8;
      bytes[at] = bytes[at]! ^ 1;
      writeFileSync(path, bytes);
      expect(verify(dir)).toMatchObject({ ok: false, what: "record", place: position });
    }
  });
});

describe("a missing object", () => {
  test("is named, whichever it is", () => {
    const files = filesOf(honest);
    for (const [i, file] of files.entries()) {
      const dir = join(root, `missing-${i}`);
      cpSync(honest, dir, { recursive: true });
      rmSync(join(dir, file));
      expect({ file, ok: verify(dir).ok }).toEqual({ file, ok: false });
    }
    expect(files.map((file) => relative("shard-1", file)).length).toBeGreaterThan(4);
  });
});

describe("a liar who recomputes everything but lacks the keys", () => {
  const lies: readonly [string, (records: Uint8Array[]) => Uint8Array[]][] = [
    ["drops a record", (list) => list.filter((_, i) => i !== 20)],
    ["swaps two orders", (list) => list.map((one, i) => swapped(list, i) ?? one)],
    ["moves a log time", (list) => list.map((one, i) => (i === 12 ? later(one) : one))],
    ["cuts the end off", (list) => list.slice(0, -5)],
    ["repeats an order", (list) => [...list, later(list.at(-1)!)]],
  ];

  function swapped(list: readonly Uint8Array[], i: number): Uint8Array | null {
    const other = i === 14 ? list[15] : i === 15 ? list[14] : undefined;
    if (other === undefined) return null;
    const time = new DataView(list[i]!.buffer).getBigUint64(8, true);
    const moved = other.slice();
    new DataView(moved.buffer).setBigUint64(8, time, true);
    return moved;
  }

  function later(record: Uint8Array): Uint8Array {
    const moved = record.slice();
    const view = new DataView(moved.buffer);
    view.setBigUint64(8, view.getBigUint64(8, true) + 1n, true);
    return moved;
  }

  for (const [name, lie] of lies) {
    test(`${name}: the notes are not signed by the checkpoint key`, async () => {
      const dir = join(root, `liar-${name.replaceAll(" ", "-")}`);
      await sealVenue(lie(records), seeded(66), dir);
      expect(verify(dir)).toMatchObject({ ok: false, what: "in.note" });
    });
  }

  test("forges an order: with the checkpoint key even, the signature gives it away", async () => {
    const forged = records.map((record, i) => {
      if (i !== 10) return record;
      const changed = record.slice();
      changed[24 + 72 + 20] = 9; // The quantity of the order.
      return changed;
    });
    const dir = join(root, "liar-forger");
    await sealVenue(forged, CHECKPOINT, dir);
    expect(verify(dir)).toMatchObject({ ok: false, what: "record", place: 11 });
  });

  test("makes a whole venue of its own: only the venue id tells, and it does", async () => {
    const operator = seeded(67);
    const own = smallLife(smallGenesis(operator, seeded(66)), operator);
    const dir = join(root, "liar-venue");
    await sealVenue(own, seeded(66), dir);
    expect(verify(dir, null)).toMatchObject({ ok: true, isPinned: false });
    expect(verify(dir)).toMatchObject({ ok: false, what: "record", place: 1 });
  });
});
