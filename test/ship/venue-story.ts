/**
 * VenueStory: what must work wherever the executables are put: a venue begins, two traders trade,
 * pages and numbers are served, a stranger verifies the export, a lie is named, SIGTERM ends all.
 *
 * Where and how the programs run is the place's business; the story is the same in all of them.
 */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LIBRARY_NAME } from "../../src/edges/native-library.ts";
import { DASHBOARD_FILES } from "../../src/settlement-plane/http-dashboard.ts";
import { Cell, type CellSpec, type Outcome } from "./cell.ts";
import type { Net } from "./net.ts";

export type Service = "market-matcher" | "settlement-plane" | "ingress-verifier";
export type Tool = "clob" | "verifier";

export interface Place {
  readonly net: Net;
  /** How this program runs here with these arguments. */
  spec(name: Service | Tool, args: readonly string[]): CellSpec;
  /** What a container or a unit asks to learn whether the service is ready. */
  health(name: Service): CellSpec;
  /** Directory on this machine whose content programs see at /var/lib/clob/out. */
  readonly out: string;
}

const SERVICES: readonly Service[] = ["market-matcher", "settlement-plane", "ingress-verifier"];
const HTTP = "http://127.0.0.1:9091";
const TRIES_MAX = 200;

export async function tellVenueStory(place: Place): Promise<void> {
  const { shards } = await said(place, "init");
  const venue = shards[0].venue;
  const cells = new Map<Service, Cell>();
  try {
    for (const name of SERVICES) cells.set(name, await started(place, name));
    const position = await trade(place);
    await servesPages(place.net);
    const matcher = cells.get("market-matcher");
    expect(matcher?.mapped("libprice_levels")).toEqual([libraryPath(place)]);
    expect(matcher?.log).not.toContain("price levels in TypeScript");
    for (const cell of cells.values()) expect(uidOf(cell)).toBe("65532");
    await verifies(place, venue, position);
    const codes = [];
    for (const name of SERVICES.toReversed()) codes.push(await cells.get(name)?.stop());
    expect(codes).toEqual([0, 0, 0]);
  } finally {
    for (const cell of cells.values()) await cell[Symbol.asyncDispose]();
  }
}

async function started(place: Place, name: Service): Promise<Cell> {
  const cell = new Cell(place.spec(name, []));
  await cell.says(/"message":"ready"/);
  for (let tries = 1; ; tries++) {
    const health = await Cell.run(place.health(name));
    if (health.exitCode === 0) return cell;
    if (tries === TRIES_MAX) throw new Error(`${name} is not ready:\n${health.err}\n${cell.log}`);
  }
}

/** The position of the trade. */
async function trade(place: Place): Promise<number> {
  for (const [number, asset, amount] of [
    [1, "BTC", "1"],
    [2, "USD", "60000"],
  ] as const) {
    const key = ["--key", `/var/lib/clob/out/${number}.pem`];
    await said(place, "keygen", `/var/lib/clob/out/${number}.pem`);
    expect((await said(place, "account", "open", ...key)).account).toBe(number);
    await said(place, "admin", "deposit", `${number}`, asset, amount);
  }
  const order = (side: string, quantity: string, number: number) => {
    const words = ["order", side, "BTC-USD", quantity, "--limit", "60000"];
    return said(place, ...words, "--key", `/var/lib/clob/out/${number}.pem`);
  };
  const rests = await order("sell", "0.5", 1);
  const trades = await order("buy", "0.2", 2);
  expect([rests.state, trades.state, trades.fills[0].price]).toEqual([
    "open",
    "filled",
    "60000.00",
  ]);
  return trades.position;
}

async function servesPages(net: Net): Promise<void> {
  for (const { path, body } of DASHBOARD_FILES) {
    expect(await net.get(`${HTTP}${path}`)).toEqual({ status: 200, text: body });
  }
  for (const port of [9090, 9091, 9092]) {
    expect((await net.get(`http://127.0.0.1:${port}/metrics`)).text).toContain("clob_");
  }
}

/** Once a checkpoint covers the position. */
async function verifies(place: Place, venue: string, position: number): Promise<void> {
  const dir = "/var/lib/clob/out/export";
  for (let tries = 1; ; tries++) {
    const [shard] = (await said(place, "status")).shards;
    if ((shard.checkpoint?.position ?? 0) >= position) break;
    if (tries === TRIES_MAX) throw new Error("no checkpoint over the trades");
  }
  await said(place, "export", dir);
  const verify = (...more: string[]): Promise<Outcome> =>
    Cell.run(place.spec("verifier", [dir, "--venue", venue, ...more]));
  for (const engine of ["fast", "naive"]) {
    const verdict = await verify("--engine", engine);
    expect([verdict.exitCode, verdict.err]).toEqual([0, ""]);
    expect(verdict.out).toStartWith(`yes, venue ${venue}\n`);
  }
  const [segment = ""] = [...new Bun.Glob("export/shard-*/in/*.zst").scanSync(place.out)];
  const path = join(place.out, segment);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
  expect((await verify()).exitCode).toBe(4);
}

/** What `clob` answers as JSON; throws if it refuses. */
async function said(place: Place, ...words: string[]) {
  const { exitCode, out, err } = await Cell.run(place.spec("clob", [...words, "-o", "json"]));
  if (exitCode !== 0) throw new Error(`clob ${words.join(" ")}: ${exitCode}\n${out}${err}`);
  return JSON.parse(out);
}

/** Beside the executable, as this machine names it. */
function libraryPath(place: Place): string {
  const { root, program } = place.spec("market-matcher", []);
  return join(root, dirname(program[0] ?? ""), LIBRARY_NAME);
}

function uidOf(cell: Cell): string | undefined {
  return /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${cell.pid}/status`, "utf8"))?.[1];
}
