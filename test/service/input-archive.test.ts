/** Records from an export: those that were signed for, or a sentence that names the wrong object. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { viewOf } from "../../src/base/bytes.ts";
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import { ExportStore } from "../../src/edges/export-store.ts";
import { Gone, type InputReader, LogFault, type ShardLog } from "../../src/edges/log.ts";
import { seal, unseal, type Unsealed } from "../../src/edges/sealed-object.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { decodeGenesis, type Genesis, venueOf } from "../../src/protocol/genesis.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { ArchivedLog } from "../../src/service/archived-log.ts";
import { ExportSource } from "../../src/service/export-source.ts";
import { InputArchive, WrongExport } from "../../src/service/input-archive.ts";
import {
  CHECKPOINT,
  listLog,
  OPERATOR,
  recordOf,
  sealVenue,
  seeded,
  smallGenesis,
  smallLife,
} from "../support/sealed-venue.ts";

const { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } = fs;
const NEVER = new AbortController().signal;
const dir = mkdtempSync(join(tmpdir(), "clob-archive-"));
const genesisFrame = smallGenesis(OPERATOR, CHECKPOINT);
const records = smallLife(genesisFrame, OPERATOR);
const genesis = decodeGenesis(genesisFrame) as Genesis;
const venue = venueOf(genesisFrame, genesis);

beforeAll(async () => {
  await sealVenue(records, CHECKPOINT, join(dir, "right"));
  // The same but for the last record, and for who signed it.
  const last = new RecordView();
  readRecord(viewOf(records.at(-1)!), 0, last);
  const tick = recordOf(new Uint8Array(0), last.logTime + 1);
  await sealVenue([...records.slice(0, -1), tick], CHECKPOINT, join(dir, "other"));
  await sealVenue(records, seeded(9), join(dir, "stranger"));
});
afterAll(() => rmSync(dir, { recursive: true }));

function archiveAt(name: string): InputArchive {
  const store = new ExportStore(new DirectoryStore(join(dir, name)), 1);
  const openVerifier = async () => (await openVerifiers()).reference;
  return new InputArchive({
    source: new ExportSource(store),
    shard: 1,
    venue,
    genesis,
    openVerifier,
  });
}

async function readAll(archive: InputArchive): Promise<Uint8Array[]> {
  const batches: Uint8Array[] = [];
  for (let after = 0; ; ) {
    const batch = await archive.read(after);
    if (batch === null) return batches;
    batches.push(batch.bytes);
    after += batch.count;
  }
}

/** A copy of the right export, changed. */
function changed(change: (shard: string) => void): InputArchive {
  const name = crypto.randomUUID();
  cpSync(join(dir, "right"), join(dir, name), { recursive: true });
  change(join(dir, name, "shard-1"));
  return archiveAt(name);
}

function filesIn(shard: string, end: string): string[] {
  const names = readdirSync(shard, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.includes(end));
}

describe("records from the export", () => {
  test("are those that were sealed, from any position on", async () => {
    const archive = archiveAt("right");
    expect(await archive.covered()).toBe(records.length);
    expect(Buffer.concat(await readAll(archive))).toEqual(Buffer.concat(records));
    const batch = await archive.read(12);
    expect([batch?.first, batch?.count]).toEqual([13, records.length - 12]);
    expect(Buffer.from(batch!.bytes)).toEqual(Buffer.concat(records.slice(12)));
  });

  test("that were not signed for are named, and not handed out", async () => {
    const archive = changed((shard) => {
      for (const path of filesIn(shard, ".zst")) {
        writeFileSync(path, readFileSync(path.replace(shard, join(dir, "other", "shard-1"))));
      }
    });
    const reading = readAll(archive);
    await expect(reading).rejects.toBeInstanceOf(WrongExport);
    await expect(reading).rejects.toThrow(`record ${records.length} is not the one`);
  });

  test("under the note of another key are refused", async () => {
    await expect(readAll(archiveAt("stranger"))).rejects.toThrow("in.note");
  });

  test("under a note that its key did not sign are refused", async () => {
    const archive = changed((shard) => {
      const path = join(shard, "in.note");
      const note = readFileSync(path, "utf8");
      const at = note.length - 20; // Within the signature.
      const other = note[at] === "A" ? "B" : "A";
      writeFileSync(path, note.slice(0, at) + other + note.slice(at + 1));
    });
    await expect(readAll(archive)).rejects.toThrow("in.note");
  });

  test.each([".zst", "tile"])(
    "with a changed bit or nothing where %s was are refused",
    async (end) => {
      const damaged = changed((shard) => {
        const path = filesIn(shard, end).at(-1)!;
        const bytes = readFileSync(path);
        const at = bytes.length >> 1;
        bytes[at] = bytes[at]! ^ 8;
        writeFileSync(path, bytes);
      });
      await expect(readAll(damaged)).rejects.toBeInstanceOf(WrongExport);
      const missing = changed((shard) => {
        for (const path of filesIn(shard, end)) rmSync(path);
      });
      await expect(readAll(missing)).rejects.toBeInstanceOf(WrongExport);
    },
  );
});

