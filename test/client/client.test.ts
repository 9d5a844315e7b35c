/**
 * The SDK against a venue on a real socket: results, connections, nonces.
 */
import { describe, expect, test } from "bun:test";
import type { ClientError } from "../../src/client/errors.ts";
import { placeCommand } from "../../src/client/order-request.ts";
import * as codes from "../../src/protocol/codes.ts";
import { reportKindName } from "../../src/protocol/report-json.ts";
import type { Report } from "../../src/protocol/report.ts";
import * as soup from "../../src/protocol/soup.ts";
import { LOG_TIME, MARKET, order } from "../support/small-shard.ts";
import type { SoupVenue } from "./soup-venue.ts";
import { buy, errorOf, join, said, sell, signer, start } from "./stand.ts";

describe("what becomes of a command", () => {
  test("each kind of command resolves with its reports and its state", async () => {
    const venue = await start();
    const ana = await join(venue);
    const bo = await ana.addAccount({ signer, account: 2, key: 3 });
    const placed = await ana.place(buy({ clientOrderId: 7n }));
    const rests = [
      await ana.reduce({ market: MARKET, clientOrderId: 7n, quantity: 1 }),
      await ana.replace({ market: MARKET, clientOrderId: 7n, price: 99, quantity: 6 }),
    ];
    const trade = await bo.place(sell({ quantity: 2, price: 90 }));
    const more = [
      await bo.place(sell({ quantity: 9, price: 99, timeInForce: "ioc" })),
      await bo.place(sell({ quantity: 1, price: 200 })),
      await bo.place(sell({ quantity: 1, price: 201 })),
      await bo.cancelAll(),
      await bo.cancel({ market: MARKET, clientOrderId: 1n }),
    ];
    expect([placed, ...rests, trade, ...more].map(said)).toEqual([
      "open, accepted 0/5",
      "open, reduced 1/4",
      "open, replaced 4/6",
      "done, accepted 0/2, fill 2/0",
      "done, accepted 0/9, fill 4/5, canceled 5/0",
      "open, accepted 0/1",
      "open, accepted 0/1",
      "done, canceled 1/0, canceled 1/0, mass_canceled 2/0",
      "rejected, rejected 0/0, unknown_order",
    ]);
  });

  test("an order that trades and then rests shows its fills first", async () => {
    const venue = await start();
    const ana = await join(venue);
    const bo = await ana.addAccount({ signer, account: 2, key: 3 });
    await ana.send([placeCommand(buy({ quantity: 1 })), placeCommand(buy({ quantity: 1 }))]);
    expect(said(await bo.place(sell({ quantity: 5 })))).toBe(
      "open, accepted 0/5, fill 1/4, fill 1/3",
    );
  });

  test("a batch has one result for each command, in order", async () => {
    const venue = await start();
    const ana = await join(venue);
    const results = await ana.send([
      placeCommand(buy({ clientOrderId: 1n })),
      placeCommand(buy({ clientOrderId: 1n })),
      placeCommand(buy({ price: 20_000, clientOrderId: 2n })),
      placeCommand(sell({ quantity: 3, timeInForce: "fok", selfTradePrevention: "cancel_maker" })),
      placeCommand(buy({ clientOrderId: 4n })),
    ]);
    expect(results.map(said)).toEqual([
      "open, accepted 0/5",
      "rejected, rejected 5/0, duplicate_order_id",
      "rejected, rejected 5/0, price_band",
      "rejected, rejected 3/0, fok_unfilled",
      "open, accepted 0/5",
    ]);
    expect(results[2]?.error).toMatchObject({ stated: 20_000, limit: 10_000, retryable: false });
  });

  test("a refused frame says so, and whether to try again", async () => {
    const venue = await start();
    const ana = await join(venue);
    venue.faults = [
      { kind: "refuse", code: codes.REJECT_SIGNATURE },
      { kind: "refuse", code: codes.REJECT_OVERLOADED },
    ];
    const errors = [await errorOf(ana.place(buy())), await errorOf(ana.place(buy()))];
    expect(errors.map(({ code, retryable }) => [code, retryable])).toEqual([
      ["signature", false],
      ["overloaded", true],
    ]);
    expect(said(await ana.place(buy()))).toBe("open, accepted 0/5");
  });

  test("batches of none and of 257 never leave", async () => {
    const venue = await start();
    const ana = await join(venue);
    const many = Array.from({ length: 257 }, () => placeCommand(buy()));
    const errors = [await errorOf(ana.send([])), await errorOf(ana.send(many))];
    expect(errors.map(({ code }) => code)).toEqual(["batch_count", "batch_count"]);
    expect(venue.received).toEqual([]);
  });
});

