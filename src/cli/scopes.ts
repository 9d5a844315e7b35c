/**
 * Scopes by name, as a list in one word: `trade,cancel,read`.
 */
import { TRADER_SCOPES } from "../protocol/code-names.ts";
import { UsageError } from "./command.ts";

const SCOPES: ReadonlyMap<string, number> = new Map(
  TRADER_SCOPES.map(([bit, name]) => [name, bit] as const),
);

export const SCOPE_NAMES: readonly string[] = [...SCOPES.keys()];

/** The bits, or null where nothing was said. */
export function scopesOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  let bits = 0;
  for (const name of text.split(",")) {
    const bit = SCOPES.get(name);
    if (bit === undefined) {
      throw new UsageError(`--scopes is a list of ${SCOPE_NAMES.join(", ")}, not "${name}"`);
    }
    bits |= bit;
  }
  return bits;
}
