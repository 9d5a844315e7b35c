/**
 * Config text: reads a configuration given as text, for tests; errors come back as their lines.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../src/edges/config.ts";
import { formatConfigError } from "../../src/edges/config-errors.ts";
import {
  type ConfigRead,
  type ReadConfigOptions,
  readConfig,
} from "../../src/edges/config-read.ts";

export type Around = Partial<Pick<ReadConfigOptions, "env" | "flags" | "role">>;

/** One asset pair, one market, one shard: the least that trades. Lines are counted by tests. */
export const SMALL = `[[asset]]
id = 1
symbol = "USD"
decimals = 6
[[asset]]
id = 2
symbol = "BTC"
decimals = 8
[[market]]
id = 1
symbol = "BTC-USD"
base = "BTC"
quote = "USD"
tick = "0.01"
lot = "0.0001"
quantity_min = "0.0001"
quantity_max = "100"
price_min = "1000"
price_max = "1000000"
[[shard]]
id = 1
markets = "1-9"
`;

export function readText(text: string, around: Around = {}): ConfigRead {
  const dir = mkdtempSync(join(tmpdir(), "clob-config-"));
  try {
    const file = join(dir, "config.toml");
    writeFileSync(file, text);
    return readConfig({ file, env: {}, flags: {}, ...around });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** The Config of a text without errors. */
export function configOf(text: string, around: Around = {}): Config {
  const read = readText(text, around);
  if (!read.ok) throw new Error(read.errors.map(formatConfigError).join("\n"));
  return read.config;
}

/** The lines that a user sees, the directory taken off the file; none if all is well. */
export function errorsOf(text: string, around: Around = {}): string[] {
  const read = readText(text, around);
  if (read.ok) return [];
  return read.errors.map((error) =>
    formatConfigError(error).replace(/^\S*config\.toml/, "config.toml"),
  );
}
