/**
 * What crosses between shards: an honest venue of two is true; one whose carrier brought what its
 * source never wrote is not, though every engine took it and every signature holds.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openVerifiers, type SignatureVerifier } from "../../src/edges/verify.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as commands from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { decodeGenesis, venueOf } from "../../src/protocol/genesis.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { verdictText } from "../../src/verifier/verdict-text.ts";
import { type Verdict, verifyExport } from "../../src/verifier/verify-export.ts";
import * as venueOfTests from "../support/sealed-venue.ts";

const { OPERATOR, CHECKPOINT, recordOf, sealVenue, seeded, smallGenesis } = venueOfTests;

const START_US = 1_764_000_000_000_000;
const TRADER = seeded(3);
const USD = 1;

const root = mkdtempSync(join(tmpdir(), "clob-crossings-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let verifier: SignatureVerifier;
beforeAll(async () => {
  verifier = (await openVerifiers()).fast;
});

const lead = smallGenesis(OPERATOR, CHECKPOINT);
const decoded = decodeGenesis(lead);
if (typeof decoded === "string") throw new Error(decoded);
const venue = venueOf(lead, decoded);

type Who = "operator" | "trader";

/** The log of a shard: its genesis, then a frame a step, each with its own nonce per signer. */
class Log {
  readonly records: Uint8Array[];
  private readonly nonces = { operator: 1, trader: 0 };
  private readonly shard: number;

  constructor(shard: number, genesis: Uint8Array) {
    this.shard = shard;
    this.records = [recordOf(genesis, START_US, shard)];
  }

  add(who: Who, command: Uint8Array, atMs: number): this {
    const isDirectory = command[0] === codes.COMMAND_ACCOUNT_OPEN;
    const operatorKind = isDirectory ? codes.FRAME_DIRECTORY : codes.FRAME_OPERATOR;
    const isOperator = who === "operator";
    const header = {
      kind: isOperator ? operatorKind : codes.FRAME_TRADER,
      shard: isDirectory ? codes.SHARD_DIRECTORY : this.shard,
      venue,
      account: isOperator ? 0 : 1,
      key: isOperator ? 1 : 2,
      nonce: ++this.nonces[who],
      expiry: 0,
    };
    const signer = isOperator ? OPERATOR : TRADER;
    const frame = signFrame(header, [command], (message) => signer.sign(message));
    this.records.push(recordOf(frame, START_US + atMs * 1000, this.shard));
    return this;
  }
}

/** An account with 1000 USD on shard 1, of which 30 and 40 go to shard 2. */
function sourceLog(): Log {
  const open = commands.encodeKey(
    codes.COMMAND_ACCOUNT_OPEN,
    TRADER.publicKey,
    codes.SCOPES_TRADER,
    0,
  );
  return new Log(1, lead)
    .add("operator", open, 10)
    .add("operator", commands.encodeShardOpen(2), 20)
    .add("operator", commands.encodeDeposit(USD, 1, 1000, 1), 30)
    .add("trader", commands.encodeTransfer(2, USD, 30), 40)
    .add("trader", commands.encodeTransfer(2, USD, 40), 50);
}

const ACCOUNT: commands.Carry = {
  entry: codes.ENTRY_ACCOUNT_OPEN,
  source: 1,
  account: 1,
  number: 1,
  key: 2,
  scopes: codes.SCOPES_TRADER,
  expiry: 0,
  directory: 0,
  publicKey: TRADER.publicKey,
};

function credit(number: number, amount: number): commands.Carry {
  const publicKey = new Uint8Array(32);
  const entry = codes.ENTRY_CREDIT;
  return {
    ...ACCOUNT,
    entry,
    number,
    key: USD,
    scopes: 0,
    expiry: amount,
    directory: 1,
    publicKey,
  };
}

