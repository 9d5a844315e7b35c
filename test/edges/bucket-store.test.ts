/**
 * Object stores in buckets: the conformance suite over each, against a stand-in on loopback, and
 * what only a store behind a network can meet.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { GcsStore } from "../../src/edges/gcs-store.ts";
import {
  type ObjectStore,
  StoreDenied,
  StoreFault,
  StoreUnreachable,
} from "../../src/edges/object-store.ts";
import { openStore } from "../../src/edges/open-store.ts";
import { BucketServer } from "./bucket-server.ts";
import { objectStoreSuite, type StoreStand } from "./object-store-conformance.ts";

const utf8 = new TextEncoder();
const server = new BucketServer();
const kept = { ...process.env };
let count = 0;

beforeAll(() => Object.assign(process.env, server.env));
afterAll(async () => {
  for (const name of Object.keys(server.env)) {
    if (kept[name] === undefined) delete process.env[name];
    else process.env[name] = kept[name];
  }
  await server.close();
});

/** A bucket of its own for each test. */
class BucketStand implements StoreStand {
  readonly place: string;

  constructor(place: (bucket: string) => string) {
    this.place = place(`bucket-${++count}`);
  }

  readonly open = (): ObjectStore => openStore(this.place, process.env);

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

const PLACES: readonly (readonly [string, (bucket: string) => string])[] = [
  ["Google", (bucket) => `gs://${bucket}`],
  ["Google, behind a path", (bucket) => `gs://${bucket}/venues/one`],
  ["S3", (bucket) => `s3://${bucket}`],
  ["S3, behind a path", (bucket) => `s3://${bucket}/venues/one/`],
  ["two buckets", (bucket) => `gs://${bucket},gs://${bucket}-heads`],
];
for (const [name, place] of PLACES) {
  objectStoreSuite(name, () => Promise.resolve(new BucketStand(place)));
}

describe.each([
  ["Google", "gs"],
  ["S3", "s3"],
])("%s", (_name, scheme) => {
  const fresh = (): ObjectStore => openStore(`${scheme}://bucket-${++count}`, process.env);

  test("a create whose answer was lost is found by the next try", async () => {
    const store = fresh();
    await store.createOnly("first", utf8.encode("1"));
    server.instead.push(404, "cut");
    await expect(store.createOnly("a", utf8.encode("x"))).rejects.toBeInstanceOf(StoreUnreachable);
    expect(await store.createOnly("a", utf8.encode("x"))).toBe("same");
    expect(await store.createOnly("a", utf8.encode("y"))).toBe("differs");
  });

  test("a create that is refused while nothing is there yet is not taken for done", async () => {
    const store = fresh();
    await store.createOnly("first", utf8.encode("1"));
    // Another writer's upload has begun and not ended: 409 of S3, 412 of a store that is behind.
    server.instead.push(404, scheme === "s3" ? 409 : 412);
    await expect(store.createOnly("a", utf8.encode("x"))).rejects.toBeInstanceOf(StoreUnreachable);
    expect(await store.get("a")).toBeNull();
    expect(await store.createOnly("a", utf8.encode("x"))).toBe("created");
  });

  test("a swap whose answer was lost says next time which version is there", async () => {
    const store = fresh();
    const first = await store.swap("p", null, utf8.encode("1"));
    server.instead.push("cut");
    const lost = store.swap("p", first.version, utf8.encode("2"));
    await expect(lost).rejects.toBeInstanceOf(StoreUnreachable);
    const again = await store.swap("p", first.version, utf8.encode("2"));
    expect(again.isSwapped).toBe(false);
    expect(again.version).toBe((await store.get("p"))!.version);
  });

  test.each([
    [403, "StoreDenied"],
    [429, "StoreUnreachable"],
    [500, "StoreUnreachable"],
    [503, "StoreUnreachable"],
    [400, "StoreFault"],
  ])("HTTP %d is %s, and names the object", async (status, fault) => {
    const store = fresh();
    await store.createOnly("x", utf8.encode("1"));
    server.instead.push(status);
    const error: unknown = await store.get("x").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreFault);
    expect((error as Error).name).toBe(fault);
    expect((error as Error).message).toMatch(/^(gs|s3):\/\/bucket-\d+\/x: HTTP \d+/);
  });

  test("a server that is not there is out of reach", async () => {
    const gone = new BucketServer();
    const env = { ...process.env, ...gone.env, GCE_METADATA_HOST: server.url };
    const store = openStore(`${scheme}://bucket-x`, env);
    await gone.close();
    await expect(store.get("x")).rejects.toBeInstanceOf(StoreUnreachable);
    await expect(store.list("")).rejects.toBeInstanceOf(StoreUnreachable);
  });
});

