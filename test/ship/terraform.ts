/**
 * The Terraform of deploy/gcp as data: parsed by HashiCorp's own parser (compiled to WebAssembly,
 * in the package @cdktn/hcl2json). Expressions stay texts `${...}`; blocks are arrays of objects.
 */
import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Not imported: its typings bring the browser's, which contradict ours. */
const { parse } = createRequire(import.meta.url)("@cdktn/hcl2json") as {
  readonly parse: (name: string, text: string) => Promise<Record<string, Json>>;
};

export const GCP_DIR = join(import.meta.dir, "..", "..", "deploy", "gcp");

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Block = { [name: string]: Json };

export interface Module {
  /** By type, then by name. */
  readonly resource: Readonly<Record<string, Readonly<Record<string, readonly Block[]>>>>;
  readonly variable: Readonly<Record<string, readonly Block[]>>;
  readonly output: Readonly<Record<string, readonly Block[]>>;
  readonly locals: readonly Block[];
}

export function terraformFiles(): string[] {
  return readdirSync(GCP_DIR).filter((name) => name.endsWith(".tf"));
}

/** All files as one module; throws what the parser says of a file that is none. */
export async function readModule(): Promise<Module> {
  const merged: Record<string, Json> = {};
  for (const name of terraformFiles()) {
    merge(merged, await parse(name, readFileSync(join(GCP_DIR, name), "utf8")));
  }
  return merged as unknown as Module;
}

/** Types of all resources, in order. */
export async function resourceTypes(): Promise<string[]> {
  return Object.keys((await readModule()).resource).toSorted();
}

/** Parts of the same kind in several files are one; arrays follow each other. */
function merge(into: Record<string, Json>, from: Record<string, Json>): void {
  for (const [name, value] of Object.entries(from)) {
    const known = into[name];
    if (known === undefined) into[name] = value;
    else if (Array.isArray(known) && Array.isArray(value)) known.push(...value);
    else merge(known as Record<string, Json>, value as Record<string, Json>);
  }
}
