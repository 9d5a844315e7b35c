/**
 * StoredSnapshotStory: a log that has let go of its beginning, as real processes, and a matcher
 * or settlement that has lost its data: it begins with the snapshot in the export, not with record
 * 1. With that snapshot damaged it does begin there.
 */
import { expect } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KillFleet, until } from "./kill-fleet.ts";
import { PlainTrader } from "./plain-trader.ts";
import { retentionOf } from "./trim-story.ts";

const EVERY = 1000;
const TURNS = 13;
/** A step of the export is 10 s of log time, and each test process waits for other things too. */
const WAIT_MS = 60_000;

interface Start {
  readonly position: number;
  readonly from: string;
  readonly from_snapshot: number;
  readonly executed: number;
}

export async function storedSnapshotStory(on: { redis?: number } = {}): Promise<void> {
  const out = mkdtempSync(join(tmpdir(), "clob-stored-"));
  await using fleet = await KillFleet.start({ services: "three", flags: flagsOf(out), ...on });
  const trader = await PlainTrader.open(fleet);
  const { wire } = await trader.resume(1);
  for (let i = 0; i < TURNS; i++) await trader.place(wire, 100);
  const stored = await storedIn(join(out, "shard-1", "snapshot"));
  expect(Number(stored.slice(-24, -4))).toBeGreaterThan(EVERY - 1);
  await trimmed(fleet);
  await trader.place(wire, 20);
  wire.cut();

  const again = await restarted(fleet);
  expect(again.from).toEndWith(`snapshot/${stored.slice(-24)}`);
  expect(again.executed).toBe(again.position - again.from_snapshot);
  expect(again.executed).toBeLessThan(again.position / 2);

  // Ingress finds no snapshot of a matcher either, and makes all reports again from record 1.
  await fleet.kill("ingress");
  await fleet.launch("ingress");
  expect(fleet.saidNow("ingress")).toContain(`"from_snapshot":${again.from_snapshot}`);
  const after = await trader.resume(1);
  expect(after.numbers).toEqual(after.numbers.map((_, i) => i + 1));
  expect(after.numbers.length).toBeGreaterThan(100 * TURNS);
  await trader.place(after.wire, 20);

  await settlementAnew(fleet, { stored, all: true });
  await settlementAnew(fleet, { stored, all: false });

  // A bit of it is another: it is named, and all is executed again.
  const right = readFileSync(stored);
  const other = Buffer.from(right);
  const at = right.length >> 1;
  other[at] = other[at]! ^ 1;
  writeFileSync(stored, other);
  const whole = await restarted(fleet);
  expect(fleet.saidNow("matcher")).toContain("snapshot skipped");
  expect(whole).toMatchObject({ from: "genesis", from_snapshot: 0, executed: whole.position });
  writeFileSync(stored, right);

  await trader.place(after.wire, 20);
  after.wire.cut();
  const copy = join(fleet.dir, "copy");
  expect(await fleet.run("export", ["src/cli/main.ts", "export", copy])).toBe(0);
  await fleet.run("verify", ["src/cli/main.ts", "verify", copy], false);
  expect(fleet.said("verify")).toContain("yes");
  rmSync(out, { recursive: true, force: true });
}

function flagsOf(out: string): string[] {
  const trim = ["--log-keep-records=0", "--log-keep-ms=0", "--log-segment-bytes-max=65536"];
  return [...trim, `--settlement-export-dir=${out}`, `--matcher-snapshot-commands=${EVERY}`];
}

/**
 * Settlement loses its snapshots, or all it has: it begins at the export's, has the same
 * commitments as before, and signs on.
 */
async function settlementAnew(
  fleet: KillFleet,
  { stored, all }: { stored: string; all: boolean },
): Promise<void> {
  const dir = join(fleet.data, "shard-1", "settlement");
  await fleet.kill("settlement");
  const before = readFileSync(join(dir, "commitments"));
  rmSync(all ? dir : join(dir, "snapshots"), { recursive: true });
  await fleet.launch("settlement");
  const isThere = (): boolean => {
    const now = readFileSync(join(dir, "commitments"));
    return now.length > before.length && now.subarray(0, before.length).equals(before);
  };
  await until(isThere, "the same commitments, and another", WAIT_MS);
  const said = fleet.saidNow("settlement").split("\n");
  const line = said.find((one) => one.includes('"message":"recovered"')) ?? "{}";
  expect(JSON.parse(line)).toMatchObject({ position: Number(stored.slice(-24, -4)) });
  expect(line).toContain(stored.slice(-24));
}

/** The path of the first snapshot that lies there. */
async function storedIn(dir: string): Promise<string> {
  const isThere = (): boolean => existsSync(dir) && readdirSync(dir).some(isSnapshot);
  await until(isThere, "a snapshot in the export", WAIT_MS);
  return join(dir, readdirSync(dir).find(isSnapshot)!);
}

function isSnapshot(name: string): boolean {
  return /^\d{20}\.zst$/.test(name);
}

async function trimmed(fleet: KillFleet): Promise<void> {
  const hasLetGo = async (): Promise<boolean> => (await retentionOf(fleet)).trimmed > EVERY / 2;
  await until(hasLetGo, "the log to let go", WAIT_MS);
}

/** The matcher is killed, loses its data and starts: what it says that it has begun with. */
async function restarted(fleet: KillFleet): Promise<Start> {
  await fleet.kill("matcher");
  rmSync(join(fleet.data, "shard-1", "snapshots"), { recursive: true });
  await fleet.launch("matcher");
  const recovered = (): string | undefined =>
    fleet
      .saidNow("matcher")
      .split("\n")
      .find((line) => line.includes('"message":"recovered"'));
  await until(() => recovered() !== undefined, "the matcher to have recovered", WAIT_MS);
  return JSON.parse(recovered() ?? "{}") as Start;
}