describe("a log without its beginning", () => {
  /** It begins at that position. */
  function trimmed(begin: number): ShardLog {
    const log = listLog(records, 1);
    const openInputReader = async (): Promise<InputReader> => {
      const reader = await log.openInputReader();
      const read: InputReader["read"] = async (after, bytesMax, stop) => {
        if (after + 1 < begin) throw new Gone(begin, `position ${after + 1}`);
        return reader.read(after, bytesMax, stop);
      };
      return { ...reader, read };
    };
    return { ...log, openInputReader };
  }

  test("an export that holds more than a position is known, signed for or not", async () => {
    const name = crypto.randomUUID();
    cpSync(join(dir, "right"), join(dir, name), { recursive: true });
    const source = new ExportSource(new ExportStore(new DirectoryStore(join(dir, name)), 1));
    const covered = await archiveAt(name).covered();
    expect(await source.reachesBeyond(covered)).toBe(false);
    expect(await source.reachesBeyond(covered - 1)).toBe(true);
    // Steps that were cut off: their records are there, and nobody has signed for them.
    const shard = join(dir, name, "shard-1");
    const part = ExportStore.partSegmentName(covered, covered + 3);
    mkdirSync(join(shard, dirname(part)));
    cpSync(filesIn(shard, ".zst")[0]!, join(shard, part));
    expect(await source.reachesBeyond(covered)).toBe(true);
    expect(await source.reachesBeyond(covered + 3)).toBe(false);
    rmSync(join(shard, part));
    // A whole one that was begun before the position.
    const segments = await new ExportStore(new DirectoryStore(join(dir, name)), 1).segments();
    const whole = join(shard, segments.findLast(({ last }) => last === null)!.name);
    const kept = readFileSync(whole);
    const { header, bytes } = unseal(kept, 1 << 24) as Unsealed;
    writeFileSync(whole, await seal({ ...header, last: covered + 1 }, bytes));
    expect(await source.reachesBeyond(covered)).toBe(true);
    writeFileSync(whole, kept);
    expect(await source.reachesBeyond(covered)).toBe(false);
    const next = ExportStore.segmentName(covered + 1);
    cpSync(filesIn(join(dir, name, "shard-1"), ".zst")[0]!, join(dir, name, "shard-1", next));
    expect(await source.reachesBeyond(covered)).toBe(true);
  });

  test("reads on from export to log without a seam", async () => {
    for (const begin of [2, 17, records.length]) {
      const log = new ArchivedLog(trimmed(begin), () => archiveAt("right"));
      const reader = await log.openInputReader();
      const seen: Uint8Array[] = [];
      for (let after = 0; after < records.length; ) {
        const batch = await reader.read(after, 1, NEVER);
        expect(batch!.first).toBe(after + 1);
        seen.push(batch!.bytes);
        after += batch!.count;
      }
      expect(Buffer.concat(seen)).toEqual(Buffer.concat(records));
    }
  });

  test("a store that hangs does not hold up a stop", async () => {
    const stop = new AbortController();
    const asked = Promise.withResolvers<void>();
    const read = (): Promise<never> => {
      asked.resolve();
      return new Promise(() => undefined);
    };
    const archive = Object.assign(archiveAt("right"), { read });
    const log = new ArchivedLog(trimmed(9), () => archive);
    const reader = await log.openInputReader();
    const batch = reader.read(0, 1, stop.signal);
    await asked.promise;
    stop.abort();
    expect(await batch).toBe(null);
  });

  test("names the records that are nowhere", async () => {
    const log = new ArchivedLog(trimmed(9), () => archiveAt("nothing"));
    const reader = await log.openInputReader();
    const reading = reader.read(3, 1, NEVER);
    await expect(reading).rejects.toBeInstanceOf(LogFault);
    await expect(reading).rejects.toThrow(
      "records 4 to 8 are neither in the log nor in the export",
    );
  });
});
