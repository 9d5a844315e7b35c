/**
 * A session that is as old as one may get: it is told, finishes what it has begun, and ends. The
 * sockets are real, the sessions' clock goes on by request.
 */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import { rejectCode } from "../../src/protocol/codes.ts";
import { ALICE, Stand, type StandOptions, tagOf, until } from "./stand.ts";
import type { Wire } from "./wire.ts";

const AGE_MS = 40_000;
/** Nobody goes before this age, and all have gone at AGE_MS. */
const YOUNGEST_MS = 0.75 * AGE_MS;
const STUCK_MS = 20_000;

function aged(sessionNoticeMs: number, entry: StandOptions["entry"] = {}): StandOptions {
  const age = { sessionAgeMsMax: AGE_MS, sessionNoticeMs, drainTimeoutMs: STUCK_MS };
  return { age, entry: { heartbeatMs: 1000, frameTimeoutMs: 200, ...entry } };
}

/** What it was told so far. */
function notices(wire: Wire): string[] {
  return wire.packets
    .filter(({ type }) => type === "+")
    .map(({ payload }) => new TextDecoder().decode(payload));
}

/** True once the server has looked at all sessions, at a time when nothing was said for long. */
async function looked(wire: Wire): Promise<void> {
  await wire.packet(({ type }) => type === "H");
}

/** Sends orders until one is refused: those that were taken, and the one that was not. */
async function untilRefused(
  stand: Stand,
  wire: Wire,
): Promise<{ taken: string[]; late: Uint8Array }> {
  for (const taken: string[] = []; ; ) {
    const tip = stand.door.queue.placedTip;
    const frame = stand.order(ALICE);
    const said = wire.packets.length;
    wire.send(frame);
    const isRefused = (): boolean =>
      wire.packets.slice(said).some(({ payload }) => payload[0] === codes.MESSAGE_REFUSED);
    await until(() => stand.door.queue.placedTip > tip || isRefused());
    if (stand.door.queue.placedTip === tip) return { taken, late: frame };
    taken.push(tagOf(frame));
  }
}

/** Its time comes while nobody matches what it has sent; then as `untilRefused`. */
async function leaving(stand: Stand, wire: Wire): Promise<{ taken: string[]; late: Uint8Array }> {
  await stand.stopMatcher();
  wire.send(stand.order(ALICE));
  await until(() => stand.door.unmatched === 1);
  stand.ahead = AGE_MS;
  return untilRefused(stand, wire);
}

describe("a session", () => {
  test("is told before it ends, trades meanwhile, and ends with a goodbye", async () => {
    await using stand = await Stand.start(aged(5000));
    const wire = await stand.logOn(ALICE);
    stand.ahead = YOUNGEST_MS - 6000;
    await looked(wire);
    expect(notices(wire)).toEqual([]);
    stand.ahead = AGE_MS - 5001;
    await wire.packet(({ type }) => type === "+");
    expect(notices(wire)[0]).toMatch(
      /^session ends in \d{1,4} ms: connect anew, here or elsewhere$/,
    );
    stand.ahead = AGE_MS;
    await wire.packet(({ type }) => type === "Z");
    await wire.closed;
    expect(notices(wire)).toHaveLength(1);
    await until(() => stand.ingress.entry.sessionCount === 0);
    expect(stand.ingress.entry.counts.moved).toBe(1);
  });

  test("takes frames until its time has come, however early it was told", async () => {
    await using stand = await Stand.start(aged(AGE_MS));
    const wire = await stand.logOn(ALICE);
    await wire.until(() => notices(wire).length === 1);
    const order = stand.order(ALICE);
    wire.send(order);
    await wire.report(({ tag }) => tag === tagOf(order));
    stand.ahead = AGE_MS;
    await wire.packet(({ type }) => type === "Z");
  });

  test("that leaves gets the reports of all it sent first, and refuses the rest", async () => {
    await using stand = await Stand.start(aged(AGE_MS));
    const wire = await stand.logOn(ALICE);
    const { taken, late } = await leaving(stand, wire);
    const refused = await wire.refused();
    expect([rejectCode(refused.code).name, refused.tag.toHex()]).toEqual(["draining", tagOf(late)]);
    expect(wire.packets.some(({ type }) => type === "Z")).toBe(false);
    stand.startMatcher();
    await wire.packet(({ type }) => type === "Z");
    const kinds = wire.packets.slice(-2).map(({ type, payload }) => [type, payload[0] ?? 0]);
    expect(kinds).toEqual([
      ["S", codes.MESSAGE_DONE],
      ["Z", 0],
    ]);
    const reported = wire.reports.map(({ tag }) => tag);
    expect(reported).toEqual(expect.arrayContaining(taken));
    expect(reported).not.toContain(tagOf(late));
    const next = await stand.logOn(ALICE);
    next.send(late);
    await next.report(({ tag, kind }) => tag === tagOf(late) && kind === codes.REPORT_ACCEPTED);
  });

  test("stays where reports do not come, and goes when they come again", async () => {
    await using stand = await Stand.start(aged(AGE_MS));
    const wire = await stand.logOn(ALICE);
    const { late } = await leaving(stand, wire);
    stand.ahead += STUCK_MS + 1000;
    for (const { tip } = stand; stand.tip === tip; ) {
      wire.send(late);
      await new Promise(setImmediate);
    }
    expect(wire.isClosed).toBe(false);
    stand.startMatcher();
    await wire.report(({ tag }) => tag === tagOf(late));
    stand.ahead += STUCK_MS;
    await wire.packet(({ type }) => type === "Z");
    await wire.closed;
  });

  test("never ends for its age where none is set", async () => {
    await using stand = await Stand.start({
      entry: { heartbeatMs: 1000, clientSilentMsMax: 1e12 },
    });
    const wire = await stand.logOn(ALICE);
    stand.ahead = 1e11;
    await looked(wire);
    stand.ahead += 2000;
    await looked(wire);
    expect([notices(wire), wire.isClosed]).toEqual([[], false]);
  });
});

test("sessions that came together do not leave together", async () => {
  await using stand = await Stand.start(aged(0, { clientSilentMsMax: 1e9 }));
  const wires: Wire[] = [];
  for (let i = 0; i < 24; i++) wires.push(await stand.open());
  const left = (): number => wires.filter(({ isClosed }) => isClosed).length;
  stand.ahead = YOUNGEST_MS - 1000;
  for (const wire of wires) await looked(wire);
  expect(left()).toBe(0);
  stand.ahead = (YOUNGEST_MS + AGE_MS) / 2;
  await until(() => left() > 2);
  const stays = await stand.open();
  await until(() => stays.packets.length > 0);
  expect(left()).toBeLessThan(22);
  stand.ahead = AGE_MS;
  await until(() => left() === 24);
  expect(stand.ingress.entry.counts.moved).toBe(24);
});
