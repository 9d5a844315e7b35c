/**
 * Genesis: what is written is read, and whatever no genesis has is refused with a sentence.
 */
import { describe, expect, test } from "bun:test";
import { sha256 } from "../../src/base/hash.ts";
import { Prng } from "../../src/base/prng.ts";
import { viewOf, writeU64 } from "../../src/base/bytes.ts";
import { signerFromSeed } from "../../src/edges/keys.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as frames from "../../src/protocol/frame.ts";
import { decodeGenesis, encodeGenesis, type Genesis, venueOf } from "../../src/protocol/genesis.ts";
import { messageNamed } from "../../src/protocol/message-table.ts";
import { commandOf, legalValues } from "./samples.ts";
import { decodeByTable, fieldNamed } from "./table-codec.ts";

const GENESIS = messageNamed("genesis");
const OPERATOR = messageNamed("operator_key");
const BODY = frames.FRAME_HEADER_SIZE;
const SIGNER = signerFromSeed(new Uint8Array(32).fill(1));

function genesisOf(counts: { operators: number; assets: number; markets: number }): Genesis {
  const random = new Prng(1);
  const entries = (name: string, count: number): Uint8Array[] =>
    Array.from({ length: count }, () => {
      const message = messageNamed(name);
      return commandOf(message, legalValues(message, random));
    });
  return {
    shard: 3,
    directoryOrigin: 3,
    rulesVersion: codes.RULES_VERSION,
    random: random.bytes(16),
    checkpointIntervalUs: 2 ** 40 + 1,
    checkpointCommands: 0xffff_fffe,
    dayStartS: 43_210,
    limits: {
      accountsMax: 11,
      keysMax: 12,
      ordersMax: 13,
      marketsMax: 14,
      assetsMax: 15,
      reportsPerRecordMax: 16,
    },
    checkpointKey: random.bytes(32),
    operators: Array.from({ length: counts.operators }, (_, i) => ({
      publicKey: random.bytes(32),
      scopes: i === 0 ? codes.SCOPES_OPERATOR : codes.SCOPE_CARRY,
    })),
    assets: entries("asset_open", counts.assets),
    markets: entries("market_open", counts.markets),
    venueField: new Uint8Array(32),
  };
}

const SMALL = genesisOf({ operators: 2, assets: 2, markets: 2 });
const LEGAL = encodeGenesis(SMALL, SIGNER.sign);

/** What is said of a genesis after `change`. */
function saidOf(change: (frame: Uint8Array, view: DataView) => void): string {
  const frame = LEGAL.slice();
  change(frame, viewOf(frame));
  const decoded = decodeGenesis(frame);
  return typeof decoded === "string" ? decoded : "accepted";
}

describe("a genesis comes back as it was written", () => {
  test.each([
    { operators: 1, assets: 0, markets: 0 },
    { operators: 2, assets: 2, markets: 2 },
    { operators: 40, assets: 100, markets: 400 },
  ])("%p", (counts) => {
    const genesis = genesisOf(counts);
    expect(decodeGenesis(encodeGenesis(genesis, SIGNER.sign))).toEqual(genesis);
  });

  test("its fixed part lies as the table says", () => {
    const body = LEGAL.subarray(BODY);
    const { limits } = SMALL;
    expect(decodeByTable(GENESIS, body)).toEqual({
      type: 1n,
      layout: 1n,
      rules_version: 1n,
      size: BigInt(LEGAL.length - BODY - 64),
      random: SMALL.random.toHex(),
      checkpoint_interval_us: BigInt(SMALL.checkpointIntervalUs),
      checkpoint_commands: BigInt(SMALL.checkpointCommands),
      accounts_max: BigInt(limits.accountsMax),
      keys_max: BigInt(limits.keysMax),
      orders_max: BigInt(limits.ordersMax),
      markets_max: BigInt(limits.marketsMax),
      assets_max: BigInt(limits.assetsMax),
      reports_per_record_max: BigInt(limits.reportsPerRecordMax),
      operator_count: 2n,
      asset_count: 2n,
      market_count: 2n,
      directory_origin: 3n,
      day_start_s: 43_210n,
      checkpoint_key: SMALL.checkpointKey.toHex(),
    });
    const second = body.subarray(GENESIS.size + OPERATOR.size);
    expect(decodeByTable(OPERATOR, second)).toEqual({
      public_key: SMALL.operators[1]!.publicKey.toHex(),
      scopes: BigInt(codes.SCOPE_CARRY),
    });
  });

  test("operator key 1 has signed it", async () => {
    const { reference } = await openVerifiers();
    const signature = frames.signaturePart(LEGAL);
    expect(reference.verify(frames.signedPart(LEGAL), signature, SIGNER.publicKey)).toBe(true);
  });
});

describe("the venue id", () => {
  test("is the hash of the directory's genesis, signature included", () => {
    expect(venueOf(LEGAL, SMALL)).toEqual(sha256(LEGAL));
    const other = LEGAL.slice();
    other[other.length - 1]! ^= 1;
    expect(venueOf(other, SMALL)).not.toEqual(sha256(LEGAL));
  });

  test("of another shard is what its genesis names", () => {
    const venueField = new Uint8Array(32).fill(9);
    const added = { ...SMALL, shard: 4, venueField };
    const frame = encodeGenesis(added, SIGNER.sign);
    expect(decodeGenesis(frame)).toEqual(added);
    expect(venueOf(frame, added)).toEqual(venueField);
  });
});

