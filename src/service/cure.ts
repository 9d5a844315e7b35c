/**
 * Cure: another version of the rules for a record that has no successor state (docs/RULES.md 12).
 *
 *   p       no successor state under the rules in force
 *   p ..    what lay behind it already
 *   u       an operator's Upgrade that names p: its version governs from p on
 *
 * It is read from the records alone, so that everybody who replays them finds the same one, and
 * nobody is believed who only says that there is one. The first Upgrade counts that is signed by a
 * key with the scope, and that its own version takes once it has executed all from p to there: so
 * whatever is appended later changes nothing. It is tried on a copy of the engine.
 */
import { viewOf } from "../base/bytes.ts";
import type { ShardLog } from "../edges/log.ts";
import type { Logger } from "../edges/logger.ts";
import { openVerifiers, type SignatureVerifier } from "../edges/verify.ts";
import { Halt } from "../engine/halt.ts";
import { type KnownRules, RULES, UnknownRules } from "../engine/rules.ts";
import { NaiveHalt } from "../naive/naive-state.ts";
import { REPORT_UPGRADE_SET, SCOPE_RULES } from "../protocol/codes.ts";
import * as frames from "../protocol/frame.ts";
import { decodeGenesis, type Genesis } from "../protocol/genesis.ts";
import { type Cure, type Governing, readUpgrade, type Upgrade } from "../protocol/governing.ts";
import { readRecord, RECORD_HEADER_SIZE, RecordView } from "../protocol/record.ts";
import { readReport, REPORT_SIZE, ReportBatch } from "../protocol/report.ts";

/** What a cure is tried on: either engine. */
export interface Curable {
  readonly position: number;
  readonly governing: Governing;
  governs(position: number): Upgrade;
  apply(view: DataView, record: RecordView, reports: ReportBatch): void;
  fork(): Curable;
  cure(cure: Cure): void;
}

/** A record where it lies; on loan until the next one is asked for. */
export interface FoundRecord {
  readonly position: number;
  readonly view: DataView;
  readonly record: RecordView;
}

export interface CureParts {
  readonly operators: Genesis["operators"];
  readonly known: KnownRules;
  readonly verifier: Pick<SignatureVerifier, "verify">;
  /** All from that position on that is there now. */
  readonly records: (from: number) => AsyncIterable<FoundRecord>;
}

/**
 * The cure of the record behind the engine's position, or null. Throws UnknownRules where the next
 * to be tried is of a version that this build does not have: then another build has to say.
 */
export async function findCure(engine: Curable, parts: CureParts): Promise<Cure | null> {
  const from = engine.position + 1;
  if (from === 1) return null;
  for await (const { position: by, view, record } of parts.records(from + 1)) {
    const frame = frameIn(view, record);
    const upgrade = readUpgrade(frame);
    if (upgrade?.from !== from || !isSigned(frame, parts)) continue;
    const cure = { ...upgrade, by };
    if (!mayFollow(engine, upgrade)) continue;
    if (!parts.known.has(upgrade.version)) throw new UnknownRules(upgrade, parts.known);
    if (await isTaken(engine.fork(), cure, parts)) return cure;
  }
  return null;
}

/** Of a log; what its end is shows when it is asked. */
export function recordsOf(
  log: Pick<ShardLog, "openInputReader">,
): (from: number) => AsyncIterable<FoundRecord> {
  return async function* (from) {
    const input = await log.openInputReader();
    const record = new RecordView();
    try {
      const tip = await input.tip();
      for (let position = from; position <= tip; ) {
        const batch = await input.read(position - 1, READ_BYTES, NEVER);
        if (batch === null) return;
        const view = viewOf(batch.bytes);
        for (let at = 0; at < view.byteLength; at = record.end, position++) {
          // Nobody can go on there, whatever the rules.
          if (readRecord(view, at, record) !== "") return;
          yield { position, view, record };
        }
      }
    } finally {
      await input.close();
    }
  };
}

const READ_BYTES = 1 << 18;
/** What is read is there. Whoever is asked to stop must not take that for a log without a cure. */
const NEVER = new AbortController().signal;

/** Tells the engine of the cure, or throws the fault on. */
export type CureFault = (engine: Curable, fault: unknown) => Promise<void>;

export interface LogOfCures {
  readonly log: Pick<ShardLog, "openInputReader">;
  readonly genesisFrame: Uint8Array;
  readonly options: { readonly rules?: KnownRules };
  readonly logger?: Logger;
}

/** For whoever executes a log: what to do about a record without successor state. */
export function curesIn({ log, genesisFrame, options, logger }: LogOfCures): CureFault {
  return async (engine, fault) => {
    const isPoison = fault instanceof Halt && fault.position === engine.position + 1;
    const genesis = decodeGenesis(genesisFrame);
    if (!isPoison || fault instanceof UnknownRules || typeof genesis === "string") throw fault;
    const { operators } = genesis;
    const { reference: verifier } = await openVerifiers();
    const known = options.rules ?? RULES;
    const cure = await findCure(engine, { operators, known, verifier, records: recordsOf(log) });
    if (cure === null) throw fault;
    const { from, by, version } = cure;
    logger?.warning("cured", { position: from, by, rules: version, why: fault.reason });
    engine.cure(cure);
  };
}

/** A version that is to come already is the only one that may come earlier. */
function mayFollow(engine: Curable, { version, from }: Upgrade): boolean {
  const { next } = engine.governing;
  if (next !== null && next.from > from) return version === next.version;
  return version > engine.governs(from).version;
}

function isSigned(frame: Uint8Array, { operators, verifier }: CureParts): boolean {
  const key = operators[viewOf(frame).getUint32(frames.FRAME_KEY_AT, true) - 1];
  if (key === undefined || (key.scopes & SCOPE_RULES) === 0) return false;
  return verifier.verify(frames.signedPart(frame), frames.signaturePart(frame), key.publicKey);
}

/** Whether all up to its Upgrade has a successor state then, and that one is taken. */
async function isTaken(copy: Curable, cure: Cure, { records }: CureParts): Promise<boolean> {
  const reports = new ReportBatch();
  copy.cure(cure);
  for await (const { position, view, record } of records(cure.from)) {
    reports.clear();
    try {
      copy.apply(view, record, reports);
    } catch (fault) {
      if (fault instanceof UnknownRules) throw fault;
      if (fault instanceof Halt || fault instanceof NaiveHalt) return false;
      throw fault;
    }
    if (position === cure.by) return saysSet(reports.slice(0), cure);
  }
  return false;
}

/** Whether these reports say that this version governs from there. */
export function saysSet(reports: Uint8Array, { version, from }: Upgrade): boolean {
  for (let at = 0; at < reports.length; at += REPORT_SIZE) {
    const { kind, subject, first } = readReport(viewOf(reports), at);
    if (kind === REPORT_UPGRADE_SET && subject === version && first === from) return true;
  }
  return false;
}

function frameIn(view: DataView, { at, end }: RecordView): Uint8Array {
  const begin = view.byteOffset + at + RECORD_HEADER_SIZE;
  return new Uint8Array(view.buffer, begin, end - at - RECORD_HEADER_SIZE);
}