/** `runsToMs`: an export of shards each for itself, in which the source goes on to that time. */
async function verdictOn(
  name: string,
  carries: readonly commands.Carry[],
  runsToMs = 0,
): Promise<Verdict[]> {
  const dir = join(root, name);
  const source = sourceLog();
  if (runsToMs > 0) source.add("operator", commands.encodeDeposit(USD, 1, 1, 2), runsToMs);
  await sealVenue(source.records, CHECKPOINT, dir);
  rmSync(join(dir, "settlement"), { recursive: true, force: true });
  const log = new Log(2, smallGenesis(OPERATOR, CHECKPOINT, { shard: 2, venue }));
  for (const [i, carry] of carries.entries()) {
    log.add("operator", commands.encodeCarry(carry), 100 + i);
  }
  await sealVenue(log.records, CHECKPOINT, dir);
  for (const shard of runsToMs > 0 ? [1, 2] : []) {
    const latest = join(dir, `shard-${shard}`, "latest");
    writeFileSync(latest, readFileSync(latest, "utf8").replace("ends cut", "ends running"));
  }
  const engines = ["fast", "naive"] as const;
  return Promise.all(
    engines.map((engine) =>
      verifyExport({ from: dir, venue, verifier, openEngine: judgeEngine(engine) }),
    ),
  );
}

describe("true", () => {
  test("all that was written has arrived", async () => {
    for (const verdict of await verdictOn("all", [ACCOUNT, credit(1, 30), credit(2, 40)])) {
      expect(verdict).toMatchObject({ ok: true, crossings: { carried: 3, inFlight: 0 } });
    }
  });

  test("a credit on its way is counted", async () => {
    for (const verdict of await verdictOn("some", [ACCOUNT, credit(1, 30)])) {
      expect(verdict).toMatchObject({ ok: true, crossings: { carried: 2, inFlight: 1 } });
    }
  });

  test("an entry that was refused, out of turn or again, is no claim", async () => {
    const again = [credit(2, 40), ACCOUNT, ACCOUNT, credit(2, 99), credit(1, 30), credit(1, 30)];
    for (const verdict of await verdictOn("again", again)) {
      expect(verdict).toMatchObject({ ok: true, crossings: { carried: 2, inFlight: 1 } });
    }
  });
});

describe("shards that are exported each for itself", () => {
  const early = [ACCOUNT, credit(1, 30), credit(2, 40), credit(3, 5), credit(4, 6)];

  test("what a source does not reach yet is counted, and funds add up without it", async () => {
    for (const verdict of await verdictOn("ahead", early, 60)) {
      expect(verdict).toMatchObject({ ok: true, crossings: { carried: 5, ahead: 2, inFlight: 0 } });
      expect(verdictText(verdict)).toContain("2 of them before their source's records are here");
    }
  });

  test("a source that goes on and never wrote it makes it a lie", async () => {
    for (const verdict of await verdictOn("never", early, 11_000)) {
      expect(verdict).toMatchObject({ ok: false, shard: 2, what: "record", place: 5 });
    }
  });

  test("another amount is a lie at once", async () => {
    for (const verdict of await verdictOn("other", [ACCOUNT, credit(1, 31)], 60)) {
      expect(verdict).toMatchObject({ ok: false, shard: 2, what: "record", place: 3 });
    }
  });
});

describe("lies", () => {
  const otherKey = seeded(77).publicKey;
  const rows: readonly (readonly [string, readonly commands.Carry[], number, string])[] = [
    [
      "amount",
      [ACCOUNT, credit(1, 31)],
      3,
      "credit 1 of shard 1, but not with the amount that it has there",
    ],
    [
      "never sent",
      [ACCOUNT, credit(1, 30), credit(2, 40), credit(3, 5)],
      5,
      "carries credit 3 of shard 1, which has not written one",
    ],
    [
      "stolen account",
      [{ ...ACCOUNT, publicKey: otherKey }],
      2,
      "entry 1 of shard 1, but not with the public key that it has there",
    ],
    [
      "more scopes",
      [{ ...ACCOUNT, scopes: codes.SCOPE_TRADE }],
      2,
      "entry 1 of shard 1, but not with the scopes that it has there",
    ],
  ];
  for (const [name, carries, place, says] of rows) {
    test(name, async () => {
      for (const verdict of await verdictOn(name.replace(" ", "-"), carries)) {
        expect(verdict).toMatchObject({ ok: false, shard: 2, what: "record", place });
        if (!verdict.ok) expect(verdict.sentence).toContain(says);
      }
    });
  }
});
