/**
 * Cursor: where the reading of a snapshot has come to.
 */
export interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the snapshot's hash begins. */
  readonly end: number;
  at: number;
}

/** Whether this many bytes are there. */
export function has(cursor: Cursor, size: number): boolean {
  return cursor.at + size <= cursor.end;
}