describe("a connection", () => {
  test("that brings one byte at a time brings the same", async () => {
    const venue = await start();
    venue.sliceSize = 1;
    const ana = await join(venue);
    venue.sliceSize = 0;
    venue.show(venue.shard.trade(2, order({ side: codes.SIDE_SELL, price: 90, quantity: 2 })));
    venue.sliceSize = 1;
    const result = await ana.place(buy({ timeInForce: "ioc" }));
    expect(said(result)).toBe("done, accepted 0/5, fill 2/3, canceled 3/0");
  });

  test("that brings reports one by one, with pauses, brings results that lack none", async () => {
    const venue = await start();
    const ana = await join(venue);
    for (const [price, quantity] of [
      [90, 2],
      [91, 1],
    ] as const) {
      const sale = { side: codes.SIDE_SELL, price, quantity, clientOrderId: BigInt(price) };
      venue.show(venue.shard.trade(2, order(sale)));
    }
    // A report in its packet.
    venue.sliceSize = 107;
    venue.pauseMs = 20;
    expect(said(await ana.place(buy()))).toBe("open, accepted 0/5, fill 2/3, fill 1/2");
  });

  test("keeps up its heartbeats, and gives up a silent server", async () => {
    const venue = await start();
    const states: string[] = [];
    const lost = Promise.withResolvers<ClientError>();
    await join(venue, {
      heartbeatMs: 10,
      silentMsMax: 600,
      onState: (state, error) => {
        states.push(state);
        if (error !== null) lost.resolve(error);
      },
    });
    const error = await lost.promise;
    expect(venue.heartbeats.length).toBeGreaterThan(3);
    expect([error.code, error.retryable]).toEqual(["unreachable", true]);
    expect(error.message).toContain("silent for 600 ms");
  });

  test("names shard, venue and port when it can't be had", async () => {
    const venue = await start();
    const wrongShard = await errorOf(join(venue, { shard: 7 }));
    const wrongVenue = await errorOf(join(venue, { venue: "ab".repeat(32) }));
    const noAccount = await errorOf(join(venue, { account: 9, key: 9 }));
    const { port } = venue;
    await venue.stop();
    const nobody = await errorOf(join(venue));
    expect([wrongShard, wrongVenue, noAccount, nobody].map(({ code }) => code)).toEqual([
      "login_rejected",
      "venue",
      "unknown_key",
      "unreachable",
    ]);
    expect(wrongShard.message).toContain("shard 7");
    expect(wrongVenue.message).toContain("ab".repeat(32));
    expect(nobody.message).toContain(String(port));
  });

  test("is given up when a packet is illegal, and made again", async () => {
    const venue = await start();
    const again = Promise.withResolvers<void>();
    let ups = 0;
    const ana = await join(venue, {
      onState: (state) => state === "up" && ++ups === 2 && again.resolve(),
    });
    venue.say(soup.SOUP_LOGIN_REQUEST, new Uint8Array(46));
    await again.promise;
    expect(said(await ana.place(buy()))).toBe("open, accepted 0/5");
  });

  test("can be aborted before and after it stands", async () => {
    const venue = await start();
    expect((await errorOf(join(venue, { signal: AbortSignal.abort() }))).code).toBe("aborted");
    const stop = new AbortController();
    const ana = await join(venue, { signal: stop.signal });
    stop.abort();
    const wordsOf = async (sent: Promise<unknown>): Promise<string> => {
      const { code, message } = await errorOf(sent);
      return `${code}: ${message}`;
    };
    expect(await wordsOf(ana.place(buy()))).toBe("aborted: the caller asked to stop");
    const late = join(venue, { signal: AbortSignal.timeout(0) });
    expect(await wordsOf(late)).toBe("aborted: no answer came in time");
  });
});

