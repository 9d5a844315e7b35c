/**
 * Doctor: looks at this machine and at the venue, one line each; a line that is wrong has the fix.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { callForm } from "../edges/call-form.ts";
import type { Config } from "../edges/config.ts";
import { formatRanges } from "../edges/config-ranges.ts";
import { nativeLevelsReason } from "../edges/native-levels.ts";
import { openLog } from "../edges/open-log.ts";
import type { Cli } from "./cli.ts";
import type { Answer, CommandSpec } from "./command.ts";
import type { Finding } from "./doctor-finding.ts";
import { lookAtFleet } from "./doctor-fleet.ts";
import { EXIT_REFUSED } from "./exit-codes.ts";

const DISK_LOW = 1 << 30;
const CLOCK_MS_MAX = 2000;

export const DOCTOR: CommandSpec = {
  name: "doctor",
  about: "Look at this machine and the venue; each line that is wrong has the fix",
  args: [],
  options: {
    fleet: {
      value: "LIST",
      help: "HOST:PORT,... of every service's HTTP: look at the fleet, and trade one order",
    },
  },
  takesConfig: true,
  examples: [
    "clob doctor",
    "clob doctor -o json",
    "clob doctor --fleet 127.0.0.1:9090,127.0.0.1:9091,127.0.0.1:9092",
  ],
  run: async (cli, args): Promise<Answer> => {
    const fleet = args.text("fleet");
    const findings = fleet === undefined ? await lookHere(cli) : await lookAtFleet(cli, fleet);
    const isWrong = findings.some(({ state }) => state === "wrong");
    const lines = findings.map(({ name, state, found, fix }) => {
      const mark = state === "ok" ? "ok  " : state === "warning" ? "warn" : "BAD ";
      return `${mark} ${name.padEnd(16)} ${found}${fix === "" ? "" : `\n     fix: ${fix}`}`;
    });
    const data = { ok: !isWrong, checks: findings };
    return { data, text: lines.join("\n"), exitCode: isWrong ? EXIT_REFUSED : 0 };
  },
};

async function lookHere(cli: Cli): Promise<Finding[]> {
  const here = [bun(cli), native(), dataDir(cli), disk(cli), temporary()];
  return [...here, ...(await Promise.all([log(cli), ...doors(cli), clock(cli)]))];
}

function good(name: string, found: string): Finding {
  return { name, state: "ok", found, fix: "" };
}

function bun(cli: Cli): Finding {
  const pinned = manifest.devDependencies.bun;
  const found = `Bun ${Bun.version}`;
  if (Bun.version === pinned) return good("bun", found);
  return {
    name: "bun",
    state: "warning",
    found,
    fix: `use ${pinned}: ${callForm(cli.io.env).start} fetches it`,
  };
}

function native(): Finding {
  const reason = nativeLevelsReason();
  if (reason === "") return good("native levels", "the C library is loaded, its ABI fits");
  const fix = "install a C compiler, then: bun run native; without it all works, slower";
  return { name: "native levels", state: "warning", found: reason, fix };
}

/** The nearest directory that exists. */
function nearest(path: string): string {
  let at = resolve(path);
  while (!existsSync(at)) at = dirname(at);
  return at;
}

function dataDir(cli: Cli): Finding {
  const dir = dirname(cli.places.keysDir);
  const name = "data directory";
  try {
    accessSync(nearest(dir), constants.W_OK | constants.X_OK);
    const state = existsSync(dir) ? "is there and can be written" : "can be made";
    return good(name, `${dir} ${state}`);
  } catch {
    const found = `${dir} cannot be written`;
    return { name, state: "wrong", found, fix: "choose another with --data DIR, or chown it" };
  }
}

function disk(cli: Cli): Finding {
  const { bavail, bsize } = statfsSync(nearest(cli.places.keysDir));
  const free = bavail * bsize;
  const found = `${(free / 2 ** 30).toFixed(1)} GiB free`;
  if (free >= DISK_LOW) return good("disk", found);
  const fix = "make room: a venue whose disk is full stops";
  return { name: "disk", state: "wrong", found, fix };
}

