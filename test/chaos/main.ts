/**
 * Chaos: rounds of real processes in which things go wrong, and what came of them.
 *
 *   bun run chaos --rounds 20 --seed 1            one line per round, until one is wrong
 *   bun run chaos --rounds 1 --seed 17 --trace    that one, with its timeline as it happens
 *   bun run chaos --record --rounds 200           until docs/runs/chaos.json has so many, once what
 *                                                 was wrong there has held or been wrong again
 *   bun run chaos --canary NAME --rounds 20       a fault of ours is planted: it must be found
 *
 *   --level D3  --kinds "cuts,resets"  --blow failover  --sequel clear   these, not drawn ones
 *   --keep      go on behind a round that is wrong        --brief   without timelines
 *
 * Exit code 1 if a round is wrong; with --canary, if none is.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isLevel } from "../sim/setup.ts";
import { redisAvailable } from "../support/redis-server.ts";
import { CANARIES, findsCanary } from "./canaries.ts";
import { Recording } from "./record.ts";
import { Room } from "./room.ts";
import { runRound, type Verdict } from "./round.ts";
import * as setups from "./setup.ts";
import { shimPath } from "./shim.ts";

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    level: text,
    kinds: text,
    blow: text,
    sequel: text,
    canary: text,
    trace: flag,
    keep: flag,
    record: flag,
    brief: flag,
  },
});

// What was started ends with this process: see the "exit" handlers, and shim.c.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(130));
}
if (!redisAvailable()) {
  console.error("chaos: no redis-server here; npm test fetches it");
  process.exit(1);
}
process.exit((await (values.canary === undefined ? runRounds() : runCanary())) ? 0 : 1);

async function runCanary(): Promise<boolean> {
  const canary = CANARIES.find(({ name }) => name === values.canary);
  if (canary === undefined) {
    console.error(`chaos: canaries are ${CANARIES.map(({ name }) => name).join(", ")}`);
    return false;
  }
  return findsCanary(canary, values);
}

/** True if all of them held. */
async function runRounds(): Promise<boolean> {
  const means = await lookForMeans();
  const recording = values.record ? new Recording() : null;
  if (recording !== null && !(await runOpen(recording, means)) && !values.keep) return false;
  let seed = Math.max(recording?.next ?? 1, Number(values.seed));
  let wrong = 0;
  for (let done = recording?.size ?? 0; done < Number(values.rounds); done++, seed++) {
    const verdict = await runRound(setups.chaosSetup(seed, means, wishes()), values.trace);
    tell(verdict);
    recording?.add(verdict);
    if (verdict.wrong !== "") wrong++;
    if (wrong > 0 && !values.keep) break;
  }
  return wrong === 0;
}

/** True if all held that had not. */
async function runOpen(recording: Recording, means: setups.Means): Promise<boolean> {
  for (const seed of recording.open) {
    const verdict = await runRound(setups.chaosSetup(seed, means, wishes()), values.trace);
    tell(verdict);
    recording.again(verdict);
  }
  return recording.open.length === 0;
}

async function lookForMeans(): Promise<setups.Means> {
  const dir = mkdtempSync(join(tmpdir(), "clob-chaos-room-"));
  const room = await Room.open(dir, 1 << 16);
  await room?.close();
  rmSync(dir, { recursive: true, force: true });
  const means = { shim: shimPath() !== null, rooms: room !== null };
  if (!means.shim) console.log("left out without a C compiler: clocks, power loss");
  if (!means.rooms) console.log("left out without the right to make namespaces: full disk");
  return means;
}

function wishes(): setups.Wishes {
  const { level = "", kinds, blow, sequel } = values;
  const asked = kinds?.split(",");
  return {
    level: isLevel(level) ? level : undefined,
    kinds: asked === undefined ? undefined : setups.KINDS.filter((kind) => asked.includes(kind)),
    blow: setups.BLOWS.find((one) => one === blow),
    sequel: setups.SEQUELS.find((one) => one === sequel),
  };
}

function tell({ setup, wrong, end, faults, seconds, records, dir, timeline }: Verdict): void {
  const sum = [...faults.values()].reduce((all, count) => all + count, 0);
  const sizes = `${sum} faults, ${records} records, ${seconds} s`;
  const verdict = wrong === "" ? end : "WRONG";
  console.log(`seed ${setup.seed}: ${verdict}, ${sizes}; ${setups.setupText(setup)}`);
  if (wrong === "") return;
  if (!values.trace && !values.brief) console.log(timeline.join("\n"));
  console.log(`${wrong}\nkept in ${dir}`);
}
