/**
 * Every bad frame over a real connection: it gets its code, the connection stays up, nobody else
 * hears of it, and the log is as it was.
 */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import { rejectCode } from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { allFaultyFrames } from "../protocol/faults.ts";
import { legalFrames } from "../protocol/samples.ts";
import { Prng } from "../../src/base/prng.ts";
import { order } from "../support/small-shard.ts";
import { ALICE, BOB, OPERATOR, signerOf, Stand, tagOf, until, type Who } from "./stand.ts";
import type { Wire } from "./wire.ts";

/** The name of the code that this frame is refused with, at once. */
async function refusal(wire: Wire, frame: Uint8Array): Promise<string> {
  wire.send(frame);
  const refused = await wire.refused();
  expect(refused.tag.toHex()).toBe(tagOf(frame));
  return rejectCode(refused.code).name;
}

/** The first reject that the engine reports for this frame. */
async function reject(wire: Wire, frame: Uint8Array) {
  wire.send(frame);
  const tag = tagOf(frame);
  const report = await wire.report((one) => one.tag === tag && one.kind === codes.REPORT_REJECTED);
  const { code, number, first, second } = report;
  return { name: rejectCode(code).name, number, stated: first, limit: second };
}

describe("what ingress refuses from the bytes alone", () => {
  test("every fault of every message has its code, and nothing else happens", async () => {
    await using stand = await Stand.start();
    const wire = await stand.logOn(ALICE);
    const other = await stand.logOn(BOB);
    const before = { tip: stand.tip, heard: other.packets.length };
    const faults = allFaultyFrames({ venue: stand.venue, shard: 1, directoryOrigin: 1 });
    wire.send(...faults.map(({ frame }) => frame));
    for (const { name, code, frame } of faults) {
      const refused = await wire.refused();
      const said = rejectCode(refused.code).name;
      expect([name, said, refused.tag.toHex()]).toEqual([
        name,
        rejectCode(code).name,
        tagOf(frame),
      ]);
    }
    expect({ tip: stand.tip, heard: other.packets.length }).toEqual(before);
    expect([stand.door.counts.refused, faults.length > 250]).toEqual([faults.length, true]);
    const placed = stand.order(ALICE);
    wire.send(placed);
    expect(await wire.report(({ tag }) => tag === tagOf(placed))).toMatchObject({
      kind: codes.REPORT_ACCEPTED,
    });
    expect(stand.tip).toBe(before.tip + 1);
  });

  test("a refusal names the frame as far as it can be read", async () => {
    await using stand = await Stand.start();
    const wire = await stand.open();
    const frame = stand.order(ALICE);
    frame[4] = 9;
    wire.send(frame, frame.subarray(0, 71));
    const { account, key, nonce } = await wire.refused();
    expect({ account, key, nonce }).toEqual({ ...ALICE, nonce: 1 });
    const cut = await wire.refused();
    expect([cut.account, cut.key, cut.nonce]).toEqual([0, 0, 0]);
  });

  test("a signature counts in every byte, and so does every byte it covers", async () => {
    await using stand = await Stand.start();
    const wire = await stand.logOn(ALICE);
    const before = stand.tip;
    const frame = stand.order(ALICE);
    for (let i = 0; i < 64; i++) {
      const wrong = frame.slice();
      wrong[frame.length - 64 + i]! ^= 1;
      expect(await refusal(wire, wrong)).toBe("signature");
    }
    for (const at of [49, 60, 72 + 5, 72 + 9, 72 + 17, 72 + 21]) {
      const wrong = frame.slice();
      wrong[at]! ^= 1;
      expect([at, await refusal(wire, wrong)]).toEqual([at, "signature"]);
    }
    const forged = stand.sign(codes.FRAME_TRADER, ALICE, [order({})], { signer: signerOf(3) });
    expect(await refusal(wire, forged)).toBe("signature");
    expect(stand.tip).toBe(before);
    wire.send(frame);
    await wire.report(({ tag, kind }) => tag === tagOf(frame) && kind === codes.REPORT_ACCEPTED);
  });

  test("a key that is not the account's is unknown", async () => {
    await using stand = await Stand.start();
    const wire = await stand.logOn(ALICE, BOB);
    const before = stand.tip;
    const pairs: readonly Who[] = [
      { account: 1, key: 99 },
      { account: 1, key: 3 },
      { account: 99, key: 2 },
      { account: 2, key: 1 },
    ];
    for (const who of pairs) {
      const signer = signerOf(who.key);
      const frame = stand.sign(codes.FRAME_TRADER, who, [order({})], { signer });
      expect(await refusal(wire, frame)).toBe("unknown_key");
    }
    expect(stand.tip).toBe(before);
  });

  test("another venue or shard is refused before the signature is looked at", async () => {
    await using stand = await Stand.start();
    const wire = await stand.open();
    for (const frame of legalFrames(new Prng(1), {
      venue: new Uint8Array(32),
      shard: 1,
      directoryOrigin: 1,
    })) {
      expect(await refusal(wire, frame)).toBe("venue");
    }
    const shards = legalFrames(new Prng(1), { venue: stand.venue, shard: 2, directoryOrigin: 1 });
    const names = [];
    for (const frame of shards) names.push(await refusal(wire, frame));
    // Directory frames name no shard of their own.
    expect(names.filter((name) => name === "shard").length).toBe(shards.length - 3);
  });
});

