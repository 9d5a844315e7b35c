/** No key of the configuration does nothing: it is read, or asking for it is refused. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { askedNotYet } from "../../src/edges/config-not-yet.ts";
import { ROWS } from "../../src/edges/config-schema.ts";
import { readText, SMALL } from "./config-text.ts";

const SRC = join(import.meta.dir, "../../src");

/** All code that takes its numbers from a Config; of the reading itself only what makes genesis. */
function codeOfUsers(): string {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !/edges\/config(-(?!genesis)[a-z-]+)?\.ts$/.test(name),
  );
  const text = files.map((name) => readFileSync(join(SRC, name), "utf8")).join("\n");
  return text.replaceAll(/\/\*.*?\*\//gs, "").replaceAll(/\/\/.*/g, "");
}

test("every key is read by somebody, or marked as not yet built", () => {
  const code = codeOfUsers();
  const plain = ROWS.filter(({ section }) => !["asset", "market", "shard"].includes(section));
  const unread = plain.filter(({ key, section }) => {
    const name = key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    // Where Redis is, and which log, is decided while reading.
    const isDecided = section === "redis" && key === "address";
    return !isDecided && !new RegExp(`\\b${name}\\b`).test(code);
  });
  const marked = plain.filter((row) => row.notYet === true);
  expect(unread.map(({ key }) => key).sort()).toEqual(marked.map(({ key }) => key).sort());
});

test("asking for what is not built is refused, with its place", () => {
  const read = readText(`${SMALL}[log]\ngather_ms_max = 5\ntick_ms = 1000\n`, {
    flags: { "ingress-verify-workers": "2" },
  });
  const asked = read.ok ? askedNotYet(read.values) : [];
  const says = "is asked for, and this is not built yet; allowed: the default,";
  expect(asked.map((line) => line.replace(/^\S*config\.toml/, "config.toml"))).toEqual([
    `config.toml:24: log.gather_ms_max: 5 ${says} 1`,
    `flag --ingress-verify-workers: ingress.verify_workers: 2 ${says} 0`,
  ]);
});
