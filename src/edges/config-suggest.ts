/**
 * Suggest: "did you mean" for a mistyped name. Small lists only; never on a hot path.
 *
 * Nearest by edits (insert, delete, replace, swap of neighbours); at most a third of the name
 * may be wrong, or nothing is suggested.
 */

/** ` (did you mean "kind"?)`, or "" where nothing is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  let nearest = "";
  let fewest = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const edits = editCount(name.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest === "" ? "" : ` (did you mean "${nearest}"?)`;
}

/** Edits from a to b; rows of the classic table, two kept for the swap. */
export function editCount(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, before[j - 2]! + 1);
      next.push(best);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
