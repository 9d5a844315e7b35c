/**
 * Canaries: faults of ours that are planted in a copy of the tree, and that chaos must find within
 * some rounds; a run that finds nothing there proves nothing elsewhere.
 *
 * Tried and not found in 12 rounds, because something else holds too: a pack number that comes
 * again is appended again (the nonces refuse what is in it), a new connection is not compared with
 * what is known (the scripts compare as well; the simulation needs 144 seeds).
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
    name: "fence-ignored",
    words: ["--level", "D2", "--blow", "none", "--sequel", "clear", "--kinds", "cuts"],
    bug: {
      name: "a shard that is halted takes appends",
      file: SCRIPTS,
      find: "elseif c[3] then",
      put: "elseif false then",
    },
  },
  {
    name: "nothing-put-aside",
    words: ["--level", "D0", "--blow", "flush", "--sequel", "restore", "--kinds", "kill service"],
    bug: {
      name: "state of lost positions stays where it is",
      file: "src/service/restored.ts",
      find: "if (era === eraOf(clearedEnds(dir))) return moved;",
      put: 'if (dir !== "") return moved;',
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
