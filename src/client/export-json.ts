/**
 * What settlement's status says of a shard's continuous export.
 */

export interface ExportJson {
  /** Records up to here are in the store, under a signed head: level D4, withdrawals are final. */
  readonly archived_position: number;
  readonly archived_time_us: number;
  /** Signed and not archived yet. */
  readonly lag_records: number;
  readonly to: string;
  /** Why it waits, or null. */
  readonly waits: string | null;
}

/** What a shard's log still holds, and for whom. */
export interface KeptJson {
  /** The log may begin behind this position; 0 for none. */
  readonly trimmed_position: number;
  readonly consumers: readonly {
    readonly name: string;
    readonly position: number;
    readonly silent_ms: number;
  }[];
}
