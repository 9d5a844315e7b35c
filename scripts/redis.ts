/**
 * Finds a real redis-server for the tests, or fetches one into .tools/redis: see debian.ts.
 */
import { type DebianTerms, fetchProgram, findProgram } from "./debian.ts";

/** The program is in redis-tools, redis-server is a link to it; a machine may have either already. */
const REDIS: DebianTerms = {
  name: "redis",
  packages: ["redis-server", "redis-tools"],
  programs: { "redis-server": "usr/bin/redis-server", "redis-cli": "usr/bin/redis-cli" },
  program: "redis-server",
  variable: "REDIS_SERVER_BIN",
  flag: "--version",
};

export const REDIS_ADVICE =
  "put redis-server 7.0 or later on the PATH (apt-get install redis-server, brew install redis) " +
  "or name it in REDIS_SERVER_BIN";

export const findRedis = (): string | null => findProgram(REDIS);
export const fetchRedis = (): string | null => fetchProgram(REDIS);
