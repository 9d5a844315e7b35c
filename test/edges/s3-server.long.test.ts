/**
 * The S3 store against a server that we did not write: s3rver, from its npm package. It is older
 * than conditional writes: reading and listing must work, writing must be refused before anything
 * is written. Signatures of presigned requests it takes unseen; those are Bun's.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../src/edges/open-store.ts";
import { freePort } from "../support/free-ports.ts";

const PACKAGE = "s3rver@3.7.1";
const isRunnable = Bun.which("npm") !== null && Bun.which("node") !== null;
const utf8 = new TextEncoder();

describe.skipIf(!isRunnable)("s3rver", () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-s3-"));
  const endpoint = `http://127.0.0.1:${freePort()}`;
  // The keys that it knows.
  const env = {
    AWS_ACCESS_KEY_ID: "S3RVER",
    AWS_SECRET_ACCESS_KEY: "S3RVER",
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT: endpoint,
  };
  let server: Bun.Subprocess;

  beforeAll(async () => {
    mkdirSync(join(dir, "data", "venue"), { recursive: true });
    const args = ["install", "--prefix", dir, "--no-audit", "--no-fund", "--silent", PACKAGE];
    expect(spawnSync("npm", args).status).toBe(0);
    const port = new URL(endpoint).port;
    const bin = join(dir, "node_modules", ".bin", "s3rver");
    const flags = ["-d", join(dir, "data"), "-a", "127.0.0.1", "-p", port];
    server = Bun.spawn([bin, ...flags, "--configure-bucket", "venue"], {
      stdout: "ignore",
      stderr: "ignore",
    });
    while ((await fetch(endpoint).catch(() => null)) === null) await Bun.sleep(50);
  }, 120_000);

  afterAll(async () => {
    server.kill("SIGKILL");
    await server.exited;
    rmSync(dir, { recursive: true, force: true });
  });

  test("objects are read and listed by signed requests, page after page", async () => {
    const keys = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER", region: "us-east-1" };
    const client = new Bun.S3Client({ ...keys, bucket: "venue", endpoint });
    for (let i = 0; i < 12; i++) await client.write(`shard-1/in/${10 + i}`, `record ${i}`);
    await client.write("shard-2/in.note", "note");
    const store = openStore("s3://venue", env);
    expect((await store.get("shard-1/in/13"))?.bytes).toEqual(utf8.encode("record 3"));
    expect(await store.get("shard-1/in/9")).toBeNull();
    expect(await store.list("shard-1/")).toHaveLength(12);
    expect(await store.list("shard-2/")).toEqual(["shard-2/in.note"]);
  });

  test("it ignores conditions, so nothing of ours is written to it", async () => {
    const store = openStore("s3://venue", env);
    const refused = store.createOnly("shard-1/in/99", utf8.encode("x"));
    await expect(refused).rejects.toThrow("ignores If-None-Match");
    expect(await store.get("shard-1/in/99")).toBeNull();
  });
});
