/**
 * Ranges: `1-2100` or `1-4,9` as first and last numbers, for shards and command lines.
 *
 * Ranges rise and do not touch each other twice; an empty text is no range at all.
 */
export interface Range {
  readonly first: number;
  readonly last: number;
}

const RANGE = /^([0-9]{1,9})(?:-([0-9]{1,9}))?$/;

/** The ranges, or the reason why not. */
export function parseRanges(text: string, max: number): readonly Range[] | string {
  const ranges: Range[] = [];
  if (text.trim() === "") return ranges;
  let highest = 0;
  for (const part of text.split(",")) {
    const found = RANGE.exec(part.trim());
    if (found === null) return `"${part.trim()}" is not a number or a range`;
    const first = Number(found[1]);
    const last = Number(found[2] ?? found[1]);
    if (first < 1 || last > max) return `"${part.trim()}" is not within 1 to ${max}`;
    if (last < first) return `"${part.trim()}" runs backwards`;
    if (first <= highest) return `"${part.trim()}" does not lie above what stands before it`;
    highest = last;
    ranges.push({ first, last });
  }
  return ranges;
}

/** `1-4,9` of rising numbers. */
export function formatRanges(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    const first = numbers[at]!;
    let last = first;
    while (numbers[++at] === last + 1) last++;
    parts.push(first === last ? `${first}` : `${first}-${last}`);
  }
  return parts.join(",");
}
