/**
 * WorkloadFile: flows on disk, plain or packed with gzip, and the answers that lie beside them.
 *
 *   FILE          .bin or .bin.gz
 *   FILE.sha256   hash of its canonical report stream, as `load make` writes it
 *   hashes.json   in its folder or the one above: the public answers, by name
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { sha256 } from "../base/hash.ts";
import { readWorkload, type Workload } from "./workload.ts";

export interface LoadedWorkload {
  readonly workload: Workload;
  /** Of the bytes as unpacked, hex. */
  readonly fileHash: string;
}

/** The flow in this file, or a sentence about what is wrong with it. */
export function loadWorkload(path: string): LoadedWorkload | string {
  if (!existsSync(path)) return `${path}: there is no such file`;
  const stored = new Uint8Array(readFileSync(path));
  const isPacked = stored[0] === 0x1f && stored[1] === 0x8b;
  const bytes = isPacked ? unpack(stored) : stored;
  if (bytes === null) return `${path}: gzip cannot unpack it`;
  const workload = readWorkload(bytes);
  if (typeof workload === "string") return `${path}: ${workload}`;
  return { workload, fileHash: sha256(bytes).toHex() };
}

function unpack(bytes: Uint8Array<ArrayBuffer>): Uint8Array | null {
  try {
    return Bun.gunzipSync(bytes);
  } catch {
    return null;
  }
}

/** The hash that the flow in this file must give, or null where nobody says. */
export function referenceHash(path: string): string | null {
  const beside = `${path}.sha256`;
  if (existsSync(beside)) return readFileSync(beside, "utf8").trim().split(/\s/)[0] ?? null;
  const dir = dirname(path);
  const name = basename(path);
  const near = answer(join(dir, "hashes.json"), name);
  return near ?? answer(join(dir, "..", "hashes.json"), `${basename(dir)}/${name}`);
}

function answer(hashesPath: string, name: string): string | null {
  if (!existsSync(hashesPath)) return null;
  const hashes: unknown = JSON.parse(readFileSync(hashesPath, "utf8"));
  if (typeof hashes !== "object" || hashes === null) return null;
  const entry: unknown = Object.entries(hashes).find(([key]) => key === name)?.[1];
  if (typeof entry !== "object" || entry === null || !("report_sha256" in entry)) return null;
  return String(entry.report_sha256);
}
