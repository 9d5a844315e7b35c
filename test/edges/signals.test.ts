/** Being asked to stop: once to drain, twice to go at once, and a doubled key press is one. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { IMPATIENT_MS, StopSwitch, whenAskedToStop } from "../../src/edges/signals.ts";

describe("StopSwitch", () => {
  test.each([
    ["one", [["SIGINT", 0, "stop"]]],
    [
      "a doubled key press",
      [
        ["SIGINT", 100, "stop"],
        ["SIGINT", 101, "ignore"],
        ["SIGINT", 599, "ignore"],
      ],
    ],
    [
      "an impatient second one",
      [
        ["SIGINT", 100, "stop"],
        ["SIGINT", 600, "exit"],
      ],
    ],
    [
      "a supervisor that repeats itself",
      [
        ["SIGTERM", 0, "stop"],
        ["SIGTERM", 5000, "ignore"],
        ["SIGINT", 5001, "exit"],
      ],
    ],
  ] as const)("%s", (_, asks) => {
    const stop = new StopSwitch();
    expect(asks.map(([name, at]) => [name, at, stop.ask(name, at)] as const)).toEqual([...asks]);
    expect([stop.signal.aborted, stop.signal.reason]).toEqual([true, asks[0][0]]);
  });
});

async function start(...args: string[]) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "signals-child.ts"), ...args], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  const until = async (text: string): Promise<void> => {
    while (!seen.includes(text)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`ended without saying ${text}`);
      seen += value;
    }
  };
  await until("ready");
  return { child, until };
}

describe("a process", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("drains on %s and exits 0", async (name) => {
    const { child, until } = await start("drains");
    child.kill(name);
    await until(`asked by ${name}`);
    expect(await child.exited).toBe(0);
  });

  test("that does not end is left at once by a second Ctrl-C, not by a doubled one", async () => {
    const { child, until } = await start();
    child.kill("SIGINT");
    await until("asked by SIGINT");
    const asked = performance.now();
    const press = setInterval(() => child.kill("SIGINT"), 10);
    const code = await child.exited;
    clearInterval(press);
    const took = performance.now() - asked;
    expect({ code, isPatient: took > IMPATIENT_MS - 100 }).toEqual({ code: 1, isPatient: true });
  });
});

test("a request that is disposed of listens no more", () => {
  const before = process.listenerCount("SIGINT");
  {
    using stop = whenAskedToStop();
    expect(stop.signal.aborted).toBe(false);
    expect(process.listenerCount("SIGINT")).toBe(before + 1);
  }
  expect(process.listenerCount("SIGINT")).toBe(before);
});
