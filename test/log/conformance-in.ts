/** Conformance of `in`: its writer and its readers. */
import { expect, test } from "bun:test";
import type { Bench } from "./conformance.ts";
import { frameOf, READ_MAX, readAll, recordsOf, SHARD, settled } from "./records.ts";

const NEVER = new AbortController().signal;
const TICK = new Uint8Array(0);

export function testInput({ log, another }: Bench): void {
  test("positions are dense over packs of any size", async () => {
    const writer = await log().openInputWriter();
    const frames = Array.from({ length: 10 }, (_, i) => frameOf(i + 1));
    const one = await writer.append(frames.slice(0, 3));
    const two = await writer.append(frames.slice(3, 4));
    const three = await writer.append(frames.slice(4));
    const places = [one, two, three].map(({ first, last }) => ({ first, last }));
    expect(places).toEqual([
      { first: 2, last: 4 },
      { first: 5, last: 5 },
      { first: 6, last: 11 },
    ]);
    expect(writer.tip()).toBe(11);
    const seen = await readAll(await log().openInputReader(), 1, 11);
    expect(seen).toEqual(frames.map((_, i) => ({ position: i + 2, number: i + 1, size: 150 })));
  });

  test("a record's header says what genesis says, and the log time of its pack", async () => {
    const writer = await log().openInputWriter();
    const { logTime } = await writer.append([frameOf(1), TICK]);
    expect(Math.abs(logTime - Date.now() * 1000)).toBeLessThan(60_000_000);
    const batch = await (await log().openInputReader()).read(1, READ_MAX, NEVER);
    const header = { logTime, shard: SHARD, rulesVersion: 1, directoryOrigin: SHARD };
    expect(recordsOf(batch!.bytes)).toEqual([
      { ...header, number: 1, size: 150 },
      { ...header, number: 0, size: 0 },
    ]);
  });

  test("a tick is a record with no frame", async () => {
    const writer = await log().openInputWriter();
    await writer.append([TICK]);
    await writer.append([frameOf(5), TICK, frameOf(6)]);
    const seen = await readAll(await log().openInputReader(), 1, 5);
    expect(seen.map(({ number }) => number)).toEqual([0, 5, 0, 6]);
  });

  test("log time never goes back, over writers too", async () => {
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const handle = await another();
      const writer = await handle.openInputWriter();
      for (let j = 0; j < 20; j++) times.push((await writer.append([frameOf(j)])).logTime);
      await handle.close();
    }
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
  });

  test("packs of a MiB and the largest frames come back whole", async () => {
    const writer = await log().openInputWriter();
    const frames = Array.from({ length: 16 }, (_, i) => frameOf(i + 1, 65_504));
    await writer.append(frames);
    await writer.append([frameOf(17, 4)]);
    await writer.append(frames);
    const batches = await readAll(await log().openInputReader(), 1, 34, 100_000);
    const sizes = frames.map((_, i) => [i + 1, 65_504]);
    expect(batches.map(({ number, size }) => [number, size])).toEqual([
      ...sizes,
      [17, 4],
      ...sizes,
    ]);
  });

  test("a new writer goes on where the old one ended", async () => {
    const handle = await another();
    const old = await handle.openInputWriter();
    await old.append([frameOf(1), frameOf(2)]);
    await handle.close();
    const writer = await log().openInputWriter();
    expect(writer.tip()).toBe(3);
    expect(await writer.append([frameOf(3)])).toMatchObject({ first: 4, last: 4 });
    const seen = await readAll(await log().openInputReader(), 0, 4);
    expect(seen.slice(1).map(({ number }) => number)).toEqual([1, 2, 3]);
  });
}

export function testReaders({ log, another }: Bench): void {
  test("begin anywhere, also inside a pack", async () => {
    const writer = await log().openInputWriter();
    await writer.append([frameOf(2), frameOf(3), frameOf(4)]);
    await writer.append([frameOf(5), frameOf(6)]);
    for (let after = 1; after < 6; after++) {
      const seen = await readAll(await log().openInputReader(), after, 6);
      expect(seen.map(({ position, number }) => [position, number])).toEqual(
        [2, 3, 4, 5, 6].filter((number) => number > after).map((number) => [number, number]),
      );
    }
  });

  test("may jump forth and back", async () => {
    const writer = await log().openInputWriter();
    for (let i = 2; i <= 40; i++) await writer.append([frameOf(i)]);
    const reader = await log().openInputReader();
    for (const after of [38, 1, 20, 20, 5, 39, 2]) {
      const batch = await reader.read(after, 1, NEVER);
      expect(batch!.first).toBe(after + 1);
      expect(recordsOf(batch!.bytes)[0]!.number).toBe(after + 1);
    }
  });

  test("wait for a record that does not exist yet", async () => {
    const writer = await log().openInputWriter();
    const reader = await (await another()).openInputReader();
    await reader.read(0, READ_MAX, NEVER);
    const waiting = reader.read(1, READ_MAX, NEVER);
    expect(await Promise.race([waiting, settled()])).toBe("settled");
    await writer.append([frameOf(9)]);
    expect(recordsOf((await waiting)!.bytes).map(({ number }) => number)).toEqual([9]);
    expect(await reader.tip()).toBe(2);
  });

  test("stop waiting when told to, and can go on", async () => {
    const writer = await log().openInputWriter();
    const reader = await log().openInputReader();
    const stop = new AbortController();
    const waiting = reader.read(1, READ_MAX, stop.signal);
    stop.abort();
    expect(await waiting).toBeNull();
    expect(await reader.read(0, READ_MAX, stop.signal)).toBeNull();
    await writer.append([frameOf(1)]);
    expect((await reader.read(1, READ_MAX, NEVER))!.count).toBe(1);
  });

  test("two of them see the same", async () => {
    const writer = await log().openInputWriter();
    const here = readAll(await log().openInputReader(), 1, 60);
    const there = readAll(await (await another()).openInputReader(), 1, 60, 400);
    for (let i = 2; i <= 60; i += 2) await writer.append([frameOf(i), frameOf(i + 1)]);
    const seen = await here;
    expect(seen.slice(0, 59).map(({ number }) => number)).toEqual(
      Array.from({ length: 59 }, (_, i) => i + 2),
    );
    expect((await there).slice(0, 59)).toEqual(seen.slice(0, 59));
  });

  test("one that knows more than the log holds says LOST", async () => {
    const writer = await log().openInputWriter();
    await writer.append([frameOf(1)]);
    const reader = await log().openInputReader();
    await expect(reader.read(3, READ_MAX, NEVER)).rejects.toThrow("LOST");
  });
}
