/**
 * Clear, the operator's command that lifts a halt (RULES 7): both engines hold it against position
 * and report chain, and it changes nothing but the nonce and a report number.
 */
import { describe, expect, test } from "bun:test";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import { type Clear, encodeClear, readClear, reasonHash } from "../../src/protocol/clear.ts";
import * as codes from "../../src/protocol/codes.ts";
import { ReportChain } from "../../src/protocol/execution.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { decodeGenesis, encodeGenesis, venueOf } from "../../src/protocol/genesis.ts";
import { encodePack, readRecord, RecordView } from "../../src/protocol/record.ts";
import { readReport, type Report, REPORT_SIZE, ReportBatch } from "../../src/protocol/report.ts";
import { GENESIS } from "../vectors/protocol-story.ts";

const GENESIS_FRAME = encodeGenesis(
  {
    ...GENESIS,
    operators: [
      ...GENESIS.operators,
      { publicKey: new Uint8Array(32).fill(7), scopes: codes.SCOPE_CUSTODY },
    ],
  },
  () => new Uint8Array(64),
);
const genesis = decodeGenesis(GENESIS_FRAME);
if (typeof genesis === "string") throw new Error(genesis);
const VENUE = venueOf(GENESIS_FRAME, genesis);
const { shard, rulesVersion, directoryOrigin } = genesis;

const ENGINES = {
  fast: () => new Engine(GENESIS_FRAME, { levels: createLevels, roots: true }),
  naive: () => new NaiveEngine(GENESIS_FRAME),
};

/** A shard behind its genesis and one tick. */
class Stand {
  readonly chain = new ReportChain();
  private readonly engine: Engine | NaiveEngine;
  private nonce = 0;

  constructor(make: () => Engine | NaiveEngine) {
    this.engine = make();
    this.engine.followChain(this.chain);
    this.apply(GENESIS_FRAME);
    this.apply(new Uint8Array(0));
  }

  apply(frame: Uint8Array): Report[] {
    const header = { shard, rulesVersion, directoryOrigin, logTime: 2 ** 51 };
    const bytes = encodePack(header, [frame]);
    const view = new DataView(bytes.buffer);
    const record = new RecordView();
    if (readRecord(view, 0, record) !== "") throw new Error("a record is whole");
    const reports = new ReportBatch();
    this.engine.apply(view, record, reports);
    this.chain.step(reports.slice(0));
    return Array.from({ length: reports.count }, (_, i) =>
      readReport(reports.view, i * REPORT_SIZE),
    );
  }

  clear(
    change: Partial<Clear> = {},
    key = 1,
  ): Pick<Report, "kind" | "code" | "first" | "second">[] {
    const right = {
      position: this.engine.position,
      chain: this.chain.value,
      reason: reasonHash("x"),
    };
    const header = { kind: codes.FRAME_OPERATOR, shard, venue: VENUE, account: 0, key, expiry: 0 };
    const frame = encodeFrame({ ...header, nonce: ++this.nonce }, [
      encodeClear({ ...right, ...change }),
    ]);
    const said = this.apply(frame);
    return said.map(({ kind, code, first, second }) => ({ kind, code, first, second }));
  }

  roots(): string {
    const { markets, books, totals } = this.engine.roots();
    return [markets, books, totals].map((root) => root.toHex()).join(" ");
  }
}

const refused = (code: number, first = 0, second = 0) => [
  { kind: codes.REPORT_REJECTED, code, first, second },
];

describe.each(Object.entries(ENGINES))("%s engine", (_name, make) => {
  test("a clear that names the record before it and its chain is taken, again and again", () => {
    const stand = new Stand(make);
    const before = stand.roots();
    const taken = (first: number) => [{ kind: codes.REPORT_CLEARED, code: 0, first, second: 0 }];
    expect([stand.clear(), stand.clear()]).toEqual([taken(2), taken(3)]);
    expect(stand.roots()).toBe(before);
  });

  test("one of another position is refused, with both", () => {
    const stand = new Stand(make);
    expect(stand.clear({ position: 1 })).toEqual(refused(codes.REJECT_CLEAR_POSITION, 1, 2));
    expect(stand.clear({ position: 4 })).toEqual(refused(codes.REJECT_CLEAR_POSITION, 4, 3));
  });

  test("one of another chain is refused, whichever byte differs", () => {
    for (const at of [0, 17, 31]) {
      const stand = new Stand(make);
      const chain = stand.chain.value.slice();
      chain[at]! ^= 1;
      expect(stand.clear({ chain })).toEqual(refused(codes.REJECT_CLEAR_CHAIN));
    }
  });

  test("a key without the scope is told so first", () => {
    const stand = new Stand(make);
    const said = refused(codes.REJECT_KEY_SCOPE, codes.SCOPE_CUSTODY, codes.SCOPE_HALT);
    expect(stand.clear({ position: 9 }, 2)).toEqual(said);
  });
});

test("what is read from a frame is what was written; of other frames nothing is read", () => {
  const clear = { position: 7, chain: reasonHash("a"), reason: reasonHash("b") };
  const header = { shard, venue: VENUE, account: 0, key: 1, nonce: 1, expiry: 0 };
  const frameOf = (kind: number, command: Uint8Array): Uint8Array =>
    encodeFrame({ ...header, kind }, [command]);
  const command = encodeClear(clear);
  expect(readClear(frameOf(codes.FRAME_OPERATOR, command))).toEqual(clear);
  expect(readClear(frameOf(codes.FRAME_TRADER, command))).toBeNull();
  expect(readClear(frameOf(codes.FRAME_OPERATOR, command.with(0, codes.COMMAND_CARRY)))).toBeNull();
  expect(readClear(frameOf(codes.FRAME_OPERATOR, command.slice(0, 72)))).toBeNull();
});
