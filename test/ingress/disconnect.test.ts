/**
 * Mass cancels signed for the end of a connection: kept here, and in the log once it ends.
 */
import { describe, expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import * as codes from "../../src/protocol/codes.ts";
import { rejectCode } from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { type FrameHeader, readFrameHeader } from "../../src/protocol/frame.ts";
import { readRecord, RECORD_HEADER_SIZE as HEADER, RecordView } from "../../src/protocol/record.ts";
import * as soup from "../../src/protocol/soup.ts";
import { ALICE, BOB, signerOf, Stand, tagOf, until, type Who } from "./stand.ts";
import type { Wire } from "./wire.ts";

const BAD = new Uint8Array(10);
const LOGOUT = soup.encodePacket(soup.SOUP_LOGOUT, new Uint8Array(0));

/** The frames' headers in the log, in order. */
function logged(stand: Stand): FrameHeader[] {
  return stand.store.streams.in.entries.flatMap(({ bytes }) => {
    const found: FrameHeader[] = [];
    const record = new RecordView();
    while (record.end < bytes.length) {
      if (readRecord(viewOf(bytes), record.end, record) !== "") throw new Error("no record");
      if (record.frameSize > 0) found.push(readFrameHeader(viewOf(bytes), record.at + HEADER));
    }
    return found;
  });
}

/** `key-nonce` of the disconnect frames in the log, in order. */
function appended(stand: Stand): string[] {
  const found = logged(stand).filter(({ kind }) => kind === codes.FRAME_DISCONNECT);
  return found.map(({ key, nonce }) => `${key}-${nonce}`);
}

/** A mass cancel that names a logon; the key's newest nonce if none is said. */
function leaving(stand: Stand, who: Who, nonce = stand.nonceOf(who)): Uint8Array {
  return stand.sign(codes.FRAME_DISCONNECT, who, [encode.encodeMassCancel(0, 0)], { nonce });
}

/** True once the server has read everything that the wire has written. */
async function served(wire: Wire): Promise<void> {
  wire.send(BAD);
  expect(rejectCode((await wire.refused()).code).name).toBe("frame_size");
}

/** A wire with both accounts logged on and a frame kept for Alice; and her logon's name. */
async function kept(stand: Stand): Promise<{ wire: Wire; name: string }> {
  const wire = await stand.logOn(ALICE, BOB);
  wire.send(leaving(stand, ALICE));
  await served(wire);
  return { wire, name: `2-${stand.nonceOf(ALICE)}` };
}

describe("a disconnect frame", () => {
  const ends: readonly (readonly [string, (wire: Wire, stand: Stand) => void])[] = [
    ["a logout", (wire) => wire.write(LOGOUT)],
    ["a loss", (wire) => wire.cut()],
    ["silence", (_wire, stand) => (stand.ahead += 61_000)],
    ["a place lost in the stream", (wire) => wire.write(Uint8Array.of(0, 0))],
    ["too many bad frames", (wire) => wire.send(BAD, BAD, BAD, BAD, BAD)],
  ];
  test.each(ends)("is kept, and in the log after %s", async (_name, end) => {
    await using stand = await Stand.start({ entry: { badFramesPerSecondMax: 4 } });
    const { wire, name } = await kept(stand);
    expect(appended(stand)).toEqual([]);
    end(wire, stand);
    await wire.closed;
    await until(() => appended(stand).length > 0);
    expect(appended(stand)).toEqual([name]);
  });

  test("goes into the log behind what its connection sent before", async () => {
    await using stand = await Stand.start();
    const { wire } = await kept(stand);
    const orders = Array.from({ length: 20 }, () => stand.order(ALICE));
    wire.send(...orders);
    wire.write(LOGOUT);
    await wire.closed;
    await until(() => appended(stand).length === 1);
    const [before, last] = logged(stand).slice(-2);
    expect(before).toMatchObject({ kind: codes.FRAME_TRADER, nonce: stand.nonceOf(ALICE) });
    expect(last?.kind).toBe(codes.FRAME_DISCONNECT);
  });

  test("is one an account, the newest", async () => {
    await using stand = await Stand.start();
    const { wire } = await kept(stand);
    const again = await stand.logonFrame(wire, ALICE, 0);
    wire.send(again, leaving(stand, BOB), leaving(stand, ALICE), leaving(stand, ALICE));
    await wire.report(({ tag }) => tag === tagOf(again));
    await served(wire);
    wire.cut();
    const names = [ALICE, BOB].map((who) => `${who.key}-${stand.nonceOf(who)}`);
    await until(() => appended(stand).length === 2);
    expect(appended(stand).toSorted()).toEqual(names);
    await until(() => stand.ingress.entry.sessionCount === 0);
    expect(appended(stand)).toHaveLength(2);
  });

  test("is refused unless it names a logon of its account and key on its connection", async () => {
    await using stand = await Stand.start();
    const wire = await stand.logOn(ALICE);
    const elsewhere = await stand.logOn(BOB);
    const second = encode.encodeKey(
      codes.COMMAND_KEY_ADD,
      signerOf(4).publicKey,
      codes.SCOPES_TRADER,
      0,
    );
    wire.send(stand.direct(ALICE, second));
    await wire.report(({ kind }) => kind === codes.REPORT_KEY_ADDED);
    const of = async (...frames: readonly Uint8Array[]): Promise<string[]> => {
      wire.send(...frames);
      const codesHeard: string[] = [];
      for (const _ of frames) codesHeard.push(rejectCode((await wire.refused()).code).name);
      return codesHeard;
    };
    const nonce = 1;
    const forged = { nonce, signer: signerOf(9) };
    const mass = [encode.encodeMassCancel(0, 0)];
    expect(
      await of(
        leaving(stand, ALICE, nonce + 1),
        leaving(stand, BOB),
        leaving(stand, { account: 1, key: 4 }, nonce),
        stand.sign(codes.FRAME_DISCONNECT, ALICE, mass, forged),
        stand.sign(codes.FRAME_DISCONNECT, { account: 1, key: 3 }, mass, { nonce }),
        stand.sign(codes.FRAME_DISCONNECT, ALICE, [encode.encodeCancel(1, 1n)], { nonce }),
      ),
    ).toEqual([
      "logon_gone",
      "not_logged_on",
      "not_logged_on",
      "signature",
      "unknown_key",
      "command_type",
    ]);
    wire.cut();
    elsewhere.cut();
    await until(() => stand.ingress.entry.sessionCount === 0);
    await stand.drain();
    expect(appended(stand)).toEqual([]);
  });

  test("is dropped once its key has logged on elsewhere", async () => {
    await using stand = await Stand.start();
    const { wire } = await kept(stand);
    const newer = await stand.logOn(ALICE);
    newer.send(leaving(stand, ALICE));
    await served(newer);
    wire.cut();
    await until(() => stand.ingress.entry.sessionCount === 1);
    newer.cut();
    await until(() => appended(stand).length > 0);
    expect(appended(stand)).toEqual([`2-${stand.nonceOf(ALICE)}`]);
  });

  test("goes with a logon that the engine refused", async () => {
    await using stand = await Stand.start();
    const wire = await stand.open();
    const { challenge } = await wire.hello();
    const used = { nonce: 1 };
    (await stand.logOn(ALICE)).cut();
    const logon = [encode.encodeLogon(0, challenge)];
    wire.send(stand.sign(codes.FRAME_LOGON, ALICE, logon, used), leaving(stand, ALICE, 1));
    await wire.report(({ kind }) => kind === codes.REPORT_REJECTED);
    await served(wire);
    wire.cut();
    await until(() => stand.ingress.entry.sessionCount === 0);
    await stand.drain();
    expect(appended(stand)).toEqual([]);
  });

  test("gets into the log while the matcher is away", async () => {
    await using stand = await Stand.start({ door: { unmatchedRecordsMax: 3 } });
    const { wire, name } = await kept(stand);
    await stand.stopMatcher();
    wire.send(...Array.from({ length: 3 }, () => stand.order(ALICE)));
    await until(() => stand.door.unmatched === 3);
    wire.send(stand.order(ALICE));
    expect(rejectCode((await wire.refused()).code).name).toBe("overloaded");
    wire.cut();
    await until(() => appended(stand).length > 0);
    expect(appended(stand)).toEqual([name]);
    stand.startMatcher();
  });

  test("waits for room in a queue that is full", async () => {
    const limit = { appendQueueBytesMax: 1000 };
    await using stand = await Stand.start({ door: limit });
    const { wire, name } = await kept(stand);
    const { promise, resolve } = Promise.withResolvers<"ok">();
    stand.store.fate = (role) => (role === "in" ? promise : "ok");
    wire.send(...Array.from({ length: 8 }, () => stand.order(BOB)));
    await until(() => stand.door.queue.bytes > limit.appendQueueBytesMax - 208);
    wire.cut();
    await stand.open();
    expect(appended(stand)).toEqual([]);
    resolve("ok");
    await until(() => appended(stand).length > 0);
    expect(appended(stand)).toEqual([name]);
  });

  test("of every connection is in the log before a draining server says goodbye", async () => {
    await using stand = await Stand.start();
    const { wire, name } = await kept(stand);
    await stand.drain();
    await wire.packet(({ type }) => type === "Z");
    expect(appended(stand)).toEqual([name]);
    expect(wire.reports.at(-1)).toMatchObject({ kind: codes.REPORT_MASS_CANCELED, last: 0 });
  });

  test("waits for room in a log that is full", async () => {
    await using stand = await Stand.start();
    const { wire, name } = await kept(stand);
    let asked = 0;
    stand.store.fate = (role) => {
      if (role !== "in") return "ok";
      return ++asked > 2 ? "ok" : "full";
    };
    wire.cut();
    await until(() => appended(stand).length > 0);
    expect([asked, appended(stand)]).toEqual([3, [name]]);
  });
});

describe("what the engine makes of it", () => {
  /** Alice with two resting orders and a frame kept, and Bob who looks on. */
  async function resting(stand: Stand): Promise<{ wire: Wire; first: string; other: Wire }> {
    const { wire } = await kept(stand);
    wire.send(stand.order(ALICE), stand.order(ALICE));
    const other = await stand.open();
    const second = { account: 1, key: 4 };
    const { publicKey } = signerOf(4);
    const add = encode.encodeKey(codes.COMMAND_KEY_ADD, publicKey, codes.SCOPES_TRADER, 0);
    wire.send(stand.direct(ALICE, add));
    await wire.report(({ kind }) => kind === codes.REPORT_KEY_ADDED);
    const logon = await stand.logonFrame(other, second, 0);
    other.send(logon);
    await other.report(({ tag }) => tag === tagOf(logon));
    return { wire, first: tagOf(leaving(stand, ALICE, 1)), other };
  }

  test("all resting orders are canceled, reason mass, and nothing twice", async () => {
    await using stand = await Stand.start();
    const { wire, first, other } = await resting(stand);
    wire.cut();
    const done = await other.report(({ kind }) => kind === codes.REPORT_MASS_CANCELED);
    const canceled = other.reports.filter(({ kind }) => kind === codes.REPORT_CANCELED);
    expect(canceled.map(({ reason, tag }) => [reason, tag])).toEqual([
      [codes.CANCEL_MASS, first],
      [codes.CANCEL_MASS, first],
    ]);
    expect(done).toMatchObject({ tag: first, last: 2, index: 0 });
    await until(() => stand.ingress.entry.sessionCount === 1);
    expect(appended(stand)).toEqual(["2-1"]);
  });

  test("a key that has logged on again keeps its orders, whatever the old frame", async () => {
    await using stand = await Stand.start();
    const { wire, other } = await resting(stand);
    const newer = await stand.logOn(ALICE);
    // As another ingress, which has not heard of the newer logon yet, would hand it over.
    stand.door.queue.push(leaving(stand, ALICE, 1).slice(), null);
    wire.cut();
    await until(() => appended(stand).length === 1 && stand.door.unmatched === 0);
    newer.send(stand.trade(ALICE, encode.encodeMassCancel(0, 0)));
    const mass = await other.report(({ kind }) => kind === codes.REPORT_MASS_CANCELED);
    expect(mass.last).toBe(2);
  });
});
