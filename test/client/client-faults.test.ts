/**
 * The SDK after faults: connections lost before, in the middle of and behind a frame, reports that
 * are gone, readers that go on.
 */
import { describe, expect, test } from "bun:test";
import { MemoryJournal } from "../../src/client/journal.ts";
import { placeCommand } from "../../src/client/order-request.ts";
import * as codes from "../../src/protocol/codes.ts";
import { reportKindName } from "../../src/protocol/report-json.ts";
import type { Report } from "../../src/protocol/report.ts";
import { MARKET, order } from "../support/small-shard.ts";
import { buy, errorOf, join, said, start } from "./stand.ts";

describe("after a lost connection", () => {
  test("a frame that was lost leaves again, the same bytes, and happens once", async () => {
    const venue = await start();
    const ana = await join(venue);
    venue.faults = [{ kind: "lose" }];
    expect(said(await ana.place(buy()))).toBe("open, accepted 0/5");
    expect(venue.received.length).toBe(2);
    expect(new Set(venue.received).size).toBe(1);
    expect(venue.shard.engine.levels(MARKET, codes.SIDE_BUY).length).toBe(1);
  });

  test("a frame whose reports were hidden is known from the resumed ones", async () => {
    const venue = await start();
    const seen: number[] = [];
    const ana = await join(venue, { onReport: ({ number }) => seen.push(number) });
    venue.faults = [{ kind: "hide" }];
    expect(said(await ana.place(buy()))).toBe("open, accepted 0/5");
    expect(venue.received.length).toBe(1);
    expect(seen).toEqual(seen.map((_, index) => seen[0]! + index));
  });

  test("a batch of which half the reports came is completed", async () => {
    const venue = await start();
    const ana = await join(venue);
    venue.faults = [{ kind: "hide", shown: 2 }];
    const four = [1n, 2n, 3n, 4n].map((clientOrderId) => placeCommand(buy({ clientOrderId })));
    const results = await ana.send(four);
    expect(results.map(said)).toEqual(Array.from({ length: 4 }, () => "open, accepted 0/5"));
    expect(venue.received.length).toBe(1);
  });

  test("a copy whose nonce another frame took in between never happened", async () => {
    const venue = await start();
    const ana = await join(venue);
    // Lost on the way; then somebody else's frame uses nonce 2 before the copy arrives.
    venue.faults = [{ kind: "lose" }];
    const placing = errorOf(ana.place(buy()));
    const thief = { kind: codes.FRAME_TRADER, account: 1, key: 2, nonce: 2 };
    venue.show(venue.shard.send(thief, [order({ price: 20_000 })]));
    const error = await placing;
    expect(error.code).toBe("duplicate");
    expect(venue.shard.engine.levels(MARKET, codes.SIDE_BUY)).toEqual([]);
  });

  test("a copy that is refused before the reports of the first have come did happen", async () => {
    const venue = await start();
    const ana = await join(venue);
    venue.faults = [{ kind: "late" }];
    expect(said(await ana.place(buy()))).toBe("open, accepted 0/5");
    expect(venue.received.length).toBe(2);
    const [level] = venue.shard.engine.levels(MARKET, codes.SIDE_BUY);
    expect(level?.lots).toBe(5);
  });

  test("a report that is left out is noticed, and asked for again", async () => {
    const venue = await start();
    const seen: bigint[] = [];
    const ana = await join(venue, {
      onReport: ({ kind, clientOrderId }) =>
        kind === codes.REPORT_ACCEPTED && seen.push(clientOrderId),
    });
    const elsewhere = (nonce: number): Report[] =>
      venue.shard.send({ kind: codes.FRAME_TRADER, account: 1, key: 2, nonce }, [
        order({ clientOrderId: BigInt(nonce) }),
      ]);
    venue.hide(elsewhere(500));
    venue.show(elsewhere(501));
    await ana.place(buy({ clientOrderId: 3n }));
    expect(seen).toEqual([500n, 501n, 3n]);
    expect(venue.logins.length).toBe(2);
  });

  test("many frames in flight all happen once and in order", async () => {
    const venue = await start();
    const ana = await join(venue);
    venue.faults = [{ kind: "hide" }, { kind: "lose" }, { kind: "hide", shown: 1 }];
    const ids = Array.from({ length: 20 }, (_, index) => BigInt(index + 1));
    const results = await Promise.all(
      ids.map((clientOrderId) => ana.place(buy({ clientOrderId, quantity: 1 }))),
    );
    expect(results.map((result) => result.reports[0]?.clientOrderId)).toEqual(ids);
    const [level] = venue.shard.engine.levels(MARKET, codes.SIDE_BUY);
    expect(Number(level?.lots)).toBe(20);
  });

  test("reports out of reach make a gap, and the outcome unknown, not failed", async () => {
    const venue = await start();
    const gaps: number[][] = [];
    const ana = await join(venue, { onGap: (from, to) => gaps.push([from, to]) });
    venue.faults = [{ kind: "hide" }];
    venue.oldestReport = ana.lastReport + 2;
    const error = await errorOf(ana.place(buy()));
    expect(error.code).toBe("unknown_outcome");
    expect(gaps).toEqual([[venue.oldestReport - 1, venue.oldestReport - 1]]);
  });

  test("a venue that lost acknowledged reports is not believed again", async () => {
    const venue = await start();
    const journal = new MemoryJournal();
    journal.mark(1, 100);
    const error = await errorOf(join(venue, { journal }));
    expect([error.code, error.retryable]).toEqual(["report_number", false]);
  });

  test("a logon whose nonce others take, again and again, gets through", async () => {
    const venue = await start();
    venue.takenLogons = 9;
    const ana = await join(venue);
    expect(said(await ana.place(buy()))).toBe("open, accepted 0/5");
    const { logonNonces } = venue;
    expect(logonNonces.length).toBe(10);
    expect(logonNonces).toEqual([...new Set(logonNonces)].sort((a, b) => a - b));
  });

  test("closing refuses what never left, and no later process sends it", async () => {
    const venue = await start();
    const journal = new MemoryJournal();
    const lost = Promise.withResolvers<void>();
    const onState = (state: "up" | "down"): void => void (state === "down" && lost.resolve());
    const ana = await join(venue, { journal, onState });
    await venue.stop();
    await lost.promise;
    const placing = errorOf(ana.place(buy()));
    ana.close();
    expect((await placing).code).toBe("closed");
    await venue.listen();
    const again = await join(venue, { journal });
    expect(said(await again.place(buy({ quantity: 1 })))).toBe("open, accepted 0/1");
    const [level] = venue.shard.engine.levels(MARKET, codes.SIDE_BUY);
    expect(level?.lots).toBe(1);
  });

  test("closing leaves what is pending unknown", async () => {
    const venue = await start();
    const ana = await join(venue);
    venue.faults = [{ kind: "refuse", code: codes.REJECT_UNKNOWN_OUTCOME }];
    const placing = errorOf(ana.place(buy()));
    while (venue.received.length === 0) await new Promise(setImmediate);
    ana.close();
    expect((await placing).code).toBe("unknown_outcome");
  });
});

describe("reports", () => {
  test("come in order to every reader, also those of a resumed session", async () => {
    const venue = await start();
    const ana = await join(venue);
    const reader = ana.reports();
    const elsewhere = (nonce: number, clientOrderId: bigint): Report[] =>
      venue.shard.send({ kind: codes.FRAME_TRADER, account: 1, key: 2, nonce }, [
        order({ clientOrderId }),
      ]);
    venue.show(elsewhere(500, 1n));
    venue.cut();
    venue.show(elsewhere(501, 2n));
    await ana.place(buy({ clientOrderId: 3n }));
    ana.close();
    const kinds: string[] = [];
    for await (const report of reader)
      kinds.push(`${reportKindName(report.kind)} ${report.clientOrderId}`);
    expect(kinds).toEqual(["accepted 1", "accepted 2", "logged_on 0", "accepted 3"]);
  });

  test("stop when the reader leaves", async () => {
    const venue = await start();
    const ana = await join(venue);
    const reader = ana.reports();
    const placing = ana.place(buy());
    for await (const report of reader) {
      expect(reportKindName(report.kind)).toBe("accepted");
      break;
    }
    await placing;
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });
});
