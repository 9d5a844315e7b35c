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
import { viewOf } from "../../src/base/bytes.ts";
import { seal, unseal } from "../../src/edges/sealed-object.ts";
import { signCheckpoint } from "../../src/proofs/checkpoint-note.ts";
import { noteKey } from "../../src/proofs/signed-note.ts";
import { SEALED_HEADER_SIZE } from "../../src/protocol/sealed.ts";
import {
  ENTRY_HEADER_SIZE,
  sealEntry,
  SEGMENT_HEADER_SIZE,
  SEGMENT_INPUT,
} from "../../src/protocol/segment.ts";
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

function verify(dir: string, pinned: Uint8Array | null = venue): Promise<Verdict> {
  return verifyExport({ from: dir, venue: pinned, verifier, openEngine: judgeEngine("fast") });
}

function filesOf(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.startsWith(".") && statSync(join(dir, name)).isFile())
    .sort();
}

describe("an honest export", () => {
  test("is true by either engine, pinned and unpinned", async () => {
    expect(await verify(honest)).toMatchObject({ ok: true, isPinned: true });
    expect(await verify(honest, null)).toMatchObject({ ok: true, isPinned: false });
    const openEngine = judgeEngine("naive");
    expect(await verifyExport({ from: honest, venue, verifier, openEngine })).toMatchObject({
      ok: true,
    });
  });

  test("of another venue is not the one that was asked for", async () => {
    const verdict = await verify(honest, new Uint8Array(32));
    expect(verdict).toMatchObject({ ok: false, what: "record", place: 1 });
  });
});

