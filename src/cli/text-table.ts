/**
 * TextTable: rows in columns for people; a column whose head begins with `>` stands to the right.
 */
export function textTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const names = heads.map((head) => head.replace(/^>/, ""));
  const widths = names.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return heads[column]?.startsWith(">") ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [line(names), ...rows.map(line)].join("\n");
}
