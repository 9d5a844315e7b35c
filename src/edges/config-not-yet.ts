/**
 * Config, not yet: keys that stand in the schema and that nothing reads so far.
 *
 * Who sets one counts on it. So a service refuses any value but the default, and passes none over.
 */
import { type ConfigError, formatConfigError } from "./config-errors.ts";
import type { Row } from "./config-row.ts";
import { ROWS } from "./config-schema.ts";
import type { ConfigValues } from "./config-values.ts";

/** A sentence for each key that asks for what is not built yet. */
export function askedNotYet(values: ConfigValues): string[] {
  return ROWS.filter((row) => row.notYet === true).flatMap((row) => refusal(values, row));
}

function refusal(values: ConfigValues, row: Row): string[] {
  const { section, key, fallback = "" } = row;
  const path = `${section}.${key}`;
  const value = values.get(path);
  if (value === fallback) return [];
  const error: ConfigError = {
    ...values.origin(path),
    key: path,
    problem: `${String(value)} is asked for, and this is not built yet`,
    allowed: `the default, ${fallback === "" ? "empty" : String(fallback)}`,
  };
  return [formatConfigError(error)];
}