test("an S3 server that ignores conditions is refused before anything is written", async () => {
  const store = openStore(`s3://bucket-${++count}`, process.env);
  server.ignoresConditions = true;
  const refused = store.createOnly("a", utf8.encode("x"));
  await expect(refused).rejects.toThrow("ignores If-None-Match: nothing is safe there");
  server.ignoresConditions = false;
  expect(await store.get("a")).toBeNull();
});

test("a token is asked for once, not for every object", async () => {
  const store = openStore(`gs://bucket-${++count}`, process.env);
  const before = server.tokensGiven;
  for (let i = 0; i < 5; i++) await store.createOnly(`o/${i}`, utf8.encode("x"));
  expect(server.tokensGiven - before).toBe(1);
});

test("a metadata server that was not up yet is asked again", async () => {
  const late = new BucketServer();
  const metadataHost = late.url;
  await late.close();
  const bucket = `bucket-${++count}`;
  const store = new GcsStore({ bucket, path: "", host: server.url, metadataHost, nobodyMs: 1 });
  await expect(store.createOnly("o", utf8.encode("x"))).rejects.toBeInstanceOf(StoreDenied);
  const port = Number(new URL(metadataHost).port);
  using up = Bun.serve({
    hostname: "127.0.0.1",
    port,
    fetch: (request) => fetch(server.url + new URL(request.url).pathname, request),
  });
  expect(up.port).toBe(port);
  await Bun.sleep(2);
  expect(await store.createOnly("o", utf8.encode("x"))).toBe("created");
});

test("pointers lie in the second place, objects in the first", async () => {
  const bucket = `bucket-${++count}`;
  const store = openStore(`gs://${bucket},gs://${bucket}-heads`, process.env);
  await store.createOnly("o", utf8.encode("x"));
  await store.swap("p", null, utf8.encode("1"));
  const names = [...server.objects.keys()].filter((name) => name.startsWith(bucket));
  expect(names).toEqual([`${bucket}/o`, `${bucket}-heads/p`]);
});

test("a public bucket is read over plain HTTP, and not written", async () => {
  const bucket = `bucket-${++count}`;
  const writer = openStore(`s3://${bucket}/venue`, process.env);
  const names = ["shard-1/in/1", "shard-1/in/2", "shard-1/in/3", "shard-1/in/4", "shard-2/in.note"];
  for (const name of names) await writer.createOnly(name, utf8.encode(name));
  const reader = openStore(`${server.url}/${bucket}`, process.env);
  expect((await reader.get("venue/shard-1/in/2"))?.bytes).toEqual(utf8.encode("shard-1/in/2"));
  expect(await reader.get("venue/nothing")).toBeNull();
  expect(await reader.list("venue/shard-1/")).toEqual(names.slice(0, 4).map((n) => `venue/${n}`));
  expect(await reader.listPart("venue/shard")).toEqual(["venue/shard-1/", "venue/shard-2/"]);
  await expect(reader.createOnly("x", utf8.encode("1"))).rejects.toBeInstanceOf(StoreDenied);
  await expect(reader.swap("x", null, utf8.encode("1"))).rejects.toBeInstanceOf(StoreDenied);
});

test("a place that is none is refused, and a directory is one", () => {
  for (const place of [
    "gs://",
    "gs://A",
    "ftp://x/y",
    "s3://b/../c d",
    "gs://aaa,gs://bbb,gs://ccc",
  ]) {
    expect(() => openStore(place, {})).toThrow("is no place");
  }
  expect(openStore("./export", {}).describe).toBe("directory ./export");
});
