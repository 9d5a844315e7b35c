/**
 * Cures: a record of an export that has no successor state but by a later Upgrade (docs/RULES.md
 * 12), found as every service finds it. What was found ahead has to come by.
 */
import type { ExportStore } from "../edges/export-store.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import { type KnownRules, UnknownRules, unknownRules } from "../engine/rules.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { Cure } from "../protocol/governing.ts";
import type { ReportBatch } from "../protocol/report.ts";
import { type Curable, findCure, type FoundRecord, saysSet } from "../service/cure.ts";
import { EXIT_REFUSED, ServiceEnd } from "../service/start.ts";
import { openSegment } from "./export-records.ts";
import { Lie } from "./lie.ts";

export interface CuresParts {
  readonly store: ExportStore;
  readonly verifier: SignatureVerifier;
  readonly known: KnownRules;
  readonly genesis: Genesis;
  /** How many records are here. */
  readonly records: number;
}

export class Cures {
  private readonly parts: CuresParts;
  private told: Cure | null = null;

  constructor(parts: CuresParts) {
    this.parts = parts;
  }

  /**
   * Tells the engine what cures the record behind its position; false if nothing does. `first`: of
   * the segment that holds that record.
   */
  async tell(engine: Curable, first: number): Promise<boolean> {
    const { store, genesis, records: last } = this.parts;
    const records = (begin: number) => recordsFrom(store, { first, begin, last });
    try {
      this.told = await findCure(engine, { ...this.parts, ...genesis, records });
    } catch (fault) {
      if (!(fault instanceof UnknownRules)) throw fault;
      const upgrade = { version: fault.version, from: fault.position };
      const why = unknownRules([upgrade], this.parts.known);
      throw new ServiceEnd(EXIT_REFUSED, `shard ${store.shard}: ${why}`);
    }
    if (this.told === null) return false;
    engine.cure(this.told);
    return true;
  }

  /** Behind each record, with the reports that it has caused. */
  check(position: number, reports: ReportBatch): void {
    if (position !== this.told?.by || saysSet(reports.slice(0), this.told)) return;
    throw new Lie("record", this.told.from, `record ${position} does not cure it any more`);
  }
}

async function* recordsFrom(
  store: ExportStore,
  { first, begin, last }: { first: number; begin: number; last: number },
): AsyncGenerator<FoundRecord, void, undefined> {
  for (let next = first; next <= last; ) {
    const segment = await openSegment(store, next, last);
    for (const found of segment.records(() => undefined)) {
      if (found.position > last) return;
      if (found.position >= begin) yield found;
    }
    next = segment.last + 1;
  }
}
