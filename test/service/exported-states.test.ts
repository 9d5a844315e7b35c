/**
 * Snapshots of an export as states to start from: the one that was signed for is taken, any other
 * is named and passed over for the next, down to genesis.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { viewOf } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import { ExportStore } from "../../src/edges/export-store.ts";
import { type ObjectStore, StoreUnreachable } from "../../src/edges/object-store.ts";
import { seal } from "../../src/edges/sealed-object.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { Engine, type Restored } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { decodeCommitmentChunk, encodeCommitmentChunk } from "../../src/proofs/commitment-chunk.ts";
import {
  type Commitment,
  decodeCommitment,
  encodeCommitment,
} from "../../src/proofs/commitment.ts";
import { Checkpointer } from "../../src/proofs/checkpointer.ts";
import { decodeGenesis, type Genesis } from "../../src/protocol/genesis.ts";
import { SEALED_SNAPSHOT, type SealedHeader } from "../../src/protocol/sealed.ts";
import { ExportedStates } from "../../src/service/exported-states.ts";
import { NO_STATES, statesUpTo } from "../../src/service/kept-states.ts";
import { SignedCommitments } from "../../src/service/signed-commitments.ts";
import { BorderSnapshots } from "../../src/settlement-plane/border-snapshots.ts";
import { ExportStand } from "../support/export-stand.ts";
import { settleInto } from "../support/settled-snapshots.ts";

const root = mkdtempSync(join(tmpdir(), "clob-states-"));
const honest = join(root, "honest");
const OPTIONS = { levels: createLevels, roots: false };
const ROOTED = { levels: createLevels, roots: true };
const TERMS = { shard: 1, directoryOrigin: 1, intervalUs: 1_000_000, commandsMax: 1000 };
const CHUNKS = "shard-1/commitments/";
const [OLD, NEW] = [20, 40];
const said: string[] = [];
let stand: ExportStand;
let genesisFrame: Uint8Array;
let genesis: Genesis;

/** The bytes that settlement takes at that position. */
function bytesAt(position: number): Uint8Array<ArrayBuffer> {
  const snapshots = new BorderSnapshots(OLD);
  settleInto(snapshots, stand.records.slice(0, position + 1));
  const due = snapshots.due(position);
  if (due?.position !== position) throw new Error(`none of ${position}`);
  return new Uint8Array(due.bytes);
}

beforeAll(async () => {
  stand = await ExportStand.open();
  genesisFrame = stand.records[0]!.slice(24);
  genesis = decodeGenesis(genesisFrame) as Genesis;
  cpSync(stand.whole, honest, { recursive: true });
  for (const position of [OLD, NEW]) await put(honest, position, bytesAt(position));
});
afterAll(async () => {
  rmSync(root, { recursive: true, force: true });
  await stand[Symbol.asyncDispose]();
});

function pathOf(dir: string, position: number): string {
  return join(dir, "shard-1", ExportStore.snapshotName(position));
}

async function put(
  dir: string,
  position: number,
  bytes: Uint8Array,
  more: Partial<SealedHeader> = {},
): Promise<void> {
  const place = { kind: SEALED_SNAPSHOT, shard: 1, first: position, last: position };
  const header = { ...place, rulesVersion: genesis.rulesVersion, venue: stand.venue, ...more };
  mkdirSync(join(dir, "shard-1", "snapshot"), { recursive: true });
  writeFileSync(pathOf(dir, position), await seal(header, bytes));
}

function copyOf(): string {
  const dir = join(root, crypto.randomUUID());
  cpSync(honest, dir, { recursive: true });
  return dir;
}

function statesIn(objects: ObjectStore): ExportedStates {
  const store = new ExportStore(objects, 1);
  const openVerifier = async () => (await openVerifiers()).reference;
  const { venue } = stand;
  const commitments = new SignedCommitments({ store, venue, genesis, openVerifier });
  const onUnreachable = (why: string): void => void said.push(why);
  const parts = { store, venue, genesis, genesisFrame, commitments, onUnreachable };
  return new ExportedStates({ ...parts, options: OPTIONS });
}

