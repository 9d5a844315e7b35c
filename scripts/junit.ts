/**
 * Reads the JUnit report of `bun test` into counts and names.
 *
 *   <testcase name=".." classname="suite" file=".."> [<failure ..>|<skipped ../>] </testcase>
 *
 * Everything is counted from the test cases themselves, so that a total in the report that does not
 * fit its own cases cannot hide one. Bun writes every `>` inside an attribute or text as an entity.
 */

export type TestCounts = {
  passed: number;
  failed: number;
  /** One entry per skipped test: its file and, after an arrow, the suite or the test itself. */
  skipped: string[];
};

const CASE = /<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;

export function readJunit(xml: string): TestCounts {
  const counts: TestCounts = { passed: 0, failed: 0, skipped: [] };
  for (const [, attributes = "", body = ""] of xml.matchAll(CASE)) {
    if (body.includes("<failure") || body.includes("<error")) counts.failed++;
    else if (!body.includes("<skipped")) counts.passed++;
    else {
      const suite = attribute(attributes, "classname") || attribute(attributes, "name");
      counts.skipped.push(`${attribute(attributes, "file")} > ${suite}`);
    }
  }
  return counts;
}

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  return value
    .replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
