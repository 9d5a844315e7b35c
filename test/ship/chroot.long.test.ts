/**
 * The executables in roots that hold nothing of ours: no Bun, no Node, no repository, read-only, as
 * another user, with the embedded log. Makes dist with `bun run build`'s own script.
 *
 * Needs Linux, root, and Debian's debootstrap; skipped by name where one is missing.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cell, type CellSpec, cellsNeed } from "./cell.ts";
import { builtDist, ROOT } from "./dist.ts";
import { Net } from "./net.ts";
import { copyOf, debianRoot, distrolessRoot } from "./roots.ts";
import { type Place, type Service, type Tool, tellVenueStory } from "./venue-story.ts";

const NOBODY = 65532;
const HTTP = {
  "market-matcher": 9092,
  "settlement-plane": 9091,
  "ingress-verifier": 9090,
} as const;
const lacks = cellsNeed();
const why = lacks === null ? "" : ` (needs ${lacks})`;

describe.skipIf(lacks !== null)(`executables in a bare root${why}`, () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-chroot-"));
  let net: Net;
  let dist = "";
  let debian = "";
  let distroless = "";
  beforeAll(async () => {
    net = await Net.open();
    dist = builtDist();
    // Cells make places to mount at: the roots that are kept stay as they were made.
    debian = copyOf(debianRoot(), join(dir, "root-debian"));
    distroless = copyOf(distrolessRoot(), join(dir, "root-distroless"));
  }, 300_000);
  afterAll(async () => {
    await net[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  /** A venue of the embedded log: one data directory for all its processes. */
  function placeIn(root: string, name: string): Place {
    const home = join(dir, name);
    const out = join(home, "data", "out");
    mkdirSync(join(home, "etc"), { recursive: true });
    mkdirSync(out, { recursive: true });
    for (const path of [join(home, "data"), out]) chownSync(path, NOBODY, NOBODY);
    copyFileSync(join(ROOT, "config.toml"), join(home, "etc", "config.toml"));
    const spec = (program: Service | Tool, args: readonly string[]): CellSpec => ({
      root,
      net,
      user: `${NOBODY}:${NOBODY}`,
      tmp: "noexec",
      mounts: [
        `${dist}:/opt/clob/bin:ro`,
        `${join(home, "etc")}:/etc/clob:ro`,
        `${join(home, "data")}:/var/lib/clob:rw`,
      ],
      env: {
        CLOB_LOG: "embedded",
        CLOB_CONFIG: "/etc/clob/config.toml",
        CLOB_DATA: "/var/lib/clob",
      },
      program: [`/opt/clob/bin/${program}`, ...args],
    });
    const health = (service: Service): CellSpec =>
      spec(service, ["--healthcheck", "--http", `127.0.0.1:${HTTP[service]}`]);
    return { net, out, spec, health };
  }

  test("Debian 12 as debootstrap makes it", async () => {
    await tellVenueStory(placeIn(debian, "debian"));
  });

  test("glibc and certificates alone, as in distroless", async () => {
    await tellVenueStory(placeIn(distroless, "distroless"));
  });

  test("nothing can be written but the data directory", async () => {
    const place = placeIn(debian, "closed");
    const touch = (path: string): Promise<{ exitCode: number }> =>
      Cell.run({ ...place.spec("clob", []), program: ["/usr/bin/touch", path] });
    const codes = ["/a", "/usr/a", "/opt/clob/bin/a", "/etc/clob/a", "/var/lib/clob/a"].map(touch);
    expect((await Promise.all(codes)).map(({ exitCode }) => exitCode)).toEqual([1, 1, 1, 1, 0]);
  });

  test("a missing Redis address is an error, not a log on this disk", async () => {
    const place = placeIn(debian, "address");
    for (const name of ["market-matcher", "settlement-plane", "ingress-verifier"] as const) {
      const spec = place.spec(name, []);
      const outcome = await Cell.run({ ...spec, env: { ...spec.env, CLOB_LOG: "redis" } });
      expect([outcome.exitCode, outcome.err]).toEqual([2, expect.stringContaining("REDIS_ADDR")]);
    }
  });
});
