/**
 * Config row: the description of one key of config.toml, and nothing that does anything.
 *
 * A value has been checked against its row before anybody else sees it.
 */
export type Kind =
  | { readonly type: "integer"; readonly min: number; readonly max: number }
  | { readonly type: "choice"; readonly among: readonly string[] }
  | { readonly type: "text"; readonly pattern: RegExp; readonly allowed: string }
  | { readonly type: "boolean" }
  | { readonly type: "path" }
  | { readonly type: "decimal" }
  | { readonly type: "listen_address" }
  | { readonly type: "redis_address" }
  | { readonly type: "ranges" };

/** A checked value: integers and booleans as themselves, all else as the text that was given. */
export type Value = string | number | boolean;

export interface Row {
  readonly section: string;
  readonly key: string;
  readonly kind: Kind;
  /** Absent: the key must be given. */
  readonly fallback?: Value;
  readonly env?: string;
  /** A short flag beside the long one that every key of a plain section has. */
  readonly flag?: string;
  /** Never printed, and has no flag, because a process list shows flags. */
  readonly secret?: boolean;
  /** Read by `clob init` only. */
  readonly genesis?: boolean;
  /** Nothing reads it so far: another value than the default is refused, never passed over. */
  readonly notYet?: boolean;
  readonly doc: string;
}

/** Sections written as `[[name]]`, any number of times. */
export const REPEATED_SECTIONS: readonly string[] = ["asset", "market", "shard"];

export function integer(min: number, max: number): Kind {
  return { type: "integer", min, max };
}

export function choice(...among: string[]): Kind {
  return { type: "choice", among };
}

export function text(pattern: RegExp, allowed: string): Kind {
  return { type: "text", pattern, allowed };
}
