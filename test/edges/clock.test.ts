/** Time never goes back, is as fine as it can be, and a clock that was set is noticed. */
import { describe, expect, test } from "bun:test";
import { Clock, ClockWatch, HOST_CLOCK } from "../../src/edges/clock.ts";

function fake(wallMs: number) {
  const now = { wall: wallMs, monotonic: 5000, uptime: 90_000 };
  const sources = {
    wallMs: () => Math.floor(now.wall),
    monotonicMs: () => now.monotonic,
    uptimeMs: () => now.uptime,
  };
  const pass = (ms: number): void => {
    now.wall += ms;
    now.monotonic += ms;
    now.uptime += ms;
  };
  return { now, sources, pass };
}

const START = 1_795_380_540_000;

describe("Clock", () => {
  test("tells microseconds between two milliseconds", () => {
    const { sources, pass } = fake(START);
    const clock = new Clock(sources);
    const told = [clock.micros()];
    for (let i = 0; i < 4; i++) {
      pass(0.25);
      told.push(clock.micros());
    }
    expect(told.map((micros) => micros - START * 1000)).toEqual([0, 250, 500, 750, 1000]);
  });

  test("never goes back when the wall clock does, and goes on when it has caught up", () => {
    const { now, sources, pass } = fake(START);
    const clock = new Clock(sources);
    pass(10);
    const before = clock.micros();
    now.wall -= 5;
    expect(clock.micros()).toBe(before);
    pass(3);
    expect(clock.micros()).toBe(before);
    pass(4);
    expect(clock.micros()).toBe(before + 2000);
  });

  test("follows the wall clock forward", () => {
    const { now, sources, pass } = fake(START);
    const clock = new Clock(sources);
    now.wall += 3_600_000;
    expect(clock.micros()).toBe((START + 3_600_000) * 1000);
    pass(0.5);
    expect(clock.micros()).toBe((START + 3_600_000) * 1000 + 500);
  });

  test("of this host agrees with its wall clock, in whole microseconds", () => {
    const clock = new Clock();
    let last = 0;
    for (let i = 0; i < 10_000; i++) {
      const low = Date.now() * 1000;
      const micros = clock.micros();
      const high = (Date.now() + 1) * 1000;
      expect(Number.isInteger(micros) && micros >= last && micros >= low && micros <= high).toBe(
        true,
      );
      last = micros;
    }
  });
});

describe("ClockWatch", () => {
  test.each([
    [0, false],
    [5000, false],
    [5001, true],
    [-5000, false],
    [-5001, true],
  ])("a wall clock set by %d ms", (byMs, isBeyond) => {
    const { now, sources, pass } = fake(START);
    const watch = new ClockWatch(sources);
    pass(86_400_000);
    now.wall += byMs;
    expect([watch.jumpMs(), watch.isBeyond(5000)]).toEqual([byMs, isBeyond]);
  });

  test("sleep moves the wall clock and uptime alike, and is no jump", () => {
    const { now, sources } = fake(START);
    const watch = new ClockWatch(sources);
    now.wall += 3_600_000;
    now.uptime += 3_600_000;
    expect(watch.jumpMs()).toBe(0);
  });

  test("of this host sees none", () => {
    const watch = new ClockWatch();
    const before = HOST_CLOCK.monotonicMs();
    while (HOST_CLOCK.monotonicMs() - before < 20) expect(watch.isBeyond(2000)).toBe(false);
  });
});
