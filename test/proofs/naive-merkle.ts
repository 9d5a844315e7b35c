/** The stupid twin of src/proofs/merkle-*.ts: RFC 9162 2.1.1, 2.1.3.1 and 2.1.4.1, as written. */
import { createHash } from "node:crypto";

export function naiveLeafHash(data: Uint8Array): Uint8Array {
  return hash([0], data);
}

/** MTH over leaf hashes. */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return hash();
  if (leaves.length === 1) return leaves[0]!;
  const k = split(leaves.length);
  return hash([1], naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

/** PATH(m, D_n). */
export function naiveInclusion(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const left = leaves.slice(0, k);
  const right = leaves.slice(k);
  return m < k
    ? [...naiveInclusion(m, left), naiveRoot(right)]
    : [...naiveInclusion(m - k, right), naiveRoot(left)];
}

/** PROOF(m, D_n) for m > 0. */
export function naiveConsistency(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return subproof(m, leaves, true);
}

function subproof(m: number, leaves: readonly Uint8Array[], isOldTree: boolean): Uint8Array[] {
  if (m === leaves.length) return isOldTree ? [] : [naiveRoot(leaves)];
  const k = split(leaves.length);
  const left = leaves.slice(0, k);
  const right = leaves.slice(k);
  return m <= k
    ? [...subproof(m, left, isOldTree), naiveRoot(right)]
    : [...subproof(m - k, right, false), naiveRoot(left)];
}

function split(size: number): number {
  let k = 1;
  while (k * 2 < size) k *= 2;
  return k;
}

function hash(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const hasher = createHash("sha256");
  for (const part of parts) hasher.update(Uint8Array.from(part));
  return Uint8Array.from(hasher.digest());
}