describe("a changed byte", () => {
  const FLIPS = 600;

  test(`is named wherever it is: ${FLIPS} random ones over all files`, async () => {
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
      const verdict = await verify(honest);
      writeFileSync(path, before);
      if (verdict.ok || !isNamed(verdict, file)) {
        const said = verdict.ok ? "yes" : verdict.sentence;
        passed.push(`seed ${seed}, ${file} byte ${at}: ${said}`);
      }
    }
    expect(passed).toEqual([]);
    expect(await verify(honest)).toMatchObject({ ok: true });
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
  function isNamed(verdict: Extract<Verdict, { ok: false }>, file: string): boolean {
    const { what, place } = verdict;
    if (file.endsWith(".zst")) {
      const [first = 0, last = first] = (file.match(/\d{20}/g) ?? []).map(Number);
      if (what === "segment") return place === first;
      return what === "record" && place >= first && (place <= last || last === first);
    }
    if (file.includes("commitments/")) return what === "commitment";
    if (file.endsWith(".note") || file.endsWith("latest")) return file.endsWith(what);
    return what === "tile" || file.endsWith(what);
  }
});

interface SegmentOnDisk {
  readonly path: string;
  readonly first: number;
  readonly count: number;
  readonly bytes: Buffer;
  write(bytes: Uint8Array): Promise<void>;
}

/** The segment of an export that holds this record, and how to seal other bytes in its place. */
function segmentOf(dir: string, position: number): SegmentOnDisk {
  for (const name of filesOf(dir).filter((file) => file.endsWith(".zst"))) {
    const path = join(dir, name);
    const unsealed = unseal(readFileSync(path), 1 << 24);
    if (typeof unsealed === "string") throw new Error(unsealed);
    const { header, bytes } = unsealed;
    const { first, last } = header;
    if (position < first || position > last) continue;
    const write = async (changed: Uint8Array): Promise<void> =>
      writeFileSync(path, await seal(header, changed));
    return { path, first, count: last - first + 1, bytes: Buffer.from(bytes), write };
  }
  throw new Error(`no segment has record ${position}`);
}

describe("a changed record", () => {
  test("is named by its very position, whatever was made anew around it", async () => {
    for (const position of [2, 9, 17, records.length]) {
      const dir = join(root, `record-${position}`);
      cpSync(honest, dir, { recursive: true });
      const { bytes, first, count, write } = segmentOf(dir, position);
      const record = Buffer.from(records[position - 1]!);
      const at = bytes.indexOf(record) + 8;
      bytes[at] = bytes[at]! ^ 1;
      await write(bytes);
      expect(await verify(dir)).toMatchObject({ ok: false, what: "record", place: position });
      const begin = SEGMENT_HEADER_SIZE + ENTRY_HEADER_SIZE;
      const logTime = Number(viewOf(records[first - 1]!).getBigUint64(8, true));
      const header = { kind: SEGMENT_INPUT, first, count, logTime };
      sealEntry(bytes, { at: SEGMENT_HEADER_SIZE, size: bytes.length - begin, salt: 0 }, header);
      await write(bytes);
      expect(await verify(dir)).toMatchObject({ ok: false, what: "record", place: position });
    }
  });

  test("a byte of an entry's header that is sealed anew is named", async () => {
    const dir = join(root, "entry");
    cpSync(honest, dir, { recursive: true });
    const { bytes, write } = segmentOf(dir, 2);
    for (let at = 0; at < SEGMENT_HEADER_SIZE + ENTRY_HEADER_SIZE; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ 1;
      await write(changed);
      const verdict = await verify(dir);
      if (verdict.ok) throw new Error(`byte ${at} was not missed`);
      expect(["segment", "record"]).toContain(verdict.what);
    }
    await write(bytes);
    expect(await verify(dir)).toMatchObject({ ok: true });
  });

  test("an object that holds more than it says is refused before it is unpacked", async () => {
    const dir = join(root, "bomb");
    cpSync(honest, dir, { recursive: true });
    const { path } = segmentOf(dir, 1);
    const object = readFileSync(path);
    const bomb = await Bun.zstdCompress(new Uint8Array(1 << 26));
    writeFileSync(path, Buffer.concat([object.subarray(0, SEALED_HEADER_SIZE), bomb]));
    expect(await verify(dir)).toMatchObject({ ok: false, what: "segment", place: 1 });
    object.writeUInt32LE(0xffff_ffff, 28);
    writeFileSync(path, object);
    const verdict = await verify(dir);
    expect(verdict.ok ? "" : verdict.sentence).toContain("it says to hold 4294967295 bytes");
  });
});

describe("a head of the checkpoint key's own", () => {
  test("over other commitments or records is named", async () => {
    const key = noteKey(venue.toHex(), CHECKPOINT.publicKey);
    const write = (dir: string, name: string, change: (lines: string[]) => void): void => {
      const path = join(dir, "shard-1", name);
      const lines = readFileSync(path, "utf8").split("\n").slice(0, 3);
      change(lines);
      const [origin = "", size, base64 = ""] = lines;
      const head = { origin, size: Number(size), root: Uint8Array.fromBase64(base64) };
      writeFileSync(
        path,
        signCheckpoint(head, key, (message) => CHECKPOINT.sign(message)),
      );
    };
    for (const name of ["state.note", "in.note"]) {
      const dir = join(root, `head-${name}`);
      cpSync(honest, dir, { recursive: true });
      write(dir, name, () => {});
      expect(await verify(dir)).toMatchObject({ ok: true });
      write(dir, name, (lines) => (lines[2] = new Uint8Array(32).fill(5).toBase64()));
      const what = name === "in.note" ? "tile" : name;
      expect(await verify(dir)).toMatchObject({ ok: false, what });
    }
  });
});

describe("a missing object", () => {
  test("is named, whichever it is", async () => {
    const files = filesOf(honest);
    for (const [i, file] of files.entries()) {
      const dir = join(root, `missing-${i}`);
      cpSync(honest, dir, { recursive: true });
      rmSync(join(dir, file));
      expect({ file, ok: (await verify(dir)).ok }).toEqual({ file, ok: false });
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
      expect(await verify(dir)).toMatchObject({ ok: false, what: "in.note" });
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
    expect(await verify(dir)).toMatchObject({ ok: false, what: "record", place: 11 });
  });

  test("makes a whole venue of its own: only the venue id tells, and it does", async () => {
    const operator = seeded(67);
    const own = smallLife(smallGenesis(operator, seeded(66)), operator);
    const dir = join(root, "liar-venue");
    await sealVenue(own, seeded(66), dir);
    expect(await verify(dir, null)).toMatchObject({ ok: true, isPinned: false });
    expect(await verify(dir)).toMatchObject({ ok: false, what: "record", place: 1 });
  });
});
