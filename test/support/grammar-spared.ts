/**
 * Which keys a random revocation leaves alone, so that somebody is always there to act.
 */
import type { NaiveKey } from "../../src/naive/naive-state.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { GrammarWorld } from "./grammar-world.ts";

/** May do all that operators may. */
const MAIN_KEY = 1;

/** The first half of the first accounts keep a key that can do all and does not expire. */
export function isSpared(world: GrammarWorld, target: NaiveKey): boolean {
  if (target.id === MAIN_KEY) return true;
  const lasting = world
    .keysOf(target.account)
    .filter((key) => !key.revoked && key.expiry === 0 && key.scopes === codes.SCOPES_TRADER);
  return (
    lasting.length < 2 &&
    lasting[0] === target &&
    target.account <= Math.ceil(world.profile.accounts / 2)
  );
}
