/**
 * Cascades of stops that find no room in the naive engine, by hand from RULES.md sections 9 and 10:
 * what is left goes on at the beginning of the next record, and what waits for it.
 */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { MARKET, order, SmallShard } from "../support/small-shard.ts";
import { line } from "./report-line.ts";

const STOP_SELL = { side: codes.SIDE_SELL, type: codes.TYPE_STOP };

/** Eight stops, of which a record with a trade has room for three; two reports each. */
function cutOff(): SmallShard {
  const fees = { makerFeePpm: 0, takerFeePpm: 0 };
  const shard = new SmallShard({ traders: 3, reportsPerRecordMax: 12, ...fees });
  for (let id = 1n; id <= 8n; id++) {
    shard.trade(2, order({ ...STOP_SELL, clientOrderId: id, stopPrice: 100 }));
  }
  shard.trade(1, order({ side: codes.SIDE_SELL, clientOrderId: 900n }));
  expect(shard.trade(3, order({ clientOrderId: 901n }))).toHaveLength(9);
  return shard;
}

function waitingIds(shard: SmallShard): bigint[] {
  const waiting = shard.engine.openOrders().filter(({ waits }) => waits);
  return waiting.map(({ clientOrderId }) => clientOrderId);
}

describe("a cascade that finds no room, with twelve reports per record", () => {
  test("goes on at the beginning of the next record, in half of its room", () => {
    const shard = cutOff();
    expect(waitingIds(shard)).toEqual([4n, 5n, 6n, 7n, 8n]);
    const said = shard.tick();
    expect(said.map(line)).toEqual([
      "2 triggered 0 #4 0@100 0+1 (100, 100)",
      "2 canceled 3 #4 1@100 0+0 (10, 0)",
      "2 triggered 0 #5 0@100 0+1 (100, 100)",
      "2 canceled 3 #5 1@100 0+0 (10, 0)",
    ]);
    expect(said.map(({ tag, index }) => [tag, index])).toEqual(
      said.map(() => ["0000000000000000", codes.INDEX_DUE]),
    );
    // With a window left the market takes no order, but cancels; the seventh stop is gone then.
    const next = shard.trade(3, order({}), encode.encodeReplace(MARKET, 1n, 1, 1));
    expect(next.map(line).slice(4)).toEqual([
      "3 rejected catching_up #1 1@100 0+0 (0, 0)",
      "3 rejected catching_up #1 1@1 0+0 (0, 0)",
    ]);
    const last = shard.trade(2, encode.encodeCancel(MARKET, 8n));
    expect(last.map(({ kind, index }) => [kind, index])).toEqual([
      [codes.REPORT_TRIGGERED, codes.INDEX_DUE],
      [codes.REPORT_CANCELED, codes.INDEX_DUE],
      [codes.REPORT_REJECTED, 0],
    ]);
    expect(shard.trade(3, order({})).map(line)).toEqual(["3 accepted 0 #1 0@100 0+1 (100, 0)"]);
  });

  test("stays while the market is not open, and goes on when it is", () => {
    const shard = cutOff();
    // The tick's worth of room is used before the operator is heard.
    const halt = encode.encodeMarketState(MARKET, codes.STATE_POST_ONLY);
    expect(shard.operate(halt)).toHaveLength(5);
    expect(shard.tick()).toEqual([]);
    const postOnly = shard.trade(3, order({ postOnly: codes.POST_ONLY_REJECT }));
    expect(postOnly.map(({ code }) => code)).toEqual([codes.REJECT_CATCHING_UP]);
    shard.operate(encode.encodeMarketState(MARKET, codes.STATE_OPEN));
    expect(waitingIds(shard)).toEqual([6n, 7n, 8n]);
    shard.tick();
    expect(waitingIds(shard)).toEqual([8n]);
  });

  test("is over when nothing is left that it reaches, whoever took it away", () => {
    const shard = cutOff();
    shard.tick();
    const cancels = [6n, 7n, 8n].map((id) => encode.encodeCancel(MARKET, id));
    // Two go before the frame is looked at.
    expect(shard.trade(2, ...cancels).map(({ code }) => code)).toEqual([
      0,
      0,
      0,
      0,
      codes.REJECT_UNKNOWN_ORDER,
      codes.REJECT_UNKNOWN_ORDER,
      0,
    ]);
    expect(shard.engine.state.markets.get(MARKET)!.high).toBe(100);
    shard.tick();
    expect(shard.engine.state.markets.get(MARKET)!.high).toBe(0);
  });
});
