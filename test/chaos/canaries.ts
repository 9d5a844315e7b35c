/**
 * Canaries: faults of ours that are planted in a copy of the tree, and that chaos must find within
 * some rounds; a run that finds nothing there proves nothing elsewhere.
 */
import { join } from "node:path";
import { PlantedCopy } from "../../scripts/planted-copy.ts";
import { findRedis } from "../../scripts/redis.ts";
import { type PlantedBug, plant } from "../planted/planted-bugs.ts";
import { FLEET_BUGS } from "../sim/planted-bugs.ts";

export interface Canary {
  readonly name: string;
  readonly bug: PlantedBug;
  /** Where it can show: further words of the command. */
  readonly words: readonly string[];
}

const SCRIPTS = "src/edges/redis-scripts.ts";
const LAGGING = ["--level", "D3", "--blow", "lagging failover"];
const SPLIT = ["--level", "D3", "--blow", "old primary lives"];

export const CANARIES: readonly Canary[] = [
  { name: "ack-before-wait", bug: known("nobody waits for the replicas"), words: LAGGING },
  { name: "wait-ignored", bug: known("the number that WAIT answers is ignored"), words: SPLIT },
  { name: "not-durable", bug: known("reports leave before they are durable"), words: LAGGING },
  {
    name: "loss-unnoticed",
    bug: known("a new connection is not compared with what is known"),
    words: LAGGING,
  },
  {
    name: "pack-number",
    words: ["--level", "D2", "--blow", "none", "--kinds", "cuts,doubles"],
    bug: {
      name: "a pack number that comes again is appended again",
      file: SCRIPTS,
      find:
        "if pack == ARGV[5] then return {tonumber(first), tonumber(last), tonumber(time)} end\n" +
        "local tip = tonumber(c[5])\n" +
        "if tip < tonumber(ARGV[9]) or tonumber(pack) + 1 ~= tonumber(ARGV[5]) then",
      put: "local tip = tonumber(c[5])\nif tip < tonumber(ARGV[9]) then",
    },
  },
  {
    name: "believed",
    words: ["--level", "D2", "--blow", "none"],
    bug: known("settlement believes the matcher"),
  },
  {
    name: "not-sent-again",
    words: ["--level", "D2", "--blow", "none", "--kinds", "resets,kill service,half open"],
    bug: known("the client does not send again what had no outcome"),
  },
];

function known(name: string): PlantedBug {
  const bug = FLEET_BUGS.find((one) => one.name === name);
  if (bug === undefined) throw new Error(`no planted bug is called ${name}`);
  return bug;
}

/** True if it was found within so many rounds. */
export async function findsCanary(
  { name, bug, words }: Canary,
  { rounds, seed }: { readonly rounds: string; readonly seed: string },
): Promise<boolean> {
  const copy = new PlantedCopy(join(import.meta.dir, "..", ".."));
  try {
    const path = join(copy.dir, bug.file);
    const planted = plant(bug, await Bun.file(path).text());
    if ("wrong" in planted) throw new Error(planted.wrong);
    await Bun.write(path, planted.text);
    const asked = ["--rounds", rounds, "--seed", seed, "--brief", ...words];
    const child = Bun.spawn([process.execPath, "test/chaos/main.ts", ...asked], {
      cwd: copy.dir,
      env: { ...process.env, REDIS_SERVER_BIN: findRedis() ?? "" },
      stdout: "pipe",
      stderr: "inherit",
    });
    const lines = (await new Response(child.stdout).text()).trimEnd().split("\n");
    const code = await child.exited;
    const count = lines.filter((line) => line.startsWith("seed ")).length;
    const isFound = code !== 0 && lines.some((line) => /^seed \d+: WRONG/.test(line));
    console.log(`${name}: ${isFound ? "found" : "NOT FOUND"} after ${count} rounds`);
    const at = lines.findIndex((line) => /^seed \d+: WRONG/.test(line));
    console.log(`  ${(lines[at + 1] ?? "").slice(0, 300)}`);
    return isFound;
  } finally {
    copy.remove();
  }
}
