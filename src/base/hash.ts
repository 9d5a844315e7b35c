/**
 * SHA-256, the one hash of the house: record leaves, tree nodes, report chain, ids.
 *
 * The only file that touches the runtime's hasher. A pure function of its input, so the core
 * may call it. `Sha256` reuses one native hasher: `digest` resets it.
 */
export const HASH_SIZE = 32;

/** The runtime's hasher wants room for its longest digest, whichever digest it makes. */
const DIGEST_ROOM = 64;

/** Hash of the concatenation of `parts`: 32 fresh bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const part of parts) hasher.update(part);
  const room = new Uint8Array(DIGEST_ROOM);
  hasher.digest(room);
  return room.slice(0, HASH_SIZE);
}

/** One call for one piece: the quickest way for small ones. `into` has 32 bytes. */
export function sha256Into(bytes: Uint8Array, into: Uint8Array): void {
  Bun.SHA256.hash(bytes, into);
}

/** Streaming form, for hot paths: update, update, digest into the caller's 32 bytes. */
export class Sha256 {
  private readonly hasher = new Bun.CryptoHasher("sha256");
  private readonly room = new Uint8Array(DIGEST_ROOM);
  private readonly hash = this.room.subarray(0, HASH_SIZE);

  update(bytes: Uint8Array): this {
    this.hasher.update(bytes);
    return this;
  }

  /** Writes 32 bytes to the beginning of `into` and starts anew. */
  digest(into: Uint8Array): void {
    this.hasher.digest(this.room);
    into.set(this.hash);
  }
}
