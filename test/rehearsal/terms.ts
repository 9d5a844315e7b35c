/**
 * Terms: what the outer process of a rehearsal hands to the one inside the namespaces, and what it
 * gets back.
 */
export interface RehearsalTerms {
  /** Everything that the run writes. */
  readonly dir: string;
  /** Folders of executables: the one that runs first, and the one that is rolled out. */
  readonly releases: readonly [string, string];
  readonly redis: string;
  readonly haproxy: string;
  /** A fleet's config. */
  readonly config: string;
  /** Instead of the config's own shards, so many of so many markets each. */
  readonly smaller: { readonly shards: number; readonly markets: number } | null;
  readonly accounts: number;
  /** Between two frames of an account on one shard, at most. */
  readonly gapMs: number;
  /** How long each cut lasts at least. */
  readonly cutMs: number;
}

export interface Phase {
  readonly name: string;
  readonly seconds: number;
  /** Frames whose outcome came meanwhile. */
  readonly frames: number;
  readonly orders_acknowledged: number;
  /** What a client waited from sending a frame to its outcome, milliseconds. */
  readonly wait_ms: { readonly p50: number; readonly p99: number; readonly worst: number };
}

export interface RehearsalResult {
  /** "" if all holds. */
  readonly wrong: string;
  readonly shards: number;
  readonly markets: number;
  readonly sessions: number;
  readonly versions: { readonly redis: string; readonly haproxy: string };
  readonly phases: readonly Phase[];
  readonly frames: number;
  readonly orders_acknowledged: number;
  readonly deposits: number;
  readonly records: number;
  readonly reports: number;
  readonly verdicts: Readonly<Record<string, string>>;
  readonly seconds: number;
  /** Who ended by itself, and how; each was started again. */
  readonly ended: readonly string[];
}
