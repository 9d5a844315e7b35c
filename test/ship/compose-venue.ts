/**
 * ComposeVenue: images run as compose.yaml wires them, in cells: a real Redis with its options, the
 * services with their commands, volumes and environment, on the ports that they ship with.
 */
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cell, type CellSpec } from "./cell.ts";
import { ROOT } from "./dist.ts";
import type { Image } from "./image.ts";
import type { Net } from "./net.ts";
import type { Place, Service, Tool } from "./venue-story.ts";

const NOBODY = 65532;

interface ComposeService {
  readonly build?: { dockerfile: string; target?: string };
  readonly command?: readonly string[];
  readonly volumes: readonly string[];
  readonly environment?: Record<string, string>;
}

const parsed: unknown = Bun.YAML.parse(readFileSync(join(ROOT, "compose.yaml"), "utf8"));
const { services } = parsed as { services: Record<string, ComposeService> };

export interface ComposeParts {
  readonly dir: string;
  readonly net: Net;
  readonly redisBinary: string;
  /** By Dockerfile, and its target if it has one: "Dockerfile.settlement tools". */
  readonly images: ReadonlyMap<string, Image>;
}

export class ComposeVenue {
  readonly place: Place;
  private readonly parts: ComposeParts;
  private readonly redis: Bun.Subprocess<"ignore", "pipe", "inherit">;

  static async start(parts: ComposeParts): Promise<ComposeVenue> {
    const { dir, net, redisBinary } = parts;
    const [, ...options] = services["redis"]?.command ?? [];
    mkdirSync(join(dir, "redis"));
    const command = net.within([redisBinary, ...options, "--dir", join(dir, "redis")]);
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    const reader = child.stdout.getReader();
    for (let text = ""; !text.includes("Ready to accept"); ) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`redis-server ended:\n${text}`);
      text += new TextDecoder().decode(value);
    }
    return new ComposeVenue(parts, child);
  }

  private constructor(parts: ComposeParts, redis: Bun.Subprocess<"ignore", "pipe", "inherit">) {
    this.parts = parts;
    this.redis = redis;
    const out = join(parts.dir, "out");
    mkdirSync(out);
    chownSync(out, NOBODY, NOBODY);
    writeFileSync(join(parts.dir, "hosts"), "127.0.0.1 localhost redis\n");
    this.place = {
      net: parts.net,
      out,
      spec: (name, words) => this.spec(name, words),
      health: (name) => ({ ...this.spec(name, []), program: this.imageOf(name).health }),
    };
  }

  /** What compose.yaml says of a service, as words for `podman run` (or docker's). */
  containerOf(service: string, image: string, command?: readonly string[]): string[] {
    const { volumes, command: own = [], environment = {} } = services[service]!;
    const hosts = `${join(this.parts.dir, "hosts")}:/etc/hosts:ro`;
    return [
      ...Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`),
      ...[...volumes.map((one) => this.mountOf(one)), hosts].map((one) => `--volume=${one}`),
      image,
      ...(command ?? own),
    ];
  }

  /** What `clob --version` of the image of tools says. */
  async version(): Promise<string> {
    return (await Cell.run(this.spec("clob", ["--version"]))).out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.redis.kill("SIGKILL");
    await this.redis.exited;
  }

  private spec(name: Service | Tool, words: readonly string[]): CellSpec {
    if (name !== "clob" && name !== "verifier") {
      const { volumes, command = [] } = services[name]!;
      return this.specOf(name, volumes, [...command, ...words]);
    }
    // What is exported is in settlement's directory.
    const data = words[0] === "export" ? "settlement" : "operator";
    const volumes = ["./config.toml:/etc/clob/config.toml:ro", `${data}:/var/lib/clob`];
    const one = this.specOf("init", volumes, words);
    const mounts = [...one.mounts, `${this.place.out}:/var/lib/clob/out:rw`];
    return { ...one, mounts, program: [`/usr/local/bin/${name}`, ...words] };
  }

  private specOf(service: string, volumes: readonly string[], words: readonly string[]): CellSpec {
    const { environment = {} } = services[service]!;
    const image = this.imageOf(service);
    const { dir, net } = this.parts;
    return {
      root: image.root,
      net,
      user: image.user,
      env: { ...image.env, ...environment },
      mounts: [...volumes.map((one) => this.mountOf(one)), `${join(dir, "hosts")}:/etc/hosts:ro`],
      program: [...image.entry, ...words],
    };
  }

  private imageOf(service: string): Image {
    const { build } = services[service]!;
    return this.parts.images.get([build?.dockerfile, build?.target].filter(Boolean).join(" "))!;
  }

  /** A named volume is a directory that belongs to the image's user, a path is itself. */
  private mountOf(volume: string): string {
    const [from = "", to = "", mode = "rw"] = volume.split(":");
    if (from.startsWith("./")) return `${join(ROOT, from)}:${to}:${mode}`;
    const host = join(this.parts.dir, "volumes", from);
    mkdirSync(host, { recursive: true });
    chownSync(host, NOBODY, NOBODY);
    return `${host}:${to}:${mode}`;
  }
}
