/**
 * Config errors: what is wrong with a configuration, all of it at once, in sentences for people.
 *
 *   config.toml:12: log.kind: "embeded" is not one of them (did you mean "embedded"?);
 *   allowed: "auto", "embedded", "redis"
 */
export interface ConfigError {
  /** `config.toml`, `env CLOB_LOG` or `flag --data`. */
  readonly source: string;
  /** Counted from 1; null where no line is known or there is none. */
  readonly line: number | null;
  /** `log.kind`, or `market[2].tick` with tables counted from 1; "" for the file as a whole. */
  readonly key: string;
  readonly problem: string;
  readonly allowed: string;
}

/** Where a value came from: the first two fields of an error about it. */
export type Origin = Pick<ConfigError, "source" | "line">;

/** `config.toml:12`, `env CLOB_LOG`, `flag --data` or `default`. */
export function formatOrigin(origin: Origin): string {
  return origin.line === null ? origin.source : `${origin.source}:${origin.line}`;
}

/** One line of text. */
export function formatConfigError(error: ConfigError): string {
  const key = error.key === "" ? "" : `${error.key}: `;
  return `${formatOrigin(error)}: ${key}${error.problem}; allowed: ${error.allowed}`;
}
