/** Conformance of the halted mark: what it refuses, and the one frame that leads out of it. */
import { expect, test } from "bun:test";
import {
  HALT_MARK_BYTES_MAX,
  HALT_REASON_CHARS_MAX,
  reasonsOf,
} from "../../src/edges/halt-mark.ts";
import { type Appended, Fenced, type InputWriter, type ShardLog } from "../../src/edges/log.ts";
import { encodeClear, reasonHash } from "../../src/protocol/clear.ts";
import { FRAME_OPERATOR } from "../../src/protocol/codes.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { encodeUpgrade } from "../../src/protocol/governing.ts";
import type { Bench } from "./conformance.ts";
import { fillInput, frameOf, readAll, recordOf, SHARD } from "./records.ts";

export const WHY = "position 2: state root differs";
const HASH = new Uint8Array(32);

/** A Clear, as far as a log looks into it. */
export function clearAt(position: number): Uint8Array {
  const venue = HASH;
  const header = { kind: FRAME_OPERATOR, shard: SHARD, venue, account: 0, key: 1, expiry: 0 };
  const command = encodeClear({ position, chain: HASH, reason: reasonHash(WHY) });
  return encodeFrame({ ...header, nonce: 1 }, [command]);
}

/** An Upgrade that names this record. */
export function upgradeAt(from: number): Uint8Array {
  const header = { kind: FRAME_OPERATOR, shard: SHARD, venue: HASH, account: 0, key: 1, expiry: 0 };
  return encodeFrame({ ...header, nonce: 1 }, [encodeUpgrade({ version: 2, from })]);
}

export function testHalt(bench: Bench): void {
  testMark(bench);
  testReasons(bench);
  testClear(bench);
  testCure(bench);
  testLift(bench);
}

function testMark({ log, another }: Bench): void {
  test("refuses every append, with every reason, after a restart too", async () => {
    const handle = await another();
    const writer = await handle.openInputWriter();
    await writer.append([frameOf(1)]);
    expect(await log().halted()).toBeNull();
    await log().halt(WHY);
    await expect(writer.append([frameOf(2)])).rejects.toThrow(WHY);
    const both = `${WHY} | something later`;
    await log().halt("something later");
    await expect(writer.append([frameOf(2)])).rejects.toThrow(Fenced);
    await handle.close();
    expect(await log().halted()).toBe(both);
    const next = await log().openInputWriter();
    await expect(next.append([frameOf(2)])).rejects.toThrow(Fenced);
    expect(next.tip()).toBe(2);
  });

  test("lets ex go on to the end of in", async () => {
    await fillInput(log(), 4);
    const writer = await log().openExecutionWriter();
    await log().halt(WHY);
    await writer.append(recordOf(writer, 1, 4));
    expect([writer.tip(), await log().halted()]).toEqual([4, WHY]);
  });
}

function testReasons({ log, another }: Bench): void {
  test("has each reason once, in order, as one line each", async () => {
    await fillInput(log(), 1);
    for (const why of [WHY, "a drill", WHY, "a drill", "two | or\none"]) await log().halt(why);
    const mark = `${WHY} | a drill | two / or one`;
    expect(await log().halted()).toBe(mark);
    expect(reasonsOf(mark)).toEqual([WHY, "a drill", "two / or one"]);
  });

  test("counts the reasons for which it has no room, and is another one each time", async () => {
    await fillInput(log(), 1);
    const why = (number: number): string => `${number} ${"é".repeat(HALT_REASON_CHARS_MAX)}`;
    const marks = new Set<string>();
    for (let i = 1; i <= 7; i++) {
      await log().halt(why(i));
      marks.add((await log().halted())!);
    }
    const kept = [1, 2, 3, 4].map((i) => why(i).slice(0, HALT_REASON_CHARS_MAX));
    const mark = [...marks].at(-1)!;
    expect(reasonsOf(mark)).toEqual([...kept, "and 3 more"]);
    expect([marks.size, mark.length < HALT_MARK_BYTES_MAX]).toEqual([7, true]);
    await log().halt(why(2));
    expect(await log().halted()).toBe(mark);
  });

  test("said by two at once, has both reasons", async () => {
    const other = await another();
    await fillInput(log(), 1);
    const said = Array.from({ length: 8 }, (_, i) => `reason ${i}`);
    await Promise.all(said.map((why, i) => (i % 2 === 0 ? log() : other).halt(why)));
    expect(reasonsOf((await log().halted())!).sort()).toEqual(said);
  });
}

