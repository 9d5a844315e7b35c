/**
 * NaiveOutbox: how the engine writes what this shard owes another (RULES.md section 11).
 *
 * The report belongs to no account: its account, number and subject speak of the entry.
 */
import * as codes from "../protocol/codes.ts";
import type { NaiveKey } from "./naive-state.ts";
import type { NaiveTurn } from "./naive-turn.ts";

export interface Debt {
  readonly entry: number;
  /** The shard that is owed it, or all others. */
  readonly to: number;
  readonly account: number;
  readonly number: number;
  /** Of a credit. */
  readonly credit?: { readonly asset: number; readonly amount: bigint };
}

/** `key`: the one that an entry of the directory is about. */
export function owe(turn: NaiveTurn, debt: Debt, key: NaiveKey | null): void {
  const { entry, to, account, number, credit } = debt;
  const start = turn.sayToNobody({
    kind: codes.REPORT_OUTBOX,
    reason: entry,
    account,
    number,
    subject: to,
    first: Number(credit?.amount ?? 0n),
    second: credit === undefined ? 0 : turn.state.directory,
  });
  if (key !== null && entry !== codes.ENTRY_KEY_REVOKE) turn.writeKey(start, key);
  else turn.writeKeyId(start, key?.id ?? credit?.asset ?? 0);
}
