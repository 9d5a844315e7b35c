/**
 * Shrinking: of a list of records on which two engines differ, the fewest records and commands that
 * still show it, and the text that a failing test prints.
 */
import { toHex } from "../../src/base/bytes.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import { REPORT_ACCOUNT_OPENED } from "../../src/protocol/codes.ts";
import { REPORT_KEY_ID_AT, REPORT_SIZE, REPORT_SUBJECT_AT } from "../../src/protocol/report.ts";
import { Comparison, type Maker } from "./comparison.ts";
import { describeRecord } from "./describe-record.ts";
import { commandsOf, type Opened, withoutAccount, withoutCommand } from "./edited-record.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Records replayed for one shrinking; with what is left of a list then, a person must do. */
const RECORDS_REPLAYED_MAX = 1_000_000;

/** The first difference on these records, roots compared at the end only; "" if there is none. */
export function replay(genesisFrame: Uint8Array, records: readonly Bytes[], make: Maker): string {
  const pair = new Comparison(genesisFrame, make);
  for (const record of records) {
    const difference = pair.step(record);
    if (difference !== "") return difference;
  }
  return pair.compareRoots() || pair.compareOrders();
}

/** The same difference or another, on fewer records. The first is genesis and stays. */
export function shrink(
  genesisFrame: Uint8Array,
  records: readonly Bytes[],
  make: Maker,
): readonly Bytes[] {
  let kept = [...records];
  let budget = RECORDS_REPLAYED_MAX;
  for (let size = kept.length >>> 1; size >= 1 && budget > 0; ) {
    const before = kept.length;
    for (let at = kept.length - size; at >= 1 && budget > 0; at -= size) {
      const fewer = kept.toSpliced(at, size);
      budget -= fewer.length;
      if (replay(genesisFrame, fewer, make) !== "") kept = fewer;
    }
    if (kept.length === before || size > 1) size >>>= 1;
  }
  return dropAccounts(genesisFrame, dropCommands(genesisFrame, kept, make), make);
}

/** The same with fewer commands in its frames. */
function dropCommands(genesisFrame: Uint8Array, records: readonly Bytes[], make: Maker): Bytes[] {
  let kept = [...records];
  for (let at = 1; at < kept.length; at++) {
    for (
      let index = commandsOf(kept[at]!).length - 1;
      index >= 0 && commandsOf(kept[at]!).length > 1;
      index--
    ) {
      const fewer = kept.with(at, withoutCommand(kept[at]!, index));
      if (replay(genesisFrame, fewer, make) !== "") kept = fewer;
    }
  }
  return kept;
}

/** The same with fewer accounts: those behind one that was never needed move up. */
function dropAccounts(
  genesisFrame: Uint8Array,
  records: readonly Bytes[],
  make: Maker,
): readonly Bytes[] {
  let kept = records;
  for (const [at, opened] of openings(genesisFrame, records).toReversed()) {
    const later = kept.slice(at + 1).map((record) => withoutAccount(record, opened));
    const fewer = [...kept.slice(0, at), ...later];
    if (replay(genesisFrame, fewer, make) !== "") kept = fewer;
  }
  return kept;
}

/** Which of the records open an account, and which one. */
function openings(genesisFrame: Uint8Array, records: readonly Bytes[]): [number, Opened][] {
  const pair = new Comparison(genesisFrame, (genesis) => {
    const engine = new NaiveEngine(genesis);
    return {
      apply: (...record) => engine.apply(...record),
      roots: () => engine.roots(),
      followChain: (chain) => engine.followChain(chain),
    };
  });
  const found: [number, Opened][] = [];
  for (const [at, record] of records.entries()) {
    pair.step(record);
    const { view, count } = pair.reports;
    for (let i = 0; i < count; i++) {
      const said = i * REPORT_SIZE;
      if (view.getUint8(said) !== REPORT_ACCOUNT_OPENED) continue;
      const account = view.getUint32(said + REPORT_SUBJECT_AT, true);
      found.push([at, { account, key: view.getUint32(said + REPORT_KEY_ID_AT, true) }]);
    }
  }
  return found;
}

/** What a failing test prints: the seed, what differs, and the shortest way there. */
export function explain(
  seed: number,
  genesisFrame: Uint8Array,
  records: readonly Bytes[],
  make: Maker,
): string {
  const first = replay(genesisFrame, records, make);
  if (first === "") return `seed ${seed}: a difference that does not come back on replay`;
  const least = shrink(genesisFrame, records, make);
  return [
    `seed ${seed}, after ${records.length} records:`,
    first,
    `the same with ${least.length} records:`,
    replay(genesisFrame, least, make),
    ...least.map(
      (record, i) => `${i + 1} ${record.length === 0 ? "restart" : describeRecord(record)}`,
    ),
    `genesis ${toHex(genesisFrame)}`,
  ].join("\n");
}
