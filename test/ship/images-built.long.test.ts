/**
 * The images as a real builder makes them: buildah, with the unchanged Dockerfiles, .dockerignore,
 * this repository as context; then a venue from what was built, as compose.yaml wires it.
 *
 * The two base images are stand-ins, made of Debian's packages (see buildah.ts). Needs Linux, root,
 * debootstrap, buildah, the network, a redis-server, and podman with runc for one of its tests;
 * skipped by name.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedis } from "../../scripts/redis.ts";
import { sha256 } from "../../src/base/hash.ts";
import { LIBRARY_NAME } from "../../src/edges/native-library.ts";
import { Buildah, type BuiltImage } from "./buildah.ts";
import { cellsNeed } from "./cell.ts";
import { ComposeVenue } from "./compose-venue.ts";
import { builtDist, ROOT } from "./dist.ts";
import { execForm, pairsOf, readDockerfile, type Stage, textsOf } from "./dockerfile.ts";
import { Net } from "./net.ts";
import { Podman, podmanNeeds } from "./podman.ts";
import { tellVenueStory } from "./venue-story.ts";

const IMAGES = [
  { file: "Dockerfile.ingress" },
  { file: "Dockerfile.matcher" },
  { file: "Dockerfile.settlement" },
  { file: "Dockerfile.settlement", target: "tools" },
];
const SERVICES = [
  ["market-matcher", "Dockerfile.matcher"],
  ["settlement-plane", "Dockerfile.settlement"],
  ["ingress-verifier", "Dockerfile.ingress"],
] as const;
const TRIES_MAX = 300;
const COMMIT = "0123456789ab";
const ARGS = { CLOB_BUILD: COMMIT, SOURCE_DATE_EPOCH: "1700000000" };
const redisBinary = findRedis();
const builder = Bun.which("buildah") === null ? "buildah" : null;
const lacks = cellsNeed() ?? builder ?? (redisBinary === null ? "redis-server" : null);
const why = lacks === null ? "" : ` (needs ${lacks})`;

describe.skipIf(lacks !== null)(`images by buildah${why}`, () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-buildah-"));
  const images = new Map<string, BuiltImage>();
  const stages = new Map<string, Stage>();
  let net: Net;
  let buildah: Buildah;

  beforeAll(async () => {
    net = await Net.open();
    const bases = { bun: "", distroless: "" };
    for (const { file, target } of IMAGES) {
      const all = readDockerfile(readFileSync(join(ROOT, file), "utf8"));
      const last = all.find(({ name }) => name === target) ?? all.at(-1)!;
      stages.set([file, target].filter(Boolean).join(" "), last);
      bases.bun = all[0]!.base;
      bases.distroless = last.base;
    }
    buildah = Buildah.open(join(dir, "store"), bases);
    for (const { file, target } of IMAGES) {
      const name = [file, target].filter(Boolean).join(" ");
      images.set(name, buildah.build(file, { target, args: ARGS }));
    }
  }, 1_800_000);
  afterAll(async () => {
    buildah[Symbol.dispose]();
    await net[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  test("each image says of itself what its Dockerfile says", () => {
    for (const [name, { config, env, root }] of images) {
      const stage = stages.get(name)!;
      const one = (instruction: string): string => textsOf(stage, instruction).join(" ");
      const words = one("EXPOSE").split(" ").filter(Boolean);
      expect([name, config.Entrypoint]).toEqual([name, execForm(one("ENTRYPOINT")) ?? []]);
      expect(config.User).toBe(one("USER"));
      expect(config.WorkingDir).toBe(one("WORKDIR"));
      expect(Object.keys(config.ExposedPorts ?? {})).toEqual(words.map((port) => `${port}/tcp`));
      expect(env).toMatchObject(pairsOf(textsOf(stage, "ENV")));
      const title = /title="([^"]*)"/.exec(one("LABEL"))?.[1];
      expect(config.Labels["org.opencontainers.image.title"]).toBe(title);
      if (!name.includes("tools")) {
        expect(config.StopSignal).toBe("SIGTERM");
        const health = execForm(one("HEALTHCHECK").replace(/^.* CMD /, "")) ?? [];
        expect(config.Healthcheck?.Test).toEqual(["CMD", ...health]);
      }
      // Nothing of the build stage, and no shell.
      const stray = ["clob", "bin/sh", "usr/bin/gcc", "usr/local/bin/bun", "root/.bun"];
      expect(stray.filter((path) => existsSync(join(root, path)))).toEqual([]);
    }
  });

  test("holds an executable that is, byte for byte, what the same sources give outside", () => {
    const dist = builtDist(ARGS);
    const hashOf = (...path: string[]): string => sha256(readFileSync(join(...path))).toHex();
    for (const [name, { root }] of images) {
      const files = [...new Bun.Glob("**").scanSync(join(root, "usr/local/bin"))];
      expect([name, files.length]).toEqual([name, name.includes("tools") ? 3 : 2]);
      // Each holds a copy of the library, which is its compiler's.
      const isSame = (file: string): boolean =>
        hashOf(root, "usr/local/bin", file) === hashOf(dist, file);
      const others = files.filter((file) => !isSame(file));
      if (isSame(LIBRARY_NAME)) expect([name, others]).toEqual([name, []]);
      const { uid, gid } = lstatSync(join(root, "var/lib/clob"));
      expect([uid, gid]).toEqual([65532, 65532]);
    }
  });

  test("a whole venue runs from them as compose.yaml wires it", async () => {
    const parts = { dir, net, images, redisBinary: redisBinary ?? "" };
    await using venue = await ComposeVenue.start(parts);
    expect(await venue.version()).toContain(`(${COMMIT}, rules 1, wire 1)`);
    await tellVenueStory(venue.place);
  });

  const engine = podmanNeeds();
  test.skipIf(engine !== null)(
    `a container engine runs them, asks their health and stops them (needs ${engine ?? "podman"})`,
    async () => {
      await using other = await Net.open();
      const place = join(dir, "engine");
      mkdirSync(place);
      const parts = { dir: place, net: other, images, redisBinary: redisBinary ?? "" };
      await using venue = await ComposeVenue.start(parts);
      using podman = new Podman(other, buildah.dir);
      const tagOf = (name: string): string => images.get(name)?.tag ?? "";
      const tools = tagOf("Dockerfile.settlement tools");
      const clob = (...words: string[]) =>
        JSON.parse(podman.once(venue.containerOf("init", tools, [...words, "-o", "json"])));
      clob("init");
      for (const [name, file] of SERVICES) {
        podman.start(name, venue.containerOf(name, tagOf(file)));
        await until(
          () => podman.isHealthy(name),
          () => `${name}:\n${podman.logs(name)}`,
        );
      }
      const covered = (): number => clob("status").shards[0].checkpoint?.position ?? 0;
      await until(
        () => covered() > 0,
        () => "no checkpoint",
      );
      for (const [name] of SERVICES.toReversed()) {
        expect([name, podman.stop(name), podman.logs(name)]).toEqual([
          name,
          0,
          expect.stringContaining('"message":"ready"'),
        ]);
      }
    },
  );
});

async function until(isSo: () => boolean, complaint: () => string): Promise<void> {
  for (let tries = 1; !isSo(); tries++) {
    if (tries === TRIES_MAX) throw new Error(complaint());
    await Bun.sleep(100);
  }
}
