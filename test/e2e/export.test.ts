/**
 * The continuous export of real processes: what is in its way does not stop settlement, nor does
 * kill -9 leave it untrue.
 */
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import type { ShardStatusJson } from "../../src/client/http-json.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { verifyExport } from "../../src/verifier/verify-export.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-exporting-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const place = join(dir, "place");
const out = join(place, "export");

test("settlement exports, waits for its store while it goes on, survives kill -9", async () => {
  writeFileSync(place, "a file where the directory should be");
  const flags = [`--settlement-export-dir=${out}`];
  await using fleet = await KillFleet.start({ services: "three", flags });
  const http = new HttpClient(fleet.address);
  const shard = async (): Promise<ShardStatusJson> => (await http.status()).shards[0]!;

  await until(async () => (await shard()).export?.waits !== null, "the export to wait");
  const { position } = (await shard()).checkpoint!;
  await until(async () => (await shard()).checkpoint!.position > position, "a checkpoint more");
  expect((await shard()).export).toMatchObject({ archived_position: 0, to: `directory ${out}` });
  expect(await metric(fleet, "clob_export_waiting_info")).toBe(1);
  expect(fleet.said("settlement")).toContain('"message":"the export waits"');

  rmSync(place);
  await until(async () => ((await shard()).export?.archived_position ?? 0) > 0, "the export");
  await until(async () => (await shard()).export?.waits === null, "it to go on");
  expect(fleet.said("settlement")).toContain('"message":"the export goes on"');
  expect(await metric(fleet, "clob_export_archived_position")).toBeGreaterThan(0);
  expect(await metric(fleet, "clob_export_waiting_info")).toBe(0);

  await fleet.kill("settlement");
  const verdict = await verdictOn(out);
  if (!verdict.ok) throw new Error(verdict.sentence);
  const [before] = verdict.shards;
  await fleet.launch("settlement");
  const archived = before!.records;
  // Known before anything is exported anew.
  await until(async () => (await shard()).export?.archived_position === archived, "what is there");
  expect(existsSync(join(out, "shard-1", "latest"))).toBe(true);
}, 60_000);

async function metric({ address }: KillFleet, name: string): Promise<number> {
  const text = await (await fetch(`${address.settlement}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{.*\\} (\\S+)`, "m").exec(text)?.[1] ?? Number.NaN);
}

async function verdictOn(from: string) {
  const { reference: verifier } = await openVerifiers();
  return verifyExport({ from, venue: null, verifier, openEngine: judgeEngine("fast") });
}
