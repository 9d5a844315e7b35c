/**
 * assert: a promise of our own that must hold. A broken one stops the process (DESIGN P9).
 *
 * Messages are constant strings in words, so that the passing path builds nothing. Bad input
 * from outside is never asserted; it gets a code from protocol/codes.ts.
 */

/** Thrown by `assert` only, so that a shell can tell a broken promise from a failing world. */
export class BrokenPromise extends Error {
  override readonly name = "BrokenPromise";
}

export function assert(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new BrokenPromise(promise);
}
