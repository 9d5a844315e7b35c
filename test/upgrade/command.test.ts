/** What an Upgrade command answers, by the engine that is the judge; the other one is held to it. */
import { describe, expect, test } from "bun:test";
import { REJECT_UPGRADE_PENDING, REJECT_UPGRADE_POSITION } from "../../src/protocol/codes.ts";
import * as codes from "../../src/protocol/codes.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { RULES } from "../../src/engine/rules.ts";
import { NAIVE_RULES } from "../../src/naive/naive-rules.ts";
import { checkFrame } from "../../src/protocol/check-frame.ts";
import { encodeAccountState } from "../../src/protocol/commands.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { encodeUpgrade } from "../../src/protocol/governing.ts";
import { SmallShard } from "../support/small-shard.ts";

function answers(shard: SmallShard, version: number, from: number): number[] {
  const [report] = shard.operate(encodeUpgrade({ version, from }));
  const { kind, code, subject, first, second } = report!;
  return [kind, code, subject, first, second];
}

describe("an upgrade", () => {
  test("names a later version and a position behind its own, not too far off", () => {
    const shard = new SmallShard();
    const own = (): number => shard.engine.position + 1;
    const { REPORT_REJECTED: no } = codes;
    const most = codes.UPGRADE_AHEAD_MAX;
    expect(answers(shard, 1, 100)).toEqual([no, codes.REJECT_UPGRADE_VERSION, 1, 1, 1]);
    let at = own();
    expect(answers(shard, 2, at)).toEqual([no, REJECT_UPGRADE_POSITION, 2, at, at + 1]);
    at = own();
    const far = at + most + 1;
    expect(answers(shard, 2, far)).toEqual([no, REJECT_UPGRADE_POSITION, 2, far, at + most]);
    at = own();
    expect(answers(shard, 2, at + most)).toEqual([codes.REPORT_UPGRADE_SET, 0, 2, at + most, 1]);
    expect(answers(shard, 3, own() + 1)).toEqual([no, REJECT_UPGRADE_PENDING, 3, 2, at + most]);
  });

  test("that names what is in force says so again, and nothing comes of it", () => {
    const shard = new SmallShard();
    const { state } = shard.engine;
    const { REPORT_REJECTED: no, REPORT_UPGRADE_SET: yes } = codes;
    state.governing = { current: { version: 1, from: 2 }, next: { version: 3, from: 900 } };
    expect(answers(shard, 1, 2)).toEqual([yes, 0, 1, 2, 1]);
    expect(answers(shard, 1, 3)).toEqual([no, REJECT_UPGRADE_PENDING, 1, 3, 900]);
    expect(state.governing.next).toEqual({ version: 3, from: 900 });
    // What genesis names was never said by an Upgrade.
    state.governing = { current: { version: 1, from: 1 }, next: null };
    expect(answers(shard, 1, 1)).toEqual([no, codes.REJECT_UPGRADE_VERSION, 1, 1, 1]);
  });

  test("needs the scope rules", () => {
    const shard = new SmallShard();
    const scopes = codes.SCOPES_OPERATOR & ~codes.SCOPE_RULES;
    Object.assign(shard.engine.state.keys[0]!, { scopes });
    expect(answers(shard, 2, 100)).toEqual([
      codes.REPORT_REJECTED,
      codes.REJECT_KEY_SCOPE,
      2,
      scopes,
      codes.SCOPE_RULES,
    ]);
  });

  test("travels alone in its frame", () => {
    const venue = new Uint8Array(32);
    const header = { kind: codes.FRAME_OPERATOR, shard: 1, venue, account: 0, key: 1 };
    const upgrade = encodeUpgrade({ version: 2, from: 9 });
    const check = (...commands: Uint8Array[]): number =>
      checkFrame(encodeFrame({ ...header, nonce: 1, expiry: 0 }, commands), {
        venue,
        shard: 1,
        directoryOrigin: 1,
      });
    expect(check(upgrade)).toBe(codes.ACCEPTED);
    expect(check(upgrade, upgrade)).toBe(codes.REJECT_NOT_ALONE);
    expect(check(encodeAccountState(1, 1), upgrade)).toBe(codes.REJECT_NOT_ALONE);
  });
});

test("released versions: the same in both engines, up to the one of a new genesis", () => {
  const versions = Array.from({ length: codes.RULES_VERSION }, (_, i) => i + 1);
  expect([...RULES.keys()]).toEqual(versions);
  expect([...NAIVE_RULES.keys()]).toEqual(versions);
});

test("a shard whose genesis names rules that nobody knows does not begin", () => {
  const { genesisFrame } = new SmallShard();
  const later = genesisFrame.slice();
  later[74] = 9;
  expect(() => new Engine(later, { levels: createLevels, roots: false })).toThrow(
    "rules version 9 governs from position 1, and this build knows 1",
  );
});
