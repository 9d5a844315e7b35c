/**
 * Scopes by name, as a list in one word: `trade,cancel,read`.
 */
import * as codes from "../protocol/codes.ts";
import { UsageError } from "./command.ts";

const SCOPES: ReadonlyMap<string, number> = new Map([
  ["trade", codes.SCOPE_TRADE],
  ["cancel", codes.SCOPE_CANCEL],
  ["withdraw", codes.SCOPE_WITHDRAW],
  ["read", codes.SCOPE_READ],
  ["keys", codes.SCOPE_KEYS],
]);

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
