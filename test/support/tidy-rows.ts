/**
 * The tidy rules of size, style and purity: where each holds, what it refuses, what it passes.
 */
import * as rules from "./tidy-rules.ts";

export type Sample = readonly [path: string, source: string];
export type Rule = {
  readonly name: string;
  readonly where: RegExp;
  readonly check: (file: rules.SourceFile) => rules.Complaint[];
  readonly refuses: readonly Sample[];
  readonly passes: readonly Sample[];
};

export const SOURCE = /^src\/.*\.ts$/;
export const CODE = /^(?:src|test|bench|scripts)\/.*\.(?:ts|mjs)$/;
const CODE_OR_C = /^(?:(?:src|test|bench|scripts)\/.*\.(?:ts|mjs)|native\/.*\.[ch])$/;
const PROGRAM = /^(?:src|bench|scripts)\/.*\.(?:ts|mjs)$/;
const CORE = /^src\/(?:protocol|ledger|proofs|engine|naive)\/.*\.ts$/;
export const EDGE = "src/edges/a.ts";
export const IN_CORE = "src/engine/a.ts";
const UNFINISHED = ["TO", "DO"].join("");
const lines = (count: number): string => "f();\n".repeat(count);

export const STYLE_ROWS: readonly Rule[] = [
  {
    name: "the core is pure",
    where: CORE,
    check: rules.checkPurity,
    refuses: [
      "const now = Date.now();",
      "const x = Math.random();",
      "async function f() {}",
      "const t = performance.now();",
      "process.exit(1);",
      "console.log(1);",
      "Bun.write(a, b);",
      "try { f(); } catch {}",
      "const fee = amount * 0.5;",
      "names.sort();",
      "for (const key in object) f(key);",
      'import { readFileSync } from "node:fs";',
    ].map((source) => [IN_CORE, source] as const),
    passes: [
      [
        IN_CORE,
        '// no Date, await or Bun.\nconst a = "process"; f(b.sort(byPrice), Math.max(1, 2));',
      ],
    ],
  },
  {
    name: "one file hashes",
    where: /^src\/(?!base\/hash\.ts)/,
    check: rules.checkHashOwner,
    refuses: [[EDGE, 'const h = new Bun.CryptoHasher("sha256");']],
    passes: [[EDGE, "const h = sha256(bytes); // not CryptoHasher"]],
  },
  {
    name: "a file says first what it is for",
    where: CODE_OR_C,
    check: rules.checkPurpose,
    refuses: [
      [EDGE, 'import { a } from "./a.ts";\n/** late */'],
      [EDGE, "// a line"],
    ],
    passes: [[EDGE, "#!/usr/bin/env bun\n/** what */"]],
  },
  {
    name: "a file has at most 300 lines",
    where: CODE_OR_C,
    check: rules.checkFileLength,
    refuses: [[EDGE, lines(301)]],
    passes: [[EDGE, lines(300)]],
  },
  {
    name: "a line has at most 100 columns",
    where: CODE_OR_C,
    check: rules.checkLineLength,
    refuses: [
      [EDGE, "x".repeat(101)],
      [EDGE, `const a = "${"x".repeat(101)}";`],
    ],
    passes: [
      [EDGE, "é".repeat(100)],
      [EDGE, `  "${"x".repeat(101)}",`],
    ],
  },
  {
    name: "a function has at most 60 lines",
    where: PROGRAM,
    check: rules.checkFunctionLength,
    refuses: [
      `function f(a: number): void {\n${lines(59)}}`,
      `const f = (a: () => void): { b: number } => {\n${lines(59)}};`,
      `class A { go<T>(a: T, b = { c: 1 }): Promise<T> {\n${lines(59)}} }`,
      `export function g(a: unknown): asserts a is B {\n${lines(59)}}`,
      `const s = "{"; const p = /["{]/; const q = \`{\${r}{\`;\nfunction f() {\n${lines(59)}}`,
    ].map((source) => [EDGE, source] as const),
    passes: [
      [EDGE, `function f() {\n${lines(58)}}\nfunction g() {\n${lines(58)}}`],
      [EDGE, `if (a(b)) {\n${lines(70)}}\nclass A {\n${lines(70)}}\nconst o = {\n${lines(70)}};`],
    ],
  },
  {
    name: "a function takes at most 4 parameters",
    where: PROGRAM,
    check: rules.checkParameters,
    refuses: [
      [EDGE, "function f(a: A, b: B, c: C, d: D, e: E): void {}"],
      [EDGE, "const f = (a: A, b: B, c: C, d: D, e: E) => a;"],
      [EDGE, "class A { constructor(a: A, b: B, c: C, d: D, e = 1) {} }"],
    ],
    passes: [
      [
        EDGE,
        "function f(a: Map<A, B>, { b, c, d, e, f }: O, g = [1, 2], h: (i: I, j: J) => void,) {}",
      ],
    ],
  },
  {
    name: "nothing has the type of everything",
    where: CODE,
    check: rules.checkAny,
    refuses: [
      [EDGE, "const a: any = b;"],
      [EDGE, "function f(a: Map<string, any>) {}"],
    ],
    passes: [
      [EDGE, 'const many = Promise.any([]); const s = "any"; // any\nconst company = { any: 1 };'],
    ],
  },
  {
    name: "casts stand at the edges and in tests only",
    where: /^(?:src\/(?!edges\/)|bench\/|scripts\/).*\.ts$/,
    check: rules.checkCasts,
    refuses: [
      [IN_CORE, "const a = b as C;"],
      [IN_CORE, "const a = (b as unknown as C).d;"],
    ],
    passes: [
      [
        IN_CORE,
        'import * as a from "./a.ts"; import { b as c } from "./b.ts"; const d = [1] as const;',
      ],
    ],
  },
  {
    name: "assert's promise is a constant string",
    where: SOURCE,
    check: rules.checkAssertWords,
    refuses: [
      [IN_CORE, "assert(a, `b is ${b}`);"],
      [IN_CORE, 'assert(f(a, b), "c" + d);'],
      [IN_CORE, "assert(a);"],
    ],
    passes: [[IN_CORE, 'assert(f(a, "b"), "a, and (b) hold");']],
  },
  {
    name: "no test leaves the others out",
    where: CODE,
    check: rules.checkOnly,
    refuses: [[EDGE, ["test", 'only("a", f);'].join(".")]],
    passes: [[EDGE, "if (options.only) f();"]],
  },
  {
    name: "a promise that is expected is awaited",
    where: CODE,
    check: rules.checkAwaited,
    refuses: [
      [EDGE, "expect(f()).rejects.toThrow();"],
      [EDGE, "expect(f(a, b))\n  .not.resolves.toBe(1);"],
    ],
    passes: [[EDGE, "await expect(f()).rejects.toThrow(); return expect(f()).resolves.toBe(1);"]],
  },
  {
    name: "nothing is left for later",
    where: CODE_OR_C,
    check: rules.checkUnfinished,
    refuses: [[EDGE, `// ${UNFINISHED}: more`]],
    passes: [[EDGE, "const todos = 1;"]],
  },
  {
    name: "names are kebab-case and say something",
    where: /^(?:src|test|bench|scripts|native)\//,
    check: rules.checkNames,
    refuses: [
      ["src/utils/a.ts", ""],
      ["src/base/helpers.ts", ""],
      ["src/base/index.ts", ""],
      ["src/base/someThing.ts", ""],
    ],
    passes: [
      ["src/base/some-thing.ts", ""],
      ["test/support/shared-dir.ts", ""],
      ["test/model/a-b.long.test.ts", ""],
    ],
  },
  {
    name: "no path of one machine",
    where: /./,
    check: rules.checkMachinePaths,
    refuses: [
      [EDGE, ["const a = '", "work", "main';"].join("/")],
      ["docs/a.md", ["see ", "home", "me"].join("/")],
    ],
    passes: [["docs/a.md", "a/work/b, ./home/c, https://example.org/home/d, ~/work/e"]],
  },
];
