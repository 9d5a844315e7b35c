/**
 * The continuous export: it follows settlement, and no store that is full, slow or away, no second
 * exporter and no kill makes it say what is not so.
 */
import { expect, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../src/base/bytes.ts";
import { Prng } from "../../src/base/prng.ts";
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import {
  type ObjectStore,
  StoreDenied,
  StoreFull,
  StoreUnreachable,
} from "../../src/edges/object-store.ts";
import { encodeLatest } from "../../src/protocol/export-latest.ts";
import { verdictText } from "../../src/verifier/verdict-text.ts";
import { ExportStand, type Running } from "../support/export-stand.ts";
import {
  expectSame,
  objectsOf,
  POINTERS,
  until,
  verdictOn,
  WHOLE,
} from "../support/export-facts.ts";

type Way = "well" | "full" | "away" | "denied" | "hangs";

/** A store that goes wrong on request, before or after it has done its work. */
class UnwellStore implements ObjectStore {
  way: Way = "well";
  calls = 0;
  private readonly inner: ObjectStore;
  private readonly random: Prng;

  constructor(inner: ObjectStore, random: Prng) {
    this.inner = inner;
    this.random = random;
  }

  get describe(): string {
    return this.inner.describe;
  }

  private async unwell<T>(work: () => Promise<T>): Promise<T> {
    this.calls++;
    const { way } = this;
    if (way === "well") return work();
    if (this.random.below(2) === 0 && way !== "full") await work();
    if (way === "full") throw new StoreFull("no room");
    if (way === "away") throw new StoreUnreachable("nobody answers");
    if (way === "denied") throw new StoreDenied("read only");
    await until(() => this.way !== "hangs");
    return work();
  }

  get: ObjectStore["get"] = (...args) => this.unwell(() => this.inner.get(...args));
  createOnly: ObjectStore["createOnly"] = (...args) =>
    this.unwell(() => this.inner.createOnly(...args));
  swap: ObjectStore["swap"] = (...args) => this.unwell(() => this.inner.swap(...args));
  list: ObjectStore["list"] = (...args) => this.inner.list(...args);
  listPart: ObjectStore["listPart"] = (...args) => this.inner.listPart(...args);
  close(): void {
    this.inner.close();
  }
}

test("it follows what is signed, step by step, and each time the export is true", async () => {
  await using stand = await ExportStand.open();
  const dir = join(stand.root, "out");
  await using running = stand.start(new DirectoryStore(dir));
  const { progress } = running.exporter;
  for (const [count, archived] of [
    [1, 1],
    [3, 1],
    [9, 6],
    [stand.all, WHOLE],
  ] as const) {
    stand.count = count;
    await until(() => progress.archived >= archived);
    expect([progress.archived, stand.covered]).toEqual([archived, archived]);
    const verdict = await verdictOn(stand, dir);
    expect(verdict).toMatchObject({ ok: true, shards: [{ records: archived, isCut: false }] });
  }
  expectSame(dir, stand.whole);
  expect(progress.why).toBe("");
});

test("a store that goes wrong is waited for, said once, and made good", async () => {
  await using stand = await ExportStand.open();
  const dir = join(stand.root, "out");
  const random = new Prng(11);
  const store = new UnwellStore(new DirectoryStore(dir), random);
  await using running = stand.start(store);
  const { progress } = running.exporter;
  const ways: readonly Way[] = ["full", "away", "denied", "hangs"];
  for (const [i, way] of ways.entries()) {
    const before = progress.archived;
    const { faults } = progress;
    store.way = way;
    const { calls } = store;
    stand.count = [2, 8, 14, stand.all][i]!;
    await until(() => store.calls > calls && (way === "hangs" || progress.faults >= faults + 2));
    expect(progress.archived).toBe(before);
    expect(progress.why === "").toBe(way === "hangs");
    store.way = "well";
    await until(() => progress.archived > before);
  }
  await until(() => progress.archived === WHOLE);
  expect(await verdictOn(stand, dir)).toMatchObject({ ok: true, shards: [{ records: WHOLE }] });
  expectSame(dir, stand.whole);
  const lines = running.said.map((line) => JSON.parse(line).message);
  expect(lines.filter((line) => line === "the export waits")).toHaveLength(3);
  expect(lines.filter((line) => line === "the export goes on")).toHaveLength(3);
});

test("two that export at once make one export; one that begins late leaves it", async () => {
  for (const seed of [1, 2]) {
    await using stand = await ExportStand.open();
    const dir = join(stand.root, "out");
    const random = new Prng(seed);
    const open = (): ObjectStore => slow(new DirectoryStore(dir), random);
    await using one = stand.start(open());
    await using two = stand.start(open());
    for (let count = 1; count <= stand.all; count += 1 + random.below(6)) {
      stand.count = count;
      await Bun.sleep(random.below(20));
    }
    stand.count = stand.all;
    const both: Running[] = [one, two];
    await until(() => both.every(({ exporter }) => exporter.progress.archived === WHOLE));
    expect(both.map(({ exporter }) => exporter.progress.faults)).toEqual([0, 0]);
    expectSame(dir, stand.whole);
    const before = objectsOf(dir);
    await using late = stand.start(open());
    await until(() => late.exporter.progress.archived === WHOLE);
    expect(objectsOf(dir)).toEqual(before);
    expect(await verdictOn(stand, dir)).toMatchObject({ ok: true, shards: [{ records: WHOLE }] });
  }
}, 20_000);

function slow(inner: ObjectStore, random: Prng): ObjectStore {
  const later = async <T>(work: () => Promise<T>): Promise<T> => {
    await Bun.sleep(random.below(3));
    return work();
  };
  return {
    describe: inner.describe,
    get: (name) => later(() => inner.get(name)),
    createOnly: (name, bytes) => later(() => inner.createOnly(name, bytes)),
    swap: (name, expected, bytes) => later(() => inner.swap(name, expected, bytes)),
    list: (prefix) => inner.list(prefix),
    listPart: (prefix) => inner.listPart(prefix),
    close: () => inner.close(),
  };
}

test("who does not lead writes nothing, knows what is archived, and can go on", async () => {
  await using stand = await ExportStand.open();
  const dir = join(stand.root, "out");
  const written: string[] = [];
  const inner = new DirectoryStore(dir);
  const spied: ObjectStore = Object.assign(Object.create(inner), {
    createOnly: (name: string, bytes: Uint8Array) => {
      written.push(name);
      return inner.createOnly(name, bytes);
    },
  });
  let isLeading = false;
  await using second = stand.start(spied, { mayPublish: () => isLeading });
  {
    await using first = stand.start(new DirectoryStore(dir));
    stand.count = 20;
    await until(() => first.exporter.progress.archived === 16);
    await until(() => second.exporter.progress.archived === 16);
    expect(written).toEqual([]);
  }
  isLeading = true;
  stand.count = stand.all;
  await until(() => second.exporter.progress.archived === WHOLE);
  expect(written.length).toBeGreaterThan(0);
  expect(written.filter((name) => name.endsWith("/in/00000000000000000001.zst"))).toEqual([]);
  expectSame(dir, stand.whole);
}, 10_000);

test("a head that names more records than its commitments cover archives nothing", async () => {
  await using stand = await ExportStand.open();
  const store = new DirectoryStore(join(stand.root, "out"));
  const bytes = encodeLatest({
    venue: toHex(stand.venue),
    shard: 1,
    rulesVersion: 1,
    records: 1_000_000,
    commitments: 2,
    isCut: false,
  });
  await store.swap("shard-1/latest", null, bytes);
  stand.count = 20;
  await using follower = stand.start(store, { mayPublish: () => false });
  await until(() => follower.exporter.progress.why !== "" || stand.covered > 0);
  expect(stand.covered).toBe(0);
  expect(follower.exporter.progress.why).toContain("they do not agree");
});

test("roots are public at once, records only after the delay", async () => {
  await using stand = await ExportStand.open();
  const dir = join(stand.root, "out");
  const timeOf = (position: number): number =>
    Number(new DataView(stand.records[position - 1]!.buffer).getBigUint64(8, true)) / 1000;
  let now = timeOf(1);
  const delay = { publishDelayMs: 30_000, wallMs: () => now };
  await using running = stand.start(new DirectoryStore(dir), delay);
  const { progress } = running.exporter;
  stand.count = stand.all;
  const note = (): number => {
    try {
      return Number(readFileSync(join(dir, "shard-1", "in.note"), "utf8").split("\n")[1]);
    } catch {
      return 0;
    }
  };
  await until(() => note() === WHOLE);
  expect(progress.archived).toBe(0);
  expect([...objectsOf(dir).keys()].filter((name) => name.endsWith(".zst"))).toEqual([]);
  now = timeOf(16) + 30_000;
  await until(() => progress.archived === 16);
  const verdict = await verdictOn(stand, dir);
  expect(verdict).toMatchObject({ ok: true, shards: [{ records: 16, signedRecords: WHOLE }] });
  expect(verdictText(verdict)).toContain("25 more records are signed for and not public yet");
  await Bun.sleep(300);
  expect(progress.archived).toBe(16);
  now = timeOf(43) + 30_000;
  await until(() => progress.archived === WHOLE);
  expect(await verdictOn(stand, dir)).toMatchObject({ ok: true, shards: [{ records: WHOLE }] });
  expectSame(dir, stand.whole);
});

test("kill -9 at any moment: no object ever has other bytes, in the end all is there", async () => {
  await using stand = await ExportStand.open();
  const dir = join(stand.root, "out");
  // It may be killed before it has written anything.
  mkdirSync(join(dir, "shard-1"), { recursive: true });
  const child = join(import.meta.dir, "../support/export-child.ts");
  const seen = new Map<string, string>();
  const random = new Prng(5);
  let kills = 0;
  for (let isDone = false; !isDone; kills++) {
    const running = Bun.spawn([process.execPath, child, dir], { stdout: "pipe" });
    const lines = running.stdout.getReader();
    await lines.read();
    // Each life may be longer, so that on no machine all of them are too short to come to an end.
    const lived = await Promise.race([Bun.sleep(random.below(60 + 10 * kills)), running.exited]);
    running.kill("SIGKILL");
    isDone = (await running.exited) === 0 && lived !== undefined;
    const copy = join(stand.root, `copy-${kills}`);
    cpSync(dir, copy, { recursive: true });
    for (const [name, hash] of objectsOf(copy)) {
      if (!POINTERS.has(name)) expect([name, seen.get(name) ?? hash]).toEqual([name, hash]);
      seen.set(name, hash);
    }
    if (seen.has("latest")) expect((await verdictOn(stand, copy)).ok).toBe(true);
  }
  expect(kills).toBeGreaterThan(2);
  expectSame(dir, stand.whole);
  expect(await verdictOn(stand, dir)).toMatchObject({ ok: true, shards: [{ records: WHOLE }] });
}, 30_000);
