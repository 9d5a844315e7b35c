/**
 * The tidy rules that look at one file: what is wrong with it, and where. Which rule holds where,
 * and texts that each must refuse, stand in tidy-rows.ts and test/tidy.test.ts.
 */
import { closerOf, findFunctions, findParameters, splitList } from "./source-functions.ts";
import type { SourceText } from "./source-text.ts";

export type SourceFile = { readonly path: string; readonly text: SourceText };
export type Complaint = { readonly at: number; readonly words: string };

const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 60;
const LINE_COLUMNS_MAX = 100;
const PARAMETERS_MAX = 4;
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:(?:\.long)?\.test|\.bench)?\.[a-z]+$/;
const BANNED_NAMES = ["utils", "util", "common", "shared", "helpers", "types", "interfaces"];
const IMPORT_CLAUSE = /\b(?:import|export)\s+(?:type\s+)?[\w$*{},\s]*?\bfrom\b/g;

/** A complaint for each place where the pattern stands in the text. */
export function findAll(text: string, pattern: RegExp, words: string): Complaint[] {
  return [...text.matchAll(pattern)].map((found) => ({
    at: found.index,
    words: `${words}: ${found[0].trim()}`,
  }));
}

export function checkPurpose({ path, text }: SourceFile): Complaint[] {
  const opens = (/\.[ch]$/.test(path) ? /^\/\*/ : /^(?:#!.*\n)?\/\*\*/).test(text.source);
  return opens ? [] : [{ at: 0, words: "does not open by saying what it is for" }];
}

export function checkFileLength({ text }: SourceFile): Complaint[] {
  const count = text.source.trimEnd().split("\n").length;
  return count <= FILE_LINES_MAX ? [] : [{ at: 0, words: `has ${count} lines` }];
}

/** A line that is one string or pattern and nothing else may be longer: it cannot be cut. */
export function checkLineLength({ text }: SourceFile): Complaint[] {
  const isOneLiteral = /^\s*(?:"[^"]*"|\/.*\/[dgimsuy]*)[,;)]*$/;
  return text.source.split("\n").flatMap((line, index, lines) => {
    const columns = Array.from(line).length;
    if (columns <= LINE_COLUMNS_MAX || isOneLiteral.test(line)) return [];
    const at = lines.slice(0, index).join("\n").length + 1;
    return [{ at, words: `is ${columns} columns wide` }];
  });
}

export function checkFunctionLength({ text }: SourceFile): Complaint[] {
  return findFunctions(text.bare)
    .filter(({ lineCount }) => lineCount > FUNCTION_LINES_MAX)
    .map(({ at, lineCount }) => ({ at, words: `a function of ${lineCount} lines` }));
}

export function checkParameters({ text }: SourceFile): Complaint[] {
  return findParameters(text.bare)
    .filter(({ count }) => count > PARAMETERS_MAX)
    .map(({ at, count }) => ({ at, words: `${count} parameters` }));
}

export function checkAny({ text }: SourceFile): Complaint[] {
  return findAll(text.bare, /(?:[:<|]|=>|\bas)\s*any\b|\bany\s*(?:>|\[\])/g, "the type");
}

export function checkCasts({ text }: SourceFile): Complaint[] {
  const bare = text.bare.replace(IMPORT_CLAUSE, (clause) => " ".repeat(clause.length));
  return findAll(bare, /\bas\s+(?!const\b)\S+/g, "a cast");
}

/**
 * What makes the core differ from run to run, wait, or touch the world. A Float64Array may hold
 * exact integers below 2^53; functions of Math that may round otherwise elsewhere are not pure.
 */
export function checkPurity({ text }: SourceFile): Complaint[] {
  const impure = [
    /\b(?:Date|performance|process|console|globalThis|fetch|crypto)\b/g,
    /\bMath\.(?!abs|ceil|clz32|floor|imul|max|min|sign|trunc)\w+|\bBun\./g,
    /\b(?:async|await|Promise|queueMicrotask|set(?:Timeout|Interval|Immediate)|catch)\b/g,
    /\b(?:Float(?:16|32)Array|parseFloat|[gs]etFloat\d+)\b|\b\d[\d_]*\.\d/g,
    /\.sort\(\s*\)|\bfor\s*\(\s*(?:const|let)\s+\w+\s+in\b/g,
  ];
  const outside = findAll(text.code, /\b(?:from|import)\s*\(?\s*"[^."][^"]*"/g, "not ours");
  return impure.flatMap((pattern) => findAll(text.bare, pattern, "not pure")).concat(outside);
}

export function checkHashOwner({ text }: SourceFile): Complaint[] {
  return findAll(text.bare, /\bCryptoHasher\b|\bcreateHash\b/g, "src/base/hash.ts owns");
}

/** `assert(condition, "words")`: the passing path builds no text. */
export function checkAssertWords({ text }: SourceFile): Complaint[] {
  return [...text.bare.matchAll(/(?<!function )\bassert\(/g)].flatMap(({ index }) => {
    const from = index + "assert(".length;
    const parts = splitList(text.bare.slice(from, closerOf(text.bare, from - 1)));
    const isConstant = parts.length === 2 && /^\s*"[^"]*"\s*$/.test(parts[1]!);
    return isConstant ? [] : [{ at: index, words: "assert's promise is not a constant string" }];
  });
}

export function checkOnly({ text }: SourceFile): Complaint[] {
  return findAll(text.bare, /\b(?:test|describe|it)\b[\w.]*\.only\b/g, "leaves the others out");
}

/** A matcher on a promise that nobody waits for holds nothing. */
export function checkAwaited({ text }: SourceFile): Complaint[] {
  return [...text.bare.matchAll(/\bexpect\s*\(/g)].flatMap(({ index }) => {
    const after = text.bare.slice(closerOf(text.bare, index + "expect".length) + 1);
    if (!/^\s*(?:\.not)?\s*\.(?:rejects|resolves)\b/.test(after)) return [];
    const isAwaited = /(?:\bawait|\breturn|=>)\s*$/.test(text.bare.slice(0, index));
    return isAwaited ? [] : [{ at: index, words: "nobody waits for this promise" }];
  });
}

export function checkUnfinished({ text }: SourceFile): Complaint[] {
  return findAll(text.source, /\b(?:T[O]DO|F[I]XME|X[X]X)\b/g, "unfinished");
}

/** An absolute path that only one machine has. */
export function checkMachinePaths({ text }: SourceFile): Complaint[] {
  return findAll(text.source, /(?<![\w.~$}-])\/(?:work|home|root|Users)\/\w+/g, "a machine's path");
}

export function checkNames({ path }: SourceFile): Complaint[] {
  const parts = path.split("/");
  const last = parts.at(-1)!;
  const banned = parts.filter((part) => BANNED_NAMES.includes(part.replace(/\..*/, "")));
  const complaints = banned.map((part) => ({ at: 0, words: `${part} says that nobody decided` }));
  if (/^index\.[a-z]+$/.test(last)) complaints.push({ at: 0, words: "is a barrel" });
  if (last.endsWith(".ts") && !NAME.test(last))
    complaints.push({ at: 0, words: "is not kebab-case" });
  return complaints;
}
