/**
 * docs/OPERATE.md: its commands, in its order, make a venue of three processes that trades and
 * whose export is true, over the embedded log and over Redis.
 */
import { describe, expect, test } from "bun:test";
import { HttpClient } from "../../src/client/http.ts";
import { ANY_PORTS, DocShell, type Running, shellLines } from "../support/doc-shell.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";

const lines = shellLines("docs/OPERATE.md");
const SERVICE = /^bun run (market-matcher|settlement-plane|ingress-verifier)$/;
const READY = /"message":"ready"/;
const POLL_MS = 20;
const MS_MAX = 60_000;

/** Starts a service on ports of the system's choice and notes where it listens, for the CLI. */
async function serve(shell: DocShell, line: string): Promise<Running> {
  const isIngress = line.endsWith("ingress-verifier");
  const flags = `--http 127.0.0.1:0${isIngress ? " --tcp 127.0.0.1:0" : ""}`;
  const service = await shell.begin(`${line} ${flags}`, READY);
  const said = service.said.split("\n").find((text) => text.includes('"message":"listening"'));
  const { tcp, http }: { tcp?: string; http: string } = JSON.parse(said ?? "{}");
  if (tcp !== undefined) Object.assign(shell.env, { CLOB_TCP: tcp, CLOB_INGRESS: http });
  if (line.endsWith("settlement-plane")) shell.env["CLOB_SETTLEMENT"] = http;
  return service;
}

async function succeeds(shell: DocShell, line: string): Promise<string> {
  const { code, out, err } = await shell.run(line);
  expect([line, code, code === 0 ? "" : out + err]).toEqual([line, 0, ""]);
  return out;
}

/** A checkpoint covers the newest order. */
async function untilCovered(shell: DocShell): Promise<void> {
  const http = new HttpClient({
    settlement: `http://${shell.env["CLOB_SETTLEMENT"]}`,
    ingress: "",
  });
  const isCovered = async (): Promise<boolean> => {
    const [shard] = (await http.status()).shards;
    return shard?.open_orders === 1 && (shard.checkpoint?.position ?? 0) > 5;
  };
  while (!(await isCovered())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** From `clob init` to the export; the processes are left running. */
async function follow(shell: DocShell, from: string): Promise<Running[]> {
  const services: Running[] = [];
  const started: string[] = [];
  for (const line of lines.slice(lines.indexOf(from))) {
    if (SERVICE.test(line)) {
      started.push(line);
      services.push(await serve(shell, line));
    } else if (line.startsWith("bun run clob export")) await untilCovered(shell);
    if (line.startsWith("bun run ") && !SERVICE.test(line)) await succeeds(shell, line);
    if (!line.startsWith("bun run clob admin fence")) continue;
    // As the page says: they end, and stand by when they were started again.
    await Promise.all(services.splice(0).map((one) => one.end("SIGTERM")));
    for (const service of started) services.push(await serve(shell, service));
  }
  return services;
}

describe("OPERATE.md", () => {
  test("has no command that is not run here", () => {
    const others = lines.filter((line) => !line.startsWith("bun run "));
    expect(others.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "bun start",
      "redis-server --port",
      "export REDIS_ADDR=127.0.0.1:6379",
    ]);
    expect(lines.indexOf("bun start --no-demo")).toBeLessThan(lines.indexOf("bun run clob init"));
  });

  test(
    "one process",
    async () => {
      await using shell = new DocShell();
      const venue = await shell.begin(`${lines[0]} ${ANY_PORTS}`, /Ctrl-C stops/);
      expect(await venue.end("SIGTERM")).toBe(0);
    },
    MS_MAX,
  );

  test("three processes over the embedded log", () => asThree("embedded", {}), MS_MAX);

  test.skipIf(!redisAvailable())(
    "three processes over Redis",
    async () => {
      await using redis = await RedisServer.start(DURABLE);
      await asThree("redis", { REDIS_ADDR: `127.0.0.1:${redis.port}` });
    },
    MS_MAX,
  );
});

/** From init to a verified export, and a stop that drains. */
async function asThree(log: string, env: Record<string, string>): Promise<void> {
  await using shell = new DocShell();
  Object.assign(shell.env, env);
  const services = await follow(shell, "bun run clob init");
  const status = await succeeds(shell, "bun run clob status");
  expect(status).toMatch(new RegExp(`^shard 1: ${log}.* D2`, "m"));
  expect(await Promise.all(services.map((one) => one.end("SIGTERM")))).toEqual([0, 0, 0]);
}

/** As the page starts it. */
const DURABLE = { save: '""', appendonly: "yes", appendfsync: "always" } as const;
