/**
 * Podman: images that Buildah has made, run by a container engine that needs no daemon: runc makes
 * the namespaces and cgroups, the image says what runs, as whom, and how its health is asked.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Net } from "./net.ts";

/** Below what a machine may give, so that a machine which gives less can run them too. */
const LIMITS = ["--ulimit=nofile=8192:8192", "--ulimit=nproc=4096:4096"];
/** As compose.yaml says of every service. */
const HARDENED = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"];

export function podmanNeeds(): string | null {
  const missing = ["podman", "conmon", "runc"].find((name) => Bun.which(name) === null);
  return missing ?? null;
}

export class Podman {
  private readonly net: Net;
  private readonly env: Record<string, string | undefined>;
  private readonly names: string[] = [];

  /** `store`: the directory of the Buildah that made the images. */
  constructor(net: Net, store: string) {
    const conf = join(store, "containers.conf");
    const engine = ["[engine]", 'runtime = "runc"', 'cgroup_manager = "cgroupfs"'];
    writeFileSync(conf, [...engine, 'events_logger = "none"', ""].join("\n"));
    this.net = net;
    this.env = {
      ...process.env,
      CONTAINERS_STORAGE_CONF: join(store, "storage.conf"),
      CONTAINERS_CONF: conf,
      // Timers for it are systemd's, which may not run here; it is asked for by hand.
      DISABLE_HC_SYSTEMD: "true",
    };
  }

  /** To its end; what it prints. */
  once(words: readonly string[]): string {
    return this.podman("run", "--rm", "--network=host", ...LIMITS, ...HARDENED, ...words);
  }

  start(name: string, words: readonly string[]): void {
    this.names.push(name);
    const detached = ["--detach", "--name", name, "--network=host"];
    this.podman("run", ...detached, ...LIMITS, ...HARDENED, ...words);
  }

  /** What the image's own HEALTHCHECK says. */
  isHealthy(name: string): boolean {
    return this.spawn(["healthcheck", "run", name]).success;
  }

  logs(name: string): string {
    return this.podman("logs", name);
  }

  /** The image's STOPSIGNAL, and the exit code. */
  stop(name: string): number {
    this.podman("stop", "--time=60", name);
    return Number(this.podman("inspect", "--format={{.State.ExitCode}}", name));
  }

  [Symbol.dispose](): void {
    for (const name of this.names) this.spawn(["rm", "--force", "--time=0", name]);
  }

  private podman(...words: readonly string[]): string {
    const { success, stdout, stderr } = this.spawn(words);
    if (success) return stdout.toString().trim();
    throw new Error(`podman ${words.join(" ")}:\n${stdout.toString()}${stderr.toString()}`);
  }

  private spawn(words: readonly string[]) {
    const command = this.net.within(["podman", ...words]);
    return Bun.spawnSync(command, { env: this.env, stdin: "ignore" });
  }
}
