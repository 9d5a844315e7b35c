/**
 * Times: how people write them on the command line.
 *
 *   30s  500ms  15m  12h  1d                      a span
 *   2026-12-31T16:00:00Z  2026-12-31T16:00+01:00  a moment, always with its zone
 */
import { UsageError } from "./command.ts";

const SPAN = /^(\d{1,9})(ms|s|m|h|d)$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;
const MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds, null if it is no span. */
export function spanMs(text: string): number | null {
  const [, count, unit = ""] = SPAN.exec(text) ?? [];
  return count === undefined ? null : Number(count) * (MS[unit] ?? 0);
}

/** What `--gtd` says: a moment, or a span from the venue's now. */
export type GoodTill = { readonly at: Date } | { readonly inMs: number };

export function goodTillOf(text: string): GoodTill {
  const inMs = spanMs(text);
  if (inMs !== null) return { inMs };
  const at = new Date(MOMENT.test(text) ? text : Number.NaN);
  if (!Number.isNaN(at.getTime())) return { at };
  const forms = "a time with its zone such as 2026-12-31T16:00:00Z, or a span such as 30m";
  throw new UsageError(`--gtd is ${forms}, not "${text}"`);
}