describe("a genesis is refused", () => {
  test("cut at any byte, or with one too many", () => {
    for (let size = 0; size < LEGAL.length; size++) {
      expect(decodeGenesis(LEGAL.subarray(0, size))).toBeString();
    }
    expect(decodeGenesis(Uint8Array.of(...LEGAL, 0))).toBe(
      "genesis length and its size field differ",
    );
    expect(decodeGenesis(new Uint8Array(65_505))).toBe("genesis is too large");
    expect(decodeGenesis(LEGAL.subarray(0, 239))).toBe("genesis is cut");
  });

  test.each([
    ["does not begin with CLOB", 0, 0x44, "genesis does not begin with CLOB"],
    ["is of a later version", 4, 2, "genesis has unknown version 2"],
    ["is another kind of frame", 5, 4, "record is not a genesis"],
    ["names an account", 40, 1, "genesis header has a field that no genesis has"],
    ["names another key", 44, 2, "genesis header has a field that no genesis has"],
    ["has another nonce", 48, 2, "genesis header has a field that no genesis has"],
    ["expires", 56, 1, "genesis header has a field that no genesis has"],
    ["holds two commands", 64, 2, "genesis header has a field that no genesis has"],
    ["has a reserved byte in its header", 71, 1, "genesis header has a field that no genesis has"],
    ["has another length", 66, 1, "genesis length and its size field differ"],
    ["is another command", BODY, 2, "genesis command has another type"],
    ["is a draft's", BODY + 1, 0, "genesis has layout 0, this build reads 1"],
    ["is of a later layout", BODY + 1, 2, "genesis has layout 2, this build reads 1"],
    ["has a day of many weeks", BODY + 71, 1, "genesis has a day that begins after its end"],
    ["has no rules", BODY + 2, 0, "genesis names no rules version"],
    ["counts one operator more", BODY + 60, 3, "genesis counts and its length differ"],
    ["counts one asset less", BODY + 62, 1, "genesis counts and its length differ"],
    ["counts one market less", BODY + 64, 1, "genesis counts and its length differ"],
    ["states another size", BODY + 4, 1, "genesis counts and its length differ"],
    ["has a reserved byte at a key", BODY + 143, 1, "reserved bytes of genesis are not zero"],
  ] as const)("when it %s", (_name, at, value, sentence) => {
    expect(saidOf((frame) => (frame[at] = value))).toBe(sentence);
  });

  test("with a limit of zero, or an interval of 2^53", () => {
    const limits = GENESIS.fields.filter(({ name }) => /_max$|^checkpoint_(?:i|c)/.test(name));
    expect(limits.length).toBe(8);
    for (const { at, size } of limits) {
      const said = saidOf((frame) => frame.fill(0, BODY + at, BODY + at + size));
      expect(said).toBe("a limit of genesis is zero or too large");
    }
    const { at } = fieldNamed(GENESIS, "checkpoint_interval_us");
    const said = saidOf((_, view) => writeU64(view, BODY + at, 2 ** 53));
    expect(said).toBe("a limit of genesis is zero or too large");
  });

  test("with a day that begins a day late, not a second earlier", () => {
    const said = (start: number): string =>
      saidOf((_, view) => view.setUint32(BODY + 68, start, true));
    expect([said(0), said(86_399)]).toEqual(["accepted", "accepted"]);
    expect(said(86_400)).toBe("genesis has a day that begins after its end");
  });

  test.each([0, 0xffff])("for shard %p, or with a directory of that number", (id) => {
    expect(saidOf((_, view) => view.setUint16(6, id, true))).toBe("genesis names no shard");
    expect(saidOf((_, view) => view.setUint16(BODY + 66, id, true))).toBe(
      "genesis names no directory",
    );
  });

  test("for its venue: the directory's names none, any other's does", () => {
    expect(saidOf((frame) => (frame[39] = 1))).toBe("the directory's genesis names a venue");
    expect(saidOf((frame) => (frame[6] = 4))).toBe("genesis of an added shard names no venue");
  });

  test("without an operator key", () => {
    const none = encodeGenesis({ ...SMALL, operators: [] }, SIGNER.sign);
    expect(decodeGenesis(none)).toBe("genesis names no operator key");
  });

  test.each([0, 1, 0x80, 0x4000, 0xffff_ffff])("with operator scopes %p", (scopes) => {
    const said = saidOf((_, view) => view.setUint32(BODY + 104 + 40 + 32, scopes, true));
    expect(said).toBe("operator key 2 has a scope that does not exist");
  });

  test("with an entry that is none, or that checkFrame would refuse", () => {
    const assets = BODY + 104 + 2 * 40;
    const markets = assets + 2 * 32;
    const said = (at: number, value: number): string => saidOf((frame) => (frame[at] = value));
    expect(said(assets, 65)).toBe("entry 1 of genesis has another type");
    expect(said(markets + 88, 64)).toBe("entry 2 of genesis has another type");
    expect(said(assets + 32 + 31, 1)).toBe("entry 2 of genesis: a reserved byte is not zero");
    expect(said(assets + 8, 0)).toStartWith("entry 1 of genesis: not 1 to 16 of A-Z");
    expect(said(markets + 1, 9)).toBe("entry 1 of genesis: no such state");
  });

  test("of any bytes, with a sentence and without a throw", () => {
    const random = new Prng(2);
    for (let i = 0; i < 5000; i++) {
      const frame = LEGAL.slice();
      for (let n = random.between(1, 4); n > 0; n--) {
        frame[random.below(frame.length)] = random.below(256);
      }
      const decoded = decodeGenesis(frame);
      if (typeof decoded === "string") expect(decoded.length).toBeGreaterThan(10);
      else expect(encodeGenesis(decoded, () => frames.signaturePart(frame))).toEqual(frame);
    }
  });
});
