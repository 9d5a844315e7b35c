/**
 * A settlement's start from the export: the commitments that its file lacks are filled in if, with
 * those it has, they give the signed root; with any other nothing is taken.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import { ExportStore } from "../../src/edges/export-store.ts";
import { seal } from "../../src/edges/sealed-object.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { MerkleLog } from "../../src/proofs/merkle-log.ts";
import { decodeGenesis, type Genesis } from "../../src/protocol/genesis.ts";
import { SEALED_SNAPSHOT } from "../../src/protocol/sealed.ts";
import { ExportedStates } from "../../src/service/exported-states.ts";
import { SignedCommitments } from "../../src/service/signed-commitments.ts";
import { BorderSnapshots } from "../../src/settlement-plane/border-snapshots.ts";
import { CommitmentFile, readPublished } from "../../src/settlement-plane/commitment-file.ts";
import {
  type Reach,
  type Start,
  startInExport,
} from "../../src/settlement-plane/settlement-start.ts";
import { ExportStand } from "../support/export-stand.ts";
import { settleInto } from "../support/settled-snapshots.ts";

const AT = 40;
const root = mkdtempSync(join(tmpdir(), "clob-start-"));
const honest = join(root, "honest");
const said: string[] = [];
let stand: ExportStand;
let genesis: Genesis;
let genesisFrame: Uint8Array;
/** What settlement has signed of this life. */
let signed: readonly Uint8Array[];

beforeAll(async () => {
  stand = await ExportStand.open();
  genesisFrame = stand.records[0]!.slice(24);
  genesis = decodeGenesis(genesisFrame) as Genesis;
  signed = (await readPublished(join(stand.whole, "settlement")))!.entries;
  cpSync(stand.whole, honest, { recursive: true });
  const snapshots = new BorderSnapshots(AT);
  settleInto(snapshots, stand.records);
  const { rulesVersion } = genesis;
  const place = { kind: SEALED_SNAPSHOT, shard: 1, first: AT, last: AT, rulesVersion };
  const object = await seal({ ...place, venue: stand.venue }, snapshots.due(AT)!.bytes);
  mkdirSync(join(honest, "shard-1", "snapshot"));
  writeFileSync(join(honest, "shard-1", ExportStore.snapshotName(AT)), object);
});
afterAll(async () => {
  rmSync(root, { recursive: true, force: true });
  await stand[Symbol.asyncDispose]();
});

function fileOf(entries: readonly Uint8Array[]): CommitmentFile {
  const file = new CommitmentFile(join(root, crypto.randomUUID()));
  file.append(entries);
  return file;
}

function start(file: CommitmentFile, more: { own?: number; archived?: number; dir?: string } = {}) {
  const store = new ExportStore(new DirectoryStore(more.dir ?? honest), 1);
  const { venue } = stand;
  const openVerifier = async () => (await openVerifiers()).reference;
  const states = new ExportedStates({
    store,
    venue,
    genesis,
    genesisFrame,
    commitments: new SignedCommitments({ store, venue, genesis, openVerifier }),
    options: { levels: createLevels, roots: true },
    onUnreachable: (why) => void said.push(why),
  });
  said.length = 0;
  const onSkipped = (_from: string, why: string): void => void said.push(why);
  const archived = () => Promise.resolve(more.archived ?? AT);
  const reach: Reach = { own: more.own ?? 0, worth: 10, archived };
  return startInExport(states, { file, onSkipped }, reach);
}

function positionOf(found: Start | null): number | undefined {
  return found?.engine.position;
}

test("an empty file, one that ends before, and a whole one have what was signed", async () => {
  for (const count of [0, 1, 17, signed.length]) {
    const file = fileOf(signed.slice(0, count));
    const found = await start(file);
    expect(positionOf(found)).toBe(AT);
    const { checkpointer } = found!;
    expect(file.count).toBe(Math.max(count, checkpointer.count));
    expect(Array.from({ length: file.count }, (_, k) => file.read(k))).toEqual(
      signed.slice(0, file.count),
    );
    // With those that it will make again it has the tree that was signed.
    const tree = new MerkleLog();
    for (const entry of signed) tree.append(entry);
    expect(checkpointer.statesRootWith(signed.slice(checkpointer.count))).toEqual(tree.root());
    file.close();
  }
});

test("commitments that were not signed are not filled in, nor built upon", async () => {
  const other = signed.map((entry) => entry.slice());
  other[3]![100]! ^= 1;
  const few = fileOf(other.slice(0, 10));
  expect(await start(few)).toBeNull();
  expect(said).toEqual(["the commitments before it are not those that were signed"]);
  expect(few.count).toBe(10);

  const dir = join(root, "other");
  cpSync(honest, dir, { recursive: true });
  const [first] = await new DirectoryStore(dir).list("shard-1/commitments/");
  const bytes = readFileSync(join(dir, first!));
  bytes[16 + 4 + 100]! ^= 1;
  writeFileSync(join(dir, first!), bytes);
  const empty = fileOf([]);
  expect(await start(empty, { dir })).toBeNull();
  expect(empty.count).toBe(0);
});

test("a file with another commitment at its place is not gone on with", async () => {
  const other = signed.map((entry) => entry.slice());
  for (const entry of other) entry[100]! ^= 1;
  expect(await start(fileOf(other))).toBeNull();
  expect(said).toEqual(["its commitment is not the one that was signed here"]);
});

test("one above what the log knows as exported, or hardly newer, is left alone", async () => {
  expect(await start(fileOf(signed), { archived: AT - 1 })).toBeNull();
  expect(await start(fileOf(signed), { own: AT - 10 })).toBeNull();
  expect(positionOf(await start(fileOf(signed), { own: AT - 11 }))).toBe(AT);
  expect(said).toEqual([]);
});
