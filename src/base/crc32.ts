/**
 * CRC-32 (IEEE, as in zlib and gzip), against torn and flipped bytes. It proves nothing to anybody
 * who may lie: that is what SHA-256 in hash.ts is for.
 *
 * `seed` continues an earlier sum: crc32(b, crc32(a)) is the sum of a followed by b.
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return Bun.hash.crc32(bytes, seed);
}
