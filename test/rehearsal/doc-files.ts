/**
 * The files of docs/REHEARSAL.md, as whoever brings the venue up by hand writes them: one text for
 * both ways.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = join(import.meta.dir, "..", "..", "docs", "REHEARSAL.md");

export function balancerConfig(): string {
  return fileOf("haproxy.cfg");
}

export function redisConfig(): string {
  return fileOf("redis.conf");
}

/** What stands between the words that write it. */
function fileOf(name: string): string {
  const start = `cat > ${name} <<'EOF'\n`;
  const text = readFileSync(PAGE, "utf8");
  const from = text.indexOf(start);
  if (from < 0) throw new Error(`${PAGE} does not write ${name}`);
  return text.slice(from + start.length, text.indexOf("\nEOF\n", from) + 1);
}
