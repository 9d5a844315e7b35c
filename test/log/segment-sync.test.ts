/**
 * D2 is shown, not assumed: no reader, here or in another process, gets a record before the sync
 * that covers it has ended; and the same trace does show a writer that leaves the sync out.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { LogFault } from "../../src/edges/log.ts";
import { type Disk, realDisk } from "../../src/edges/segment-disk.ts";
import { executionOf, frameOf, READ_MAX } from "./records.ts";
import { SegmentStand } from "./segment-stand.ts";

const APPENDS = 15;
const SLOW_MS = 8;

/**
 * When each position was on the disk, and when each reader had it; milliseconds of the host's
 * clock.
 */
interface Trace {
  readonly synced: Map<number, number>;
  readonly seen: Map<number, number>[];
}

/** Positions that some reader had before they were synced. */
function tooEarly({ synced, seen }: Trace): number[] {
  const early = new Set<number>();
  for (const [position, syncedAt] of synced) {
    for (const reader of seen) {
      const seenAt = reader.get(position);
      if (seenAt !== undefined && seenAt < syncedAt) early.add(position);
    }
  }
  return [...early];
}

/** A disk whose syncs take long. `isAwaited` is false for a writer that does not wait for them. */
class SlowDisk implements Disk {
  readonly ends: number[] = [];
  readonly running: Promise<void>[] = [];
  private readonly isAwaited: boolean;

  constructor(isAwaited: boolean) {
    this.isAwaited = isAwaited;
  }

  write(fd: number, bytes: Uint8Array, at: number): Promise<void> {
    return realDisk.write(fd, bytes, at);
  }

  writeNow(fd: number, bytes: Uint8Array, at: number): void {
    realDisk.writeNow(fd, bytes, at);
  }

  async sync(fd: number): Promise<void> {
    const ended = this.slowly(fd, this.running.length);
    this.running.push(ended);
    if (this.isAwaited) await ended;
  }

  private async slowly(fd: number, number: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    await realDisk.sync(fd);
    this.ends[number] = performance.timeOrigin + performance.now();
  }
}

async function traceOf(isAwaited: boolean): Promise<Trace> {
  await using stand = new SegmentStand();
  await stand.create();
  const disk = new SlowDisk(isAwaited);
  const writer = await stand.open({ disk }).openInputWriter();
  const program = join(import.meta.dir, "watch-log.ts");
  const child = Bun.spawn([process.execPath, program, stand.dir], { stderr: "inherit" });
  const there = new Positions(child.stdout);
  await there.until(1);
  const stop = new AbortController();
  const here = watch(stand, stop.signal);
  for (let i = 0; i < APPENDS; i++) {
    await writer.append([frameOf(i)]);
    await there.until(writer.tip());
  }
  await Promise.all(disk.running);
  stop.abort();
  child.kill();
  await child.exited;
  const synced = new Map(disk.ends.map((end, i) => [i + 2, end]));
  return { synced, seen: [there.seen, await here] };
}

/** What a child prints: position and moment, line by line. */
class Positions {
  readonly seen = new Map<number, number>();
  private readonly reader: { read(): Promise<{ value?: Uint8Array | undefined; done: boolean }> };
  private readonly decoder = new TextDecoder();
  private text = "";

  constructor(output: ReadableStream<Uint8Array>) {
    this.reader = output.getReader();
  }

  async until(position: number): Promise<void> {
    while (!this.seen.has(position)) {
      const { value, done } = await this.reader.read();
      if (done) throw new Error("the reader has ended");
      this.text += this.decoder.decode(value);
      const lines = this.text.split("\n");
      this.text = lines.pop() ?? "";
      for (const line of lines) {
        const [at, moment] = line.split(" ");
        this.seen.set(Number(at), Number(moment));
      }
    }
  }
}

async function watch(stand: SegmentStand, stop: AbortSignal): Promise<Map<number, number>> {
  const reader = await stand.open().openInputReader();
  const seen = new Map<number, number>();
  for (let at = 1; ; ) {
    const batch = await reader.read(at, READ_MAX, stop);
    if (batch === null) return seen;
    at = batch.first + batch.count - 1;
    seen.set(at, performance.timeOrigin + performance.now());
  }
}

test("no reader has a record before the sync that covers it has ended", async () => {
  const trace = await traceOf(true);
  expect(tooEarly(trace)).toEqual([]);
  expect(trace.synced.size).toBe(APPENDS);
  for (const seen of trace.seen) expect(seen.get(APPENDS + 1)).toBeDefined();
});

test("the same trace shows a writer that does not wait for the sync", async () => {
  const trace = await traceOf(false);
  expect(tooEarly(trace)).toHaveLength(APPENDS);
});

/** Breaks at the given call, for good. */
function brokenDisk(call: "write" | "sync", at: number): Disk & { calls: number } {
  const disk = {
    ...realDisk,
    calls: 0,
    [call]: async (fd: number, bytes: Uint8Array, offset: number) => {
      if (++disk.calls === at) throw new Error("EIO: i/o error");
      await realDisk[call](fd, bytes, offset);
    },
  };
  return disk;
}

test.each(["write", "sync"] as const)("a %s that fails ends the writer", async (call) => {
  await using stand = new SegmentStand();
  await stand.create();
  const disk = brokenDisk(call, 3);
  const writer = await stand.open({ disk }).openInputWriter();
  const outcomes: unknown[] = [];
  for (let i = 0; i < 5; i++) {
    outcomes.push(await writer.append([frameOf(i)]).catch((error: unknown) => error));
  }
  const faults = outcomes.filter((outcome) => outcome instanceof LogFault);
  expect(faults.length).toBe(call === "sync" ? 3 : 4);
  expect(new Set(faults.map(({ message }) => message)).size).toBe(1);
  expect(faults[0]!.message).toContain("cannot append: EIO");
  expect(disk.calls).toBe(3);
  expect(writer.tip()).toBe(call === "sync" ? 3 : 2);
  expect(await (await stand.open().openInputReader()).tip()).toBe(writer.tip());
});

test("a sealed segment of ex that cannot be synced ends the writer", async () => {
  await using stand = new SegmentStand();
  const disk = brokenDisk("sync", 1);
  await stand.create();
  const log = stand.open({ disk });
  const writer = await log.openExecutionWriter();
  const appending = (async () => {
    for (let i = 1; ; i++) await writer.append(executionOf(1, i * 300 - 299, i * 300));
  })();
  await expect(appending).rejects.toThrow("cannot append: EIO");
});
