/**
 * Snapshots in an export: taken at the border of a signed commitment, the same bytes by whoever
 * takes them, and named by the verifier if they are anything else.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { viewOf } from "../../src/base/bytes.ts";
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import { ExportStore } from "../../src/edges/export-store.ts";
import { seal, unseal } from "../../src/edges/sealed-object.ts";
import { openVerifiers, type SignatureVerifier } from "../../src/edges/verify.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { Checkpointer } from "../../src/proofs/checkpointer.ts";
import { BorderSnapshots } from "../../src/settlement-plane/border-snapshots.ts";
import { SnapshotCheck } from "../../src/verifier/snapshot-check.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { type Verdict, verifyExport } from "../../src/verifier/verify-export.ts";
import { ExportStand } from "../support/export-stand.ts";
import { settleInto } from "../support/settled-snapshots.ts";

let verifier: SignatureVerifier;
let stand: ExportStand;
const root = mkdtempSync(join(tmpdir(), "clob-snapshots-"));
const honest = join(root, "honest");
const TERMS = { shard: 1, directoryOrigin: 1, intervalUs: 1_000_000, commandsMax: 1000 };
const OPTIONS = { levels: createLevels, roots: true };

afterAll(async () => {
  rmSync(root, { recursive: true, force: true });
  await stand[Symbol.asyncDispose]();
});

function settle(snapshots: BorderSnapshots, restartAt = 0): void {
  settleInto(snapshots, stand.records, restartAt);
}

beforeAll(async () => {
  verifier = (await openVerifiers()).fast;
  stand = await ExportStand.open();
  stand.count = stand.all;
  const snapshots = new BorderSnapshots(20);
  settle(snapshots);
  await using running = stand.start(new DirectoryStore(honest), { snapshots });
  while (snapshots.due(43) !== null) await Bun.sleep(5);
  while (running.exporter.progress.archived < 41) await Bun.sleep(5);
});

function verify(dir: string, engine: "fast" | "naive" = "fast"): Promise<Verdict> {
  const openEngine = judgeEngine(engine);
  return verifyExport({ from: dir, venue: stand.venue, verifier, openEngine });
}

function snapshotIn(dir: string): string {
  const [name] = readdirSync(join(dir, "shard-1", "snapshot"));
  return join(dir, "shard-1", "snapshot", name!);
}

test("the newest that the records reach is exported, and is true under either engine", async () => {
  expect(readdirSync(join(honest, "shard-1", "snapshot"))).toEqual(["00000000000000000040.zst"]);
  expect(await verify(honest)).toMatchObject({ ok: true });
  expect(await verify(honest, "naive")).toMatchObject({ ok: true });
});

test("who began anew from a snapshot takes the same bytes", () => {
  const [one, two] = [new BorderSnapshots(20), new BorderSnapshots(20)];
  settle(one);
  settle(two, 31);
  expect(two.due(43)).toEqual(one.due(43));
});

test("it is due once its records are archived, and its commitment is signed", () => {
  const snapshots = new BorderSnapshots(20);
  settle(snapshots);
  expect([snapshots.due(39), snapshots.due(40)?.position]).toEqual([null, 40]);
  const unsigned = new BorderSnapshots(20);
  const engine = { position: 20, snapshot: () => new Uint8Array(3) };
  unsigned.take(19, engine, new Uint8Array(32), new Checkpointer(TERMS));
  expect(unsigned.due(20)).toBeNull();
});

test("one that lies behind no commitment is named", async () => {
  const store = new ExportStore(new DirectoryStore(honest), 1);
  const check = await SnapshotCheck.open(store, stand.venue, 43);
  await check.load(43);
  expect(() => check.finish()).toThrow("no commitment covers just the records up to there");
  const none = await SnapshotCheck.open(store, stand.venue, 39);
  await none.load(39);
  none.finish();
});

test("it can be gone on with from there", () => {
  const unsealed = unseal(readFileSync(snapshotIn(honest)), 1 << 24);
  if (typeof unsealed === "string") throw new Error(unsealed);
  const { bytes } = unsealed;
  const size = viewOf(bytes).getUint32(0, true);
  const genesisFrame = stand.records[0]!.slice(24);
  const restored = Engine.restore(genesisFrame, bytes.subarray(4, 4 + size), OPTIONS);
  if (typeof restored === "string") throw new Error(restored);
  expect(restored.engine.position).toBe(40);
});

test("another state, another place or a changed byte is named", async () => {
  let copies = 0;
  const changed = async (change: (path: string) => Promise<void> | void): Promise<Verdict> => {
    const dir = join(root, `copy-${++copies}`);
    cpSync(honest, dir, { recursive: true });
    await change(snapshotIn(dir));
    return verify(dir);
  };
  const unsealed = unseal(readFileSync(snapshotIn(honest)), 1 << 24);
  if (typeof unsealed === "string") throw new Error(unsealed);
  const { header, bytes } = unsealed;
  for (const at of [0, 5, 200, bytes.length >> 1, bytes.length - 1]) {
    const verdict = await changed(async (path) => {
      const other = bytes.slice();
      other[at]! ^= 1;
      writeFileSync(path, await seal(header, other));
    });
    expect(verdict).toMatchObject({ ok: false, what: "snapshot", place: 40 });
  }
  const object = readFileSync(snapshotIn(honest));
  // Every field of the header, and of the hashes some bytes.
  for (const at of [0, 1, 2, 4, 8, 16, 24, 26, 28, 32, 63, 64, 95]) {
    const verdict = await changed((path) => {
      const other = Buffer.from(object);
      other[at]! ^= 1;
      writeFileSync(path, other);
    });
    expect([at, verdict.ok]).toEqual([at, false]);
    if (!verdict.ok) expect([verdict.what, verdict.place]).toEqual(["snapshot", 40]);
  }
  const moved = await changed(async (path) => {
    const place = { ...header, first: 12, last: 12 };
    writeFileSync(join(path, "..", "00000000000000000012.zst"), await seal(place, bytes));
  });
  expect(moved).toMatchObject({ ok: false, what: "snapshot", place: 12 });
}, 30_000);
