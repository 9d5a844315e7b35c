/**
 * Line parts: what the lines of plays are made of, whatever they are about.
 */
import * as codes from "../../src/protocol/codes.ts";
import type { PlayedOrder } from "./says.ts";
import type { Stage } from "./stage.ts";
import { ASSETS } from "./stage-genesis.ts";

/** What words may refer to. */
export interface Context {
  readonly stage: Stage;
  readonly orders: readonly PlayedOrder[];
  /** A client order id that was not used yet. */
  freshId(): bigint;
}

export type Groups = Readonly<Record<string, string | undefined>>;
/** The words, the kind of frame they travel in, and the command they stand for. */
export type Row = readonly [RegExp, number, (groups: Groups, context: Context) => Uint8Array];

const SCOPES: Readonly<Record<string, number>> = {
  trade: codes.SCOPE_TRADE,
  cancel: codes.SCOPE_CANCEL,
  withdraw: codes.SCOPE_WITHDRAW,
  read: codes.SCOPE_READ,
  keys: codes.SCOPE_KEYS,
  all: codes.SCOPES_TRADER,
};

export const SCOPE_LIST = "(?<scopes>\\w+(?:, \\w+)*)";

export function line(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}

/** All scopes of a trader if none is named. */
export function scopesOf(groups: Groups): number {
  let scopes = 0;
  for (const name of (groups["scopes"] ?? "all").split(", ")) {
    const scope = SCOPES[name];
    if (scope === undefined) throw new Error(`no such scope: ${name}`);
    scopes |= scope;
  }
  return scopes;
}

export function assetOf(groups: Groups): number {
  const name = groups["asset"] ?? "";
  return ASSETS[name] ?? Number(name.replace("asset", ""));
}

/** An account by name, or by number where nobody has it. */
export function accountOf(groups: Groups, context: Context): number {
  const who = groups["who"] ?? "";
  return /^\d+$/.test(who) ? Number(who) : context.stage.signer(who).account;
}
