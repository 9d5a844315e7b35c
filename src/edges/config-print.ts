/**
 * Config print: the configuration in force, as TOML, each value with where it came from.
 *
 *   kind = "embedded"    # env CLOB_LOG
 *
 * What it prints reads back as the same configuration, secrets apart: they are shown as "***".
 */
import { parseRedisAddress, redactRedisAddress } from "./config-address.ts";
import { formatOrigin } from "./config-errors.ts";
import { REPEATED_SECTIONS, type Row, type Value } from "./config-row.ts";
import { ROWS } from "./config-schema.ts";
import type { ConfigValues } from "./config-values.ts";

/** Column at which the sources begin, where the value is not longer. */
const SOURCE_COLUMN = 44;

export function printConfig(values: ConfigValues): string {
  const blocks: string[] = [];
  for (const section of new Set(ROWS.map((row) => row.section))) {
    if (!REPEATED_SECTIONS.includes(section)) {
      blocks.push(printTable(values, `[${section}]`, { section, place: section }));
      continue;
    }
    for (let index = 1; index <= values.count(section); index++) {
      const place = `${section}[${index}]`;
      blocks.push(printTable(values, `[[${section}]]`, { section, place }));
    }
  }
  return `${blocks.join("\n\n")}\n`;
}

type Table = { readonly section: string; readonly place: string };

function printTable(values: ConfigValues, header: string, table: Table): string {
  const rows = ROWS.filter((row) => row.section === table.section);
  const lines = rows.map((row) => {
    const path = `${table.place}.${row.key}`;
    const pair = `${row.key} = ${showValue(row, values.get(path))}`;
    return `${pair.padEnd(SOURCE_COLUMN)}  # ${formatOrigin(values.origin(path))}`;
  });
  return [header, ...lines].join("\n");
}

/** As TOML, with nothing secret in it. */
function showValue(row: Row, value: Value): string {
  if (typeof value !== "string") return String(value);
  if (row.secret === true && value !== "") return '"***"';
  const address = row.kind.type === "redis_address" ? parseRedisAddress(value) : "";
  return JSON.stringify(typeof address === "string" ? value : redactRedisAddress(address));
}
