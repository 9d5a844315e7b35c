/**
 * Finds a real redis-server for the tests, or fetches one into .tools/redis.
 *
 * Order: REDIS_SERVER_BIN, the PATH, what was fetched before; then Debian's packages. That needs no
 * root and installs nothing: apt keeps its lists and archives in our folder, dpkg-deb only unpacks.
 *
 *   .tools/redis/root/          the unpacked packages: redis and the libraries this machine lacks
 *   .tools/redis/redis-server   sh wrapper that names those libraries; what the tests start
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const home = join(import.meta.dir, "..", ".tools", "redis");
const wrapper = join(home, "redis-server");

export const REDIS_ADVICE =
  "put redis-server 7.0 or later on the PATH (apt-get install redis-server, brew install redis) " +
  "or name it in REDIS_SERVER_BIN";

/** Absolute path of a redis-server that starts, or null. */
export function findRedis(): string | null {
  const named = process.env["REDIS_SERVER_BIN"] ?? Bun.which("redis-server");
  return [named, wrapper].find((path) => typeof path === "string" && starts(path)) ?? null;
}

/** The same after fetching it from the distribution's packages, or null where there are none. */
export function fetchRedis(): string | null {
  if (Bun.which("apt-get") === null || Bun.which("dpkg-deb") === null) return null;
  rmSync(home, { recursive: true, force: true });
  const apt = join(home, "apt");
  const unpacked = download(apt) && unpack(join(apt, "cache", "archives"), join(home, "root"));
  rmSync(apt, { recursive: true, force: true });
  if (!unpacked) return null;
  writeWrapper(join(home, "root"));
  return starts(wrapper) ? wrapper : null;
}

function starts(path: string): boolean {
  return existsSync(path) && succeeds([path, "--version"]);
}

/**
 * Redis and exactly those libraries that the machine lacks, as apt itself works them out. The
 * program is in redis-tools, redis-server is a link to it; a machine may have either already.
 */
function download(apt: string): boolean {
  for (const dir of ["lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(apt, dir), { recursive: true });
  }
  const options = [`Dir::State::Lists=${apt}/lists`, `Dir::Cache=${apt}/cache`]
    .concat(["Debug::NoLocking=1", "APT::Sandbox::User=", "Acquire::Retries=3"])
    .flatMap((option) => ["-o", option]);
  const quietly = ["--yes", "--download-only", "--reinstall", "--no-install-recommends"];
  const packages = ["redis-server", "redis-tools"];
  return (
    succeeds(["apt-get", ...options, "update"]) &&
    succeeds(["apt-get", ...options, ...quietly, "install", ...packages])
  );
}

function unpack(archives: string, root: string): boolean {
  const packages = readdirSync(archives).filter((file) => file.endsWith(".deb"));
  return packages.every((file) => succeeds(["dpkg-deb", "-x", join(archives, file), root]));
}

/** Relative to itself, so that the clone may be moved. */
function writeWrapper(root: string): void {
  const files = [...new Bun.Glob("usr/lib/*/*.so*").scanSync({ cwd: root, onlyFiles: false })];
  const libraries = [...new Set(files.map((file) => `$here/${dirname(file)}`))].join(":");
  const script = [
    "#!/bin/sh",
    `here=$(CDPATH='' cd -- "$(dirname -- "$0")/root" && pwd) || exit 1`,
    `export LD_LIBRARY_PATH="${libraries}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`,
    'exec "$here/usr/bin/redis-server" "$@"',
  ];
  writeFileSync(wrapper, `${script.join("\n")}\n`);
  chmodSync(wrapper, 0o755);
}

function succeeds(command: readonly string[]): boolean {
  return Bun.spawnSync([...command], { stdout: "ignore", stderr: "ignore" }).success;
}
