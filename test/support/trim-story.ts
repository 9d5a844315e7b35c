/**
 * TrimStory: a log that has let go of its beginning, as real processes: everybody starts again from
 * snapshot or genesis, export and log; a client resumes from before the trim; a stranger agrees.
 */
import { expect } from "bun:test";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../../src/edges/config-read.ts";
import type { Retention } from "../../src/edges/log.ts";
import { openLog } from "../../src/edges/open-log.ts";
import { KillFleet, until } from "./kill-fleet.ts";
import { PlainTrader } from "./plain-trader.ts";

/** Keeps nothing back, and segments of the embedded log that fill up soon. */
const FLAGS = ["--log-keep-records=0", "--log-keep-ms=0", "--log-segment-bytes-max=65536"];
const TURNS = 15;
const PARTS = ["matcher", "settlement", "ingress"] as const;

/** Asks the log itself. */
export async function retentionOf(fleet: KillFleet): Promise<Retention> {
  const read = readConfig({ env: fleet.env(), flags: { data: fleet.data } });
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  const log = await openLog(read.config, 1);
  try {
    return await log.retention();
  } finally {
    await log.close();
  }
}

async function exportTo(fleet: KillFleet, dir: string): Promise<void> {
  const code = await fleet.run("export", ["src/cli/main.ts", "export", dir]);
  if (code !== 0) throw new Error(fleet.said("export"));
}

/** Exports to where settlement looks, and waits until the log has let go of nearly all of that. */
async function exportAndTrim(fleet: KillFleet, atLeast: number): Promise<Retention> {
  const checkpointed = async (): Promise<boolean> =>
    (await retentionOf(fleet)).checkpointed >= atLeast;
  await until(checkpointed, "a checkpoint over all orders");
  await exportTo(fleet, join(fleet.data, "export"));
  let retention = await retentionOf(fleet);
  const hasLetGo = async (): Promise<boolean> => {
    retention = await retentionOf(fleet);
    return retention.archived >= atLeast && retention.trimmed > atLeast / 2;
  };
  await until(hasLetGo, "the log to let go").catch((error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify({ atLeast, retention })}`);
  });
  return retention;
}

async function killAll(fleet: KillFleet): Promise<void> {
  for (const part of PARTS) await fleet.kill(part);
}

async function launchAll(fleet: KillFleet): Promise<void> {
  await Promise.all(PARTS.map((part) => fleet.launch(part)));
}

async function verified(fleet: KillFleet): Promise<string> {
  const out = join(fleet.dir, `verified-${crypto.randomUUID()}`);
  await exportTo(fleet, out);
  await fleet.run("verify", ["src/cli/main.ts", "verify", out], false);
  return fleet.said("verify").slice(-2000);
}

export async function trimStory(on: { redis?: number } = {}): Promise<void> {
  await using fleet = await KillFleet.start({ services: "three", flags: FLAGS, ...on });
  const trader = await PlainTrader.open(fleet);
  const first = await trader.resume(1);
  // In turns, so that not all of it is one pack, and one segment.
  for (let i = 1; i < TURNS; i++) await trader.place(first.wire, 100);
  const last = (await trader.place(first.wire, 100)).at(-1)!;
  first.wire.cut();
  const { trimmed, consumers } = await exportAndTrim(fleet, last.position);
  expect(trimmed).toBeLessThan(last.position + 100);
  expect(consumers.map(({ name }) => name)).toEqual(["ingress-1", "matcher", "settlement"]);
  const notes = readFileSync(join(fleet.data, "export", "shard-1", "in.note"));

  // Killed, and what they knew beside the log and the export is gone, but for the commitments.
  await killAll(fleet);
  const shard = join(fleet.data, "shard-1");
  rmSync(join(shard, "snapshots"), { recursive: true });
  rmSync(join(shard, "settlement", "snapshots"), { recursive: true });
  await launchAll(fleet);
  for (const part of ["matcher", "settlement"] as const) {
    expect(fleet.saidNow(part)).not.toContain("halted");
  }

  // All reports since the first, from before the trim too, and each once.
  const again = await trader.resume(1);
  expect(again.code).toBe("");
  expect(again.numbers).toEqual(again.numbers.map((_, i) => i + 1));
  expect(again.numbers.length).toBeGreaterThan(100 * TURNS);
  await trader.place(again.wire, 20);
  again.wire.cut();

  // With all of settlement's own gone it signs the same again.
  await fleet.kill("settlement");
  const before = readFileSync(join(shard, "settlement", "commitments"));
  cpSync(join(shard, "settlement"), join(fleet.dir, "kept"), { recursive: true });
  rmSync(join(shard, "settlement"), { recursive: true });
  await fleet.launch("settlement");
  const commitments = (): Buffer => readFileSync(join(shard, "settlement", "commitments"));
  const isThere = (): boolean => commitments().subarray(0, before.length).equals(before);
  await until(() => readdirSync(shard).includes("settlement") && isThere(), "the same commitments");
  expect(await verified(fleet)).toContain("yes");
  expect(notes.length).toBeGreaterThan(0);

  // A wrong export is named, and nothing of it is executed.
  await fleet.kill("matcher");
  rmSync(join(shard, "snapshots"), { recursive: true });
  spoil(join(fleet.data, "export", "shard-1", "in"));
  // Nor can it begin behind them.
  rmSync(join(fleet.data, "export", "shard-1", "snapshot"), { recursive: true, force: true });
  fleet.begin("matcher");
  expect(await fleet.exitOf("matcher")).toBe(1);
  expect(fleet.saidNow("matcher")).toContain("the export at");
}

/** One bit in the middle of each segment, its header left as it is. */
function spoil(dir: string): void {
  const names = readdirSync(dir, { recursive: true }).map(String);
  for (const name of names.filter((one) => one.endsWith(".zst"))) {
    const bytes = readFileSync(join(dir, name));
    const at = bytes.length >> 1;
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(join(dir, name), bytes);
  }
}
