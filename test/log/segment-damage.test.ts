/**
 * What a writer does with damaged files: a torn tail is cut and nothing before it is lost; damage
 * with a good entry behind it is named with file and offset and nothing is touched.
 */
import { expect, test } from "bun:test";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { LogFault } from "../../src/edges/log.ts";
import { ENTRY_HEADER_SIZE, SEGMENT_HEADER_SIZE } from "../../src/protocol/segment.ts";
import { executionOf, frameOf, genesisRecord, readAll, readExecutions } from "./records.ts";
import { changeFile, SegmentStand } from "./segment-stand.ts";

const FRAME_SIZE = 4;
const ENTRY_SIZE = ENTRY_HEADER_SIZE + 24 + FRAME_SIZE;
const GENESIS_END = SEGMENT_HEADER_SIZE + ENTRY_HEADER_SIZE + genesisRecord().length;

/** A closed log of genesis and `count` packs of one small frame; offsets are known. */
async function smallLog(count: number): Promise<SegmentStand> {
  const stand = new SegmentStand();
  const writer = await (await stand.create()).openInputWriter();
  for (let i = 1; i <= count; i++) await writer.append([frameOf(i, FRAME_SIZE)]);
  await stand.closeLogs();
  return stand;
}

type Damage = (bytes: Buffer, entry: number, offset: number) => Uint8Array;

/** Each gets the file without its zeros, where the last entry begins, and a place inside it. */
const TORN: readonly [string, Damage][] = [
  ["the file ends there", (bytes, _, at) => bytes.subarray(0, at)],
  ["zeros from there on", (bytes, _, at) => bytes.fill(0, at)],
  ["zeros up to there", (bytes, entry, at) => bytes.fill(0, entry, at + 1)],
  ["zeros from there on and more of them", (bytes, _, at) => padded(bytes.fill(0, at))],
];

function padded(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, new Uint8Array(5000)]);
}

test.each(TORN)("a last entry torn at any byte is cut, and no other: %s", async (_, damage) => {
  await using stand = await smallLog(3);
  const [path = ""] = stand.segments("in");
  const entry = GENESIS_END + 2 * ENTRY_SIZE;
  const whole = readFileSync(path).subarray(0, entry + ENTRY_SIZE);
  for (let offset = entry; offset < entry + ENTRY_SIZE; offset++) {
    const torn = damage(Buffer.from(whole), entry, offset);
    if (whole.equals(torn.subarray(0, whole.length))) continue; // What was torn off was zero.
    writeFileSync(path, torn);
    const log = stand.open();
    const writer = await log.openInputWriter();
    expect(writer.tip()).toBe(3);
    await writer.append([frameOf(99, FRAME_SIZE), frameOf(100, FRAME_SIZE)]);
    const seen = await readAll(await log.openInputReader(), 1, 5);
    expect(seen.map(({ number }) => number)).toEqual([1, 2, 99, 100]);
    await stand.closeLogs();
  }
});

test("the file cut at every byte of its last three entries keeps all whole ones", async () => {
  await using stand = await smallLog(3);
  const [path = ""] = stand.segments("in");
  const whole = readFileSync(path).subarray(0, GENESIS_END + 3 * ENTRY_SIZE);
  for (let size = GENESIS_END; size <= whole.length; size++) {
    writeFileSync(path, whole.subarray(0, size));
    const writer = await stand.open().openInputWriter();
    expect(writer.tip()).toBe(1 + Math.floor((size - GENESIS_END) / ENTRY_SIZE));
    await stand.closeLogs();
  }
});

test("a flipped byte before the last entry is named with file and offset, and kept", async () => {
  await using stand = await smallLog(3);
  const [path = ""] = stand.segments("in");
  const whole = readFileSync(path);
  const damaged = GENESIS_END + ENTRY_SIZE;
  for (let offset = damaged; offset < damaged + ENTRY_SIZE; offset++) {
    const bytes = Buffer.from(whole);
    bytes[offset]! ^= 0x10;
    writeFileSync(path, bytes);
    const opening = stand.open().openInputWriter();
    await expect(opening).rejects.toThrow(`${path} at offset ${damaged}: `);
    await expect(opening).rejects.toBeInstanceOf(LogFault);
    expect(readFileSync(path)).toEqual(bytes);
    await stand.closeLogs();
  }
});

test("a page of zeros before a good entry is corruption, not the end", async () => {
  await using stand = await smallLog(3);
  const [path = ""] = stand.segments("in");
  const damaged = GENESIS_END + ENTRY_SIZE;
  changeFile(path, (bytes) => bytes.fill(0, damaged, damaged + ENTRY_SIZE));
  const opening = stand.open().openInputWriter();
  await expect(opening).rejects.toThrow(
    `${path} at offset ${damaged}: bytes lie behind the end; a good entry follows at `,
  );
});

