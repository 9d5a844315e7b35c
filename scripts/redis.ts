/**
 * Finds a real redis-server for the tests, or fetches one into .tools/redis.
 *
 * Order: REDIS_SERVER_BIN, the PATH, what was fetched before; then Debian's packages.
 */
import { type DebianTerms, fetchDebian, starts, wrapperOf } from "./debian.ts";

/** The program is in redis-tools, redis-server is a link to it; a machine may have either already. */
const REDIS: DebianTerms = {
  name: "redis",
  packages: ["redis-server", "redis-tools"],
  programs: { "redis-server": "usr/bin/redis-server", "redis-cli": "usr/bin/redis-cli" },
};
const wrapper = wrapperOf(REDIS, "redis-server");

export const REDIS_ADVICE =
  "put redis-server 7.0 or later on the PATH (apt-get install redis-server, brew install redis) " +
  "or name it in REDIS_SERVER_BIN";

/** Absolute path of a redis-server that starts, or null. */
export function findRedis(): string | null {
  const named = process.env["REDIS_SERVER_BIN"] ?? Bun.which("redis-server");
  const paths = [named, wrapper].filter((path) => typeof path === "string");
  return paths.find((path) => starts(path, "--version")) ?? null;
}

/** The same after fetching it from the distribution's packages, or null where there are none. */
export function fetchRedis(): string | null {
  return fetchDebian(REDIS) && starts(wrapper, "--version") ? wrapper : null;
}
