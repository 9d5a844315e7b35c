/**
 * Planted bugs: mistakes that somebody could make in the core, each a text to be replaced in one
 * file. `bun scripts/planted.ts` puts them into a copy of the tree one after the other, and the
 * quick tests must see every one of them.
 */
import { BUGS_OF_SHARDS } from "./bugs-of-shards.ts";
import { BUGS_OF_TIME } from "./bugs-of-time.ts";
import { BUGS_OF_TRADING } from "./bugs-of-trading.ts";

export interface PlantedBug {
  /** What is wrong with it in place. */
  readonly name: string;
  readonly file: string;
  /** Stands once in the file; a change of the core that touches it must mind the row. */
  readonly find: string;
  readonly put: string;
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...BUGS_OF_TRADING,
  ...BUGS_OF_TIME,
  ...BUGS_OF_SHARDS,
];

/** The file's text with the bug in it, or what is wrong with the row. */
export function plant(bug: PlantedBug, text: string): { text: string } | { wrong: string } {
  const parts = text.split(bug.find);
  if (parts.length === 2) return { text: parts.join(bug.put) };
  return { wrong: `"${bug.name}": its text stands ${parts.length - 1} times in ${bug.file}` };
}
