/**
 * Dockerfiles, .dockerignore and compose.yaml, by their texts: what an image must have, and what
 * it must not. That their commands work is test/ship/images.long.test.ts; no image is built here.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { readConfig } from "../../src/edges/config-read.ts";
import { execForm, pairsOf, readDockerfile, type Stage, textsOf } from "./dockerfile.ts";

const ROOT = join(import.meta.dir, "..", "..");
const BASE = "gcr.io/distroless/base-debian12:nonroot";
const IMAGES = [
  { file: "Dockerfile.ingress", name: "ingress-verifier", ports: "8080 9090", http: 9090 },
  { file: "Dockerfile.matcher", name: "market-matcher", ports: "9092", http: 9092 },
  { file: "Dockerfile.settlement", name: "settlement-plane", ports: "9091", http: 9091 },
];

function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function stagesOf(file: string): Stage[] {
  return readDockerfile(textOf(file));
}

describe("a Dockerfile", () => {
  test("that is none is not read as one", () => {
    expect(() => readDockerfile("FROM a\nRUNN b")).toThrow("not an instruction: RUNN b");
    expect(readDockerfile("# a\nFROM a AS b\nRUN c \\\n  d\n")).toEqual([
      { base: "a", name: "b", instructions: [{ name: "RUN", text: "c d" }] },
    ]);
  });

  test("builds in the same first stage as the others, with the pinned Bun", () => {
    const [first, ...others] = IMAGES.map(({ file }) => stagesOf(file)[0]);
    for (const other of others) expect(other).toEqual(first);
    expect(first?.base).toBe(`oven/bun:${manifest.devDependencies.bun}`);
  });

  test.each(IMAGES)("$file is small, not root, exec form, and reports its health", (image) => {
    const stages = stagesOf(image.file);
    const last = stages.at(-1)!;
    expect(last.base).toBe(BASE);
    const one = (name: string): string => textsOf(last, name).join("|");
    const program = `/usr/local/bin/${image.name}`;
    expect(textsOf(last, "RUN")).toEqual([]);
    expect(textsOf(last, "COPY")).toEqual([
      `--from=build /clob/dist/${image.name} /clob/dist/libprice_levels.so /usr/local/bin/`,
      "--from=build --chown=65532:65532 /clob/state /var/lib/clob",
    ]);
    expect(pairsOf(textsOf(last, "ENV"))).toEqual({
      CLOB_LOG: "redis",
      CLOB_CONFIG: "/etc/clob/config.toml",
      CLOB_DATA: "/var/lib/clob",
    });
    expect([one("USER"), one("EXPOSE"), one("STOPSIGNAL"), one("CMD")]).toEqual([
      "65532:65532",
      image.ports,
      "SIGTERM",
      "",
    ]);
    const entry = execForm(one("ENTRYPOINT"));
    expect(entry?.[0]).toBe(program);
    expect(entry?.slice(-2)).toEqual(["--http", `0.0.0.0:${image.http}`]);
    const health = execForm(one("HEALTHCHECK").replace(/^.* CMD /, ""));
    expect(health).toEqual([program, "--healthcheck", "--http", `127.0.0.1:${image.http}`]);
    expect(one("LABEL")).toContain(`org.opencontainers.image.version="${manifest.version}"`);
    expect(one("LABEL")).toContain(`org.opencontainers.image.title="clob ${image.name}"`);
  });

  test("no stage takes more from the machine than .dockerignore lets in", () => {
    const lines = textOf(".dockerignore")
      .split("\n")
      .filter((line) => /^[^#]/.test(line));
    expect(lines[0]).toBe("*");
    const allowed = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
    expect(allowed.filter((path) => /^(?:\.|node_modules|data|dist|keys)/.test(path))).toEqual([]);
    expect(lines).toContain("native/build");
    for (const { file } of IMAGES) {
      const copies = stagesOf(file).flatMap((stage) => textsOf(stage, "COPY"));
      const sources = copies
        .filter((text) => !text.startsWith("--from="))
        .flatMap((text) => text.split(" ").slice(0, -1));
      const isAllowed = (path: string): boolean =>
        allowed.some((entry) => path === entry || path.startsWith(`${entry}/`));
      expect(sources.filter((path) => !isAllowed(path))).toEqual([]);
    }
  });
});

interface Service {
  readonly build?: { dockerfile: string; target?: string };
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, { condition: string }>;
}

describe("compose.yaml", () => {
  const parsed: unknown = Bun.YAML.parse(textOf("compose.yaml"));
  const { services } = parsed as { services: Record<string, Service> };

  test("is a whole venue: Redis that loses nothing, init once, then the three services", () => {
    expect(Object.keys(services)).toEqual([
      "redis",
      "init",
      "market-matcher",
      "settlement-plane",
      "ingress-verifier",
    ]);
    const redis = services["redis"]?.command?.join(" ");
    for (const option of ["--appendonly yes", "--appendfsync always"]) {
      expect(redis).toContain(option);
    }
    expect(redis).toContain("--maxmemory-policy noeviction");
    expect(services["init"]).toMatchObject({
      build: { dockerfile: "Dockerfile.settlement", target: "tools" },
      command: ["init"],
      restart: "no",
    });
    for (const { file, name } of IMAGES) {
      expect(services[name]).toMatchObject({
        build: { dockerfile: file },
        read_only: true,
        environment: { REDIS_ADDR: "redis:6379" },
        depends_on: {
          redis: { condition: "service_healthy" },
          init: { condition: "service_completed_successfully" },
        },
      });
    }
  });

  test("opens ports on loopback only, and waits longer than a drain", () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.filter((port) => !port.startsWith("127.0.0.1:"))).toEqual([]);
    const read = readConfig({ env: {}, flags: {} });
    const drainMs = read.ok ? read.config.limits.drainTimeoutMs : Infinity;
    for (const { name } of IMAGES) {
      expect(parseInt(services[name]?.stop_grace_period ?? "0") * 1000).toBeGreaterThan(drainMs);
    }
  });
});
