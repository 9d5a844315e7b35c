/** Records without successor state: the engine halts and says why and where. */
import { describe, expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import { Engine, Halt } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as command from "../../src/protocol/commands.ts";
import { encodeFrame, type FrameHeader } from "../../src/protocol/frame.ts";
import { encodeGenesis, type Genesis } from "../../src/protocol/genesis.ts";
import {
  encodePack,
  readRecord,
  type RecordHeader,
  RecordView,
} from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { PLAIN_MARKET } from "../spec/stage-genesis.ts";

const OPTIONS = { levels: createLevels, roots: true };
const HEADER: RecordHeader = { shard: 1, rulesVersion: 1, directoryOrigin: 1, logTime: 50 };
const GENESIS: Genesis = {
  shard: 1,
  directoryOrigin: 1,
  rulesVersion: 1,
  random: new Uint8Array(16),
  checkpointIntervalUs: 1,
  checkpointCommands: 1,
  dayStartS: 0,
  limits: {
    accountsMax: 2,
    keysMax: 4,
    ordersMax: 8,
    marketsMax: 2,
    assetsMax: 2,
    reportsPerRecordMax: 100,
  },
  checkpointKey: new Uint8Array(32),
  operators: [{ publicKey: new Uint8Array(32).fill(1), scopes: codes.SCOPES_OPERATOR }],
  assets: [command.encodeAssetOpen(1, 2, "USD"), command.encodeAssetOpen(2, 8, "BTC")],
  markets: [command.encodeMarketOpen(PLAIN_MARKET)],
  venueField: new Uint8Array(32),
};

function frameOf(changes: Partial<Genesis>): Uint8Array {
  return encodeGenesis({ ...GENESIS, ...changes }, () => new Uint8Array(64));
}

const GENESIS_FRAME = frameOf({});
const VENUE = sha256(GENESIS_FRAME);
const NO_FRAME = new Uint8Array(0);

/** Applies a record; "" or the halt's message. */
function answer(engine: Engine, frame: Uint8Array, changes: Partial<RecordHeader> = {}): string {
  const view = viewOf(encodePack({ ...HEADER, ...changes }, [frame]));
  const record = new RecordView();
  expect(readRecord(view, 0, record)).toBe("");
  try {
    engine.apply(view, record, new ReportBatch());
    return "";
  } catch (error) {
    if (error instanceof Halt) return error.message;
    throw error;
  }
}

/** What the second record gives after a good genesis. */
function second(frame: Uint8Array, changes: Partial<RecordHeader> = {}): string {
  const engine = new Engine(GENESIS_FRAME, OPTIONS);
  expect(answer(engine, GENESIS_FRAME)).toBe("");
  return answer(engine, frame, changes);
}

/** What record 1 gives for such a genesis. */
function first(changes: Partial<Genesis>): string {
  try {
    const frame = frameOf(changes);
    return answer(new Engine(frame, OPTIONS), frame);
  } catch (error) {
    if (error instanceof Halt) return error.message;
    throw error;
  }
}

function operatorFrame(changes: Partial<FrameHeader>): Uint8Array {
  const header = {
    kind: codes.FRAME_OPERATOR,
    shard: 1,
    venue: VENUE,
    account: 0,
    key: 1,
    nonce: 1,
    expiry: 0,
  };
  return encodeFrame({ ...header, ...changes }, [command.encodeAccountState(1, 1)]);
}

describe("halt", () => {
  test("record 1 is this shard's genesis, and no other record is one", () => {
    const fresh = (): Engine => new Engine(GENESIS_FRAME, OPTIONS);
    expect([
      answer(fresh(), NO_FRAME),
      answer(fresh(), operatorFrame({})),
      answer(fresh(), frameOf({ random: new Uint8Array(16).fill(1) })),
      second(GENESIS_FRAME),
    ]).toEqual([
      "record 1 has no successor state: the first record is a tick",
      "record 1 has no successor state: it is not this shard's genesis",
      "record 1 has no successor state: it is not this shard's genesis",
      "record 2 has no successor state: its frame: no such kind of frame here",
    ]);
  });

  test("a record is of this shard, its rules and its directory, and time does not go back", () => {
    expect([
      second(NO_FRAME),
      second(NO_FRAME, { shard: 2 }),
      second(NO_FRAME, { rulesVersion: 2 }),
      second(NO_FRAME, { directoryOrigin: 2 }),
      second(NO_FRAME, { logTime: 49 }),
      second(NO_FRAME, { logTime: 2 ** 53 }),
      second(NO_FRAME, { logTime: 2 ** 53 - 1 }),
    ]).toEqual([
      "",
      "record 2 has no successor state: it is of shard 2",
      "record 2 has no successor state: it names rules version 2",
      "record 2 has no successor state: it names directory origin 2",
      "record 2 has no successor state: its log time goes back",
      "record 2 has no successor state: its log time is not below 2^53",
      "",
    ]);
  });

  test("a frame passes checkFrame", () => {
    const bad = operatorFrame({});
    bad[68] = 1;
    expect([
      second(operatorFrame({})),
      second(operatorFrame({ shard: 2 })),
      second(operatorFrame({ venue: new Uint8Array(32) })),
      second(bad),
      second(GENESIS_FRAME.subarray(0, 100)),
    ]).toEqual([
      "",
      "record 2 has no successor state: its frame: the frame is signed for another shard",
      "record 2 has no successor state: its frame: the frame is signed for another venue",
      "record 2 has no successor state: its frame: a reserved byte is not zero",
      "record 2 has no successor state: its frame: the frame's length is not legal",
    ]);
  });

  test("a genesis that the rules would refuse begins no shard", () => {
    const [key] = GENESIS.operators;
    const other = { ...key!, publicKey: new Uint8Array(32).fill(2) };
    const [usd, btc] = GENESIS.assets;
    const [market] = GENESIS.markets;
    const limits = GENESIS.limits;
    const range = command.encodeMarketOpen({ ...PLAIN_MARKET, count: 3 });
    expect([
      first({}),
      first({ operators: [key!, key!] }),
      first({ operators: [key!, other], limits: { ...limits, keysMax: 1 } }),
      first({ assets: [usd!, usd!] }),
      first({ limits: { ...limits, assetsMax: 1 } }),
      first({ assets: [btc!] }),
      first({ markets: [market!, market!] }),
      first({ markets: [range] }),
      first({ limits: { ...limits, ordersMax: 2 ** 24 } }),
    ]).toEqual([
      "",
      "record 1 has no successor state: genesis names a public key twice",
      "record 1 has no successor state: genesis names more operator keys than keys_max",
      "record 1 has no successor state: an asset of genesis: the asset id is taken",
      "record 1 has no successor state: an asset of genesis: no asset slot is left",
      "record 1 has no successor state: a market of genesis: no such asset",
      "record 1 has no successor state: a market of genesis: the market id is taken",
      "record 1 has no successor state: a market of genesis: no market slot is left",
      "record 1 has no successor state: orders_max of genesis is 16777216, above 16777214",
    ]);
  });
});
