/**
 * What every object store must do. A stand opens one store several times, here and in processes
 * of their own (object-store-child.ts).
 */
import { expect, test } from "bun:test";
import { sha256 } from "../../src/base/hash.ts";
import { type ObjectStore, StoreDenied } from "../../src/edges/object-store.ts";

export interface StoreStand extends AsyncDisposable {
  open(): ObjectStore;
  /** For object-store-child.ts: how it opens the same store. */
  readonly place: string;
}

const utf8 = new TextEncoder();
const CHILD = `${import.meta.dir}/object-store-child.ts`;

export function startChild(place: string, ...words: string[]): Bun.Subprocess<"pipe", "pipe"> {
  return Bun.spawn([process.execPath, CHILD, place, ...words], {
    // What a test changed of it as well.
    env: process.env,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
}

async function runChildren(place: string, words: readonly string[][]): Promise<string[][]> {
  const children = words.map((one) => startChild(place, ...one));
  const said = await Promise.all(children.map((child) => new Response(child.stdout).text()));
  for (const child of children) expect(await child.exited).toBe(0);
  return said.map((text) => text.trim().split("\n"));
}

const BAD_NAMES = ["", "/x", "x/", "../x", "a/../x", "a//b", ".x", "a/.x", "A", "a b", "a\\b"];

export function objectStoreSuite(name: string, makeStand: () => Promise<StoreStand>): void {
  const it = (what: string, run: (stand: StoreStand) => Promise<void>, timeoutMs = 5000): void =>
    test(
      `${name}: ${what}`,
      async () => {
        await using stand = await makeStand();
        await run(stand);
      },
      timeoutMs,
    );

  it("an object is created once; who comes second is told if it is the same", async (stand) => {
    const store = stand.open();
    const other = stand.open();
    expect(await store.get("a/b")).toBeNull();
    expect(await store.createOnly("a/b", utf8.encode("one"))).toBe("created");
    expect(await other.createOnly("a/b", utf8.encode("one"))).toBe("same");
    expect(await other.createOnly("a/b", utf8.encode("two"))).toBe("differs");
    expect((await other.get("a/b"))?.bytes).toEqual(utf8.encode("one"));
    expect(await store.createOnly("a/empty", new Uint8Array(0))).toBe("created");
    expect((await store.get("a/empty"))?.bytes.length).toBe(0);
    expect(await store.get("a/b/c")).toBeNull();
  });

  it("a pointer moves only from the version that its mover knew", async (stand) => {
    const store = stand.open();
    const other = stand.open();
    const first = await store.swap("p", null, utf8.encode("1"));
    expect(first.isSwapped).toBe(true);
    expect(await other.swap("p", null, utf8.encode("x"))).toEqual({ ...first, isSwapped: false });
    expect((await other.get("p"))?.version).toBe(first.version!);
    const second = await other.swap("p", first.version, utf8.encode("2"));
    expect(second.isSwapped).toBe(true);
    expect(second.version).not.toBe(first.version);
    const late = await store.swap("p", first.version, utf8.encode("x"));
    expect(late).toEqual({ isSwapped: false, version: second.version });
    expect((await store.get("p"))?.bytes).toEqual(utf8.encode("2"));
    expect(await store.swap("q", first.version, utf8.encode("x"))).toEqual({
      isSwapped: false,
      version: null,
    });
    expect(await store.get("q")).toBeNull();
  });

  it("names are listed by prefix, rising", async (stand) => {
    const store = stand.open();
    expect(await store.list("")).toEqual([]);
    for (const one of ["s/in/10", "s/in/2", "s/in.x", "s/tile/0/000.p/7", "s/tile/0/000", "t"]) {
      await store.createOnly(one, utf8.encode(one));
    }
    await store.swap("s/latest", null, utf8.encode("p"));
    const all = ["s/in.x", "s/in/10", "s/in/2", "s/latest"];
    expect(await store.list("s/")).toEqual([...all, "s/tile/0/000", "s/tile/0/000.p/7"]);
    expect(await store.list("s/in")).toEqual(["s/in.x", "s/in/10", "s/in/2"]);
    expect(await store.list("s/in/1")).toEqual(["s/in/10"]);
    expect(await store.list("u/")).toEqual([]);
    expect(await store.listPart("s/")).toEqual(["s/in.x", "s/in/", "s/latest", "s/tile/"]);
    expect(await store.listPart("")).toEqual(["s/", "t"]);
    expect(await store.list("")).toContain("t");
  });

  it("a name that could lead elsewhere is refused", async (stand) => {
    const store = stand.open();
    const bytes = utf8.encode("x");
    for (const bad of [...BAD_NAMES, "x".repeat(513)]) {
      await expect(store.get(bad)).rejects.toBeInstanceOf(StoreDenied);
      await expect(store.createOnly(bad, bytes)).rejects.toBeInstanceOf(StoreDenied);
      await expect(store.swap(bad, null, bytes)).rejects.toBeInstanceOf(StoreDenied);
    }
    for (const bad of ["../", "/", "a/../b", ".d"]) {
      await expect(store.list(bad)).rejects.toBeInstanceOf(StoreDenied);
    }
    expect(await store.list("")).toEqual([]);
  });

  it("of two processes that create the same names one wins each, and its bytes stay", async ({
    place,
    open,
  }) => {
    const said = await runChildren(place, [
      ["create", "one", "150"],
      ["create", "two", "150"],
    ]);
    const store = open();
    for (let i = 0; i < 150; i++) {
      const outcomes = said.map((lines) => lines[i]);
      expect([...outcomes].sort((a, b) => (a! < b! ? -1 : 1))).toEqual(["created", "differs"]);
      const winner = outcomes[0] === "created" ? "one" : "two";
      expect((await store.get(`race/${i}`))?.bytes).toEqual(utf8.encode(`${winner} ${i}`));
    }
  }, 30_000);

  it("of two processes that move a pointer none undoes the other's move", async ({
    place,
    open,
  }) => {
    const said = await runChildren(place, [
      ["count", "100"],
      ["count", "100"],
      ["count", "100"],
    ]);
    const last = new TextDecoder().decode((await open().get("counter"))?.bytes);
    expect(last).toBe("300");
    // Each number was written by exactly one of them.
    const numbers = said.flat().map(Number);
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  }, 30_000);

  it("kill -9 in the middle of writing leaves every object whole or absent", async ({
    place,
    open,
  }) => {
    for (let round = 0; round < 6; round++) {
      const child = startChild(place, "fill", String(round));
      const lines = child.stdout.getReader();
      await lines.read();
      await Bun.sleep(round * 7);
      child.kill("SIGKILL");
      await child.exited;
      const store = open();
      const names = await store.list("fill/");
      expect(names.length).toBeGreaterThan(round);
      for (const one of names) {
        const { bytes } = (await store.get(one))!;
        expect(`fill/${sha256(bytes).toHex()}`).toBe(one);
      }
      const pointer = new TextDecoder().decode((await store.get("newest"))!.bytes);
      expect(names).toContain(pointer);
    }
  }, 30_000);
}
