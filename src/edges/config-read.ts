/**
 * Reading the configuration: one file, the environment and the flags, to one typed Config, or to
 * every error there is. Flags beat environment beat file beat defaults.
 */
import { readFileSync } from "node:fs";
import type { Config } from "./config.ts";
import { buildConfig } from "./config-build.ts";
import { checkContradictions } from "./config-check.ts";
import type { ConfigError } from "./config-errors.ts";
import { readToml } from "./config-file.ts";
import { readMarkets } from "./config-markets.ts";
import { readAssets, readShards } from "./config-shards.ts";
import { ConfigValues } from "./config-values.ts";

export interface ReadConfigOptions {
  /** From `--config`; else CLOB_CONFIG, else config.toml in the working directory. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names without the dashes in front; see configFlagOptions. */
  readonly flags: Readonly<Record<string, string>>;
  /** Section of the service that is started: what `--http` means. */
  readonly role?: "ingress" | "settlement" | "matcher" | undefined;
}

export type ConfigRead =
  | { readonly ok: true; readonly config: Config; readonly values: ConfigValues }
  | { readonly ok: false; readonly errors: readonly ConfigError[] };

export function readConfig(options: ReadConfigOptions): ConfigRead {
  const { env, flags } = options;
  const file = options.file ?? (env["CLOB_CONFIG"] || "config.toml");
  const text = readText(file);
  if (typeof text !== "string") return { ok: false, errors: [text] };
  const read = readToml(text);
  if (read.syntaxError !== null) {
    const { line, message } = read.syntaxError;
    const error = { source: file, line, key: "", problem: message, allowed: "well-formed TOML" };
    return { ok: false, errors: [error] };
  }
  const values = new ConfigValues({ file, read, env, flags, role: options.role ?? "" });
  checkContradictions(values);
  const shards = readShards(values);
  const assets = readAssets(values);
  const markets = readMarkets(values, { assets, shards });
  if (values.errors.length > 0) return { ok: false, errors: inFileOrder(values.errors) };
  return { ok: true, config: buildConfig(file, values, { assets, markets, shards }), values };
}

/** As one reads the file; what has no line comes last. */
function inFileOrder(errors: readonly ConfigError[]): ConfigError[] {
  const place = (error: ConfigError) => error.line ?? Number.MAX_SAFE_INTEGER;
  return [...errors].sort((a, b) => place(a) - place(b));
}

/** The text, or why there is none. */
function readText(file: string): string | ConfigError {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    const problem = code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`;
    const allowed = "a readable file, named by --config FILE or CLOB_CONFIG";
    return { source: file, line: null, key: "", problem, allowed };
  }
}
