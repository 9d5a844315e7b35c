/**
 * Makes the executables that are shipped: `bun run build [NAME ...]`, all five without a name; into
 * another folder than dist with `--out DIR`.
 *
 *   dist/ingress-verifier market-matcher settlement-plane verifier clob
 *   dist/libprice_levels.so     the C price levels; each executable also holds a copy of its own
 *   dist/*.service              the systemd units of deploy/systemd, so that a release is one list
 *   dist/sbom.cdx.json          what is inside, CycloneDX
 *   dist/SHA256SUMS             `sha256sum -c` reads it
 *
 * The same commit gives the same bytes, wherever and whenever it is built: the only time in them is
 * the commit's. Without git (in a container's build stage) CLOB_BUILD names the commit and
 * SOURCE_DATE_EPOCH its time. All of dist is made elsewhere first, so it is never half new.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };
import { sha256 } from "../src/base/hash.ts";
import { LIBRARY_NAME } from "../src/edges/native-library.ts";
import { makeSbom } from "./sbom.ts";

const MAINS = new Map([
  ["ingress-verifier", "src/ingress-verifier/main.ts"],
  ["market-matcher", "src/market-matcher/main.ts"],
  ["settlement-plane", "src/settlement-plane/main.ts"],
  ["verifier", "src/verifier/main.ts"],
  ["clob", "src/cli/main.ts"],
]);
/**
 * Threads of executables. An executable's own code lies in the root of its files, and so must its
 * thread's, for `new URL("./verify-worker.ts", import.meta.url)` to find it as it does in the tree.
 */
const THREADS = new Map([["settlement-plane", "src/edges/verify-worker.ts"]]);
const MIB = 1 << 20;
const UNITS = join("deploy", "systemd");

const root = join(import.meta.dir, "..");
const { values, positionals } = parseArgs({
  options: { out: { type: "string", default: "dist" } },
  allowPositionals: true,
});
const dist = resolve(root, values.out);
const made = join(root, ".tools", `build-${process.pid}`);
const library = join(root, "native", "build", LIBRARY_NAME);
process.chdir(root);
process.exit(await build(positionals));

async function build(asked: readonly string[]): Promise<number> {
  const names = asked.length === 0 ? [...MAINS.keys()] : asked;
  const unknown = names.find((name) => !MAINS.has(name));
  if (unknown !== undefined) {
    return refuse(`no executable "${unknown}" but ${[...MAINS.keys()].join(", ")}`);
  }
  if (Bun.version !== manifest.devDependencies.bun) {
    return refuse(
      `Bun ${manifest.devDependencies.bun} builds it, not ${Bun.version}: bun run build`,
    );
  }
  if (
    spawnSync("sh", ["native/build.sh"], { stdio: ["ignore", "ignore", "inherit"] }).status !== 0
  ) {
    return refuse("the C price levels were not compiled; a C compiler is needed (CC names it)");
  }
  const commit = commitName();
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  for (const name of names) await compile(name, commit);
  copyFileSync(library, join(made, LIBRARY_NAME));
  const units = readdirSync(UNITS).filter((name) => name.endsWith(".service"));
  for (const unit of units) copyFileSync(join(UNITS, unit), join(made, unit));
  const bom = makeSbom({ root, library, commit, seconds: commitSeconds() });
  writeFileSync(join(made, "sbom.cdx.json"), `${JSON.stringify(bom, null, 2)}\n`);
  writeFileSync(
    join(made, "SHA256SUMS"),
    checksums([...names, LIBRARY_NAME, "sbom.cdx.json", ...units]),
  );
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dirname(dist), { recursive: true });
  renameSync(made, dist);
  console.log(`${relative(process.cwd(), dist)}: commit ${commit}`);
  return 0;
}

/** Every option that we rely on is written out: defaults move between versions. */
async function compile(name: string, commit: string): Promise<void> {
  const from = performance.now();
  const outfile = join(made, name);
  const main = MAINS.get(name) ?? "";
  const thread = THREADS.get(name) ?? null;
  await Bun.build({
    entrypoints: thread === null ? [main] : [main, thread],
    root: dirname(thread ?? main),
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    sourcemap: "none",
    // ioredis asks where it lies, to find a parent's package; the answer would name this machine.
    define: { "process.env.CLOB_BUILD": JSON.stringify(commit), __dirname: '"/$bunfs/root"' },
    compile: {
      outfile,
      assets: [relative(root, library)],
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  const size = Bun.file(outfile).size / MIB;
  const ms = performance.now() - from;
  console.log(`${name.padEnd(18)} ${size.toFixed(1)} MiB (${ms.toFixed(0)} ms)`);
}

function checksums(names: readonly string[]): string {
  const lines = names.map((name) => `${sha256(readFileSync(join(made, name))).toHex()}  ${name}\n`);
  return lines.join("");
}

/** Twelve digits, with a mark if the tree holds what no commit does. */
function commitName(): string {
  const named = process.env["CLOB_BUILD"] ?? "";
  if (named !== "") return named;
  const commit = git("rev-parse", "--short=12", "HEAD");
  if (commit === "") return "unknown";
  return git("status", "--porcelain") === "" ? commit : `${commit}+changes`;
}

function commitSeconds(): number {
  const named = process.env["SOURCE_DATE_EPOCH"] ?? "";
  return Number(named === "" ? git("log", "-1", "--format=%ct") : named);
}

/** What git says, or nothing where there is no git or no repository. */
function git(...args: string[]): string {
  const said = spawnSync("git", args, { encoding: "utf8" });
  return said.status === 0 ? said.stdout.trim() : "";
}

function refuse(sentence: string): number {
  console.error(`build: ${sentence}`);
  return 1;
}
