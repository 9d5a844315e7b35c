/**
 * Debian: a program from the distribution's packages, unpacked into a folder of ours, without root
 * and without installing anything: apt keeps its lists and archives there, dpkg-deb only unpacks.
 *
 *   .tools/NAME/root/     the unpacked packages: the program and the libraries this machine lacks
 *   .tools/NAME/PROGRAM   sh wrapper that names those libraries; what is started
 *
 * A program is looked for in this order: its variable, the PATH, what was fetched before.
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
  /** The one of them that is asked for, the variable that may name it, and a flag that it answers. */
  readonly program: string;
  readonly variable: string;
  readonly flag: string;
}

/** Absolute path of the program, if there is one that starts, or null. */
export function findProgram(terms: DebianTerms): string | null {
  const named = process.env[terms.variable] ?? Bun.which(terms.program);
  const paths = [named, wrapperOf(terms)].filter((path) => typeof path === "string");
  return paths.find((path) => starts(path, terms.flag)) ?? null;
}

/** The same after fetching it from the distribution's packages, or null where there are none. */
export function fetchProgram(terms: DebianTerms): string | null {
  const wrapper = wrapperOf(terms);
  return fetchPackages(terms) && starts(wrapper, terms.flag) ? wrapper : null;
}

function wrapperOf({ name, program }: DebianTerms): string {
  return join(TOOLS, name, program);
}

/** False where there is no apt, or it has no such packages. */
function fetchPackages(terms: DebianTerms): boolean {
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

function starts(path: string, flag: string): boolean {
  return existsSync(path) && succeeds([path, flag]);
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