describe("what the engine refuses comes back as a report", () => {
  test("duplicate, too old, too far: nothing changes, no number", async () => {
    await using stand = await Stand.start();
    const wire = await stand.logOn(ALICE);
    const other = await stand.logOn(ALICE);
    const at = (nonce: number): Uint8Array =>
      stand.sign(codes.FRAME_TRADER, ALICE, [order({ clientOrderId: BigInt(nonce) })], { nonce });
    const frame = at(5000);
    wire.send(frame);
    await wire.report(({ tag }) => tag === tagOf(frame));
    expect(await reject(wire, frame)).toEqual({
      name: "duplicate",
      number: 0,
      stated: 5000,
      limit: 5000,
    });
    expect(await reject(wire, at(3976))).toEqual({
      name: "nonce_too_old",
      number: 0,
      stated: 3976,
      limit: 3977,
    });
    expect(await reject(wire, at(5001 + 2 ** 20))).toEqual({
      name: "nonce_too_far",
      number: 0,
      stated: 5001 + 2 ** 20,
      limit: 5000 + 2 ** 20,
    });
    // Only who sent them hears of them.
    expect(other.reports.filter(({ number }) => number === 0)).toEqual([]);
    const next = at(3977);
    wire.send(next);
    await wire.report(({ tag, kind }) => tag === tagOf(next) && kind === codes.REPORT_ACCEPTED);
  });

  test("an expired frame, key and scope; a revoked key; a suspended account", async () => {
    await using stand = await Stand.start();
    const wire = await stand.logOn(ALICE);
    const keyAdd = (key: number, scopes: number, expiry: number): Uint8Array => {
      const { publicKey } = signerOf(key);
      const type = codes.COMMAND_KEY_ADD;
      return stand.direct(ALICE, encode.encodeKey(type, publicKey, scopes, expiry));
    };
    const added = async (frame: Uint8Array): Promise<void> => {
      wire.send(frame);
      await wire.report(({ tag }) => tag === tagOf(frame));
    };
    const expired = stand.sign(codes.FRAME_TRADER, ALICE, [order({})], { expiry: 1 });
    expect(await reject(wire, expired)).toMatchObject({ name: "frame_expired", stated: 1 });
    await added(keyAdd(4, codes.SCOPE_TRADE, 1));
    const lateKey = stand.sign(codes.FRAME_TRADER, { account: 1, key: 4 }, [order({})]);
    expect(await reject(wire, lateKey)).toMatchObject({ name: "key_expired", stated: 1 });
    await added(keyAdd(5, codes.SCOPE_CANCEL, 0));
    const scope = stand.sign(codes.FRAME_TRADER, { account: 1, key: 5 }, [order({})]);
    expect(await reject(wire, scope)).toMatchObject({
      name: "key_scope",
      stated: codes.SCOPE_CANCEL,
      limit: codes.SCOPE_TRADE,
    });
    await added(stand.direct(ALICE, encode.encodeKeyRevoke(5)));
    const revoked = stand.sign(codes.FRAME_TRADER, { account: 1, key: 5 }, [order({})]);
    expect(await reject(wire, revoked)).toMatchObject({ name: "key_revoked" });
    await added(stand.operate(encode.encodeAccountState(ALICE.account, 1)));
    expect(await reject(wire, stand.order(ALICE))).toMatchObject({ name: "account_suspended" });
  });

  test("the directory: key taken, no account or key left, no such key", async () => {
    await using stand = await Stand.start({ genesis: { accountsMax: 2, keysMax: 4 } });
    const wire = await stand.open();
    const open = (key: number): Uint8Array => {
      const type = codes.COMMAND_ACCOUNT_OPEN;
      const command = encode.encodeKey(type, signerOf(key).publicKey, codes.SCOPES_TRADER, 0);
      return stand.direct(OPERATOR, command);
    };
    const add = (key: number): Uint8Array => {
      const { publicKey } = signerOf(key);
      const type = codes.COMMAND_KEY_ADD;
      return stand.direct(ALICE, encode.encodeKey(type, publicKey, codes.SCOPE_TRADE, 0));
    };
    expect(await reject(wire, open(2))).toMatchObject({ name: "public_key_taken" });
    expect(await reject(wire, open(7))).toMatchObject({
      name: "accounts_full",
      stated: 2,
      limit: 2,
    });
    wire.send(add(8));
    await wire.report(({ kind }) => kind === codes.REPORT_KEY_ADDED);
    expect(await reject(wire, add(9))).toMatchObject({ name: "keys_full", stated: 4, limit: 4 });
    const revoke = stand.direct(ALICE, encode.encodeKeyRevoke(3));
    expect(await reject(wire, revoke)).toMatchObject({ name: "unknown_target", stated: 3 });
  });
});

