/**
 * Log rules: the upgrades of a shard as its log keeps them beside the records, so that they can be
 * read before anything is replayed.
 *
 *   "2@500,3@90000"    version 2 governs from position 500, version 3 from 90,000
 */
import type { Upgrade } from "../protocol/governing.ts";
import { LogFault } from "./log.ts";

/** Throws LogFault for anything else. */
export function readRules(text: string): Upgrade[] {
  const upgrades = text.split(",").map((one) => {
    const found = /^([0-9]{1,5})@([0-9]{1,16})$/.exec(one);
    return { version: Number(found?.[1] ?? 0), from: Number(found?.[2] ?? 0) };
  });
  const isRising = upgrades.every(({ version, from }, i) => {
    const before = upgrades[i - 1] ?? { version: 0, from: 0 };
    return version > before.version && from > before.from;
  });
  if (isRising) return upgrades;
  throw new LogFault(`the log keeps "${text}" where its rules versions belong`);
}

export function rulesText(upgrades: readonly Upgrade[]): string {
  return upgrades.map(({ version, from }) => `${version}@${from}`).join(",");
}

/**
 * With one more, whose version may be there already. One that begins at the very position of
 * another takes its place: it cures the record at which that other was to begin.
 */
export function withUpgrade(upgrades: readonly Upgrade[], upgrade: Upgrade): readonly Upgrade[] {
  const isKnown = upgrades.some(({ version }) => version === upgrade.version);
  if (isKnown) return upgrades;
  return [...upgrades.filter(({ from }) => from !== upgrade.from), upgrade];
}

/** The version that a record at this position names. */
export function stampedVersion(
  genesisVersion: number,
  upgrades: readonly Upgrade[],
  position: number,
): number {
  const found = upgrades.findLast(({ from }) => position >= from);
  return found?.version ?? genesisVersion;
}
