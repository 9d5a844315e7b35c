/**
 * An added shard only says which venue it is of. Whose word that is must follow from the venue id,
 * or a stranger's shard would pass as ours.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openVerifiers, type SignatureVerifier } from "../../src/edges/verify.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { type Verdict, verifyExport } from "../../src/verifier/verify-export.ts";
import * as venueOfTests from "../support/sealed-venue.ts";

const { OPERATOR, CHECKPOINT, recordOf, sealVenue, seeded, smallGenesis } = venueOfTests;

const root = mkdtempSync(join(tmpdir(), "clob-added-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const lead = join(root, "lead");
let venue: Uint8Array;
let verifier: SignatureVerifier;

beforeAll(async () => {
  verifier = (await openVerifiers()).fast;
  venue = await sealVenue(venueOfTests.smallLife(leadGenesis(), OPERATOR), CHECKPOINT, lead);
});

function leadGenesis(): Uint8Array {
  return smallGenesis(OPERATOR, CHECKPOINT);
}

/** The export of `lead` and of a shard 2 that names the venue, made by this operator. */
async function withShard(name: string, operator = OPERATOR, isLeadThere = true): Promise<string> {
  const dir = join(root, name);
  if (isLeadThere) cpSync(lead, dir, { recursive: true });
  rmSync(join(dir, "settlement"), { recursive: true, force: true });
  const genesis = smallGenesis(operator, CHECKPOINT, { shard: 2, venue });
  const record = recordOf(genesis, 1_764_000_000_000_000, 2);
  await sealVenue([record], CHECKPOINT, dir);
  return dir;
}

function verify(dir: string, pinned: Uint8Array | null): Promise<Verdict> {
  return verifyExport({ from: dir, venue: pinned, verifier, openEngine: judgeEngine("fast") });
}

test("a shard that an operator of the venue added is true with its lead", async () => {
  const dir = await withShard("honest");
  for (const pinned of [venue, null]) {
    expect(await verify(dir, pinned)).toMatchObject({
      ok: true,
      shards: [{ shard: 1 }, { shard: 2 }],
    });
  }
});

test("a stranger's shard that names the venue is not of it", async () => {
  const dir = await withShard("stranger", seeded(80));
  for (const pinned of [venue, null]) {
    expect(await verify(dir, pinned)).toMatchObject({
      ok: false,
      shard: 2,
      what: "record",
      place: 1,
    });
  }
});

test("without its lead an added shard proves nothing, whoever signed it", async () => {
  for (const [name, operator] of [
    ["alone", OPERATOR],
    ["forged", seeded(80)],
  ] as const) {
    const dir = await withShard(name, operator, false);
    expect(await verify(dir, venue)).toMatchObject({
      ok: false,
      shard: 2,
      what: "record",
      place: 1,
    });
  }
});
