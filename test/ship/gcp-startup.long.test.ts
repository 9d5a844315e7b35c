/**
 * The startup and shutdown scripts of deploy/gcp against stand-ins for metadata server, storage and
 * secrets (cloud.ts) and for systemctl, in a root of their own; the services that they ask and
 * check are the real ones, over a real Redis with a replica.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "../../src/base/hash.ts";
import { replicaOf } from "../log/redis-stand.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { Cloud } from "./cloud.ts";
import { GCP_DIR } from "./terraform.ts";

const ROOT = join(import.meta.dir, "..", "..");
const MS_MAX = 60_000;
const CONFIG = readFileSync(join(GCP_DIR, "config.toml"));
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const idsOf = (shard: number): string =>
  Array.from({ length: 2100 }, (_, i) => (shard - 1) * 2100 + i + 1).join(" ");

/** Says what it was told; answers what is running. */
const SYSTEMCTL = `#!/bin/sh
echo "$*" >> "$CLOB_ROOT/systemctl"
if [ "$1" = list-units ]; then
  printf 'market-matcher@1.service loaded active running x\\nmarket-matcher@2.service loaded\\n'
fi
`;

const isRunnable = redisAvailable() && Bun.which("curl") !== null;

describe.skipIf(!isRunnable)("a machine of Google Cloud", () => {
  let primary: RedisServer;
  let replica: RedisServer;
  const keys = mkdtempSync(join(tmpdir(), "clob-gcp-keys-"));
  let cloud: Cloud;
  let dir: string;

  beforeAll(async () => {
    primary = await RedisServer.start({ appendonly: "yes" });
    replica = await replicaOf(primary, { appendonly: "yes" });
    const argv = ["init", "--config", join(GCP_DIR, "config.toml"), "--data", keys];
    const env = { ...process.env, REDIS_ADDR: `127.0.0.1:${primary.port}` };
    const child = Bun.spawn([process.execPath, "src/cli/main.ts", ...argv], {
      cwd: ROOT,
      env,
      stdout: "ignore",
      stderr: "inherit",
    });
    expect(await child.exited).toBe(0);
  }, MS_MAX);

  afterAll(async () => {
    await replica.stop();
    await primary.stop();
    rmSync(keys, { recursive: true, force: true });
  });

  beforeEach(async () => {
    await cloud?.close();
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
    dir = mkdtempSync(join(tmpdir(), "clob-gcp-"));
    mkdirSync(join(dir, "bin"));
    writeFileSync(join(dir, "bin", "systemctl"), SYSTEMCTL);
    chmodSync(join(dir, "bin", "systemctl"), 0o755);
    cloud = new Cloud();
    cloud.put("config-bucket/config.toml", CONFIG);
    const address = `127.0.0.1:${primary.port}`;
    cloud.set({ role: "matcher", shards: "3,4", runtime: "systemd", "redis-addr": address });
    cloud.set({ "config-bucket": "config-bucket", "config-generation": "1" });
    cloud.set({ "export-bucket": "venue-export", "heads-bucket": "venue-heads" });
    release("1", "market-matcher", "market-matcher@.service");
  });

  afterAll(async () => {
    await cloud?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Puts a release into the bucket: the service run from this tree, and its unit. */
  function release(version: string, executable: string, unit: string): void {
    const runs = `#!/bin/sh\nexec ${process.execPath} ${ROOT}/src/${executable}/main.ts "$@"\n`;
    const files = new Map<string, Uint8Array>([
      [executable, bytesOf(`${runs}# release ${version}\n`)],
      ["libprice_levels.so", bytesOf("not asked for here")],
      [unit, readFileSync(join(ROOT, "deploy", "systemd", unit))],
    ]);
    const sums = [...files].map(([name, bytes]) => `${sha256(bytes).toHex()}  ${name}\n`).join("");
    for (const [name, bytes] of [...files, ["SHA256SUMS", bytesOf(sums)] as const]) {
      cloud.put(`config-bucket/releases/${version}/${name}`, bytes);
    }
    cloud.set({ release: version, "release-sha256": sha256(bytesOf(sums)).toHex() });
  }

  async function run(script: string, env: Record<string, string> = {}) {
    rmSync(join(dir, "systemctl"), { force: true });
    cloud.asked.length = 0;
    const { REDIS_ADDR: _, ...own } = process.env;
    const path = `${join(dir, "bin")}:${own["PATH"]}`;
    const child = Bun.spawn(["bash", join(GCP_DIR, script)], {
      env: { ...own, ...cloud.env, PATH: path, CLOB_ROOT: dir, ...env },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    const systemctl = join(dir, "systemctl");
    const told = existsSync(systemctl) ? readFileSync(systemctl, "utf8").trim().split("\n") : [];
    return { code: await child.exited, out, err, told };
  }

  const written = (path: string): string => readFileSync(join(dir, path), "utf8");

  test(
    "of a matcher starts each of its shards on a core of its own, by market ids",
    async () => {
      const { code, err, told } = await run("startup.sh");
      expect([code, err]).toEqual([0, ""]);
      expect(told).toEqual(["daemon-reload", "restart market-matcher@1 market-matcher@2"]);
      expect(written("etc/clob/market-matcher-1.env")).toBe(
        `MARKETS=${idsOf(3)}\nMATCHER_HTTP=0.0.0.0:9092\n`,
      );
      expect(written("etc/clob/market-matcher-2.env")).toBe(
        `MARKETS=${idsOf(4)}\nMATCHER_HTTP=0.0.0.0:9093\n`,
      );
      expect(written("etc/clob/redis.env")).toBe(`REDIS_ADDR=127.0.0.1:${primary.port}\n`);
      expect(written("etc/clob/export.env")).toBe(
        "CLOB_EXPORT_DIR=gs://venue-export,gs://venue-heads\n",
      );
      expect(statSync(join(dir, "etc/clob/redis.env")).mode & 0o777).toBe(0o600);
      expect(written("etc/clob/config.toml")).toBe(CONFIG.toString());
      expect(written("etc/systemd/system/market-matcher@.service")).toContain("CPUAffinity=%i");
    },
    MS_MAX,
  );

  test(
    "changes nothing when its script runs again",
    async () => {
      await run("startup.sh");
      const { told, out } = await run("startup.sh");
      expect(told).toEqual(["daemon-reload", "start market-matcher@1 market-matcher@2"]);
      expect(out).not.toContain("wrote");
      expect(cloud.asked.filter((path) => path.endsWith("market-matcher"))).toEqual([]);
    },
    MS_MAX,
  );

  test(
    "takes exactly the generation that its metadata names, and restarts for a new one",
    async () => {
      await run("startup.sh");
      const changed = bytesOf(`${CONFIG.toString()}# changed\n`);
      const generation = cloud.put("config-bucket/config.toml", changed);
      expect((await run("startup.sh")).told[1]).toStartWith("start ");
      expect(written("etc/clob/config.toml")).not.toContain("# changed");
      cloud.set({ "config-generation": `${generation}` });
      expect((await run("startup.sh")).told[1]).toStartWith("restart ");
      expect(written("etc/clob/config.toml")).toContain("# changed");
    },
    MS_MAX,
  );

  test(
    "runs no executable but that of the hash in its metadata",
    async () => {
      cloud.put("config-bucket/releases/1/market-matcher", bytesOf("#!/bin/sh\necho owned\n"));
      const { code, err, told } = await run("startup.sh");
      expect([code, told]).toEqual([1, []]);
      expect(err).toContain("market-matcher is not that of SHA256SUMS");
      expect(existsSync(join(dir, "var/lib/clob-release/bin/market-matcher"))).toBe(false);
    },
    MS_MAX,
  );

  test(
    "takes no list of hashes but the one in its metadata",
    async () => {
      cloud.put("config-bucket/releases/1/SHA256SUMS", bytesOf("00  market-matcher\n"));
      const { code, err } = await run("startup.sh");
      expect(code).toBe(1);
      expect(err).toContain("SHA256SUMS is not that of the metadata");
    },
    MS_MAX,
  );

  test(
    "is checked before anything is stopped: a shard too many, a Redis without the venue",
    async () => {
      cloud.set({ shards: "3,11" });
      const absent = await run("startup.sh");
      expect([absent.code, absent.told]).toEqual([1, []]);
      expect(absent.err).toContain("there is no shard 11");
      cloud.set({ shards: "3,4" });
      await using empty = await RedisServer.start();
      const wrong = await run("startup.sh", { REDIS_ADDR: `127.0.0.1:${empty.port}` });
      expect([wrong.code, wrong.told]).toEqual([1, []]);
      expect(wrong.err).toContain("market-matcher --check refuses this machine");
    },
    MS_MAX,
  );

  test(
    "does not start without the address of Redis",
    async () => {
      cloud.metadata.delete("attributes/clob-redis-addr");
      const { code, err, told } = await run("startup.sh");
      expect([code, told]).toEqual([1, []]);
      expect(err).toContain("REDIS_ADDR is not set and metadata clob-redis-addr is missing");
    },
    MS_MAX,
  );

  test(
    "of settlement gets two keys that only root reads, and waits for neither silently",
    async () => {
      release("1", "settlement-plane", "settlement-plane.service");
      cloud.set({ role: "settlement", ingress: "10.64.0.5:9090" });
      cloud.set({ "checkpoint-key": "clob-checkpoint-key", "carry-key": "clob-carry-key" });
      cloud.secrets.set("clob-checkpoint-key", readFileSync(join(keys, "keys/checkpoint.pem")));
      const without = await run("startup.sh");
      expect([without.code, without.told]).toEqual([1, []]);
      expect(without.err).toContain("the secret of carry.pem has no version yet");
      cloud.secrets.set("clob-carry-key", readFileSync(join(keys, "keys/carry.pem")));
      const { code, err, told } = await run("startup.sh");
      expect([code, err]).toEqual([0, ""]);
      expect(told).toEqual(["daemon-reload", "restart settlement-plane"]);
      const key = join(dir, "etc/clob/keys/carry.pem");
      expect(readFileSync(key)).toEqual(readFileSync(join(keys, "keys/carry.pem")));
      expect(statSync(key).mode & 0o777).toBe(0o600);
      expect(written("etc/clob/settlement-plane.env")).toBe("SETTLEMENT_INGRESS=10.64.0.5:9090\n");
    },
    MS_MAX,
  );

  test(
    "keeps the password that it has while the secret cannot be read",
    async () => {
      cloud.set({ "redis-secret": "clob-redis" });
      const { code, err, told } = await run("startup.sh");
      expect([code, told]).toEqual([1, []]);
      expect(err).toContain("the secret clob-redis could not be read");
      expect(existsSync(join(dir, "etc/clob/redis.env"))).toBe(false);
    },
    MS_MAX,
  );

  test(
    "of ingress has a slot of its own: the end of its name",
    async () => {
      release("1", "ingress-verifier", "ingress-verifier.service");
      cloud.set({ role: "ingress" });
      cloud.metadata.set("name", "clob-ingress-x7kq");
      const { code, err, told } = await run("startup.sh");
      expect([code, err]).toEqual([0, ""]);
      expect(told).toEqual(["daemon-reload", "restart ingress-verifier"]);
      expect(written("etc/clob/ingress-verifier.env")).toBe("CLOB_INGRESS_SLOT=x7kq\n");
    },
    MS_MAX,
  );

  test(
    "stops what runs on it when it is shut down",
    async () => {
      const { code, told } = await run("shutdown.sh");
      expect(code).toBe(0);
      expect(told[1]).toBe("stop market-matcher@1.service market-matcher@2.service");
    },
    MS_MAX,
  );
});
