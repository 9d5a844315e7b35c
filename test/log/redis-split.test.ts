/**
 * A slot or a turn that was given on either side of a failover: to one by a primary whose replica
 * did not hear of it any more, to another by that replica. It must not be the same one.
 */
import { describe, expect, test } from "bun:test";
import { Fenced } from "../../src/edges/log.ts";
import { redisAvailable } from "../support/redis-server.ts";
import { FailoverPair, KEPT } from "./failover-pair.ts";
import { frameOf } from "./records.ts";
import { open } from "./redis-stand.ts";

const LEASE_MS = 600;

describe.skipIf(!redisAvailable())("given on either side of a failover", () => {
  test("a slot is of the later one", async () => {
    await using pair = await FailoverPair.start();
    await pair.part();
    const early = await (await open(pair.proxy.port, { slot: "a" })).openInputWriter();
    await early.append([frameOf(90)]);
    await pair.failOver();
    const late = await (await open(pair.replica.port, { slot: "a" })).openInputWriter();
    expect(await late.append([frameOf(6)])).toMatchObject({ first: KEPT + 1 });
    const outcome = await early.append([frameOf(91)]).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(Fenced);
    expect(await late.append([frameOf(7)])).toMatchObject({ first: KEPT + 2 });
  });

  test("a turn is over for the first", async () => {
    await using pair = await FailoverPair.start();
    await pair.part();
    const times = { settlementLeaseMs: LEASE_MS };
    const early = await (await open(pair.proxy.port, times)).takeTurn();
    const late = await (await open(pair.replica.port, times)).takeTurn();
    expect(early.term).toBe(late.term);
    await pair.failOver();
    await Bun.sleep(2 * LEASE_MS);
    expect([early.runs(), late.runs()]).toEqual([false, true]);
    await early.close();
    await Bun.sleep(LEASE_MS);
    expect(late.runs()).toBe(true);
  });
});
