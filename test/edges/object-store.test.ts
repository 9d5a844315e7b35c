/**
 * Object stores: the conformance suite over each, and what only a directory can meet.
 */
import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import {
  NotAnObject,
  StoreDenied,
  StoreFull,
  StoreUnreachable,
} from "../../src/edges/object-store.ts";
import { realDisk } from "../../src/edges/segment-disk.ts";
import { StoreLock } from "../../src/edges/store-lock.ts";
import { objectStoreSuite, startChild, type StoreStand } from "./object-store-conformance.ts";

class DirectoryStand implements StoreStand {
  readonly root = mkdtempSync(join(tmpdir(), "clob-store-"));
  readonly place = join(this.root, "new", "store");
  private readonly stores: DirectoryStore[] = [];

  readonly open = (disk = realDisk): DirectoryStore => {
    const store = new DirectoryStore(this.place, disk);
    this.stores.push(store);
    return store;
  };

  [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.stores) store.close();
    rmSync(this.root, { recursive: true, force: true });
    return Promise.resolve();
  }
}

objectStoreSuite("directory", () => Promise.resolve(new DirectoryStand()));

const utf8 = new TextEncoder();

test("a disk that fills up in the middle is a clear fault, and what was there stays", async () => {
  await using stand = new DirectoryStand();
  let room = 1000;
  const store = stand.open({
    ...realDisk,
    async write(fd, bytes, at) {
      await realDisk.write(fd, bytes.subarray(0, room), at);
      if (bytes.length > room) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    },
  });
  expect(await store.createOnly("a", utf8.encode("kept"))).toBe("created");
  const pointer = await store.swap("p", null, utf8.encode("1"));
  room = 2;
  await expect(store.createOnly("b", utf8.encode("large"))).rejects.toBeInstanceOf(StoreFull);
  await expect(store.swap("p", pointer.version, utf8.encode("large"))).rejects.toBeInstanceOf(
    StoreFull,
  );
  expect(await store.list("")).toEqual(["a", "p"]);
  expect((await store.get("p"))?.version).toBe(pointer.version!);
  expect(readdirSync(join(stand.place, ".draft"))).toEqual([]);
  room = 1000;
  expect(await store.createOnly("b", utf8.encode("large"))).toBe("created");
  expect((await store.swap("p", pointer.version, utf8.encode("large"))).isSwapped).toBe(true);
});

test("a sync that fails is no success", async () => {
  await using stand = new DirectoryStand();
  let isBroken = false;
  const store = stand.open({
    ...realDisk,
    sync: (fd) =>
      isBroken
        ? Promise.reject(Object.assign(new Error("input/output error"), { code: "EIO" }))
        : realDisk.sync(fd),
  });
  await store.createOnly("a", utf8.encode("1"));
  isBroken = true;
  await expect(store.createOnly("b", utf8.encode("1"))).rejects.toBeInstanceOf(StoreUnreachable);
  await expect(store.createOnly("a", utf8.encode("1"))).rejects.toBeInstanceOf(StoreUnreachable);
  isBroken = false;
  expect(await store.get("b")).toBeNull();
  expect(await store.createOnly("b", utf8.encode("1"))).toBe("created");
});

const canMount =
  process.platform === "linux" &&
  Bun.spawnSync(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).exitCode === 0;

test.skipIf(!canMount)("a file system that is really full says so, and takes what fits", () => {
  const child = `${import.meta.dir}/object-store-child.ts`;
  const script = `mount -t tmpfs -o size=2m none /mnt && exec "$0" "$1" /mnt/store full`;
  const words = ["unshare", "-rm", "sh", "-c", script, process.execPath, child];
  const { stdout } = Bun.spawnSync(words, { stderr: "inherit" });
  const [first, second, third, swapped, pointer, names] = stdout.toString().trim().split("\n");
  expect([first, third, pointer, names]).toEqual(["created", "created", "1", "o/0 o/2 p"]);
  for (const fault of [second, swapped]) expect(fault).toStartWith("StoreFull: ");
});

test("what is no file is named, and drafts of the dead are swept after an hour", async () => {
  await using stand = new DirectoryStand();
  const store = stand.open();
  await store.createOnly("a/b", utf8.encode("x"));
  await expect(store.get("a")).rejects.toBeInstanceOf(NotAnObject);
  const drafts = join(stand.place, ".draft");
  for (const name of ["old", "young"]) writeFileSync(join(drafts, name), "torn");
  const longAgo = Date.now() / 1000 - 4000;
  utimesSync(join(drafts, "old"), longAgo, longAgo);
  await stand.open().createOnly("c", utf8.encode("x"));
  expect(readdirSync(drafts)).toEqual(["young"]);
  expect(await store.list("")).toEqual(["a/b", "c"]);
});

test("a file where its directory would be is a clear fault", async () => {
  await using stand = new DirectoryStand();
  writeFileSync(join(stand.root, "new"), "in the way");
  const store = stand.open();
  expect(await store.get("a")).toBeNull();
  await expect(store.createOnly("a", utf8.encode("x"))).rejects.toBeInstanceOf(StoreDenied);
  rmSync(join(stand.root, "new"));
  expect(await store.createOnly("a", utf8.encode("x"))).toBe("created");
});

test("who only reads makes nothing", async () => {
  await using stand = new DirectoryStand();
  const store = stand.open();
  expect(await store.get("a")).toBeNull();
  expect(await store.list("")).toEqual([]);
  expect(existsSync(stand.place)).toBe(false);
});

test("the lock of a holder that hangs is waited for with a limit, and dies with it", async () => {
  await using stand = new DirectoryStand();
  const path = join(stand.root, "lock");
  const child = startChild(path, "hold");
  await child.stdout.getReader().read();
  const lock = new StoreLock(path, 30);
  await expect(lock.hold(() => 1)).rejects.toBeInstanceOf(StoreUnreachable);
  child.kill("SIGKILL");
  await child.exited;
  expect(await lock.hold(() => 1)).toBe(1);
  lock.close();
});
