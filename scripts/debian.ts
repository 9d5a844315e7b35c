/**
 * Debian: a program from the distribution's packages, unpacked into a folder of ours, without root
 * and without installing anything: apt keeps its lists and archives there, dpkg-deb only unpacks.
 *
 *   .tools/NAME/root/     the unpacked packages: the program and the libraries this machine lacks
 *   .tools/NAME/PROGRAM   sh wrapper that names those libraries; what is started
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const TOOLS = join(import.meta.dir, "..", ".tools");

export interface DebianTerms {
  /** Folder below .tools. */
  readonly name: string;
  readonly packages: readonly string[];
  /** Programs by the name of their wrapper, each where its package puts it. */
  readonly programs: Readonly<Record<string, string>>;
}

/** Where the wrapper of a program lies, once it was fetched. */
export function wrapperOf({ name }: DebianTerms, program: string): string {
  return join(TOOLS, name, program);
}

/** False where there is no apt, or it has no such packages. */
export function fetchDebian(terms: DebianTerms): boolean {
  if (Bun.which("apt-get") === null || Bun.which("dpkg-deb") === null) return false;
  const home = join(TOOLS, terms.name);
  rmSync(home, { recursive: true, force: true });
  const apt = join(home, "apt");
  const root = join(home, "root");
  const isThere = download(apt, terms.packages) && unpack(join(apt, "cache", "archives"), root);
  rmSync(apt, { recursive: true, force: true });
  if (!isThere) return false;
  for (const [program, path] of Object.entries(terms.programs)) {
    writeWrapper(root, path, join(home, program));
  }
  return true;
}

/** Whether it is there and answers to these words. */
export function starts(path: string, ...words: string[]): boolean {
  return existsSync(path) && succeeds([path, ...words]);
}

/** The packages and exactly those libraries that the machine lacks, as apt works them out. */
function download(apt: string, packages: readonly string[]): boolean {
  for (const dir of ["lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(apt, dir), { recursive: true });
  }
  const options = [`Dir::State::Lists=${apt}/lists`, `Dir::Cache=${apt}/cache`]
    .concat(["Debug::NoLocking=1", "APT::Sandbox::User=", "Acquire::Retries=3"])
    .flatMap((option) => ["-o", option]);
  const quietly = ["--yes", "--download-only", "--reinstall", "--no-install-recommends"];
  return (
    succeeds(["apt-get", ...options, "update"]) &&
    succeeds(["apt-get", ...options, ...quietly, "install", ...packages])
  );
}

function unpack(archives: string, root: string): boolean {
  const packages = readdirSync(archives).filter((file) => file.endsWith(".deb"));
  return packages.every((file) => succeeds(["dpkg-deb", "-x", join(archives, file), root]));
}

/** Relative to itself, so that the clone may be moved. */
function writeWrapper(root: string, program: string, wrapper: string): void {
  const files = [...new Bun.Glob("usr/lib/*/*.so*").scanSync({ cwd: root, onlyFiles: false })];
  const libraries = [...new Set(files.map((file) => `$here/${dirname(file)}`))].join(":");
  const script = [
    "#!/bin/sh",
    `here=$(CDPATH='' cd -- "$(dirname -- "$0")/root" && pwd) || exit 1`,
    `export LD_LIBRARY_PATH="${libraries}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`,
    `exec "$here/${program}" "$@"`,
  ];
  writeFileSync(wrapper, `${script.join("\n")}\n`);
  chmodSync(wrapper, 0o755);
}

function succeeds(command: readonly string[]): boolean {
  return Bun.spawnSync([...command], { stdout: "ignore", stderr: "ignore" }).success;
}