/** Single-file executables unpack their native parts there. */
function temporary(): Finding {
  const dir = mkdtempSync(join(tmpdir(), "clob-doctor-"));
  const path = join(dir, "run");
  try {
    writeFileSync(path, "#!/bin/sh\nexit 0\n", { mode: 0o700 });
    const { exitCode } = Bun.spawnSync([path]);
    if (exitCode === 0) return good("temporary files", `${tmpdir()} lets programs run`);
    throw new Error(`exit code ${exitCode}`);
  } catch {
    const found = `${tmpdir()} does not let programs run`;
    const fix = "set TMPDIR to a directory that is not mounted noexec";
    return { name: "temporary files", state: "warning", found, fix };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** What its log is, which shards have no genesis, and the halted marks of others. */
async function lookAtShards(config: Config) {
  const absent: number[] = [];
  const halted: string[] = [];
  let describe = "";
  for (const { id } of config.shards) {
    const opened = await openLog(config, id);
    if ((await opened.genesis()) === null) absent.push(id);
    const why = await opened.halted();
    if (why !== null) halted.push(`shard ${id}: ${why}`);
    if (describe === "") describe = opened.describe;
    await opened.close();
  }
  return { describe, absent, halted };
}

async function log(cli: Cli): Promise<Finding> {
  const name = "log";
  if (!cli.hasConfig) {
    const fix = "look where config.toml lies, or name it with --config FILE";
    return { name, state: "warning", found: "no config.toml here, so no log to look at", fix };
  }
  try {
    const { describe, absent, halted } = await lookAtShards(cli.config);
    const [why] = halted;
    if (why !== undefined) {
      const fix = "see docs/OPERATE.md, A halted shard";
      return { name, state: "wrong", found: `${describe}: ${why}`, fix };
    }
    const ids = cli.config.shards.map(({ id }) => id);
    const all = ids.length === 1 ? "" : `, shards ${formatRanges(ids)}`;
    if (absent.length === 0) return good(name, describe + all);
    const { clob, start } = callForm(cli.io.env);
    if (absent.length === ids.length) {
      const fix = `make it with ${clob} init, or ${start}`;
      return { name, state: "warning", found: `${describe}: no genesis yet`, fix };
    }
    const found = `${describe}: no genesis yet of shards ${formatRanges(absent)}`;
    return { name, state: "warning", found, fix: `make each with ${clob} init --shard N` };
  } catch (error) {
    const found = error instanceof Error ? error.message.split("\n")[0]! : String(error);
    const fix = "see [log] and [redis] in the config; is Redis up and REDIS_ADDR right?";
    return { name, state: "wrong", found, fix };
  }
}

function doors(cli: Cli): Promise<Finding>[] {
  const { tcp, ingress, settlement } = cli.places;
  const start = `start the venue with ${callForm(cli.io.env).start}`;
  const door = async (name: string, host: string, port: number): Promise<Finding> => {
    const why = await whyClosed(host, port);
    if (why === "") return good(name, `${host}:${port} answers`);
    const fix = `${start}, or name the address (see --help)`;
    return { name, state: "warning", found: `${host}:${port}: ${why}`, fix };
  };
  const web = (name: string, url: string): Promise<Finding> => {
    const { hostname, port } = new URL(url);
    return door(name, hostname, Number(port));
  };
  return [
    door("order entry", tcp.host, tcp.port),
    web("ingress", ingress),
    web("settlement", settlement),
  ];
}

/** "" for a door that opens. */
async function whyClosed(host: string, port: number): Promise<string> {
  const { promise, resolve: end } = Promise.withResolvers<string>();
  const socket = connect({ host, port });
  socket.setTimeout(2000, () => end("no answer in 2 s"));
  socket.on("connect", () => end(""));
  socket.on("error", (error: Error) =>
    end(isRefused(error) ? "nobody listens there" : error.message),
  );
  const why = await promise;
  socket.destroy();
  return why;
}

function isRefused(error: Error): boolean {
  return error.message === "" || ("code" in error && error.code === "ECONNREFUSED");
}

async function clock(cli: Cli): Promise<Finding> {
  const name = "clock";
  try {
    const before = Date.now();
    const { time_us } = await cli.http.time();
    const middle = (before + Date.now()) / 2;
    const apart = Math.round(Math.abs(time_us / 1000 - middle));
    const found = `${apart} ms from the venue's`;
    if (apart <= CLOCK_MS_MAX) return good(name, found);
    return { name, state: "wrong", found, fix: "set the clocks right (NTP)" };
  } catch {
    const fix = "start the venue, then look again";
    return { name, state: "warning", found: "no venue to compare with", fix };
  }
}
