/**
 * Judge: whether what clients were told is what the logs say. Pure: histories and replays in, a
 * sentence out, "" if all holds.
 */
import { freeOf, heldOf } from "../../src/naive/naive-ledger.ts";
import type { ColdReplay } from "./cold-replay.ts";

/** What one account was told on one shard. */
export interface History {
  readonly name: string;
  readonly account: number;
  readonly shard: number;
  readonly told: readonly string[];
  readonly outcomes: ReadonlyMap<string, string>;
}

/** What a cold replay says of it. */
export type Truth = Pick<ColdReplay, "reports" | "executed">;

/** By this the SDK says that nobody can know. */
export const UNKNOWN = "unknown_outcome";

/** Reports dense and unchanged, each acknowledged frame executed, each refused one not. */
export function judgeHistory(history: History, replay: Truth): string {
  const { name, told, outcomes, account } = history;
  const all = replay.reports.get(account) ?? [];
  for (const [i, text] of told.entries()) {
    if (text !== all[i])
      return `${name} was told ${text} as report ${i + 1}, the log says ${all[i]}`;
  }
  for (const [tag, outcome] of outcomes) {
    const isThere = replay.executed.has(tag);
    if (outcome === UNKNOWN || isThere === (outcome === "executed")) continue;
    const there = isThere ? "it is there" : "it is not there";
    return `${name}: frame ${tag} is ${outcome}, and in the log ${there}`;
  }
  return "";
}

/** What was told of positions that this copy of the log has: it may end before or behind them. */
export function judgePrefix({ name, told, account }: History, replay: Truth): string {
  const all = replay.reports.get(account) ?? [];
  for (const [i, text] of all.entries()) {
    const heard = told[i];
    if (heard === undefined || heard === text) continue;
    return `${name} was told ${heard} as report ${i + 1}, the log said ${text}`;
  }
  return "";
}

/** What entered is there, or was withdrawn; nothing is on its way. */
export function judgeMoney(
  replays: readonly Pick<ColdReplay, "naive">[],
  entered: ReadonlyMap<number, bigint>,
): string {
  for (const [asset, wanted] of entered) {
    let sum = 0n;
    for (const { naive } of replays) {
      const { accounts, assets } = naive.state;
      const { fees = 0n, withdrawals = 0n } = assets.get(asset) ?? {};
      sum += fees + withdrawals;
      for (const account of accounts) sum += freeOf(account, asset) + heldOf(account, asset);
      // What has left and is not yet there.
      sum -= assets.get(asset)?.net ?? 0n;
    }
    const net = replays.reduce(
      (all, one) => all + (one.naive.state.assets.get(asset)?.net ?? 0n),
      0n,
    );
    if (net !== 0n) return `asset ${asset}: ${-net} are on their way for ever`;
    if (sum !== wanted)
      return `asset ${asset}: ${sum} are there or were withdrawn, ${wanted} entered`;
  }
  return "";
}