async function stateIn(dir: string, position: number): Promise<Restored | string> {
  const states = await statesIn(new DirectoryStore(dir)).list();
  return states.find((state) => state.position === position)!.open();
}

/** Why the newest of this directory is passed over; then the next one must do. */
async function whyNot(dir: string): Promise<string> {
  const tried: [number, Restored | string][] = [];
  const sources = { ...NO_STATES, store: statesIn(new DirectoryStore(dir)) };
  for await (const state of statesUpTo(sources, NEW + 1)) {
    tried.push([state.position, await state.open()]);
  }
  expect(tried.map(([position]) => position)).toEqual([NEW, OLD]);
  return tried[0]![1] as string;
}

describe("a snapshot of the export", () => {
  test("that was signed for is the state behind its commitment", async () => {
    for (const position of [OLD, NEW]) {
      const restored = await stateIn(honest, position);
      if (typeof restored === "string") throw new Error(restored);
      const bytes = bytesAt(position);
      const size = viewOf(bytes).getUint32(0, true);
      const { engine, chain } = restored;
      expect(engine.position).toBe(position);
      expect(engine.snapshot(chain)).toEqual(bytes.slice(4, 4 + size));
    }
  });

  test("with a byte of any field changed, and its hashes made right, is refused", async () => {
    const dir = copyOf();
    const bytes = bytesAt(NEW);
    const size = viewOf(bytes).getUint32(0, true);
    let judged = 0;
    for (let at = 0; at < bytes.length; at += 3) {
      // The state's own hash is made again over what was changed.
      if (at >= 4 + size - 32 && at < 4 + size) continue;
      const other = bytes.slice();
      other[at] = other[at]! ^ 1;
      const hash = sha256(other.subarray(4, 4 + size - 32));
      other.set(hash, 4 + size - 32);
      await put(dir, NEW, other);
      const found = await stateIn(dir, NEW);
      expect([at, typeof found]).toEqual([at, "string"]);
      if (found === "it is not the state that was signed") judged++;
    }
    // Balances, nonces, orders: what only the signed roots can tell.
    expect(judged).toBeGreaterThan(200);
  }, 60_000);

  test("of another place, shard or venue is refused", async () => {
    const dir = copyOf();
    const bytes = bytesAt(NEW);
    const others = [
      { shard: 2 },
      { first: OLD },
      { first: OLD, last: OLD },
      { kind: 1 },
      { venue: new Uint8Array(32) },
      { rulesVersion: 9 },
    ];
    for (const other of others) {
      await put(dir, NEW, bytes, other);
      expect(await whyNot(dir)).toBe("its header is not that of its place");
    }
    await put(dir, NEW, bytesAt(OLD));
    expect(await whyNot(dir)).toContain(`it is of position ${OLD}`);
  });

  test("is judged again when its bytes are others than those that were judged", async () => {
    const dir = copyOf();
    const states = statesIn(new DirectoryStore(dir));
    const open = async () => (await states.list())[0]!.open();
    expect(typeof (await open())).toBe("object");
    const header = readFileSync(pathOf(dir, NEW)).subarray(0, 96);
    await put(dir, NEW, bytesAt(OLD));
    const other = readFileSync(pathOf(dir, NEW));
    header.copy(other, 0, 0, 28);
    header.copy(other, 64, 64);
    writeFileSync(pathOf(dir, NEW), other);
    expect(await open()).toBe("its bytes are not those of its header");
  });

  test("that is cut, empty or not an object is refused", async () => {
    const dir = copyOf();
    const object = readFileSync(pathOf(dir, NEW));
    for (const size of [0, 50, 96, object.length - 9]) {
      writeFileSync(pathOf(dir, NEW), object.subarray(0, size));
      expect(await whyNot(dir)).not.toBe("");
    }
    for (const size of [0, 3, 4, 100]) {
      await put(dir, NEW, bytesAt(NEW).slice(0, size));
      expect(await whyNot(dir)).toContain("cut");
    }
  });
});

