/**
 * Roots: file systems to run in that hold nothing of ours, no Bun and no Node, made once and kept
 * below .tools/roots.
 *
 *   debian/       Debian 12, the smallest that debootstrap makes; with a shell
 *   distroless/   unpacked packages alone, those of gcr.io/distroless/base-debian12: glibc,
 *                 OpenSSL, time zones, CA certificates. No shell, no program of any use. A
 *                 stand-in: the image itself can't be fetched without a container registry
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const HOME = join(import.meta.dir, "..", "..", ".tools", "roots");
const MIRROR = "http://deb.debian.org/debian";
const SUITE = "bookworm";
const DISTROLESS = ["base-files", "ca-certificates", "libc6", "libssl3", "netbase", "tzdata"];

/** Makes it if it is not there; takes a minute then. */
export function debianRoot(): string {
  return made("debian", (dir) => {
    run(["debootstrap", "--variant=minbase", SUITE, dir, MIRROR], HOME);
  });
}

export function distrolessRoot(): string {
  return made("distroless", (dir) => {
    const archives = `${dir}.debs`;
    rmSync(archives, { recursive: true, force: true });
    mkdirSync(archives, { recursive: true });
    mkdirSync(dir);
    run(["apt-get", "download", "-o", "APT::Sandbox::User=root", ...DISTROLESS], archives);
    for (const file of readdirSync(archives)) run(["dpkg-deb", "-x", file, dir], archives);
    rmSync(archives, { recursive: true });
    writeFileSync(join(dir, "etc", "passwd"), "nonroot:x:65532:65532::/nonexistent:/none\n");
  });
}

/** A root of the caller's own, with the same content. */
export function copyOf(root: string, dir: string): string {
  run(["cp", "-a", "--reflink=auto", root, dir], HOME);
  return dir;
}

function made(name: string, make: (dir: string) => void): string {
  const dir = join(HOME, name);
  if (existsSync(dir)) return dir;
  const beside = `${dir}.${process.pid}`;
  mkdirSync(HOME, { recursive: true });
  rmSync(beside, { recursive: true, force: true });
  make(beside);
  // Another test file may have been first: then its root is there, and as good.
  if (existsSync(dir)) rmSync(beside, { recursive: true });
  else renameSync(beside, dir);
  return dir;
}

function run(command: readonly string[], cwd: string): void {
  const { success, stdout, stderr } = Bun.spawnSync([...command], { cwd, stdin: "ignore" });
  if (!success) throw new Error(`${command.join(" ")}:\n${stdout.toString()}${stderr.toString()}`);
}
