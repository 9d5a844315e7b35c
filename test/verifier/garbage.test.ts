/**
 * Whatever lies in a directory that is called an export, there is a verdict: no crash, no hang, no
 * memory without end. And an error of our own is never called somebody's lie.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openVerifiers, type SignatureVerifier } from "../../src/edges/verify.ts";
import { signCheckpoint } from "../../src/proofs/checkpoint-note.ts";
import { inputOrigin } from "../../src/proofs/checkpointer.ts";
import { noteKey } from "../../src/proofs/signed-note.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { type Verdict, verifyExport } from "../../src/verifier/verify-export.ts";
import * as venueOfTests from "../support/sealed-venue.ts";

const { OPERATOR, CHECKPOINT, sealVenue, smallGenesis, smallLife } = venueOfTests;

const root = fs.mkdtempSync(join(tmpdir(), "clob-garbage-"));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const honest = join(root, "honest");
const OBJECTS = ["latest", "in.note", "state.note"];
let venue: Uint8Array;
let verifier: SignatureVerifier;

beforeAll(async () => {
  verifier = (await openVerifiers()).fast;
  const genesis = smallGenesis(OPERATOR, CHECKPOINT);
  const records = smallLife(genesis, OPERATOR);
  venue = await sealVenue(records, CHECKPOINT, honest);
  const names = fs.readdirSync(join(honest, "shard-1"), { recursive: true, encoding: "utf8" });
  others = names.filter((name) => /^(?:in|commitments)\/.*\d{20}\.?[a-z]*$/.test(name));
  others = others.filter((name) => fs.statSync(join(honest, "shard-1", name)).isFile());
  others.push(`tile/0/000.p/${records.length}`);
});

function verify(dir: string): Promise<Verdict> {
  return verifyExport({ from: dir, venue, verifier, openEngine: judgeEngine("fast") });
}

let copies = 0;

function copy(): { dir: string; shard: string } {
  const dir = join(root, `copy-${++copies}`);
  fs.cpSync(honest, dir, { recursive: true });
  return { dir, shard: join(dir, "shard-1") };
}

/** The only tile: as wide as there are records; the only segment; the only commitments. */
let others: string[];

async function expectNo(replace: (path: string) => void): Promise<void> {
  for (const object of [...OBJECTS, ...others]) {
    const { dir, shard } = copy();
    const path = join(shard, object);
    expect({ object, isThere: fs.existsSync(path) }).toEqual({ object, isThere: true });
    fs.rmSync(path);
    replace(path);
    expect({ object, ok: (await verify(dir)).ok }).toEqual({ object, ok: false });
  }
}

test("an object that is a directory, a device, nothing, or far too large", async () => {
  await expectNo((path) => fs.mkdirSync(path));
  await expectNo((path) => fs.symlinkSync("/dev/zero", path));
  await expectNo((path) => fs.symlinkSync("nowhere", path));
  await expectNo((path) => fs.writeFileSync(path, ""));
  await expectNo((path) => {
    fs.writeFileSync(path, "");
    fs.truncateSync(path, 2 ** 40);
  });
});

test("in that is a file, and shards that are files", async () => {
  const { dir, shard } = copy();
  fs.rmSync(join(shard, "in"), { recursive: true });
  fs.writeFileSync(join(shard, "in"), "");
  expect(await verify(dir)).toMatchObject({ ok: false, what: "segment", place: 1 });
  fs.rmSync(shard, { recursive: true });
  fs.writeFileSync(shard, "");
  expect(await verify(dir)).toMatchObject({ ok: false, what: "latest", place: 0 });
});

test("a head that is signed for more records than anybody can have", async () => {
  const { dir, shard } = copy();
  const venueHex = venue.toHex();
  const head = { origin: inputOrigin(venueHex, 1), size: 2 ** 50, root: new Uint8Array(32) };
  const key = noteKey(venueHex, CHECKPOINT.publicKey);
  const note = signCheckpoint(head, key, (message) => CHECKPOINT.sign(message));
  fs.writeFileSync(join(shard, "in.note"), note);
  expect(await verify(dir)).toMatchObject({ ok: false, what: "latest", place: 0 });
  const latest = join(shard, "latest");
  fs.writeFileSync(latest, fs.readFileSync(latest, "utf8").replace("ends cut", "ends running"));
  expect(await verify(dir)).toMatchObject({ ok: false, what: "tile/0/000", place: 0 });
});

test("an error of an engine that is no halt is ours, and nobody's lie", async () => {
  const openEngine = (): never => {
    throw new TypeError("a mistake of ours");
  };
  const verdict = verifyExport({ from: honest, venue, verifier, openEngine });
  await expect(verdict).rejects.toBeInstanceOf(TypeError);
});
