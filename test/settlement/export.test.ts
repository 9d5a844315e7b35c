/**
 * Exports: the same log gives the same objects however often and by whomever it is exported, and
 * what lies there already is never replaced.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogFault } from "../../src/edges/log.ts";
import { StoreConflict } from "../../src/edges/object-store.ts";
import { seal, unseal } from "../../src/edges/sealed-object.ts";
import { openVerifiers, type SignatureVerifier } from "../../src/edges/verify.ts";
import { SEALED_HEADER_SIZE } from "../../src/protocol/sealed.ts";
import { exportShard } from "../../src/settlement-plane/export.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { type Verdict, verifyExport } from "../../src/verifier/verify-export.ts";
import * as venueOfTests from "../support/sealed-venue.ts";

const { OPERATOR, CHECKPOINT, listLog, sealVenue, seeded, smallGenesis, smallLife } = venueOfTests;

const root = fs.mkdtempSync(join(tmpdir(), "clob-export-"));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** 43 records, 2 s apart: nine steps. */
const records = smallLife(smallGenesis(OPERATOR, CHECKPOINT), OPERATOR, 2_000_000);
let verifier: SignatureVerifier;
let venue: Uint8Array;
const whole = join(root, "whole");

beforeAll(async () => {
  verifier = (await openVerifiers()).fast;
  venue = await sealVenue(records, CHECKPOINT, whole);
});

function verify(from: string): Promise<Verdict> {
  return verifyExport({ from, venue, verifier, openEngine: judgeEngine("fast") });
}

function objectsOf(dir: string): Map<string, Buffer> {
  const shard = join(dir, "shard-1");
  const names = fs.readdirSync(shard, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => fs.statSync(join(shard, name)).isFile());
  return new Map(files.sort().map((name) => [name, fs.readFileSync(join(shard, name))]));
}

test("a step ends with the first commitment of each 10 s of log time", () => {
  const names = [...objectsOf(whole).keys()];
  const segments = names.filter((name) => name.startsWith("in/"));
  const firsts = segments.map((name) => Number(name.match(/\d{20}/)?.[0]));
  expect(firsts).toEqual([1, 2, 7, 12, 17, 22, 27, 32, 37, 42]);
  expect(segments.filter((name) => name.includes(".p/"))).toHaveLength(1);
  expect(names.filter((name) => name.startsWith("commitments/"))).toHaveLength(10);
});

test("an export that grew is the one that was made at once, and is true each time", async () => {
  const dir = join(root, "grown");
  const seen = new Map<string, Buffer>();
  const pointers = ["latest", "in.note", "state.note"];
  for (const count of [1, 2, 3, 8, 9, 20, 20, 33, records.length]) {
    await sealVenue(records.slice(0, count), CHECKPOINT, dir);
    fs.rmSync(join(dir, "settlement"), { recursive: true });
    expect(await verify(dir)).toMatchObject({ ok: true, shards: [{ records: count }] });
    for (const [name, bytes] of objectsOf(dir)) {
      if (!pointers.includes(name)) expect(bytes).toEqual(seen.get(name) ?? bytes);
      seen.set(name, bytes);
    }
  }
  for (const [name, bytes] of objectsOf(whole)) expect(seen.get(name)).toEqual(bytes);
});

test("an older copy of the venue takes nothing back", async () => {
  const dir = join(root, "older");
  await sealVenue(records, CHECKPOINT, dir);
  const before = objectsOf(dir);
  fs.rmSync(join(dir, "settlement"), { recursive: true });
  await sealVenue(records.slice(0, 20), CHECKPOINT, dir);
  expect(objectsOf(dir)).toEqual(before);
});

test("what another version of zstd has packed otherwise is the same, and stays", async () => {
  const dir = join(root, "repacked");
  fs.cpSync(whole, dir, { recursive: true });
  const others = new Map<string, Buffer>();
  for (const [name, bytes] of objectsOf(dir)) {
    if (!name.endsWith(".zst")) continue;
    const unsealed = unseal(bytes, 1 << 24);
    if (typeof unsealed === "string") throw new Error(unsealed);
    const packed = Bun.zstdCompressSync(unsealed.bytes, { level: 19 });
    others.set(name, Buffer.concat([bytes.subarray(0, SEALED_HEADER_SIZE), packed]));
    expect(others.get(name)).not.toEqual(bytes);
    fs.writeFileSync(join(dir, "shard-1", name), others.get(name)!);
  }
  // Nothing says how far it goes, so all of it is made again.
  for (const name of ["latest", "in.note", "state.note"]) fs.rmSync(join(dir, "shard-1", name));
  await sealVenue(records, CHECKPOINT, dir);
  for (const [name, bytes] of others) expect(objectsOf(dir).get(name)).toEqual(bytes);
  expect(await verify(dir)).toMatchObject({ ok: true, shards: [{ records: records.length }] });
});

test("a segment with other records under the same name is another truth", async () => {
  const dir = join(root, "conflict");
  fs.cpSync(whole, dir, { recursive: true });
  const [name = ""] = [...objectsOf(dir).keys()].filter((one) => one.startsWith("in/"));
  const path = join(dir, "shard-1", name);
  const unsealed = unseal(fs.readFileSync(path), 1 << 24);
  if (typeof unsealed === "string") throw new Error(unsealed);
  unsealed.bytes[200]! ^= 1;
  fs.writeFileSync(path, await seal(unsealed.header, unsealed.bytes));
  for (const pointer of ["latest", "in.note", "state.note"]) {
    fs.rmSync(join(dir, "shard-1", pointer));
  }
  await expect(sealVenue(records, CHECKPOINT, dir)).rejects.toBeInstanceOf(StoreConflict);
});

test("where another venue's export lies nothing is written", async () => {
  const dir = join(root, "other");
  const other = smallLife(smallGenesis(seeded(50), CHECKPOINT), seeded(50));
  await sealVenue(other, CHECKPOINT, dir);
  const before = objectsOf(dir);
  const settlementDir = join(whole, "settlement");
  const exporting = exportShard({ log: listLog(records, 1), venue, settlementDir, out: dir });
  await expect(exporting).rejects.toThrow("another venue");
  expect(objectsOf(dir)).toEqual(before);
});

test("of a log that is not the one that was signed nothing is published", async () => {
  const dir = join(root, "false");
  const changed = records.map((record, i) => (i === 30 ? record.slice().fill(9, 8, 9) : record));
  const settlementDir = join(whole, "settlement");
  const log = listLog(changed, 1);
  const exporting = exportShard({ log, venue, settlementDir, out: dir });
  await expect(exporting).rejects.toBeInstanceOf(LogFault);
  for (const name of ["latest", "in.note", "state.note"]) {
    expect(fs.existsSync(join(dir, "shard-1", name))).toBe(false);
  }
  // None of its records is there either: with the true log the same place is taken up again.
  await exportShard({ log: listLog(records, 1), venue, settlementDir, out: dir });
  expect(await verify(dir)).toMatchObject({ ok: true, shards: [{ records: records.length }] });
});
