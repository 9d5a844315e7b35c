/**
 * Sealing: a header and its bytes, compressed by zstd, off the event loop; see protocol/sealed.ts.
 */
import { zstdDecompressSync } from "node:zlib";
import { equalBytes } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import {
  decodeSealedHeader,
  encodeSealedHeader,
  SEALED_HEADER_SIZE,
  type SealedHeader,
} from "../protocol/sealed.ts";

/** Levels above give a few per cent at several times the time: docs/DECISIONS.md. */
const ZSTD_LEVEL = 3;

/** What it is of, apart from what follows from the bytes. */
export type SealedPlace = Omit<SealedHeader, "size" | "hash">;

export async function seal(place: SealedPlace, bytes: Uint8Array): Promise<Uint8Array> {
  const header = encodeSealedHeader({ ...place, size: bytes.length, hash: sha256(bytes) });
  const packed = await Bun.zstdCompress(bytes, { level: ZSTD_LEVEL });
  const sealed = new Uint8Array(header.length + packed.length);
  sealed.set(header);
  sealed.set(packed, header.length);
  return sealed;
}

export interface Unsealed {
  readonly header: SealedHeader;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** "" or what is wrong with the bytes, which were unpacked nevertheless. */
  readonly wrong: string;
}

/** What was sealed, or a sentence about why it cannot be had. Takes no more memory than it says. */
export function unseal(object: Uint8Array, sizeMax: number): Unsealed | string {
  const header = decodeSealedHeader(object);
  if (typeof header === "string") return header;
  if (header.size > sizeMax) return `it says to hold ${header.size} bytes, over ${sizeMax}`;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    // One byte of room at least: the runtime takes no zero.
    const maxOutputLength = Math.max(1, header.size);
    const packed = object.subarray(SEALED_HEADER_SIZE);
    bytes = new Uint8Array(zstdDecompressSync(packed, { maxOutputLength }));
  } catch (error) {
    const why = error instanceof Error ? error.message : "unreadable";
    return `its bytes cannot be unpacked: ${why}`;
  }
  const isWhole = bytes.length === header.size && equalBytes(sha256(bytes), header.hash);
  return { header, bytes, wrong: isWhole ? "" : "its bytes are not those of its header" };
}

/** Whether two objects hold the same, whichever zstd has packed them. */
export function isSameSealed(ours: Uint8Array, theirs: Uint8Array): boolean {
  const size = SEALED_HEADER_SIZE;
  if (!equalBytes(ours.subarray(0, size), theirs.subarray(0, size))) return false;
  const header = decodeSealedHeader(theirs);
  if (typeof header === "string") return false;
  const unsealed = unseal(theirs, header.size);
  return typeof unsealed !== "string" && unsealed.wrong === "";
}
