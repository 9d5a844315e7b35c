/**
 * Config lines: on which line of a TOML text each key stands, so that an error can point at it.
 *
 *   "log[1]" -> 3          the line of the first [log] or [[log]]
 *   "log[1].kind" -> 4     the line of its key
 *   "stray" -> 1           a key before any section
 *
 * A scan of lines, not a parser: it knows headers, `key =`, dotted keys and multi-line strings.
 * What it does not find has no line, and the error then names file and key only.
 */
export type KeyLines = ReadonlyMap<string, number>;

const NAME = String.raw`(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')`;
const HEADER = new RegExp(String.raw`^\s*\[\[?\s*(${NAME})\s*\]\]?\s*(?:#.*)?$`);
/** Looks like a header and is none of ours, such as [a.b]: what follows belongs to nobody. */
const FOREIGN_HEADER = /^\s*\[.*\]\s*(?:#.*)?$/;
const KEY = new RegExp(String.raw`^\s*(${NAME})\s*(?:\.\s*(${NAME})\s*)?=`);

export function scanKeyLines(text: string): KeyLines {
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  let place = "";
  let fence = "";
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (fence === "") {
      const section = bare(HEADER.exec(line)?.[1]);
      if (section !== "") {
        const index = (counts.get(section) ?? 0) + 1;
        counts.set(section, index);
        place = `${section}[${index}]`;
        note(lines, place, at + 1);
      } else if (FOREIGN_HEADER.test(line)) {
        place = "?";
      } else {
        noteKey(lines, place, { line, number: at + 1 });
      }
    }
    fence = fenceAfter(line, fence);
  }
  return lines;
}

function noteKey(lines: Map<string, number>, place: string, at: { line: string; number: number }) {
  const found = KEY.exec(at.line);
  const key = bare(found?.[1]);
  const inner = bare(found?.[2]);
  if (key === "") return;
  if (place !== "") note(lines, `${place}.${key}`, at.number);
  else if (inner !== "") note(lines, `${key}[1].${inner}`, at.number);
  else note(lines, key, at.number);
}

/** The first place counts; a second one is a syntax error that the parser reports itself. */
function note(lines: Map<string, number>, name: string, line: number): void {
  if (!lines.has(name)) lines.set(name, line);
}

function bare(name: string | undefined): string {
  return (name ?? "").replace(/^["']|["']$/g, "");
}

/** The open multi-line quote after this line, or "". */
function fenceAfter(line: string, fence: string): string {
  let open = fence;
  for (const mark of line.match(/"""|'''/g) ?? []) {
    if (open === "") open = mark;
    else if (open === mark) open = "";
  }
  return open;
}