test("a flipped byte in a sealed segment is named by whoever reads it", async () => {
  await using stand = new SegmentStand();
  const log = await stand.create();
  const writer = await log.openInputWriter();
  for (let i = 0; i < 12; i++) await writer.append([frameOf(i, 20_000)]);
  const [path = ""] = stand.segments("in");
  expect(stand.segments("in").length).toBeGreaterThan(3);
  const entry = GENESIS_END + ENTRY_HEADER_SIZE + 24 + 20_000;
  changeFile(path, (bytes) => bytes.fill(bytes[entry + 700]! ^ 1, entry + 700, entry + 701));
  const reader = await log.openInputReader();
  const reading = readAll(reader, 0, 12);
  await expect(reading).rejects.toThrow(`${path} at offset ${entry}: entry has a wrong checksum`);
  expect(await readAll(await log.openInputReader(), 4, 12)).toHaveLength(9);
});

test("a segment header that is not that file's is named", async () => {
  await using stand = await smallLog(1);
  const [path = ""] = stand.segments("in");
  for (const offset of [0, 1, 4, 9, 17, 40]) {
    const whole = readFileSync(path);
    changeFile(path, (bytes) => bytes.fill(bytes[offset]! ^ 1, offset, offset + 1));
    await expect(stand.open().openInputWriter()).rejects.toThrow(`${path} at offset 0: `);
    writeFileSync(path, whole);
    await stand.closeLogs();
  }
});

test("an `in` that ends below what ex covers is LOST, even if it looks whole", async () => {
  await using stand = await smallLog(3);
  const writer = await stand.open().openExecutionWriter();
  await writer.append(executionOf(1, 1, 4));
  await stand.closeLogs();
  const [path = ""] = stand.segments("in");
  const whole = readFileSync(path);
  changeFile(path, (bytes) => bytes.subarray(0, GENESIS_END + 2 * ENTRY_SIZE));
  await expect(stand.open().openInputWriter()).rejects.toThrow("LOST: in of ");
  writeFileSync(path, whole);
  expect((await stand.open().openInputWriter()).tip()).toBe(4);
});

test("a new segment whose creation was cut short is made again", async () => {
  await using stand = new SegmentStand();
  const writer = await (await stand.create()).openInputWriter();
  for (let i = 0; i < 7; i++) await writer.append([frameOf(i, 20_000)]);
  await stand.closeLogs();
  const newest = stand.segments("in").at(-1)!;
  const first = Number(/(\d+)\.seg/.exec(newest)?.[1]);
  const header = readFileSync(newest).subarray(0, SEGMENT_HEADER_SIZE);
  for (const remains of [header, header.subarray(0, 10), new Uint8Array(SEGMENT_HEADER_SIZE)]) {
    await using other = stand.copy();
    writeFileSync(other.segments("in").at(-1)!, remains);
    const next = await other.open().openInputWriter();
    expect(next.tip()).toBe(first - 1);
    expect(await next.append([frameOf(1, 30_000)])).toMatchObject({ first });
    expect(other.segments("in")).toHaveLength(stand.segments("in").length);
  }
});

test("ex is cut at its first bad entry, in either of its last two segments", async () => {
  await using stand = new SegmentStand();
  const writer = await (await stand.create()).openExecutionWriter();
  for (let i = 0; i < 60; i++) await writer.append(executionOf(1, i * 50 + 1, i * 50 + 50));
  await stand.closeLogs();
  const segments = stand.segments("ex");
  expect(segments.length).toBeGreaterThan(4);
  for (const back of [-1, -2]) {
    await using other = stand.copy();
    const path = other.segments("ex").at(back)!;
    const first = Number(/(\d+)\.seg/.exec(path)?.[1]);
    const entrySize = ENTRY_HEADER_SIZE + executionOf(1, 1, 50).length;
    changeFile(path, (bytes) => bytes.fill(7, SEGMENT_HEADER_SIZE + entrySize + 500));
    const next = await other.open().openExecutionWriter();
    expect([next.epoch, next.tip()]).toEqual([2, first + 49]);
    await next.append(executionOf(2, first + 50, first + 60));
    const reader = await other.open().openExecutionReader();
    expect(await readExecutions(reader, first - 1, first + 60)).toEqual([
      executionOf(1, first, first + 49),
      executionOf(2, first + 50, first + 60),
    ]);
  }
});

test("the epoch rises even if ex and its newest entries are gone", async () => {
  await using stand = new SegmentStand();
  const log = await stand.create();
  for (const epoch of [1, 2, 3]) {
    const writer = await log.openExecutionWriter();
    expect(writer.epoch).toBe(epoch);
    await writer.append(executionOf(epoch, epoch, epoch));
    await writer.close();
  }
  for (const path of stand.segments("ex")) rmSync(path);
  expect((await log.openExecutionWriter()).epoch).toBe(4);
});

test("opening looks at the last segment only", async () => {
  await using stand = new SegmentStand();
  const writer = await (await stand.create()).openInputWriter();
  for (let i = 0; i < 20; i++) await writer.append([frameOf(i, 30_000)]);
  await stand.closeLogs();
  const sealed = stand.segments("in").slice(1, -1);
  for (const path of sealed) writeFileSync(path, new Uint8Array(statSync(path).size));
  expect((await stand.open().openInputWriter()).tip()).toBe(21);
});
