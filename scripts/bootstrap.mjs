/**
 * Makes a fresh clone ready to run, with nothing installed but node and npm, or any Bun.
 *
 *   1. the pinned Bun    -> node_modules/@oven/..., checked against the hash in bun.lock
 *   2. frozen packages   -> node_modules, by that Bun, exactly as bun.lock says
 *   3. C price levels    -> native/build, if there is a compiler (else TypeScript does the same)
 *
 * Plain JavaScript without dependencies: it runs under Node 18 and later, and under Bun. A step is
 * skipped while a stamp beside its result holds the hash of what it was made from; the stamp is
 * written last, so a step that was cut off is done again. One line per step, on standard error.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const path = (...parts) => join(root, ...parts);
const manifest = fs.readFileSync(path("package.json"), "utf8");
const lock = fs.readFileSync(path("bun.lock"), "utf8");
const version = JSON.parse(manifest).devDependencies.bun;

installPackages();
buildNative();

function installPackages() {
  const stamp = path("node_modules", ".ready");
  const key = hashOf(manifest, lock, process.platform, process.arch);
  if (readOrEmpty(stamp) === key) return;
  fs.rmSync(stamp, { force: true });
  const installer = process.versions.bun === version ? process.execPath : fetchBun();
  step("packages installed as bun.lock says", () => {
    run(installer, ["install", "--frozen-lockfile", "--ignore-scripts", "--no-progress"], root);
    putBunInPlace();
  });
  fs.writeFileSync(stamp, key);
}

/** Brings the pinned Bun, by npm or by the Bun of another version that runs this; its path. */
function fetchBun() {
  const there = platformBun(path("node_modules", "@oven"));
  if (there !== null) return there;
  const dir = path(".tools", `fetch-${process.pid}`);
  step(`Bun ${version} fetched`, () => {
    fs.rmSync(dir, { recursive: true, force: true });
    fs.mkdirSync(dir, { recursive: true });
    fs.writeFileSync(join(dir, "package.json"), JSON.stringify({ dependencies: { bun: version } }));
    const flags = ["--package-lock=true", "--no-audit", "--no-fund", "--loglevel=error"];
    if (process.versions.bun) run(process.execPath, ["install", "--ignore-scripts"], dir);
    else run("npm", ["install", "--prefix", dir, "--ignore-scripts", ...flags], dir);
    const moved = moveHashed(dir);
    fs.rmSync(dir, { recursive: true, force: true });
    if (moved === 0) fail(`what came as Bun ${version} is not what bun.lock names`);
  });
  return platformBun(path("node_modules", "@oven")) ?? fail(`Bun ${version} does not run here`);
}

/**
 * Moves what came for this kind of machine (a fetch may bring more than one, for either libc) into
 * node_modules. The lock that the fetch wrote holds the hash of what it unpacked, as ours must.
 */
function moveHashed(dir) {
  const theirs = ["package-lock.json", "bun.lock"].map((f) => readOrEmpty(join(dir, f))).join("");
  const hashed = fs.readdirSync(join(dir, "node_modules", "@oven")).filter((name) => {
    const ours = lock.match(new RegExp(`"@oven/${name}": .*"(sha512-[^"]+)"`))?.[1];
    return ours !== undefined && theirs.includes(ours);
  });
  fs.mkdirSync(path("node_modules", "@oven"), { recursive: true });
  for (const name of hashed) {
    const target = path("node_modules", "@oven", name);
    fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(join(dir, "node_modules", "@oven", name), target);
  }
  return hashed.length;
}

/** Does what Bun's own install script would do, so that node_modules/.bin/bun works too. */
function putBunInPlace() {
  const binary = platformBun(path("node_modules", "@oven"));
  if (binary === null) fail(`Bun ${version} does not run on ${process.platform} ${process.arch}`);
  for (const name of ["bun.exe", "bunx.exe"]) {
    const target = path("node_modules", "bun", "bin", name);
    fs.rmSync(target, { force: true }); // Perhaps a link into Bun's cache: never write into it.
    fs.linkSync(binary, target);
  }
}

/** The first binary in the folder that starts and says it is the pinned version, or null. */
function platformBun(dir) {
  for (const name of fs.existsSync(dir) ? fs.readdirSync(dir) : []) {
    const binary = join(dir, name, "bin", "bun");
    const said = spawnSync(binary, ["--version"], { encoding: "utf8" });
    if (said.stdout?.trim() === version) return binary;
  }
  return null;
}

function buildNative() {
  if (!fs.existsSync(path("native", "build.sh"))) return;
  const compiler = process.env.CC ?? ["cc", "gcc", "clang"].find(isOnPath) ?? "none";
  const sources = fs.readdirSync(path("native"), { withFileTypes: true }).filter((e) => e.isFile());
  const texts = sources
    .map((e) => e.name)
    .sort()
    .map((f) => fs.readFileSync(path("native", f)));
  const stamp = path("native", "build", ".ready");
  const key = hashOf(compiler, process.platform, process.arch, ...texts);
  if (readOrEmpty(stamp) === key) return;
  fs.rmSync(path("native", "build"), { recursive: true, force: true });
  fs.mkdirSync(path("native", "build"), { recursive: true });
  if (compiler === "none") say("no C compiler here: the price levels run in TypeScript\n");
  else
    step("C price levels compiled", () => run("sh", ["native/build.sh"], root, { CC: compiler }));
  fs.writeFileSync(stamp, key);
}

function isOnPath(name) {
  const dirs = (process.env.PATH ?? "").split(delimiter);
  return dirs.some((dir) => dir !== "" && fs.existsSync(join(dir, name)));
}

function readOrEmpty(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}

function hashOf(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

/** Runs a program quietly; what it said is shown only if it refused. */
function run(program, args, cwd, env = {}) {
  const done = spawnSync(program, args, { cwd, encoding: "utf8", env: { ...process.env, ...env } });
  if (done.status === 0) return;
  say(`\n${done.stdout ?? ""}${done.stderr ?? ""}`);
  fail(`${program} ${args[0]} did not succeed${done.error ? `: ${done.error.message}` : ""}`);
}

function step(text, work) {
  const started = Date.now();
  work();
  say(`${text} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
}

function say(text) {
  fs.writeSync(2, text);
}

function fail(sentence) {
  say(`clob: ${sentence}\n`);
  process.exit(3);
}