describe("what depends on the connection", () => {
  test("orders before a logon, and a logon with another connection's challenge", async () => {
    await using stand = await Stand.start();
    const first = await stand.open();
    const second = await stand.open();
    const before = stand.tip;
    expect(await refusal(first, stand.order(ALICE))).toBe("not_logged_on");
    const logon = await stand.logonFrame(second, ALICE, 0);
    expect(await refusal(first, logon)).toBe("challenge");
    expect(stand.tip).toBe(before);
    second.send(logon);
    await second.report(({ kind }) => kind === codes.REPORT_LOGGED_ON);
    expect(await refusal(second, stand.order(BOB))).toBe("not_logged_on");
    expect(await refusal(first, stand.order(ALICE))).toBe("not_logged_on");
  });

  test("more accounts than a connection carries", async () => {
    await using stand = await Stand.start({ entry: { accountsPerConnectionMax: 1 } });
    const wire = await stand.logOn(ALICE);
    expect(await refusal(wire, await stand.logonFrame(wire, BOB, 0))).toBe("connections_max");
    const again = await stand.logonFrame(wire, ALICE, 0);
    wire.send(again);
    await wire.report(({ tag }) => tag === tagOf(again));
  });

  test("a full queue: refused, and taken again once there is room", async () => {
    await using stand = await Stand.start({ door: { appendQueueBytesMax: 2000 } });
    const wire = await stand.logOn(ALICE);
    const gate = Promise.withResolvers<"ok">();
    stand.store.fate = (role) => (role === "in" ? gate.promise : "ok");
    const frames = Array.from({ length: 30 }, () => stand.order(ALICE));
    wire.send(...frames);
    const refused = await wire.refused();
    expect(rejectCode(refused.code)).toMatchObject({ name: "overloaded", retry: true });
    expect(stand.door.queue.bytes).toBeLessThanOrEqual(2000);
    stand.store.fate = () => "ok";
    gate.resolve("ok");
    const late = frames.find((frame) => tagOf(frame) === refused.tag.toHex())!;
    await until(() => stand.door.queue.bytes === 0);
    wire.send(late);
    await wire.report(({ tag, kind }) => tag === tagOf(late) && kind === codes.REPORT_ACCEPTED);
  });

  test("too many bad frames end the connection within a second, not spread out", async () => {
    await using stand = await Stand.start({ entry: { badFramesPerSecondMax: 3 } });
    const wire = await stand.logOn(ALICE);
    const other = await stand.open();
    const bad = new Uint8Array(10);
    for (let second = 0; second < 3; second++) {
      for (let i = 0; i < 3; i++) expect(await refusal(wire, bad)).toBe("frame_size");
      stand.ahead += 1000;
    }
    for (let i = 0; i < 3; i++) expect(await refusal(wire, bad)).toBe("frame_size");
    expect(await refusal(wire, bad)).toBe("rate");
    await wire.closed;
    expect(await refusal(other, bad)).toBe("frame_size");
  });

  test("a frame while the server drains", async () => {
    await using stand = await Stand.start();
    const wire = await stand.logOn(ALICE);
    const gate = Promise.withResolvers<"ok">();
    stand.store.fate = (role) => (role === "in" ? gate.promise : "ok");
    const taken = stand.order(ALICE);
    wire.send(taken);
    await until(() => stand.door.queue.bytes > 0);
    const drained = stand.drain();
    expect(await refusal(wire, stand.order(ALICE))).toBe("draining");
    gate.resolve("ok");
    await wire.report(({ tag, kind }) => tag === tagOf(taken) && kind === codes.REPORT_ACCEPTED);
    await wire.packet(({ type }) => type === "Z");
    await Promise.all([drained, wire.closed]);
  });
});
