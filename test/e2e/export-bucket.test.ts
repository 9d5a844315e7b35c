/**
 * A venue that exports to two buckets, as the fleet does, and a stranger who reads them over plain
 * HTTP. The buckets are a stand-in on loopback; the venue is real.
 */
import { afterAll, expect, test } from "bun:test";
import { openStore } from "../../src/edges/open-store.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { verifyExport } from "../../src/verifier/verify-export.ts";
import { BucketServer } from "../edges/bucket-server.ts";
import { until } from "../support/kill-fleet.ts";
import { VenueProcess } from "../support/venue-process.ts";

const server = new BucketServer();
afterAll(() => server.close());

test("a venue exports to buckets, and anybody verifies it over plain HTTP", async () => {
  const place = "gs://venue-export,gs://venue-heads";
  const flags = [`--settlement-export-dir=${place}`];
  await using venue = await VenueProcess.start({ demo: true, flags, env: server.env });
  const pointers = [...server.objects.keys()];
  await until(() => server.objects.has("venue-heads/shard-1/latest"), "the first step");
  const first = server.objects.get("venue-heads/shard-1/latest")!.generation;
  await until(
    () => server.objects.get("venue-heads/shard-1/latest")!.generation > first,
    "the second step",
  );
  await venue.kill();

  // What may never be replaced lies in one, what moves in the other.
  const names = [...server.objects.keys()].filter((name) => !pointers.includes(name));
  const moving = names.filter((name) => name.startsWith("venue-heads/")).sort();
  expect(moving.map((name) => name.replace("venue-heads/shard-1/", ""))).toEqual([
    "in.note",
    "latest",
    "state.note",
  ]);
  expect(names.filter((name) => name.startsWith("venue-export/")).length).toBeGreaterThan(3);

  const { reference: verifier } = await openVerifiers();
  const openEngine = judgeEngine("fast");
  const web = `${server.url}/venue-export,${server.url}/venue-heads`;
  for (const from of [place, web]) {
    const store = openStore(from, server.env);
    const verdict = await verifyExport({ from: store, venue: null, verifier, openEngine });
    if (!verdict.ok) throw new Error(verdict.sentence);
    expect(verdict.shards[0]!.records).toBeGreaterThan(10);
  }
}, 60_000);
