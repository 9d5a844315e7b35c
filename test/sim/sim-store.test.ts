/** The simulated store against a directory: the same random calls get the same answers. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import { type ObjectStore, StoreFull, StoreUnreachable } from "../../src/edges/object-store.ts";
import { SimStore } from "./sim-store.ts";
import { Weather } from "./weather.ts";
import { type Process, SECOND, World } from "./world.ts";

const CALLS = 1_500;
const NAMES = ["a/1", "a/2", "a/in/1", "a/in/2.p/3", "a/in/2", "b", "b.x", "c/latest", "A", "a//b"];
const PREFIXES = ["", "a/", "a/in", "a/in/", "b", "c/l", "d/", "../"];
const ONE = new Uint8Array(1);
const WORDS = ["", "one", "two", "three"];

const dir = mkdtempSync(join(tmpdir(), "clob-sim-store-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function drawCall(prng: Prng, versions: ReadonlyMap<string, string | null>) {
  const [name, prefix] = [prng.pick(NAMES), prng.pick(PREFIXES)];
  const bytes = new TextEncoder().encode(prng.pick(WORDS));
  const known = versions.get(prng.chance(80) ? name : prng.pick(NAMES)) ?? null;
  const calls: ((store: ObjectStore) => Promise<unknown>)[] = [
    (store) => store.get(name),
    (store) => store.createOnly(name, bytes),
    (store) => store.swap(name, known, bytes),
    (store) => store.list(prefix),
    (store) => store.listPart(prefix),
  ];
  return { name, call: prng.pick(calls) };
}

async function said(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    return error instanceof Error ? `${error.name} ${error.message}` : String(error);
  }
}

test("it answers what a directory answers", async () => {
  const world = new World(1);
  const ours = new SimStore(world, new Weather(world)).atRest();
  const real = new DirectoryStore(dir);
  const prng = new Prng(7);
  const versions = new Map<string, string | null>();
  const outcomes = new Set<string>();
  for (let i = 0; i < CALLS; i++) {
    const { name, call } = drawCall(prng, versions);
    const theirs = await said(call(real));
    expect({ i, name, said: await said(call(ours)) }).toEqual({ i, name, said: theirs });
    const hasVersion = theirs !== null && typeof theirs === "object" && "version" in theirs;
    if (hasVersion) versions.set(name, String(theirs.version));
    outcomes.add(typeof theirs === "string" ? theirs.split(" ")[0]! : JSON.stringify(theirs));
  }
  expect(outcomes.size).toBeGreaterThan(20);
  real.close();
});

/** Runs the world until there is nothing to do. */
function run(world: World): void {
  while (world.step());
}

function stand(): { world: World; store: SimStore; process: Process } {
  const world = new World(3);
  const store = new SimStore(world, new Weather(world));
  return { world, store, process: world.spawn("settlement.1") };
}

test("a call of one that has died is executed, and nobody hears of it", () => {
  const { world, store, process } = stand();
  let heard = 0;
  const asked = store.openFor(process).createOnly("a", ONE);
  void asked.then(() => heard++);
  world.kill(process, "killed");
  run(world);
  expect([store.objects.size, heard]).toEqual([1, 0]);
});

test("one that is full, fails or hangs says so, or nothing for a while", async () => {
  const { world, store, process } = stand();
  const handle = store.openFor(process);
  store.trouble.isFull = true;
  const full = said(handle.createOnly("a", ONE));
  run(world);
  expect(await full).toBe(`${new StoreFull("").name} it is full`);
  store.heal();
  store.trouble.failPercent = 100;
  const failed = Array.from({ length: 20 }, (_, i) => said(handle.swap(`n${i}`, null, ONE)));
  run(world);
  const words = new Set(await Promise.all(failed));
  expect([...words].every((word) => String(word).startsWith(StoreUnreachable.name))).toBe(true);
  expect(store.objects.size).toBeGreaterThan(0);
  expect(store.objects.size).toBeLessThan(20);
  store.heal();
  store.trouble.hangsUntil = world.now + SECOND;
  const late = handle.list("");
  run(world);
  expect(world.now).toBeGreaterThan(SECOND);
  expect((await late).length).toBe(store.objects.size);
});
