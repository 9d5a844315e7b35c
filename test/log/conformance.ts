/**
 * Conformance: what every log must do, run over memory, segment files and Redis.
 *
 * A Stand is one store that several processes could have open: every `open` is a handle of its own.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { LogFault, type ShardLog } from "../../src/edges/log.ts";
import { testExecution } from "./conformance-ex.ts";
import { testInput, testReaders } from "./conformance-in.ts";
import { testRules } from "./conformance-rules.ts";
import { testRestore } from "./conformance-restore.ts";
import { testHalt } from "./conformance-halt.ts";
import { testTrim } from "./conformance-trim.ts";
import { frameOf, genesisRecord, READ_MAX } from "./records.ts";

export interface Stand {
  open(): Promise<ShardLog>;
  /** Removes the store. */
  dispose(): Promise<void>;
}

const NEVER = new AbortController().signal;

export function conformance(name: string, makeStand: () => Promise<Stand>): void {
  describe(`${name} log`, () => {
    let stand: Stand;
    let log: ShardLog;
    const opened: ShardLog[] = [];

    async function another(): Promise<ShardLog> {
      const handle = await stand.open();
      opened.push(handle);
      return handle;
    }

    beforeEach(async () => {
      stand = await makeStand();
      log = await another();
      await log.create(genesisRecord());
    });

    afterEach(async () => {
      for (const handle of opened.splice(0)) await handle.close();
      await stand.dispose();
    });

    const bench: Bench = { log: () => log, another, makeStand };
    describe("genesis", () => testGenesis(bench));
    describe("in", () => testInput(bench));
    describe("readers of in", () => testReaders(bench));
    describe("ex", () => testExecution(bench));
    describe("trim", () => testTrim(bench));
    describe("restore", () => testRestore(bench));
    describe("halted mark", () => testHalt(bench));
    describe("rules", () => testRules(bench));
  });
}

export interface Bench {
  readonly log: () => ShardLog;
  readonly another: () => Promise<ShardLog>;
  readonly makeStand: () => Promise<Stand>;
}

function testGenesis({ log, another, makeStand }: Bench): void {
  test("is record 1, for everybody who opens the log", async () => {
    expect(await log().genesis()).toEqual(genesisRecord());
    expect(await (await another()).genesis()).toEqual(genesisRecord());
    const reader = await log().openInputReader();
    const writer = await log().openInputWriter();
    expect(writer.tip()).toBe(1);
    const batch = await reader.read(0, READ_MAX, NEVER);
    expect(batch).toEqual({ first: 1, count: 1, bytes: genesisRecord() });
  });

  test("is written once: a second one is refused and changes nothing", async () => {
    await expect(log().create(genesisRecord(2))).rejects.toThrow(LogFault);
    await expect((await another()).create(genesisRecord(2))).rejects.toThrow(LogFault);
    expect(await log().genesis()).toEqual(genesisRecord());
  });

  test("is null in a log that nobody made, and nothing opens there", async () => {
    const empty = await makeStand();
    const handle = await empty.open();
    expect(await handle.genesis()).toBeNull();
    await expect(handle.openInputWriter()).rejects.toThrow(LogFault);
    await expect(handle.openInputReader()).rejects.toThrow(LogFault);
    await expect(handle.openExecutionWriter()).rejects.toThrow(LogFault);
    await handle.close();
    await empty.dispose();
  });

  test("other bytes than a genesis make no log", async () => {
    const empty = await makeStand();
    const handle = await empty.open();
    await expect(handle.create(frameOf(1))).rejects.toThrow("not a genesis record");
    expect(await handle.genesis()).toBeNull();
    await handle.close();
    await empty.dispose();
  });
}
