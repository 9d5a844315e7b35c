/**
 * Rules: the released versions of the rules, each as what `apply` calls for it (docs/RULES.md 12).
 *
 *   version -> which frames have an answer, and who answers their commands and what is due
 *
 * A released version is never changed again: another one stands beside it, with parts of its own
 * where it differs. The golden logs hold each of them.
 */
import type { Upgrade } from "../protocol/governing.ts";
import { checkFrameView, type FrameScope } from "../protocol/check-frame.ts";
import { Commands } from "./commands.ts";
import { Halt } from "./halt.ts";
import type { State } from "./state.ts";

export interface RuleSet {
  /** ACCEPTED, or why a record with this frame has no successor state. */
  readonly checkFrame: (frame: DataView, scope: FrameScope) => number;
  /** Keeps nothing from record to record but what is in the state. */
  readonly commands: (state: State) => Commands;
}

export type RuleTable = ReadonlyMap<number, RuleSet>;

export const RULES: RuleTable = new Map([
  [1, { checkFrame: checkFrameView, commands: (state: State) => new Commands(state) }],
]);

/** What is known, where the versions are all that matters. */
export type KnownRules = ReadonlyMap<number, unknown>;

/** "" or which of the upgrades is not known, in a sentence's half. */
export function unknownRules(upgrades: readonly Upgrade[], known: KnownRules): string {
  const unknown = upgrades.find(({ version }) => !known.has(version));
  if (unknown === undefined) return "";
  const versions = [...known.keys()].join(", ");
  const { version, from } = unknown;
  return `rules version ${version} governs from position ${from}, and this build knows ${versions}`;
}

/** A position is governed by a version that this build does not have: another build may go on. */
export class UnknownRules extends Halt {
  readonly version: number;

  constructor(upgrade: Upgrade, known: KnownRules) {
    super(unknownRules([upgrade], known), upgrade.from);
    this.version = upgrade.version;
  }
}

/** The entry of a version; throws UnknownRules. */
export function ruleSet(table: RuleTable, upgrade: Upgrade): RuleSet {
  const found = table.get(upgrade.version);
  if (found === undefined) throw new UnknownRules(upgrade, table);
  return found;
}
