/**
 * Disconnect frames in the naive engine, by hand from RULES.md 2.5: a mass cancel that names a
 * logon and works once.
 */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { order, SmallShard } from "../support/small-shard.ts";

const MASS_CANCEL = encode.encodeMassCancel(0, 0);
const DISCONNECT = { kind: codes.FRAME_DISCONNECT, account: 1, key: 2 };

function logOn(shard: SmallShard, nonce: number): void {
  const logon = encode.encodeLogon(0, new Uint8Array(32));
  shard.send({ kind: codes.FRAME_LOGON, account: 1, key: 2, nonce }, [logon]);
}

/** [kind, code, first, second, number] of what a disconnect frame with this nonce leads to. */
function disconnect(shard: SmallShard, nonce: number, expiry = 0): number[][] {
  return shard
    .send({ ...DISCONNECT, nonce, expiry }, [MASS_CANCEL])
    .map(({ kind, code, first, second, number }) => [kind, code, first, second, number]);
}

describe("a disconnect frame", () => {
  test("cancels once, under the nonce of the key's logon, which it does not use up again", () => {
    const shard = new SmallShard();
    logOn(shard, 7);
    shard.send({ kind: codes.FRAME_TRADER, account: 1, key: 2, nonce: 8 }, [order({})]);
    const said = disconnect(shard, 7);
    expect(said.map(([kind]) => kind)).toEqual([codes.REPORT_CANCELED, codes.REPORT_MASS_CANCELED]);
    expect(disconnect(shard, 7)).toEqual([
      [codes.REPORT_REJECTED, codes.REJECT_LOGON_GONE, 7, 0, 0],
    ]);
    expect([...shard.engine.state.keys[1]!.used]).toEqual([7, 8]);
  });

  test("is gone with the next logon, and changes nothing then", () => {
    const shard = new SmallShard();
    logOn(shard, 7);
    logOn(shard, 9);
    const roots = shard.engine.roots();
    expect(disconnect(shard, 7)).toEqual([
      [codes.REPORT_REJECTED, codes.REJECT_LOGON_GONE, 7, 9, 0],
    ]);
    expect(shard.engine.roots()).toEqual(roots);
    expect(disconnect(shard, 9)).toHaveLength(1);
    expect(shard.engine.state.keys[1]!.logon).toBe(0);
  });

  test("that is refused as a whole has worked all the same", () => {
    const shard = new SmallShard();
    logOn(shard, 7);
    const late = disconnect(shard, 7, shard.time - 1);
    expect(late.map(([, code]) => code)).toEqual([codes.REJECT_FRAME_EXPIRED]);
    expect(disconnect(shard, 7).map(([, code]) => code)).toEqual([codes.REJECT_LOGON_GONE]);
  });
});
