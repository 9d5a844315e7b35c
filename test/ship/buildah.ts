/**
 * Buildah: builds our Dockerfiles, unchanged, by a real image builder that needs no daemon.
 *
 *   using builder = Buildah.open(dir, bases);
 *   const image = builder.build("Dockerfile.settlement", { target: "tools", args });
 *
 * Base images come from registries, and there may be none: what FROM names is made here, from the
 * roots of roots.ts, and tagged so. RUN is done in a chroot, on this machine's network.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./dist.ts";
import type { Image } from "./image.ts";
import { debianRoot, distrolessRoot } from "./roots.ts";

/** What an image says of itself, in Docker's words. */
interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Healthcheck?: { readonly Test: readonly string[] };
  readonly ExposedPorts: Readonly<Record<string, object>> | null;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal: string;
  readonly WorkingDir: string;
}

export interface BuiltImage extends Image {
  readonly tag: string;
  readonly config: ImageConfig;
}

interface BuildOptions {
  readonly target?: string | undefined;
  readonly args: Readonly<Record<string, string>>;
}

export class Buildah {
  /** Of its store, which Podman may use too. */
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** With a store of its own in `dir`, and both bases in it under the names that FROM uses. */
  static open(dir: string, bases: { readonly bun: string; readonly distroless: string }): Buildah {
    const builder = new Buildah(dir);
    mkdirSync(dir, { recursive: true });
    const places = ["graphroot", "runroot"].map((name) => `${name} = "${join(dir, name)}"`);
    const conf = ["[storage]", `driver = "${driver()}"`, ...places, ""].join("\n");
    writeFileSync(join(dir, "storage.conf"), conf);
    const bun = builder.begun(debianRoot());
    builder.run("copy", "-q", "--chmod=755", bun, process.execPath, "/usr/local/bin/bun");
    const authority = process.env["NODE_EXTRA_CA_CERTS"] ?? "";
    if (existsSync(authority)) {
      builder.run("copy", "-q", bun, authority, "/etc/extra-ca.pem");
      builder.run("config", "--env", "NODE_EXTRA_CA_CERTS=/etc/extra-ca.pem", bun);
    }
    builder.run("commit", "-q", "--rm", bun, bases.bun);
    const distroless = builder.begun(distrolessRoot());
    builder.run("config", "--user", "65532:65532", distroless);
    builder.run("commit", "-q", "--rm", distroless, bases.distroless);
    return builder;
  }

  /** Nothing stays mounted; the store can be removed. */
  [Symbol.dispose](): void {
    this.run("umount", "--all");
    this.run("rm", "--all");
  }

  /** Builds it with the repository as context, and unpacks it. */
  build(file: string, { target, args }: BuildOptions): BuiltImage {
    const tag = [file.toLowerCase(), target].filter(Boolean).join("-");
    const given = Object.entries(args).flatMap(([name, value]) => [
      "--build-arg",
      `${name}=${value}`,
    ]);
    const stage = target === undefined ? [] : ["--target", target];
    const how = ["--pull-never", "--isolation=chroot", "--format=docker", "--layers"];
    this.run("build", ...how, ...given, ...stage, "-f", join(ROOT, file), "-t", tag, ROOT);
    const { Docker } = JSON.parse(this.run("inspect", "--type=image", tag));
    const config: ImageConfig = Docker.config;
    return {
      tag,
      root: this.run("mount", this.run("from", "--pull-never", tag)),
      entry: config.Entrypoint,
      health: config.Healthcheck?.Test.slice(1) ?? [],
      env: Object.fromEntries(config.Env.map((pair) => pair.split(/=(.*)/s).slice(0, 2))),
      user: config.User,
      config,
    };
  }

  /** A container that holds what a root does; its name. */
  private begun(root: string): string {
    // The roots are for reading; what was written into one would be in every image.
    for (const path of ["var/lib/clob", "etc/clob", "opt/clob"]) {
      if (existsSync(join(root, path))) throw new Error(`${root} holds ${path}: remove that root`);
    }
    const name = this.run("from", "scratch");
    this.run("copy", "-q", name, `${root}/`, "/");
    return name;
  }

  /** What it prints; throws with all it said when it refuses. */
  private run(...words: readonly string[]): string {
    const env = { ...process.env, CONTAINERS_STORAGE_CONF: join(this.dir, "storage.conf") };
    const command = ["buildah", ...words];
    const { success, stdout, stderr } = Bun.spawnSync(command, { cwd: ROOT, env, stdin: "ignore" });
    if (success) return stdout.toString().trim();
    const said = `${stdout.toString()}${stderr.toString()}`.split("\n").slice(-30).join("\n");
    throw new Error(`${command.join(" ")}:\n${said}`);
  }
}

/** Layers that lie over each other where that can be mounted, else copies of all they hold. */
function driver(): string {
  const options = "lowerdir=/tmp/l,upperdir=/tmp/o/u,workdir=/tmp/o/w";
  const script =
    "mount -t tmpfs none /tmp && mkdir -p /tmp/l /tmp/o/u /tmp/o/w /tmp/m && " +
    `mount -t overlay none -o ${options} /tmp/m`;
  const { success } = Bun.spawnSync(["unshare", "--mount", "sh", "-c", script]);
  return success ? "overlay" : "vfs";
}
