/**
 * The house rules that a machine can hold: one row per rule, with where it holds and texts that it
 * must refuse or let pass. A rule whose texts do not behave fails like a file that breaks it.
 *
 * An exception is a row in EXCEPTIONS with its reason; one that nothing needs any more fails too.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { SourceText } from "./support/source-text.ts";
import {
  checkDirection,
  checkExtension,
  checkOwners,
  type Levels,
  type Owners,
} from "./support/tidy-imports.ts";
import {
  CODE,
  EDGE,
  IN_CORE,
  type Rule,
  type Sample,
  SOURCE,
  STYLE_ROWS,
} from "./support/tidy-rows.ts";
import type { SourceFile } from "./support/tidy-rules.ts";

/** Imports go down only; also naive sees protocol and base only, edges only types of the core. */
const LEVELS: Levels = {
  base: 0,
  protocol: 1,
  ledger: 2,
  proofs: 2,
  engine: 3,
  naive: 3,
  edges: 4,
  client: 5,
  service: 5,
  "ingress-verifier": 6,
  "market-matcher": 6,
  "settlement-plane": 6,
  verifier: 6,
  venue: 7,
  load: 7,
  cli: 8,
};

const OWNERS: Owners = [
  { module: /^ioredis$/, owner: /^src\/edges\/redis-connection\.ts$/ },
  { module: /^bun:ffi$/, owner: /^src\/edges\/native-levels\.ts$/ },
  { module: /^bun:sqlite$/, owner: /^src\/edges\/store-lock\.ts$/ },
  { module: /^libsodium-wrappers$/, owner: /^src\/edges\/sodium\.ts$/ },
  { module: /^smol-toml$/, owner: /^src\/edges\/config-file\.ts$/ },
  { module: /^hono(?:\/|$)/, owner: /^src\/[^/]+\/http\.ts$/ },
  { module: /^(?:node:|bun$)/, owner: /^src\/(?!protocol|ledger|proofs|engine|naive)/ },
];

const EXCEPTIONS: readonly { rule: string; path: string; reason: string }[] = [
  {
    rule: "an import names its file",
    path: "src/settlement-plane/http-dashboard.ts",
    reason: "it imports the browser's scripts as texts, and those files are .js",
  },
];

const RULES: readonly Rule[] = [
  {
    name: "imports go down only",
    where: SOURCE,
    check: (file) => checkDirection(file, LEVELS),
    refuses: [
      [IN_CORE, 'import { a } from "../edges/a.ts";'],
      [IN_CORE, 'export type { A } from "../naive/a.ts";'],
      ["src/naive/a.ts", 'import type { A } from "../ledger/a.ts";'],
      ["src/venue/main.ts", 'import { a } from "../../test/support/a.ts";'],
      ["src/venue/main.ts", 'const a = await import("../load/main.ts");'],
      [EDGE, 'import { apply } from "../engine/engine.ts";'],
      ["src/nowhere/a.ts", ""],
    ],
    passes: [
      [IN_CORE, 'import { a } from "../ledger/a.ts"; import { b } from "./b.ts";'],
      [EDGE, 'import type { Engine } from "../engine/engine.ts";'],
      [IN_CORE, 'const text = \'import "../edges/a.ts"\'; // import "../edges/a.ts"'],
    ],
  },
  {
    name: "each outside library has one owner",
    where: SOURCE,
    check: (file) => checkOwners(file, OWNERS),
    refuses: [
      [EDGE, 'import Redis from "ioredis";'],
      [EDGE, 'import { z } from "zod";'],
      [IN_CORE, 'import { join } from "node:path";'],
      ["src/edges/http.ts", 'import { dlopen } from "bun:ffi";'],
    ],
    passes: [
      ["src/edges/redis-connection.ts", 'import Redis from "ioredis";'],
      [
        "src/verifier/http.ts",
        'import { Hono } from "hono/tiny"; import { join } from "node:path";',
      ],
    ],
  },
  {
    name: "an import names its file",
    where: CODE,
    check: checkExtension,
    refuses: [
      [EDGE, 'import { a } from "./a";'],
      [EDGE, 'import { a } from "./a.js";'],
    ],
    passes: [[EDGE, 'import { a } from "./a.ts";']],
  },
  ...STYLE_ROWS,
];

const root = join(import.meta.dir, "..");
const TREES = "{src,test,bench,scripts,native,docs}/**/*.{ts,mjs,sh,c,h,md,html,toml}";
const paths = [...new Bun.Glob(TREES).scanSync(root), "README.md", "package.json"]
  .filter((path) => !path.startsWith("native/build/"))
  .toSorted();
const files = await Promise.all(
  paths.filter((path) => Bun.file(join(root, path)).size > 0).map(load),
);

async function load(path: string): Promise<SourceFile> {
  return { path, text: new SourceText(await Bun.file(join(root, path)).text()) };
}

function complaintsOf(rule: Rule, file: SourceFile): string[] {
  return rule.check(file).map(({ at, words }) => `${file.path}:${file.text.lineOf(at)} ${words}`);
}

function isExcepted(rule: Rule, path: string): boolean {
  return EXCEPTIONS.some((exception) => exception.rule === rule.name && exception.path === path);
}

describe("every file keeps the rule:", () => {
  test.each(RULES.map((rule) => [rule.name, rule] as const))("%s", (_name, rule) => {
    const bound = files.filter(({ path }) => rule.where.test(path) && !isExcepted(rule, path));
    expect(bound.flatMap((file) => complaintsOf(rule, file))).toEqual([]);
  });
});

describe("the rule refuses what it should and nothing else:", () => {
  test.each(RULES.map((rule) => [rule.name, rule] as const))("%s", (_name, rule) => {
    const isRefused = ([path, source]: Sample): boolean =>
      complaintsOf(rule, { path, text: new SourceText(source) }).length > 0;
    expect(rule.refuses.filter((sample) => !isRefused(sample))).toEqual([]);
    expect(rule.passes.filter(isRefused)).toEqual([]);
  });
});

test("there are files to look at, and each exception is still needed", () => {
  expect(files.length).toBeGreaterThan(5);
  const needless = EXCEPTIONS.filter(({ rule: name, path }) => {
    const rule = RULES.find((candidate) => candidate.name === name);
    const file = files.find((candidate) => candidate.path === path);
    return !rule || !file || !rule.where.test(file.path) || rule.check(file).length === 0;
  });
  expect(needless).toEqual([]);
});

test("every package has one exact version, and the lock names no download address", async () => {
  const manifest = await Bun.file(join(root, "package.json")).json();
  const versions = Object.values<string>({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  expect((await Bun.file(join(root, "bun.lock")).text()).match(/"https?:/g)).toBeNull();
});