describe("nonces", () => {
  test("a client without a record finds where its key stands", async () => {
    const venue = await start();
    for (let i = 0; i < 3000; i++) venue.shard.trade(1, order({ price: 20_000 }));
    const ana = await join(venue);
    expect(said(await ana.place(buy()))).toBe("open, accepted 0/5");
  });

  test("a nonce that another client took is a refusal that may be tried again", async () => {
    const venue = await start();
    const ana = await join(venue);
    const other = await join(venue);
    await other.place(buy());
    const error = await errorOf(ana.place(buy()));
    const { code, stated, limit, retryable } = error;
    expect([code, stated, limit, retryable]).toEqual(["duplicate", 2, 4, true]);
    expect(said(await ana.place(buy()))).toBe("open, accepted 0/5");
  });
});

describe("cancel on disconnect", () => {
  const levels = (venue: SoupVenue): number =>
    venue.shard.engine.levels(MARKET, codes.SIDE_BUY).length;

  test("takes all orders off when the connection ends, and again for the next", async () => {
    const venue = await start();
    const kinds: string[] = [];
    const onReport = ({ kind }: Report): unknown => kinds.push(reportKindName(kind));
    const ana = await join(venue, { cancelOnDisconnect: true, onReport });
    for (let round = 0; round < 2; round++) {
      await ana.place(buy());
      await ana.place(buy({ price: 99 }));
      expect(levels(venue)).toBe(2);
      kinds.length = 0;
      venue.cut();
      await until(() => kinds.includes("logged_on"));
      expect(kinds).toEqual(["canceled", "canceled", "mass_canceled", "logged_on"]);
      expect(levels(venue)).toBe(0);
    }
    await ana.place(buy());
    ana.close();
    await until(() => levels(venue) === 0);
  });

  test("is not there unless it was asked for", async () => {
    const venue = await start();
    const ana = await join(venue);
    await ana.place(buy());
    ana.close();
    const bo = await join(venue, { account: 2, key: 3 });
    await bo.place(buy());
    expect(levels(venue)).toBe(1);
  });

  test("that the venue refuses ends the client: it would trade without", async () => {
    const venue = await start();
    venue.refuseLeaving = codes.REJECT_FRAME_KIND;
    const joining = join(venue, { cancelOnDisconnect: true });
    const error = await errorOf(joining.then((ana) => ana.place(buy())));
    expect(error.code).toBe("frame_kind");
  });
});

describe("results of orders that may wait", () => {
  test("a stop, its trigger, and a timer", async () => {
    const venue = await start();
    const ana = await join(venue);
    const bo = await ana.addAccount({ signer, account: 2, key: 3 });
    await ana.place(sell({ quantity: 1 }));
    await bo.place(buy({ quantity: 3 }));
    const stop = await ana.place(sell({ type: "stop", price: 80, stopPrice: 90 }));
    expect([said(stop), stop.order?.state]).toEqual(["open, accepted 0/5", "waiting"]);
    const at = await ana.place(sell({ type: "stop", price: 80, stopPrice: 100, quantity: 4 }));
    expect([said(at), at.order?.state, at.order?.isTriggered]).toEqual([
      "done, accepted 0/4, triggered 0/4, fill 2/2, canceled 2/0",
      "canceled",
      true,
    ]);
    const timer = await ana.deadMan(1500);
    expect([said(timer), timer.reports[0]?.first]).toEqual([
      "done, timer_set 0/0",
      LOG_TIME + 1_500_000,
    ]);
    const noStop = { type: "stop", price: 80 } as const;
    expect((await errorOf(ana.place(sell(noStop)))).code).toBe("stop_price");
    expect((await errorOf(ana.deadMan(0.1))).code).toBe("time");
  });
});

/** Waits until something is so that no promise tells of. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}
