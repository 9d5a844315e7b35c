/**
 * Lie: the first thing in an export that is not true, and where it stands.
 */

/** Thrown inside a verification and turned into its verdict; never leaves src/verifier. */
export class Lie extends Error {
  override readonly name = "Lie";
  /** The object: "record", "genesis", "segment", "commitment", "in.note", "state.note", "tile". */
  readonly what: string;
  /**
   * Position of the record, number of the commitment or first position of the segment; 0 for none.
   */
  readonly place: number;
  /** Bytes that show it, if any: the record or commitment as it was found. */
  readonly bytes: Uint8Array | null;

  constructor(what: string, place: number, reason: string, bytes: Uint8Array | null = null) {
    super(reason);
    this.what = what;
    this.place = place;
    this.bytes = bytes;
  }

  /** "record 812: its signature does not verify". */
  get sentence(): string {
    return `${this.what}${this.place === 0 ? "" : ` ${this.place}`}: ${this.message}`;
  }
}
