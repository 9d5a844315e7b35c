/** One writing process per role: the second is refused by pid, whatever way the first one went. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bellPlace, claimRole } from "../../src/edges/directory-lock.ts";
import { socketsAt } from "../../src/edges/doorbell.ts";
import { frameOf, readAll } from "./records.ts";
import { SegmentStand } from "./segment-stand.ts";

const PROGRAM = join(import.meta.dir, "append-forever.ts");
const children: Bun.Subprocess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** A process that writes that log, once it does. */
async function start(dir: string): Promise<Bun.Subprocess<"ignore", "pipe", "inherit">> {
  const child = Bun.spawn([process.execPath, PROGRAM, dir, "1"], { stderr: "inherit" });
  children.push(child);
  const reader = child.stdout.getReader();
  await reader.read();
  void (async () => {
    while (!(await reader.read()).done);
  })();
  return child;
}

test("a second writer is refused and told who writes, until that one is killed", async () => {
  await using stand = new SegmentStand();
  await stand.create();
  const child = await start(stand.dir);
  const log = stand.open();
  const busy = `data directory ${stand.dir} is in use by pid ${child.pid}`;
  await expect(log.openInputWriter()).rejects.toThrow(`${busy} (ingress-verifier)`);
  await expect(log.openExecutionWriter()).rejects.toThrow(`${busy} (market-matcher)`);
  child.kill("SIGSTOP"); // Alive and silent is alive.
  await expect(log.openInputWriter()).rejects.toThrow(busy);
  child.kill("SIGKILL");
  await child.exited;
  const writer = await log.openInputWriter();
  expect((await writer.append([frameOf(1)])).first).toBeGreaterThan(1);
});

test("a killed writer can be started again at once, again and again", async () => {
  await using stand = new SegmentStand();
  await stand.create();
  for (let i = 0; i < 5; i++) {
    const child = await start(stand.dir);
    child.kill("SIGKILL");
    await child.exited;
  }
  await stand.open().openInputWriter();
  expect(socketsAt(bellPlace(join(stand.dir, "shard-7"), "in"))).toHaveLength(1);
});

test("in one process, too, there is one writer", async () => {
  await using stand = new SegmentStand();
  await (await stand.create()).openInputWriter();
  await expect(stand.open().openInputWriter()).rejects.toThrow(`pid ${process.pid}`);
  await expect(stand.open().create(new Uint8Array(1))).rejects.toThrow("not a genesis");
});

test.each([2, 6])("of %d who start at the same moment one writes at most", async (count) => {
  const dir = mkdtempSync(join(tmpdir(), "clob-lock-"));
  for (let round = 0; round < 3; round++) {
    const claims = Array.from({ length: count }, () => claimRole(bellPlace(dir, "in"), dir));
    const outcomes = await Promise.allSettled(claims);
    const won = outcomes.flatMap((outcome) =>
      outcome.status === "fulfilled" ? [outcome.value] : [],
    );
    if (count === 2) expect(won).toHaveLength(1);
    expect(won.length).toBeLessThanOrEqual(1);
    for (const bell of won) bell.close();
    (await claimRole(bellPlace(dir, "in"), dir)).close();
    expect(readdirSync(dir)).toEqual([]);
  }
  rmSync(dir, { recursive: true });
});

test("a directory whose path is too long for a socket works all the same", async () => {
  const parent = join(mkdtempSync(join(tmpdir(), "clob-log-")), "a".repeat(60), "b".repeat(60));
  mkdirSync(parent, { recursive: true });
  await using stand = new SegmentStand(parent);
  const writer = await (await stand.create()).openInputWriter();
  const place = bellPlace(join(stand.dir, "shard-7"), "in");
  expect(place.dir.length).toBeLessThan(tmpdir().length + 30);
  expect(socketsAt(place)).toHaveLength(1);
  await expect(stand.open().openInputWriter()).rejects.toThrow(`pid ${process.pid}`);
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "watch-log.ts"), stand.dir]);
  children.push(child);
  const reading = readAll(await stand.open().openInputReader(), 1, 2);
  await writer.append([frameOf(2)]);
  expect(await reading).toHaveLength(1);
  const reader = child.stdout.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toMatch(/^[12] /);
  child.kill();
});
