/**
 * A settlement that goes on under other rules than any operator has signed for: whatever it
 * believes, and though the checkpoint key is its own, the verifier says no by either engine.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ObjectStore } from "../../src/edges/object-store.ts";
import { openStore } from "../../src/edges/open-store.ts";
import type { Verdict } from "../../src/verifier/verify-export.ts";
import { CHECKPOINT, recordOf, sealVenue } from "../support/sealed-venue.ts";
import { CuredVenue, P, TAIL } from "./cured-venue.ts";
import { CURED, NAIVE_CURED } from "./second-rules.ts";

const root = mkdtempSync(join(tmpdir(), "clob-cure-lies-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const FIRST = new Map([[1, CURED.get(1)!]]);
const NAIVE_FIRST = new Map([[1, NAIVE_CURED.get(1)!]]);
const SECOND_US = 1_000_000;
const U = TAIL + 1;
const TICK = new Uint8Array(0);
let venue: CuredVenue;
let tail: Uint8Array[];
let time: number;
let count = 0;

beforeAll(async () => {
  venue = await CuredVenue.halted(join(root, "venue"));
  tail = [];
  await venue.eachRecord((view, { at, end, logTime }) => {
    tail.push(new Uint8Array(view.buffer, view.byteOffset + at, end - at).slice());
    time = logTime;
  });
});

/** What is said of a log that goes on with these frames, a second apart, settled under version 2. */
async function said(frames: readonly Uint8Array[], by = U): Promise<Verdict[]> {
  const dir = join(root, String(++count));
  const more = frames.map((frame, i) => recordOf(frame, time + (i + 1) * SECOND_US));
  const cure = { version: 2, from: P, by };
  await sealVenue([...tail, ...more], CHECKPOINT, dir, { rules: CURED, cure });
  return venue.verify(dir, CURED, NAIVE_CURED);
}

/** The place of one, that says to whoever reads ahead what stands in the other. */
function twoFaced(one: string, other: string): ObjectStore {
  const [honest, store] = [openStore(other), openStore(one)];
  let reads = 0;
  const get: ObjectStore["get"] = (name) => {
    // The genesis, then the records in their turn; whoever looks for a cure comes behind.
    const isAhead = name.includes("/in/") && ++reads > 2;
    return (isAhead ? honest : store).get(name);
  };
  return Object.assign(Object.create(store) as ObjectStore, { get });
}

const to = { version: 2, from: P };
const no = { ok: false, what: "record", place: P };
async function expectNone(frames: readonly Uint8Array[]): Promise<void> {
  const [fast, naive] = await said(frames);
  expect(fast).toMatchObject(no);
  expect(naive).toMatchObject(no);
  const sentences = [fast, naive].map((one) => (one?.ok === false ? one.sentence : ""));
  for (const sentence of sentences) expect(sentence).toContain("amount is zero or not below 2^53");
}

test("with the operator's Upgrade it is true", async () => {
  const yes = await said([venue.upgradeAs(to, 50), TICK]);
  expect(yes).toMatchObject([{ ok: true }, { ok: true }]);
});

test("a build that lacks the version says nothing, whatever `latest` does", async () => {
  await said([venue.upgradeAs(to, 50), TICK]);
  const dir = join(root, String(count));
  const path = join(dir, "shard-1", "latest");
  writeFileSync(path, readFileSync(path, "utf8").replace("rules 2", "rules 1"));
  const verdict = venue.verify(dir, FIRST, NAIVE_FIRST);
  expect(await verdict.catch((error: Error) => error.message)).toContain(
    `rules version 2 governs from position ${P}, and this build knows 1`,
  );
});

describe("it is a lie", () => {
  test("with none: the settlement has believed what stood in the log's rules", async () => {
    await expectNone([TICK, TICK]);
  });

  test("with one by a key that lacks the scope", async () => {
    await expectNone([venue.upgradeWithoutScope(2, P), TICK]);
  });

  test("with one that somebody else has signed", async () => {
    await expectNone([venue.upgradeAs(to, 50, CuredVenue.stranger), TICK]);
  });

  test("with one whose nonce is used", async () => {
    await expectNone([venue.upgradeAs(to, 1), TICK]);
  });

  test("with one of another record or version", async () => {
    await expectNone([venue.upgradeAs({ version: 2, from: P - 1 }, 50), TICK]);
    await expectNone([venue.upgradeAs({ version: 1, from: P }, 50), TICK]);
  });

  test("with one that is there for whoever looks ahead, and not when its turn comes", async () => {
    await said([venue.upgradeAs(to, 50), TICK]);
    const honest = join(root, String(count));
    for (const other of [TICK, venue.upgradeAs({ version: 3, from: 900 }, 50)]) {
      await said([other, TICK]);
      const lying = join(root, String(count));
      const verdicts = await venue.verify(() => twoFaced(lying, honest), CURED, NAIVE_CURED);
      for (const verdict of verdicts) {
        expect(verdict).toMatchObject(no);
        const sentence = verdict.ok ? "" : verdict.sentence;
        expect(sentence).toContain(`record ${U} does not cure it any more`);
      }
    }
  });

  test("with a checkpoint that ends before the Upgrade", async () => {
    const between = await said([venue.upgradeAs(to, 50), TICK], 0);
    expect(between).toMatchObject([
      { ok: false, what: "commitment" },
      { ok: false, what: "commitment" },
    ]);
  });
});