function testClear({ log, another }: Bench): void {
  /** A writer of a log of three records that is halted. */
  async function halted(): Promise<InputWriter> {
    await fillInput(log(), 3);
    const writer = await log().openInputWriter();
    await log().halt(WHY);
    return writer;
  }

  test("takes one Clear that names it, and is still there", async () => {
    const writer = await halted();
    const placed = await writer.appendToHalted(clearAt(3), WHY);
    expect([placed?.first, placed?.last, writer.tip()]).toEqual([4, 4, 4]);
    const size = clearAt(3).length;
    const [seen] = await readAll(await log().openInputReader(), 3, 4);
    expect([seen?.position, seen?.size]).toEqual([4, size]);
    expect(await log().halted()).toBe(WHY);
    await expect(writer.append([frameOf(5)])).rejects.toThrow(Fenced);
  });

  test("takes none of another position or reason, and the writer goes on", async () => {
    const writer = await halted();
    const refused: (Appended | null)[] = [
      await writer.appendToHalted(clearAt(2), WHY),
      await writer.appendToHalted(clearAt(4), WHY),
      await writer.appendToHalted(clearAt(3), "another reason"),
    ];
    expect(refused).toEqual([null, null, null]);
    expect((await writer.appendToHalted(clearAt(3), WHY))?.first).toBe(4);
    // The one that was taken is an old one now.
    expect(await writer.appendToHalted(clearAt(3), WHY)).toBeNull();
    expect((await writer.appendToHalted(clearAt(4), WHY))?.first).toBe(5);
  });

  test("takes none that names some of the reasons only", async () => {
    const writer = await halted();
    await log().halt("more was lost than log.durability allows");
    expect(await writer.appendToHalted(clearAt(3), WHY)).toBeNull();
    const all = (await log().halted())!;
    expect((await writer.appendToHalted(clearAt(3), all))?.first).toBe(4);
  });

  test("takes none in a pack with others, nor in a pack of its own that is like any", async () => {
    const writer = await halted();
    await expect(writer.append([clearAt(3), frameOf(5)])).rejects.toThrow(Fenced);
    const next = await (await another()).openInputWriter().catch(() => null);
    if (next === null) return; // One process writes an embedded log.
    await expect(next.append([clearAt(3)])).rejects.toThrow(Fenced);
  });

  test("that is not there takes no Clear", async () => {
    await fillInput(log(), 3);
    const writer = await log().openInputWriter();
    expect(await writer.appendToHalted(clearAt(3), WHY)).toBeNull();
    await writer.append([frameOf(4)]);
    expect(writer.tip()).toBe(4);
  });
}

function testCure({ log, another }: Bench): void {
  test("takes an Upgrade that names a record which is there, and is still there", async () => {
    await fillInput(log(), 3);
    const writer = await log().openInputWriter();
    expect(await writer.appendToHalted(upgradeAt(2), WHY)).toBeNull();
    await log().halt(WHY);
    expect(await writer.appendToHalted(upgradeAt(4), WHY)).toBeNull();
    expect(await writer.appendToHalted(upgradeAt(2), "another reason")).toBeNull();
    expect((await writer.appendToHalted(upgradeAt(2), WHY))?.first).toBe(4);
    expect((await writer.appendToHalted(upgradeAt(4), WHY))?.first).toBe(5);
    const handle = await another();
    expect(await handle.halted()).toBe(WHY);
    const seen = await readAll(await log().openInputReader(), 3, 5);
    expect(seen.map(({ position, size }) => [position, size])).toEqual([
      [4, upgradeAt(2).length],
      [5, upgradeAt(4).length],
    ]);
    // It says nothing of what governs: whoever executes it does.
    expect(await log().rules()).toEqual([]);
    expect((await writer.appendToHalted(clearAt(5), WHY))?.first).toBe(6);
    await expect(writer.append([frameOf(7)])).rejects.toThrow(Fenced);
  });
}

function testLift({ log, another }: Bench): void {
  async function cleared(): Promise<{ input: InputWriter; other: ShardLog }> {
    const other = await another();
    await fillInput(log(), 3);
    const input = await log().openInputWriter();
    await other.halt(WHY);
    await input.appendToHalted(clearAt(3), WHY);
    return { input, other };
  }

  test("ends with the execution record that says so, and the same writer goes on", async () => {
    const { input, other } = await cleared();
    const writer = await other.openExecutionWriter();
    await writer.append(recordOf(writer, 1, 3));
    expect(await log().halted()).toBe(WHY);
    await writer.append(recordOf(writer, 4, 4), WHY);
    expect([await log().halted(), await other.halted()]).toEqual([null, null]);
    expect((await input.append([frameOf(5)])).first).toBe(5);
    const [end, ...more] = (await log().retention()).ends;
    expect([end?.position, more]).toEqual([3, []]);
    expect(end!.generation).toBeGreaterThan(0);
  });

  test("does not end where another reason came behind its Clear", async () => {
    const { input, other } = await cleared();
    const writer = await other.openExecutionWriter();
    await log().halt("found meanwhile");
    await writer.append(recordOf(writer, 1, 4), WHY);
    const mark = `${WHY} | found meanwhile`;
    expect([await log().halted(), await other.halted()]).toEqual([mark, mark]);
    expect(await input.appendToHalted(clearAt(4), WHY)).toBeNull();
    expect((await input.appendToHalted(clearAt(4), mark))?.first).toBe(5);
    await writer.append(recordOf(writer, 5, 5), mark);
    expect(await log().halted()).toBeNull();
  });

  test("does not end with one that lifts another halt, or nothing", async () => {
    const { input, other } = await cleared();
    const writer = await other.openExecutionWriter();
    await writer.append(recordOf(writer, 1, 3), "another reason");
    await writer.append(recordOf(writer, 4, 4));
    expect(await log().halted()).toBe(WHY);
    await expect(input.append([frameOf(5)])).rejects.toThrow(Fenced);
  });

  test("that comes later, for the same reason, is another one", async () => {
    const { input, other } = await cleared();
    const writer = await other.openExecutionWriter();
    await writer.append(recordOf(writer, 1, 4), WHY);
    await log().halt(WHY);
    expect(await input.appendToHalted(clearAt(3), WHY)).toBeNull();
    expect(await log().halted()).toBe(WHY);
    expect((await input.appendToHalted(clearAt(4), WHY))?.first).toBe(5);
  });

  test("is kept from readers of a handle that stands by", async () => {
    const handle = await another();
    await fillInput(log(), 3);
    await log().halt(WHY);
    handle.standBy(WHY);
    const reader = await handle.openInputReader();
    const stop = AbortSignal.timeout(1500);
    expect(await reader.read(3, 1000, stop)).toBeNull();
  });
}
