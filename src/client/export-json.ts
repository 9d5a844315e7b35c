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
