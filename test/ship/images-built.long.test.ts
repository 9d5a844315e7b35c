/**
 * The images as a real builder makes them: buildah, with the unchanged Dockerfiles, .dockerignore,
 * this repository as context; then a venue from what was built, as compose.yaml wires it.
 *
 * The two base images are stand-ins, made of Debian's packages (see buildah.ts), and the programs
 * run in cells, for there is no container engine. Needs Linux, root, debootstrap, buildah, the
 * network and a redis-server; skipped by name.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { lstatSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
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
import { tellVenueStory } from "./venue-story.ts";

const IMAGES = [
  { file: "Dockerfile.ingress" },
  { file: "Dockerfile.matcher" },
  { file: "Dockerfile.settlement" },
  { file: "Dockerfile.settlement", target: "tools" },
];
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
    const buildah = Buildah.open(join(dir, "store"), bases);
    for (const { file, target } of IMAGES) {
      const name = [file, target].filter(Boolean).join(" ");
      images.set(name, buildah.build(file, { target, args: ARGS }));
    }
  }, 1_800_000);
  afterAll(async () => {
    await net[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  test("each image says of itself what its Dockerfile says", () => {
    for (const [name, { config, env, layers }] of images) {
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
      // Its base's one, and its own: nothing of the build stage.
      expect(layers).toBe(2);
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
});
