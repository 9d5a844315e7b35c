/** What is printed about a configuration: its effective values, and the page of all keys. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { configDocs } from "../../src/edges/config-docs.ts";
import { printConfig } from "../../src/edges/config-print.ts";
import { ROWS } from "../../src/edges/config-schema.ts";
import { type Around, configOf, readText, SMALL } from "./config-text.ts";

function printed(text: string, around: Around = {}): string {
  const read = readText(text, around);
  return read.ok ? printConfig(read.values).replaceAll(/# \S*config\.toml/g, "# config.toml") : "";
}

describe("--print-config", () => {
  test("shows each value with its source", () => {
    const text = printed(SMALL, {
      env: { CLOB_LOG: "embedded" },
      flags: { "log-replicas": "2" },
    });
    expect(text.split("\n").filter((line) => /^(kind|replicas|tick_ms|tick) /.test(line))).toEqual([
      `${'kind = "embedded"'.padEnd(44)}  # env CLOB_LOG`,
      `${"replicas = 2".padEnd(44)}  # flag --log-replicas`,
      `${"tick_ms = 1000".padEnd(44)}  # default`,
      `${'tick = "0.01"'.padEnd(44)}  # config.toml:14`,
    ]);
  });

  test("names every key", () => {
    const text = printed(SMALL);
    expect(ROWS.filter((row) => !text.includes(`\n${row.key} = `))).toEqual([]);
  });

  test("reads back as the same configuration", () => {
    const around = { env: { REDIS_ADDR: "redis://h:1" }, flags: { data: 'a "b" \\c' } };
    const { file: _file, ...before } = configOf(SMALL, around);
    const { file: _other, ...again } = configOf(printed(SMALL, around));
    expect(again).toEqual(before);
  });

  test("holds no secret", () => {
    const env = { REDIS_ADDR: "rediss://bob:hunter2@h", REDIS_PASSWORD: "hunter2" };
    const text = printed(SMALL, { env });
    expect(text).toContain('address = "rediss://bob:***@h:6379"');
    expect(text).toContain('password = "***"');
    expect(text).not.toContain("hunter2");
  });
});

describe("docs/CONFIG.md", () => {
  test("is what the schema says; else: bun src/edges/config-docs.ts > docs/CONFIG.md", () => {
    const path = join(import.meta.dir, "..", "..", "docs", "CONFIG.md");
    expect(readFileSync(path, "utf8")).toBe(configDocs());
  });

  test("has a row for every key, and marks genesis and secrets", () => {
    const lines = configDocs().split("\n");
    for (const row of ROWS) {
      const found = lines.filter((line) => line.startsWith(`| \`${row.key}\` |`));
      expect(found.length).toBeGreaterThan(0);
      const marks = (mark: string) => found.some((line) => line.includes(mark));
      if (row.genesis === true) expect(marks("**genesis**")).toBe(true);
      if (row.secret === true) expect(marks("**secret**")).toBe(true);
    }
  });
});
