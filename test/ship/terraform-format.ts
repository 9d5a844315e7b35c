/**
 * What `terraform fmt` would change of a file, by its own rules (hclwrite): two spaces for each
 * open bracket, equals signs of lines that follow each other in one column, no space at the end.
 * A line whose right side opens a bracket that it does not close stands alone.
 */

/** A sentence for each line that is not as it would be. */
export function unformatted(text: string): string[] {
  const wrong: string[] = [];
  const lines = text.split("\n");
  let depth = 0;
  let chain: { readonly line: number; readonly key: string; readonly gap: string }[] = [];
  lines.forEach((line, i) => {
    if (/\s$/.test(line) || line.includes("\t")) wrong.push(`${i + 1}: space at the end, or a tab`);
    const code = withoutTexts(line);
    const opens = brackets(code);
    const closesFirst = /^[)\]}]*/.exec(code.trim())?.[0].length ?? 0;
    const wanted = " ".repeat(2 * Math.max(0, depth - Math.sign(closesFirst)));
    if (line !== "" && indentOf(line) !== wanted) wrong.push(`${i + 1}: indented by another width`);
    // Brackets that open on one line count once, as they close on one.
    depth += Math.sign(opens);
    const [, key, gap, right] = /^\s*([\w".${}-]+)(\s*)=\s(.*)$/.exec(code) ?? [];
    if (key === undefined || brackets(right ?? "") !== 0) return closeChain();
    chain.push({ line: i + 1, key, gap: gap ?? "" });
  });
  closeChain();
  return wrong;

  function closeChain(): void {
    const width = Math.max(0, ...chain.map(({ key }) => key.length)) + 1;
    for (const { line, key, gap } of chain) {
      if (key.length + gap.length !== width) wrong.push(`${line}: equals sign in another column`);
    }
    chain = [];
  }
}

/** Texts keep their length, not what stands in them; comments go. */
function withoutTexts(line: string): string {
  const texts = line.replaceAll(/"(?:[^"\\]|\\.)*"/g, (text) => `"${"x".repeat(text.length - 2)}"`);
  return texts.replace(/#.*$/, "").trimEnd();
}

function brackets(code: string): number {
  return code.replaceAll(/[^([{]/g, "").length - code.replaceAll(/[^)\]}]/g, "").length;
}

function indentOf(line: string): string {
  return /^ */.exec(line)?.[0] ?? "";
}
