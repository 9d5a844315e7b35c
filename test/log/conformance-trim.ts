/** Conformance of trimming: consumers, what is kept for them, and what a reader of the rest hears. */
import { beforeEach, expect, test } from "bun:test";
import {
  type ExecutionWriter,
  Gone,
  type InputWriter,
  type ShardLog,
} from "../../src/edges/log.ts";
import type { Bench } from "./conformance.ts";
import { appendSpans, frameOf, READ_MAX, readAll, readExecutions, recordOf } from "./records.ts";

const NEVER = new AbortController().signal;
const HOUR_MS = 3_600_000;
/** Enough for several segments of the embedded log. */
const PACKS = 40;
const PACK_BYTES = 10_000;
const LAST = 1 + PACKS;
const REPORTS = 100;

interface Writers {
  readonly input: InputWriter;
  readonly output: ExecutionWriter;
}

/** Packs of one record each, and an execution record over each: entries are positions. */
async function fill(log: ShardLog): Promise<Writers> {
  const input = await log.openInputWriter();
  for (let i = 0; i < PACKS; i++) await input.append([frameOf(input.tip() + 1, PACK_BYTES)]);
  const output = await log.openExecutionWriter();
  for (let i = 1; i <= LAST; i++) await output.append(recordOf(output, i, i, REPORTS));
  return { input, output };
}

export function testTrim({ log, another }: Bench): void {
  let writers: Writers;
  beforeEach(async () => {
    writers = await fill(log());
  });

  async function coverAll(position = LAST): Promise<void> {
    await log().cover("archived", position);
    await log().cover("checkpointed", position);
  }

  /** The first position that can still be read, found by asking. */
  async function begin(): Promise<number> {
    const reader = await (await another()).openInputReader();
    const found = await reader.read(0, READ_MAX, NEVER).catch((error: unknown) => error);
    await reader.close();
    return found instanceof Gone ? found.first : 1;
  }

  test.each([
    ["archived", "checkpointed"],
    ["checkpointed", "archived"],
  ] as const)("nothing goes that is %s and not %s", async (one, other) => {
    expect((await log().trim(LAST)).trimmed).toBe(0);
    await log().cover(one, LAST);
    expect((await log().trim(LAST)).trimmed).toBe(0);
    await log().cover(other, 5);
    expect((await log().trim(LAST)).trimmed).toBeLessThan(5);
    expect(await begin()).toBeLessThanOrEqual(5);
  });

  test("what is asked for, and no more, goes once nobody needs it", async () => {
    await coverAll();
    const { trimmed } = await log().trim(30);
    expect(trimmed).toBeGreaterThan(10);
    expect(trimmed).toBeLessThan(30);
    expect(await begin()).toBe(trimmed + 1);
    const reader = await log().openInputReader();
    const seen = await readAll(reader, trimmed, LAST);
    expect(seen.map(({ number }) => number)).toEqual(
      Array.from({ length: LAST - trimmed }, (_, i) => trimmed + 1 + i),
    );
  });

  test("every consumer keeps the entry that it has read last, and all behind it", async () => {
    await coverAll();
    await log().consume("matcher", LAST, HOUR_MS);
    await (await another()).consume("ingress-1", 17, HOUR_MS);
    const { trimmed, consumers } = await log().trim(LAST);
    expect(trimmed).toBeLessThan(17);
    expect(await begin()).toBeLessThanOrEqual(17);
    expect(consumers.map(({ name, position }) => [name, position])).toEqual([
      ["ingress-1", 17],
      ["matcher", LAST],
    ]);
    await log().consume("ingress-1", LAST, HOUR_MS);
    expect((await log().trim(LAST)).trimmed).toBeGreaterThan(17);
  });

  test("a consumer that is silent for too long is dropped", async () => {
    await coverAll();
    await log().consume("matcher", 3, 150);
    expect((await log().trim(LAST)).trimmed).toBeLessThan(3);
    for (;;) {
      const { trimmed, consumers } = await log().trim(LAST);
      if (consumers.length > 0) continue;
      expect((await log().trim(LAST)).trimmed).toBeGreaterThan(10);
      expect(trimmed).toBeGreaterThanOrEqual(0);
      break;
    }
  });

  test("marks never go back, and a stale trimmer takes nothing away", async () => {
    await coverAll(20);
    await coverAll(6);
    const stale = await another();
    await log().consume("matcher", 12, HOUR_MS);
    const both = await Promise.all([log().trim(LAST), stale.trim(LAST), stale.trim(2)]);
    for (const { trimmed } of both) expect(trimmed).toBeLessThan(12);
    expect(await log().retention()).toMatchObject({ archived: 20, checkpointed: 20 });
  });

  test("whoever asks for what is gone hears where the log begins, in and ex", async () => {
    await coverAll();
    const { trimmed } = await log().trim(30);
    const [input, executions] = [
      await (await another()).openInputReader(),
      await (await another()).openExecutionReader(),
    ];
    for (const reader of [input, executions]) {
      const fault = await reader.read(3, READ_MAX, NEVER).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(Gone);
      expect((fault as Gone).first).toBeGreaterThan(4);
      expect((fault as Gone).first).toBeLessThanOrEqual(30);
    }
    // They go on from where the log begins.
    expect(await readAll(input, trimmed, LAST)).toHaveLength(LAST - trimmed);
    const seen = await readExecutions(executions, 29, LAST);
    expect(seen.length).toBe(LAST - 29);
  });

  test("a reader that has come so far reads on, and both writers go on", async () => {
    const input = await (await another()).openInputReader();
    const executions = await (await another()).openExecutionReader();
    await readAll(input, 0, LAST);
    await readExecutions(executions, 0, LAST);
    await coverAll();
    await log().trim(LAST);
    await writers.input.append([frameOf(LAST + 1)]);
    expect(await readAll(input, LAST, LAST + 1)).toHaveLength(1);
    await appendSpans(writers.output, [[LAST + 1, LAST + 1]]);
    expect(await readExecutions(executions, LAST, LAST + 1)).toHaveLength(1);
    await writers.input.close();
    await writers.output.close();
    const writer = await log().openInputWriter();
    expect(writer.tip()).toBe(LAST + 1);
    await writer.append([frameOf(LAST + 2)]);
    const output = await log().openExecutionWriter();
    expect(output.tip()).toBe(LAST + 1);
    await appendSpans(output, [[LAST + 2, LAST + 2]]);
    expect(await readExecutions(executions, LAST + 1, LAST + 2)).toHaveLength(1);
  });

  test("genesis stays, whatever goes", async () => {
    const before = await log().genesis();
    await coverAll();
    expect((await log().trim(LAST)).trimmed).toBeGreaterThan(1);
    expect(await (await another()).genesis()).toEqual(before);
    await expect((await another()).create(before!)).rejects.toThrow();
  });
}
