/** Which Upgrade cures a record, of those that name it: asked of engines, without services. */
import { expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import { Engine, Halt } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { RULES, type RuleTable, UnknownRules } from "../../src/engine/rules.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import type { FrameScope } from "../../src/protocol/check-frame.ts";
import * as codes from "../../src/protocol/codes.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { decodeGenesis, venueOf } from "../../src/protocol/genesis.ts";
import { encodeUpgrade, type Governing } from "../../src/protocol/governing.ts";
import { encodePack, readRecord, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { type Curable, curesIn, type FoundRecord, findCure } from "../../src/service/cure.ts";
import { CHECKPOINT, listLog, OPERATOR, smallGenesis } from "../support/sealed-venue.ts";
import { CURED, NAIVE_CURED } from "../upgrade/second-rules.ts";

const genesisFrame = new Uint8Array(smallGenesis(OPERATOR, CHECKPOINT));
const genesis = decodeGenesis(genesisFrame);
if (typeof genesis === "string") throw new Error(genesis);
const { operators } = genesis;
const venue = venueOf(genesisFrame, genesis);
/** Of the record that is asked about: a frame that no version has an answer for but those of ALL. */
const P = 2;
const POISON = new Uint8Array(200).fill(0xee);
const verifier = { verify: () => true };

const FIRST = RULES.get(1)!;

function lenient(view: DataView, scope: FrameScope): number {
  return view.getUint8(0) === 0xee ? codes.ACCEPTED : FIRST.checkFrame(view, scope);
}

/** Version 2 has none for it; 1, 3 and 4 have: of an unknown key. */
const LENIENT = { ...FIRST, checkFrame: lenient };
const ALL: RuleTable = new Map([
  [1, LENIENT],
  [2, FIRST],
  [3, LENIENT],
  [4, LENIENT],
]);

const HEADER = { shard: 1, rulesVersion: 1, directoryOrigin: 1, logTime: 1_000 };
const record = (frame: Uint8Array): Uint8Array => encodePack(HEADER, [frame]);

/** Each with a nonce of its own. */
function upgrade(version: number, from: number, nonce = version): Uint8Array {
  const kind = codes.FRAME_OPERATOR;
  const header = { kind, shard: 1, venue, account: 0, key: 1, nonce, expiry: 0 };
  return signFrame(header, [encodeUpgrade({ version, from })], (bytes) => OPERATOR.sign(bytes));
}

function apply(engine: Curable, bytes: Uint8Array): ReportBatch {
  const [view, found, reports] = [viewOf(bytes), new RecordView(), new ReportBatch()];
  expect(readRecord(view, 0, found)).toBe("");
  engine.apply(view, found, reports);
  return reports;
}

function began(governing?: Governing): Engine {
  const engine = new Engine(genesisFrame, { levels: createLevels, roots: false, rules: ALL });
  apply(engine, record(genesisFrame));
  if (governing === undefined) return engine;
  engine.state.governing = governing;
  return engine.fork();
}

/** What cures the poison if these upgrades lie behind it. */
function ask(engine: Curable, upgrades: readonly Uint8Array[], known: RuleTable = ALL) {
  const all = [genesisFrame, POISON, ...upgrades].map(record);
  const records = async function* (from: number): AsyncGenerator<FoundRecord> {
    for (let position = from; position <= all.length; position++) {
      const found = new RecordView();
      const view = viewOf(all[position - 1]!);
      readRecord(view, 0, found);
      yield { position, view, record: found };
    }
  };
  return findCure(engine, { operators, known, verifier, records });
}

const SECOND = { current: { version: 2, from: 1 }, next: null };

test("a frame of garbage has an answer then, and nothing else changes", async () => {
  const engine = began(SECOND);
  const before = engine.snapshot(new Uint8Array(32));
  expect(() => apply(engine.fork(), record(POISON))).toThrow(Halt);
  const cure = await ask(engine, [upgrade(3, P)]);
  expect(cure).toEqual({ version: 3, from: P, by: P + 1 });
  expect(engine.snapshot(new Uint8Array(32))).toEqual(before);
  const copy = engine.fork();
  copy.cure(cure!);
  expect(apply(copy, record(POISON)).count).toBe(1);
  expect([copy.governing.current, copy.isCuring]).toEqual([{ version: 3, from: P }, true]);
  expect(apply(copy, record(upgrade(3, P))).count).toBe(1);
  expect([copy.position, copy.isCuring]).toEqual([P + 1, false]);
});

test("a version below the one in force cures nothing, though it has an answer", async () => {
  expect(await ask(began(SECOND), [upgrade(1, P)])).toBeNull();
  expect(await ask(began(SECOND), [upgrade(2, P)])).toBeNull();
  expect(await ask(began(SECOND), [upgrade(1, P), upgrade(3, P)])).toMatchObject({ by: P + 2 });
});

test("of the versions above it the first that is taken counts, whatever comes behind", async () => {
  expect(await ask(began(SECOND), [upgrade(4, P), upgrade(3, P)])).toMatchObject({ version: 4 });
  const used = upgrade(4, P, 2 ** 40);
  expect(await ask(began(SECOND), [used, upgrade(3, P)])).toMatchObject({ version: 3, by: P + 2 });
});

test("where a version is to come, that one may come earlier, and no other", async () => {
  const toCome = { ...SECOND, next: { version: 4, from: 900 } };
  expect(await ask(began(toCome), [upgrade(3, P)])).toBeNull();
  const engine = began(toCome);
  expect(() => apply(engine, record(POISON))).toThrow(Halt);
  const cure = await ask(engine, [upgrade(4, P)]);
  engine.cure(cure!);
  apply(engine, record(POISON));
  expect(engine.governing).toEqual({ current: { version: 4, from: P }, next: null });
  // One that begins at the very record is in force there.
  const begins = { current: { version: 1, from: 1 }, next: { version: 2, from: P } };
  expect(await ask(began(begins), [upgrade(3, P)])).toMatchObject({ version: 3 });
});

test("of a version that this build does not have, nothing is said by either engine", async () => {
  const naive = new NaiveEngine(genesisFrame, NAIVE_CURED);
  apply(naive, record(genesisFrame));
  for (const engine of [began(SECOND), naive]) {
    const asked = ask(engine, [upgrade(3, P)], CURED);
    expect(await asked.catch((fault: unknown) => fault)).toBeInstanceOf(UnknownRules);
  }
});

test("genesis is not cured, nor a record of which another build knows the rules", async () => {
  const nothing = new Engine(genesisFrame, { levels: createLevels, roots: false, rules: ALL });
  expect(await ask(nothing, [upgrade(3, 1)])).toBeNull();
  const log = listLog([genesisFrame, POISON, upgrade(3, P)].map(record), 1);
  const engine = began(SECOND);
  const onHalt = curesIn({ log, genesisFrame, options: { rules: ALL } });
  const unknown = new UnknownRules({ version: 9, from: P }, ALL);
  expect(await onHalt(engine, unknown).catch((fault: unknown) => fault)).toBe(unknown);
  await onHalt(engine, new Halt("garbage", P));
  expect(apply(engine, record(POISON)).count).toBe(1);
});

test("what genesis names is not said again by an Upgrade", () => {
  const reports = apply(began(), record(upgrade(1, 1)));
  expect(reports.view.getUint8(0)).toBe(codes.REPORT_REJECTED);
});
