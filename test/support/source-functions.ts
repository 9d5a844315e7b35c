/**
 * Finds functions in a source whose strings and comments are blanked out: where, how long, with how
 * many parameters.
 *
 * No parser: a `{` opens a function body if `=>` stands before it, or a closing parenthesis (and
 * perhaps a return type) whose opener does not belong to if, for, while, switch, catch or with.
 */

export type FoundFunction = { readonly at: number; readonly lineCount: number };
export type FoundParameters = { readonly at: number; readonly count: number };

const RETURN_TYPE = String.raw`(?::[^;{}()=]*(?:\{[^{}]*\}[^;{}()=]*)*)?`;
const AFTER_PARAMETERS = new RegExp(String.raw`\)\s*${RETURN_TYPE}\s*$`);
const CONTROL = /\b(?:if|for|while|switch|catch|with|await)\s*$/;
const LOOK_BACK = 1000;
const OPENERS = "([{";
const CLOSERS = ")]}";

export function findFunctions(bare: string): FoundFunction[] {
  const found: FoundFunction[] = [];
  for (const { index } of bare.matchAll(/\{/g)) {
    const isArrow = /=>\s*$/.test(bare.slice(Math.max(0, index - LOOK_BACK), index));
    const opener = isArrow ? index : parametersBefore(bare, index);
    if (opener === null) continue;
    const body = bare.slice(index, closerOf(bare, index));
    found.push({ at: opener, lineCount: body.split("\n").length });
  }
  return found;
}

/** Parameter lists: before each function body and each `=>`, types of functions included. */
export function findParameters(bare: string): FoundParameters[] {
  const found: FoundParameters[] = [];
  for (const { index } of bare.matchAll(/\{|=>/g)) {
    const opener = parametersBefore(bare, index);
    if (opener === null) continue;
    const list = bare.slice(opener + 1, closerOf(bare, opener));
    found.push({ at: opener, count: splitList(list, "([{<").length });
  }
  return found;
}

/** Position of the parenthesis that opens the parameters which end before `at`, or null. */
function parametersBefore(bare: string, at: number): number | null {
  const from = Math.max(0, at - LOOK_BACK);
  const head = AFTER_PARAMETERS.exec(bare.slice(from, at));
  if (head === null || /\b(?:class|interface)\b/.test(head[0])) return null;
  const opener = openerOf(bare, from + head.index);
  return opener < 0 || CONTROL.test(bare.slice(Math.max(0, opener - LOOK_BACK), opener))
    ? null
    : opener;
}

/** Position of the bracket that closes the one at `at`; the end of the text if none does. */
export function closerOf(bare: string, at: number): number {
  let depth = 0;
  for (let i = at; i < bare.length; i++) {
    if (OPENERS.includes(bare[i]!)) depth++;
    else if (CLOSERS.includes(bare[i]!) && --depth === 0) return i;
  }
  return bare.length;
}

function openerOf(bare: string, at: number): number {
  let depth = 0;
  for (let i = at; i >= 0; i--) {
    if (CLOSERS.includes(bare[i]!)) depth++;
    else if (OPENERS.includes(bare[i]!) && --depth === 0) return i;
  }
  return -1;
}

/** The parts of `a, b(c, d), { e, f }` between its outermost commas, empty ones left out. */
export function splitList(list: string, openers = OPENERS): string[] {
  const closers = openers.includes("<") ? `${CLOSERS}>` : CLOSERS;
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= list.length; i++) {
    const char = list[i] ?? ",";
    if (openers.includes(char)) depth++;
    else if (closers.includes(char) && list[i - 1] !== "=")
      depth--; // Not the end of a `=>`.
    else if (char === "," && (depth === 0 || i === list.length)) {
      parts.push(list.slice(from, i));
      from = i + 1;
    }
  }
  return parts.filter((part) => part.trim() !== "");
}
