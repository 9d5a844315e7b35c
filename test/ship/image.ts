/**
 * Image: the stages of a Dockerfile carried out one instruction after the other, without Docker.
 *
 *   FROM oven/bun:...   a Debian root with the pinned Bun at /usr/local/bin/bun: a stand-in
 *   FROM distroless     our distroless root: a stand-in
 *   COPY, RUN, ARG, WORKDIR   as they say; RUN by /bin/sh in the root, with the network
 *
 * What runs in an image then runs in a cell with the image's own ENTRYPOINT, ENV and USER.
 */
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ROOT } from "./dist.ts";
import { execForm, pairsOf, readDockerfile, type Stage, textsOf } from "./dockerfile.ts";
import { copyOf, debianRoot, distrolessRoot } from "./roots.ts";

export interface Image {
  readonly root: string;
  readonly entry: readonly string[];
  readonly health: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
}

/** The root that a build stage leaves. */
export function replayBuild(stage: Stage, dir: string, args: Record<string, string>): string {
  copyOf(debianRoot(), dir);
  copyFileSync(process.execPath, join(dir, "usr/local/bin/bun"));
  chmodSync(join(dir, "usr/local/bin/bun"), 0o755);
  copyFileSync("/etc/resolv.conf", join(dir, "etc/resolv.conf"));
  let workDir = "/";
  const env = extraCertificates(dir);
  for (const { name, text } of stage.instructions) {
    if (name === "WORKDIR") mkdirSync(join(dir, (workDir = text)), { recursive: true });
    else if (name === "ARG") Object.assign(env, pairsOf([text]), chosen(args, pairsOf([text])));
    else if (name === "COPY") copyTracked(text.split(" "), join(dir, workDir));
    else if (name === "RUN") runIn(dir, `cd ${workDir} && ${text}`, env);
    else throw new Error(`a build stage of ours has no ${name}`);
  }
  return dir;
}

/** The image that a last (or target) stage makes of what was built. */
export function replayFinal(stage: Stage, built: string, dir: string): Image {
  copyOf(distrolessRoot(), dir);
  for (const text of textsOf(stage, "COPY")) copyBuilt(text.split(" "), built, dir);
  const [entry = ""] = textsOf(stage, "ENTRYPOINT");
  const [health = ""] = textsOf(stage, "HEALTHCHECK");
  const [user = ""] = textsOf(stage, "USER");
  return {
    root: dir,
    entry: execForm(entry) ?? [],
    health: execForm(health.replace(/^.* CMD /, "")) ?? [],
    env: pairsOf(textsOf(stage, "ENV")),
    user,
  };
}

export function stagesOf(file: string, text: string): Map<string, Stage> {
  return new Map(readDockerfile(text).map((stage) => [stage.name || file, stage]));
}

/** A network that signs for itself, as some companies' do, has its authority in this variable. */
function extraCertificates(dir: string): Record<string, string> {
  const file = process.env["NODE_EXTRA_CA_CERTS"] ?? "";
  if (!existsSync(file)) return {};
  copyFileSync(file, join(dir, "etc/extra-ca.pem"));
  return { NODE_EXTRA_CA_CERTS: "/etc/extra-ca.pem" };
}

function chosen(args: Record<string, string>, declared: Record<string, string>) {
  return Object.fromEntries(Object.entries(args).filter(([name]) => name in declared));
}

/** COPY of sources from the working tree: what git would take, as a clean clone has it. */
function copyTracked(words: readonly string[], dir: string): void {
  const to = join(dir, words.at(-1) ?? "");
  const isOne = !(words.at(-1) ?? "").endsWith("/");
  for (const source of words.slice(0, -1)) {
    const list = ["git", "ls-files", "-co", "--exclude-standard", "--", source];
    const files = Bun.spawnSync(list, { cwd: ROOT }).stdout.toString().split("\n").filter(Boolean);
    if (files.length === 0) throw new Error(`COPY ${source}: no such file`);
    for (const file of files.filter((name) => existsSync(join(ROOT, name)))) {
      const below = file === source ? basename(file) : file.slice(source.length + 1);
      const target = file === source && isOne ? to : join(to, below);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(join(ROOT, file), target);
    }
  }
}

/** COPY --from=build [--chown=U:G] SOURCE... TARGET */
function copyBuilt(words: readonly string[], built: string, dir: string): void {
  const flags = words.filter((word) => word.startsWith("--"));
  if (!flags.includes("--from=build")) throw new Error(`not from the build: ${words.join(" ")}`);
  const paths = words.filter((word) => !word.startsWith("--"));
  const to = paths.at(-1) ?? "";
  const owner = /^--chown=(.*)$/.exec(flags.join(" ").split(" ").at(-1) ?? "")?.[1] ?? "0:0";
  for (const source of paths.slice(0, -1)) {
    const target = join(dir, to.endsWith("/") ? join(to, basename(source)) : to);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(built, source), target, { recursive: true });
    run(["chown", "-R", owner, target]);
  }
}

/** As root, with /proc, /dev and the network, in namespaces that go when it ends. */
function runIn(dir: string, command: string, env: Record<string, string>): void {
  const mounts = 'mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev"';
  const script = `${mounts} && exec chroot "$1" /bin/sh -c "$2"`;
  const PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const HOME = "/tmp";
  const DEBIAN_FRONTEND = "noninteractive";
  run(["unshare", "--mount", "--pid", "--fork", "sh", "-c", script, "sh", dir, command], {
    PATH,
    HOME,
    DEBIAN_FRONTEND,
    ...env,
  });
}

function run(command: readonly string[], env: Record<string, string | undefined> = process.env) {
  const { success, stdout, stderr } = Bun.spawnSync([...command], { env, stdin: "ignore" });
  if (success) return;
  const said = `${stdout.toString()}${stderr.toString()}`.split("\n").slice(-30).join("\n");
  throw new Error(`${command.join(" ")}:\n${said}`);
}
