/** Log time of the embedded log under clocks that jump. */
import { expect, test } from "bun:test";
import type { ClockSources } from "../../src/edges/clock.ts";
import { LogFault } from "../../src/edges/log.ts";
import { frameOf } from "./records.ts";
import { SegmentStand } from "./segment-stand.ts";

/** A host whose wall clock can be set, and whose time goes by when told to. */
class Host implements ClockSources {
  wall = 1_800_000_000_000;
  running = 5000;

  wallMs(): number {
    return this.wall;
  }

  monotonicMs(): number {
    return this.running;
  }

  uptimeMs(): number {
    return this.running;
  }

  goBy(ms: number): void {
    this.wall += ms;
    this.running += ms;
  }
}

test("log time follows the host's clock, and stands still while that is behind", async () => {
  await using stand = new SegmentStand();
  const clock = new Host();
  await stand.create();
  const writer = await stand.open({ clock }).openInputWriter();
  const times: number[] = [];
  for (const [wall, running] of [
    [0, 0],
    [7, 7],
    [-3000, 10],
    [1000, 1000],
    [2500, 2500],
  ] as const) {
    clock.wall += wall;
    clock.running += running;
    times.push((await writer.append([frameOf(1)])).logTime - 1_800_000_000_000_000);
  }
  expect(times).toEqual([0, 7000, 7000, 7000, 507_000]);
});

test.each([[6000], [-6000]])("a clock set by %d ms is refused, and stays refused", async (jump) => {
  await using stand = new SegmentStand();
  const clock = new Host();
  await stand.create();
  const writer = await stand.open({ clock }).openInputWriter();
  await writer.append([frameOf(1)]);
  clock.wall += jump;
  clock.goBy(1000);
  for (let i = 0; i < 2; i++) {
    const refused = writer.append([frameOf(2)]);
    await expect(refused).rejects.toBeInstanceOf(LogFault);
    await expect(refused).rejects.toThrow(`CLOCK: the host's clock moved by ${jump / 1000} s`);
  }
  expect(writer.tip()).toBe(2);
});

test("a host whose clock is behind the log's newest record does not write", async () => {
  await using stand = new SegmentStand();
  const clock = new Host();
  await stand.create();
  const writer = await stand.open({ clock }).openInputWriter();
  await writer.append([frameOf(1)]);
  await stand.closeLogs();
  clock.wall -= 60_000;
  await expect(stand.open({ clock }).openInputWriter()).rejects.toThrow("60 s behind");
  clock.wall += 56_000;
  const next = await stand.open({ clock }).openInputWriter();
  expect((await next.append([frameOf(2)])).logTime).toBe(1_800_000_000_000_000);
});
