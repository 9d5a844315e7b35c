/** Conformance of the rules versions that a log keeps, and stamps its records with. */
import { expect, test } from "bun:test";
import type { ShardLog } from "../../src/edges/log.ts";
import type { Bench } from "./conformance.ts";
import { frameOf, READ_MAX, recordsOf } from "./records.ts";

const NEVER = new AbortController().signal;

export function testRules({ log, another }: Bench): void {
  test("upgrades are kept once, in their order, for everybody who opens the log", async () => {
    expect(await log().rules()).toEqual([]);
    const writer = await log().openExecutionWriter();
    const upgrades = [
      { version: 2, from: 500 },
      { version: 5, from: 90_000 },
    ];
    for (const upgrade of [...upgrades, ...upgrades]) await writer.govern(upgrade);
    expect(await log().rules()).toEqual(upgrades);
    expect(await (await another()).rules()).toEqual(upgrades);
  });

  test("of a version that is to come already nothing is kept again, from wherever", async () => {
    const writer = await log().openExecutionWriter();
    for (const from of [500, 7]) await writer.govern({ version: 2, from });
    expect(await log().rules()).toEqual([{ version: 2, from: 500 }]);
  });

  test("one that begins where another was to begin takes its place", async () => {
    const writer = await log().openExecutionWriter();
    for (const from of [5, 50, 500]) await writer.govern({ version: from, from });
    await writer.govern({ version: 501, from: 500 });
    const versions = (await log().rules()).map(({ version, from }) => [version, from]);
    expect(versions).toEqual([
      [5, 5],
      [50, 50],
      [501, 500],
    ]);
  });

  test("records name the version from its very position on, in a pack's middle too", async () => {
    const writer = await log().openInputWriter();
    await writer.append([frameOf(1), frameOf(2)]);
    await (await another()).openExecutionWriter().then((ex) => ex.govern({ version: 2, from: 6 }));
    await writer.append([frameOf(3)]);
    await writer.append([frameOf(4), frameOf(5), frameOf(6)]);
    await writer.append([frameOf(7)]);
    const versions = [1, 1, 1, 1, 1, 2, 2, 2];
    for (const after of [0, 3, 4, 5, 6, 7]) {
      expect(await versionsBehind(await another(), after, 8)).toEqual(versions.slice(after));
    }
  });

  test("behind a position that is passed already, what comes next names the version", async () => {
    const writer = await log().openInputWriter();
    await writer.append([frameOf(1), frameOf(2), frameOf(3)]);
    await (await another()).openExecutionWriter().then((ex) => ex.govern({ version: 2, from: 3 }));
    await writer.append([frameOf(4)]);
    expect(await versionsBehind(log(), 3, 5)).toEqual([1, 2]);
  });
}

async function versionsBehind(log: ShardLog, after: number, last: number): Promise<number[]> {
  const reader = await log.openInputReader();
  const found: number[] = [];
  while (after + found.length < last) {
    const batch = await reader.read(after + found.length, READ_MAX, NEVER);
    found.push(...recordsOf(batch!.bytes).map(({ rulesVersion }) => rulesVersion));
  }
  return found;
}
