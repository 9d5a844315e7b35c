/**
 * SmallerConfig: a fleet's config with fewer shards, and fewer markets on each.
 */
import { readFileSync } from "node:fs";

export function smallerConfig(
  path: string,
  { shards, markets }: { readonly shards: number; readonly markets: number },
): string {
  const text = readFileSync(path, "utf8").replace(/count = \d+/, `count = ${shards * markets}`);
  let id = 0;
  return text.replaceAll(/\[\[shard\]\]\nid = \d+\nmarkets = "[^"]*"\n/g, () => {
    if (++id > shards) return "";
    const range = `${(id - 1) * markets + 1}-${id * markets}`;
    return `[[shard]]\nid = ${id}\nmarkets = "${range}"\n`;
  });
}
