/**
 * A session that ended for its age goes on elsewhere: clients of the SDK do not notice, and what
 * was signed for the end of a connection waits for the key's next logon.
 */
import { describe, expect, test } from "bun:test";
import { connect } from "../../src/client/client.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { readFrameHeader } from "../../src/protocol/frame.ts";
import { viewOf } from "../../src/base/bytes.ts";
import { readRecord, RECORD_HEADER_SIZE as HEADER, RecordView } from "../../src/protocol/record.ts";
import { MARKET } from "../support/small-shard.ts";
import { ALICE, BOB, signerOf, Stand, type StandOptions, until } from "./stand.ts";
import type { Wire } from "./wire.ts";

const AGE_MS = 4000;
const PATIENCE_MS = 10_000;
const BAD = new Uint8Array(10);
const AGED: StandOptions = {
  age: { sessionAgeMsMax: AGE_MS, sessionNoticeMs: 0, drainTimeoutMs: 60_000 },
  entry: { heartbeatMs: 1000, frameTimeoutMs: 200, clientSilentMsMax: PATIENCE_MS },
};

/** How many disconnect frames are in the log. */
function cancels(stand: Stand): number {
  let count = 0;
  for (const { bytes } of stand.store.streams.in.entries) {
    const record = new RecordView();
    while (record.end < bytes.length) {
      if (readRecord(viewOf(bytes), record.end, record) !== "") throw new Error("no record");
      if (record.frameSize === 0) continue;
      const { kind } = readFrameHeader(viewOf(bytes), record.at + HEADER);
      if (kind === codes.FRAME_DISCONNECT) count++;
    }
  }
  return count;
}

/** Alice with a resting order and a mass cancel for the end of her session, which then moves. */
async function moved(stand: Stand): Promise<void> {
  const wire = await stand.logOn(ALICE);
  const nonce = stand.nonceOf(ALICE);
  const mass = [encode.encodeMassCancel(0, 0)];
  wire.send(stand.sign(codes.FRAME_DISCONNECT, ALICE, mass, { nonce }), stand.order(ALICE));
  await wire.report(({ kind }) => kind === codes.REPORT_ACCEPTED);
  stand.ahead += AGE_MS;
  await wire.closed;
  await until(() => stand.ingress.entry.counts.moved > 0);
}

/** Time passes, and the server has looked at all sessions, of which this one is heard. */
async function pass(stand: Stand, wire: Wire, ms: number): Promise<void> {
  stand.ahead += ms;
  await wire.packet(({ type }) => type === "H");
  wire.send(BAD);
  await wire.refused();
}

describe("cancel on disconnect", () => {
  const LOOKER = { ...AGED, age: { ...AGED.age!, sessionAgeMsMax: 0 } };

  test("is dropped once the key has logged on again", async () => {
    await using stand = await Stand.start(AGED);
    await moved(stand);
    await stand.logOn(ALICE);
    // Beyond the patience; by sessions that are young, for others end meanwhile.
    for (let spent = 0; spent < PATIENCE_MS; spent += AGE_MS) {
      stand.ahead += AGE_MS;
      const young = await stand.open();
      await pass(stand, young, 1100);
      young.cut();
    }
    await until(() => stand.ingress.entry.sessionCount === 0);
    await stand.drain();
    expect(cancels(stand)).toBe(0);
  });

  test("comes when the key has not, within the patience that a silent client has", async () => {
    await using stand = await Stand.start(AGED);
    await moved(stand);
    const other = await stand.logOn(BOB);
    await pass(stand, other, 1100);
    expect(cancels(stand)).toBe(0);
    stand.ahead += PATIENCE_MS;
    await until(() => cancels(stand) === 1);
    await until(() => stand.door.unmatched === 0);
    await stand.drain();
    expect(cancels(stand)).toBe(1);
  });

  test("does not wait when the server itself goes", async () => {
    await using stand = await Stand.start(AGED);
    await moved(stand);
    expect(cancels(stand)).toBe(0);
    await stand.drain();
    expect(cancels(stand)).toBe(1);
  });

  test("does not wait for who left by itself", async () => {
    await using stand = await Stand.start(LOOKER);
    const wire = await stand.logOn(ALICE);
    const nonce = stand.nonceOf(ALICE);
    const mass = [encode.encodeMassCancel(0, 0)];
    wire.send(stand.sign(codes.FRAME_DISCONNECT, ALICE, mass, { nonce }));
    await wire.close();
    await until(() => cancels(stand) === 1);
  });
});

test("a client of the SDK trades on over moves: no order unknown, no report missed", async () => {
  await using stand = await Stand.start(AGED);
  const reports: number[] = [];
  const canceled: number[] = [];
  let ups = 0;
  await using client = await joined();
  const sent: Promise<string>[] = [];
  const MOVES = 5;
  for (let moves = 1; moves <= MOVES; moves++) {
    stand.ahead += AGE_MS;
    const isBack = (): boolean => ups > moves && client.value.isLive;
    while (!isBack()) {
      const order = { market: MARKET, side: "buy", price: 1, quantity: 1 } as const;
      const placed = client.value.place({ ...order, clientOrderId: BigInt(1 + sent.length) });
      sent.push(placed.then(({ state }) => state));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  expect(new Set(await Promise.all(sent))).toEqual(new Set(["open"]));
  expect(reports).toEqual(reports.map((_, index) => reports[0]! + index));
  expect([canceled, cancels(stand)]).toEqual([[], 0]);
  expect(stand.ingress.entry.counts.moved).toBe(MOVES);

  async function joined() {
    const value = await connect({
      host: "127.0.0.1",
      port: stand.ingress.entry.port,
      ...ALICE,
      signer: signerOf(ALICE.key),
      cancelOnDisconnect: true,
      onState: (state) => state === "up" && ups++,
      onReport: ({ kind, number }) => {
        reports.push(number);
        if (kind === codes.REPORT_CANCELED) canceled.push(number);
      },
    });
    return { value, [Symbol.asyncDispose]: async () => value.close() };
  }
});
