/**
 * How processes of ours begin and end: asked to stop they drain and exit 0, and when they cannot
 * start they say in one sentence what is in the way and what to do.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/edges/config-read.ts";
import { openLog } from "../../src/edges/open-log.ts";
import { KillFleet, type Part, until } from "../support/kill-fleet.ts";
import { writeKillFlow } from "../support/kill-flow.ts";
import { tellStory } from "../support/kill-story.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-start-stop-"));
const flow = join(dir, "flow.bin");
const IMPATIENT_MS = 550;

beforeAll(() => writeKillFlow(flow, 12, 500));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A part started once more beside the one that runs: its exit code and what it said. */
async function second(
  fleet: KillFleet,
  part: Part,
  more: readonly string[] = [],
): Promise<{ code: number; said: string }> {
  const main = part === "venue" ? "venue" : MAINS[part];
  const name = `second-${part}`;
  const code = await fleet.run(name, [`src/${main}/main.ts`, ...ANY_PORT, ...more]);
  return { code, said: fleet.said(name) };
}

/** `in` goes further than ingress has seen reports for. */
async function isAhead(fleet: KillFleet): Promise<boolean> {
  const read = readConfig({ env: fleet.env(), flags: { data: fleet.data } });
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  const log = await openLog(read.config, 1);
  const reader = await log.openInputReader();
  await until(async () => (await reader.tip()) > 1, "the reader to hear its writer");
  const tip = await reader.tip();
  await log.close();
  const metrics = await (await fetch(`${fleet.address.ingress}/metrics`)).text();
  return tip > Number(/^clob_ingress_position\{.*\} (\d+)/m.exec(metrics)?.[1] ?? tip);
}

const MAINS = {
  ingress: "ingress-verifier",
  matcher: "market-matcher",
  settlement: "settlement-plane",
} as const;

const ANY_PORT = [
  "--ingress-tcp-address=127.0.0.1:0",
  "--ingress-http-address=127.0.0.1:0",
  "--matcher-http-address=127.0.0.1:0",
  "--settlement-http-address=127.0.0.1:0",
];

describe.each(["one", "three"] as const)(
  "asked to stop under traffic, %s process(es)",
  (services) => {
    test("all exit 0, start again, and nothing that was acknowledged is lost", async () => {
      const terms = { services, flow, seed: 7, moments: 4, isGentle: true };
      const { exitCodes, kills, result, audit } = await tellStory(terms);
      // Besides the moments all of them are asked twice: when the replay is over, and at the end.
      expect(exitCodes.length).toBe(kills.flat().length + (services === "one" ? 2 : 6));
      expect(exitCodes.every((code) => code === 0)).toBe(true);
      expect(result.matches_reference).toBe(true);
      expect(audit.verdict).toMatchObject({ ok: true, isPinned: true });
    }, 60_000);
  },
);

describe("one process", () => {
  let fleet: KillFleet;
  beforeAll(async () => {
    fleet = await KillFleet.start({ services: "one" });
  });
  afterAll(() => fleet.stop());

  test("a second start on the same directory names the pid, whatever its ports", async () => {
    const pid = fleet.pid("venue");
    const { code, said } = await second(fleet, "venue");
    expect(code).toBe(1);
    expect(said).toContain(`data directory ${fleet.data} is in use by pid ${pid} (`);
    expect(said.trim().split("\n")).toHaveLength(1);
  });

  test("--fresh does not remove a living venue's files", async () => {
    const { code, said } = await second(fleet, "venue", ["--fresh"]);
    expect(code).toBe(1);
    expect(said).toContain(`is in use by pid ${fleet.pid("venue")} (`);
    expect(fleet.operator.publicKey).toHaveLength(32);
  });

  test.each([
    ["--tcp", "port", "--tcp"],
    ["--ingress-http-address", "ingress", "--ingress-http-address"],
    ["--settlement-http-address", "settlement", "--settlement-http-address"],
  ] as const)("a taken port names its flag, %s", async (flag, name, shown) => {
    const { address } = fleet;
    const place = name === "port" ? `127.0.0.1:${address.port}` : address[name].slice(7);
    await using other = new KillFleet({ services: "one" });
    const more = ANY_PORT.filter(
      (any) => !any.startsWith(flag === "--tcp" ? "--ingress-tcp" : flag),
    );
    const code = await other.run("other", ["src/venue/main.ts", ...more, flag, place]);
    expect(code).toBe(1);
    expect(other.said("other")).toContain(`${place} is taken by another process`);
    expect(other.said("other")).toContain(`choose another with ${shown} HOST:PORT`);
  });

  test("Ctrl-C arriving twice at once is one Ctrl-C", async () => {
    fleet.signal("venue", "SIGINT");
    fleet.signal("venue", "SIGINT");
    expect(await fleet.exitOf("venue")).toBe(0);
    expect(fleet.said("venue")).toContain(`Everything lies in ${fleet.data}`);
  });
});

describe("three processes", () => {
  let fleet: KillFleet;
  beforeAll(async () => {
    fleet = await KillFleet.start({ services: "three" });
  });
  afterAll(() => fleet.stop());

  test.each(["ingress", "matcher", "settlement"] as const)(
    "a second %s on the same directory names the pid",
    async (part) => {
      const pid = fleet.pid(part);
      const { code, said } = await second(fleet, part);
      expect(code).toBe(1);
      expect(said).toContain(`is in use by pid ${pid} (${MAINS[part]})`);
    },
  );

  test("who waits for the drain may press Ctrl-C again", async () => {
    // Without a matcher the tick that is on its way is never reported, and the drain waits for it.
    await fleet.kill("matcher");
    await until(() => isAhead(fleet), "a record that nobody matches");
    fleet.signal("ingress", "SIGINT");
    await until(() => fleet.saidNow("ingress").includes('"stopping"'), "the drain to begin");
    await Bun.sleep(IMPATIENT_MS);
    expect(fleet.isAlive("ingress")).toBe(true);
    const at = performance.now();
    fleet.signal("ingress", "SIGINT");
    expect(await fleet.exitOf("ingress")).toBe(1);
    expect(performance.now() - at).toBeLessThan(2000);
  });

  test("a service that still waits for another ends at once when asked to", async () => {
    fleet.begin("ingress");
    await until(() => fleet.saidNow("ingress").includes('"log"'), "its first line");
    expect(await fleet.terminate("ingress")).toBe(0);
  });
});

describe("what is missing", () => {
  test.each(["ingress", "matcher", "settlement"] as const)(
    "%s without a genesis names clob init",
    async (part) => {
      await using fleet = new KillFleet({ services: "three" });
      const { code, said } = await second(fleet, part);
      expect(code).toBe(1);
      expect(said).toContain("shard 1 has no genesis");
      expect(said).toContain("run: clob init");
    },
  );

  test.each(["ingress", "matcher", "settlement", "venue"] as const)(
    "%s without its Redis exits 3 and says where it looked",
    async (part) => {
      const patience = ["--redis-unreachable-ms-max", "200", "--redis-connect-timeout-ms", "100"];
      await using fleet = new KillFleet({ services: "three", redis: 1, flags: patience });
      const { code, said } = await second(fleet, part);
      expect(code).toBe(3);
      expect(said).toContain("redis 127.0.0.1:1: ");
      expect(said.trim().split("\n")).toHaveLength(1);
    },
  );
});
