/**
 * The tidy rules about who may import whom. The tables they go by stand in test/tidy.test.ts.
 */
import { dirname, join } from "node:path/posix";
import type { Complaint, SourceFile } from "./tidy-rules.ts";

export type Levels = Readonly<Record<string, number>>;
export type Owners = readonly { readonly module: RegExp; readonly owner: RegExp }[];

type Import = { readonly at: number; readonly isType: boolean; readonly module: string };

const STATEMENT = /\b(?:import|export)\s+(type\s+)?(?:[\w$*{},\s]*?\bfrom\s*)?"([^"\n]+)"/g;
const CALL = /\bimport\(()\s*"([^"\n]+)"/g;

export function importsOf({ text }: SourceFile): Import[] {
  return [...text.code.matchAll(STATEMENT), ...text.code.matchAll(CALL)]
    .filter((found) => text.bare[found.index] !== " ") // Not one that stands in a string.
    .map((found) => ({ at: found.index, isType: found[1] !== undefined, module: found[2]! }));
}

/** Down only; never another folder of the same level; `edges` sees only types of the core. */
export function checkDirection(file: SourceFile, levels: Levels): Complaint[] {
  const from = folderOf(file.path);
  const own = levels[from];
  if (own === undefined) return [{ at: 0, words: `src/${from} has no level` }];
  return importsOf(file).flatMap(({ at, isType, module }) => {
    if (!module.startsWith(".")) return [];
    const target = join(dirname(file.path), module);
    const to = folderOf(target);
    const level = target.startsWith("src/") ? levels[to] : undefined;
    if ((to === from && level !== undefined) || target === "package.json") return [];
    if (level === undefined) return [{ at, words: `imports ${target}, which is no folder of src` }];
    if (level >= own) return [{ at, words: `${from} may not import ${to}: down only` }];
    if (from === "naive" && level > 1) return [{ at, words: `naive shares nothing with ${to}` }];
    if (from === "edges" && isCore(to) && !isType) {
      return [{ at, words: `edges may import only types of ${to}` }];
    }
    return [];
  });
}

/** Each outside library has one file that owns it; the core has none of them. */
export function checkOwners(file: SourceFile, owners: Owners): Complaint[] {
  return importsOf(file).flatMap(({ at, module }) => {
    if (module.startsWith(".")) return [];
    const row = owners.find((entry) => entry.module.test(module));
    if (row === undefined) return [{ at, words: `nobody owns the library ${module}` }];
    return row.owner.test(file.path)
      ? []
      : [{ at, words: `${module} belongs to ${row.owner.source}` }];
  });
}

export function checkExtension(file: SourceFile): Complaint[] {
  return importsOf(file)
    .filter(({ module }) => module.startsWith(".") && !/\.(?:ts|json|html|css|toml)$/.test(module))
    .map(({ at, module }) => ({ at, words: `${module} does not name its file` }));
}

function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function isCore(folder: string): boolean {
  return ["ledger", "engine", "naive"].includes(folder);
}
