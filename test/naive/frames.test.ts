/**
 * The naive engine before any command is applied: what halts, which frames are refused as a whole,
 * nonces, keys. And that a halt leaves everything as it was.
 */
import { describe, expect, test } from "bun:test";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import { NaiveHalt } from "../../src/naive/naive-state.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { encodePack, readRecord, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { LOG_TIME, MARKET, order, SmallShard } from "../support/small-shard.ts";

const CANCEL = encode.encodeCancel(MARKET, 1n);
const TICK = new Uint8Array(0);

/** [code, first, second, number] of each reject. */
function rejects(shard: SmallShard, nonce: number, expiry = 0): number[][] {
  const said = shard.send({ kind: codes.FRAME_TRADER, account: 1, key: 2, nonce, expiry }, [
    CANCEL,
  ]);
  return said.map(({ code, first, second, number }) => [code, first, second, number]);
}

describe("a nonce", () => {
  test("is used up once, and a window of 1,024 below the highest stays open", () => {
    const shard = new SmallShard();
    const unknownOrder = (number: number) => [[codes.REJECT_UNKNOWN_ORDER, 0, 0, number]];
    // key_added and two deposits were reports 1 to 3.
    expect(rejects(shard, 2_000)).toEqual(unknownOrder(4));
    expect(rejects(shard, 2_000)).toEqual([[codes.REJECT_DUPLICATE, 2_000, 2_000, 0]]);
    expect(rejects(shard, 976)).toEqual([[codes.REJECT_NONCE_TOO_OLD, 976, 977, 0]]);
    expect(rejects(shard, 977)).toEqual(unknownOrder(5));
    expect(rejects(shard, 977)).toEqual([[codes.REJECT_DUPLICATE, 977, 2_000, 0]]);
    expect(rejects(shard, 2_001)).toEqual(unknownOrder(6));
    expect(rejects(shard, 977)).toEqual([[codes.REJECT_NONCE_TOO_OLD, 977, 978, 0]]);
    // 3,024 lies where 2,000 lay in the window.
    expect(rejects(shard, 3_025)).toEqual(unknownOrder(7));
    expect(rejects(shard, 3_024)).toEqual(unknownOrder(8));
  });

  test("leaves only its bit in the window when it leaps over all others", () => {
    const [step, leap] = [new SmallShard(), new SmallShard()];
    rejects(step, 1);
    rejects(step, 2);
    rejects(step, 3_000);
    expect([...step.engine.state.keys[1]!.used]).toEqual([3_000]);
    for (const nonce of [3_000, 2_000, 1_998]) rejects(leap, nonce);
    // The same number of reports, another window.
    expect(step.engine.roots().accounts).not.toEqual(leap.engine.roots().accounts);
  });

  test("may not leap over more than 2^20", () => {
    const shard = new SmallShard();
    const most = 2 ** 20;
    expect(rejects(shard, most + 1)).toEqual([[codes.REJECT_NONCE_TOO_FAR, most + 1, most, 0]]);
    expect(rejects(shard, most)).toEqual([[codes.REJECT_UNKNOWN_ORDER, 0, 0, 4]]);
  });

  test("is used up by a frame that expired, which is refused command by command", () => {
    const shard = new SmallShard();
    const late = [[codes.REJECT_FRAME_EXPIRED, LOG_TIME - 1, LOG_TIME, 4]];
    expect(rejects(shard, 1, LOG_TIME - 1)).toEqual(late);
    expect(rejects(shard, 1, 0)).toEqual([[codes.REJECT_DUPLICATE, 1, 1, 0]]);
    expect(rejects(shard, 2, LOG_TIME)).toEqual([[codes.REJECT_UNKNOWN_ORDER, 0, 0, 5]]);
  });
});

describe("a key", () => {
  test("of another account is unknown, and nothing is numbered", () => {
    const shard = new SmallShard();
    const said = shard.send({ kind: codes.FRAME_TRADER, account: 1, key: 3 }, [CANCEL]);
    const { code, account, number, orderKey, orderNonce, reason } = said[0]!;
    expect({ code, account, number, orderKey, orderNonce, reason }).toEqual({
      code: codes.REJECT_UNKNOWN_KEY,
      account: 1,
      number: 0,
      orderKey: 3,
      orderNonce: 1,
      reason: 0,
    });
  });

  test("that an operator revokes tells its account and account 0, and signs nothing more", () => {
    const shard = new SmallShard();
    const said = shard.direct({ account: 0, key: 1 }, encode.encodeKeyRevoke(2));
    expect(said.map(({ kind, account, subject }) => [kind, account, subject])).toEqual([
      [codes.REPORT_KEY_REVOKED, 1, 2],
      [codes.REPORT_KEY_REVOKED, 0, 2],
      [codes.REPORT_OUTBOX, 1, codes.SHARD_ALL],
    ]);
    expect(shard.trade(1, order({}))[0]?.code).toBe(codes.REJECT_KEY_REVOKED);
    const own = shard.direct({ account: 0, key: 1 }, encode.encodeKeyRevoke(1));
    expect(own.map(({ kind, account }) => [kind, account])).toEqual([
      [codes.REPORT_KEY_REVOKED, 0],
      [codes.REPORT_OUTBOX, 0],
    ]);
  });
});

describe("a record halts the shard and changes nothing", () => {
  const cases: Record<string, (shard: SmallShard) => void> = {
    "of another shard": (shard) => void shard.applyFrame(TICK, { shard: 2 }),
    "that goes back in time": (shard) => void shard.applyFrame(TICK, { logTime: LOG_TIME - 1 }),
    "with a second genesis": (shard) => void shard.applyFrame(shard.genesisFrame),
    "whose frame checkFrame refuses": (shard) => void shard.trade(1, order({ quantity: 0 })),
  };
  for (const [name, act] of Object.entries(cases)) {
    test(name, () => {
      const shard = new SmallShard();
      const before = { position: shard.engine.position, roots: shard.engine.roots() };
      expect(() => act(shard)).toThrow(NaiveHalt);
      expect({ position: shard.engine.position, roots: shard.engine.roots() }).toEqual(before);
    });
  }

  test("other than genesis at the beginning", () => {
    const { genesisFrame } = new SmallShard();
    const engine = new NaiveEngine(genesisFrame);
    const header = { shard: 1, rulesVersion: 1, directoryOrigin: 1, logTime: LOG_TIME };
    const bytes = encodePack(header, [TICK]);
    const record = new RecordView();
    expect(readRecord(new DataView(bytes.buffer), 0, record)).toBe("");
    expect(() => engine.apply(new DataView(bytes.buffer), record, new ReportBatch())).toThrow(
      NaiveHalt,
    );
  });

  test("and a genesis that opens a market of an unknown asset begins none", () => {
    expect(() => new SmallShard({ base: 77 })).toThrow(NaiveHalt);
  });
});
