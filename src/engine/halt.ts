/**
 * Halt: a record without successor state. The shard stops there (DESIGN P9); nothing is guessed.
 */
export class Halt extends Error {
  override readonly name = "Halt";
  readonly reason: string;
  /** Of the record that cannot be applied. */
  readonly position: number;

  constructor(reason: string, position: number) {
    super(`record ${position} has no successor state: ${reason}`);
    this.reason = reason;
    this.position = position;
  }
}