describe("what a snapshot is held against", () => {
  const noteIn = (dir: string): string => join(dir, "shard-1", "state.note");

  test("is signed by the checkpoint key of genesis, or nothing is believed", async () => {
    const dir = copyOf();
    const note = readFileSync(noteIn(dir), "utf8");
    const end = note.length - 20; // Within the signature.
    const changed = note.slice(0, end) + (note[end] === "A" ? "B" : "A") + note.slice(end + 1);
    writeFileSync(noteIn(dir), changed);
    expect(await whyNot(dir)).toContain("state.note");
    rmSync(noteIn(dir));
    expect(await whyNot(dir)).toBe("there is no signed head");
  });

  test("is every commitment from its own to the signed head", async () => {
    const last = (await new DirectoryStore(honest).list(CHUNKS)).at(-1)!;
    const dir = copyOf();
    const bytes = readFileSync(join(dir, last));
    for (const place of [bytes.length - 1, 16 + 4 + 200]) {
      const other = Buffer.from(bytes);
      other[place] = other[place]! ^ 1;
      writeFileSync(join(dir, last), other);
      expect(await whyNot(dir)).toContain("not those that were signed");
    }
    rmSync(join(dir, last));
    expect(await whyNot(dir)).toContain("is missing");
  });

  test("is not replaced by one made for another state", async () => {
    const bytes = bytesAt(NEW);
    const size = viewOf(bytes).getUint32(0, true);
    const saved = Checkpointer.restore(TERMS, bytes.subarray(4 + size));
    if (typeof saved === "string") throw new Error(saved);
    const [number, names] = [saved.count - 1, await new DirectoryStore(honest).list(CHUNKS)];
    let forged = 0;
    // Those of its bytes that restore to another state, which nobody signed.
    for (let at = 4 + 184; at < 4 + size - 32; at += 5) {
      const other = bytes.slice();
      other[at] = other[at]! ^ 1;
      other.set(sha256(other.subarray(4, 4 + size - 32)), 4 + size - 32);
      const made = Engine.restore(genesisFrame, other.subarray(4, 4 + size), ROOTED);
      if (typeof made === "string") continue;
      const dir = copyOf();
      const roots = made.engine.roots();
      const own = rewritten(dir, names, number, (commitment) => ({
        ...commitment,
        accountsRoot: roots.accounts,
        marketsRoot: roots.markets,
        booksRoot: roots.books,
        totals: roots.totals,
      }));
      other.set(sha256(own), 4 + size + 24);
      await put(dir, NEW, other);
      expect(await whyNot(dir)).toBe("its commitment is not the one that was signed");
      if (++forged === 5) break;
    }
    expect(forged).toBe(5);
  });

  /** Commitment `number` of this export changed; its new bytes. */
  function rewritten(
    dir: string,
    names: readonly string[],
    number: number,
    change: (commitment: Commitment) => Commitment,
  ): Uint8Array {
    for (const name of names) {
      const chunk = decodeCommitmentChunk(readFileSync(join(dir, name)));
      if (typeof chunk === "string") throw new Error(chunk);
      const own = chunk.entries[number - chunk.first];
      if (own === undefined) continue;
      const decoded = decodeCommitment(own);
      if (typeof decoded === "string") throw new Error(decoded);
      const made = encodeCommitment(change(decoded));
      const entries = chunk.entries.with(number - chunk.first, made);
      writeFileSync(join(dir, name), encodeCommitmentChunk({ ...chunk, entries }));
      return made;
    }
    throw new Error(`no commitment ${number}`);
  }

  test("has one behind it, or its own is not bound to the head", async () => {
    const found = await new SignedCommitments({
      store: new ExportStore(new DirectoryStore(honest), 1),
      venue: stand.venue,
      genesis,
      openVerifier: async () => (await openVerifiers()).reference,
    }).from(stand.all - 1);
    expect(found).toContain("no commitment behind");
  });
});

describe("a store", () => {
  test("that is away is told, and done without", async () => {
    const away = () => Promise.reject(new StoreUnreachable("it is away"));
    const objects = new DirectoryStore(honest);
    objects.list = away;
    expect(await statesIn(objects).list()).toEqual([]);
    expect(said).toContain("it is away");
    const lost = new DirectoryStore(honest);
    lost.get = away;
    const [newest] = await statesIn(lost).list();
    expect(await newest!.open()).toBe("it is away");
  });
});
