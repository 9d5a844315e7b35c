/**
 * JudgedInput: reads ahead as far as its limit and no further, keeps the order, and asks by the key
 * that is known at the time of reading.
 */
import { expect, test } from "bun:test";
import { MemoryStore } from "../../src/edges/memory-log.ts";
import type { SignedFrame } from "../../src/edges/verify-batch.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { JudgedInput } from "../../src/settlement-plane/judged-input.ts";
import { genesisRecord, SHARD } from "../log/records.ts";

const AHEAD_BYTES_MAX = 65_536;
const FRAMES = 400;
const COMMANDS = new Uint8Array(4000);
const TICK = new Uint8Array(0);

function frameOf(nonce: number): Uint8Array {
  const header = { kind: codes.FRAME_TRADER, shard: 1, venue: new Uint8Array(32), account: 1 };
  return encodeFrame({ ...header, key: nonce % 3, nonce, expiry: 0 }, [COMMANDS]);
}

/** A log of a genesis, then ticks and frames in turns; key 0 is unknown. */
async function startReading(
  verify: (signed: readonly SignedFrame[]) => Promise<Uint8Array | null>,
) {
  const log = new MemoryStore(SHARD).open();
  await log.create(genesisRecord());
  const writer = await log.openInputWriter();
  for (let i = 0; i < FRAMES; i++) await writer.append([TICK, frameOf(i)]);
  const stop = new AbortController();
  const input = new JudgedInput({
    input: await log.openInputReader(),
    judge: { verify },
    keyOf: (_position, key) => (key === 0 ? null : new Uint8Array(32).fill(key)),
    after: 1,
    aheadBytesMax: AHEAD_BYTES_MAX,
    stop: stop.signal,
  });
  return { input, stop };
}

test("reads no further ahead than its limit while there are no verdicts", async () => {
  const answers: (() => void)[] = [];
  let asked = 0;
  const { input, stop } = await startReading((signed) => {
    asked += signed.reduce((sum, { frame }) => sum + frame.length, 0);
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    answers.push(() => resolve(new Uint8Array(signed.length).fill(1)));
    return promise;
  });
  const first = input.next();
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  // The limit, and what was read at once when there was room.
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThanOrEqual(2 * AHEAD_BYTES_MAX);
  const before = asked;
  answers.shift()!();
  await first;
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  expect(asked).toBeGreaterThan(before);
  stop.abort();
  await input.close();
});

test("gives each record its own verdict, in order; ticks and unknown keys none", async () => {
  const { input } = await startReading((signed) =>
    Promise.resolve(Uint8Array.from(signed, ({ frame }) => frame[48]! % 2)),
  );
  const found: string[] = [];
  while (found.length < 2 * FRAMES) {
    const stretch = await input.next();
    for (const { publicKey, holds } of stretch?.records ?? []) {
      found.push(publicKey === null ? "none" : `${publicKey[0]} ${holds}`);
    }
  }
  const expected = Array.from({ length: FRAMES }, (_, i) => [
    "none",
    i % 3 === 0 ? "none" : `${i % 3} ${(i & 255) % 2 === 1}`,
  ]);
  expect(found).toEqual(expected.flat());
  await input.close();
});

test("ends without verdicts when its judge does, or when it is closed", async () => {
  const { input } = await startReading(() => Promise.resolve(null));
  expect(await input.next()).toBeNull();
  await input.close();
  const { input: other } = await startReading(() => new Promise(() => undefined));
  await other.close();
  expect(await other.next()).toBeNull();
});
