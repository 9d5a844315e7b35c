/**
 * Config flags: which flag sets which key.
 *
 *   --log-tick-ms 500       every key of a plain section: section and key, joined by dashes
 *   --data DIR              the short names that the schema gives
 *   --http 0                the HTTP address of the service that is being started
 *
 * Secrets have no flag, because a process list shows flags.
 */
import { REPEATED_SECTIONS, type Row } from "./config-row.ts";
import { ROWS } from "./config-schema.ts";

/** Flag name without dashes in front, to the row it sets. `role`: a service's section, or "". */
export function flagsOf(role: string): ReadonlyMap<string, Row> {
  const flags = new Map<string, Row>();
  for (const row of ROWS) {
    if (row.secret === true || REPEATED_SECTIONS.includes(row.section)) continue;
    flags.set(longFlag(row), row);
    if (row.flag !== undefined) flags.set(row.flag, row);
    if (row.section === role && row.key === "http_address") flags.set("http", row);
  }
  return flags;
}

/** The same for `parseArgs` of node:util. */
export function configFlagOptions(role: string): Record<string, { type: "string" }> {
  return Object.fromEntries([...flagsOf(role).keys()].map((name) => [name, { type: "string" }]));
}

/** The flag to name in an error about a key, such as a port that is taken; role "" fits all. */
export function flagFor(role: string, path: string): string {
  const names = [...flagsOf(role)].filter(([, row]) => `${row.section}.${row.key}` === path);
  const shortest = names.map(([name]) => name).sort((a, b) => a.length - b.length)[0];
  return `--${shortest ?? path}`;
}

export function longFlag(row: Row): string {
  return `${row.section}-${row.key}`.replaceAll("_", "-");
}
