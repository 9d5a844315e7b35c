/**
 * SHA-256, the one hash of the house: record leaves, tree nodes, report chain, ids.
 *
 * The only file that touches the runtime's hasher. A pure function of its input, so the core
 * may call it. `Sha256` reuses one native hasher: `digest` resets it.
 */
export const HASH_SIZE = 32;

/** Hash of the concatenation of `parts`: 32 fresh bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const part of parts) hasher.update(part);
  const out = new Uint8Array(HASH_SIZE);
  hasher.digest(out);
  return out;
}

/** Streaming form, for hot paths: update, update, digest into the caller's 32 bytes. */
export class Sha256 {
  private readonly hasher = new Bun.CryptoHasher("sha256");

  update(bytes: Uint8Array): this {
    this.hasher.update(bytes);
    return this;
  }

  /** Writes 32 bytes to `into` and starts anew. */
  digest(into: Uint8Array): void {
    this.hasher.digest(into);
  }
}
