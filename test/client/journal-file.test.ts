/**
 * The journal of a client: what it says after any end of the process, and clients that go on from
 * it.
 */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { JournalBook, type JournalState } from "../../src/client/journal.ts";
import { FileJournal, replayJournal } from "../../src/client/journal-file.ts";
import { placeCommand } from "../../src/client/order-request.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { MARKET } from "../support/small-shard.ts";
import { buy, errorOf, join, said, start } from "./stand.ts";

const dir = mkdtempSync(joinPath(tmpdir(), "clob-journal-"));
const path = joinPath(dir, "journal");

afterEach(() => rmSync(path, { force: true }));
afterAll(() => rmSync(dir, { recursive: true }));

const VENUE = "5a".repeat(32);

function frame(nonce: number): Uint8Array {
  const venue = Uint8Array.fromHex(VENUE);
  const header = { kind: codes.FRAME_TRADER, shard: 1, venue, account: 1, key: 2, expiry: 0 };
  return encodeFrame({ ...header, nonce }, [placeCommand(buy({ clientOrderId: 1n }))]);
}

function plain(state: JournalState): unknown {
  const outstanding = state.outstanding.map((bytes) =>
    new DataView(bytes.buffer).getUint32(48, true),
  );
  return [state.venue, [...state.nonces], [...state.marks], outstanding];
}

function reopened(): unknown {
  const journal = new FileJournal(path);
  const state = plain(journal.load());
  journal.close();
  return state;
}

describe("a journal file", () => {
  test("says after reopening what it was told, and no more", () => {
    const journal = new FileJournal(path);
    journal.setVenue(VENUE);
    for (const nonce of [4, 5, 9]) journal.sent(frame(nonce));
    journal.settled(2, 5);
    journal.mark(1, 17);
    journal.close();
    const expected = [VENUE, [[2, 9]], [[1, 17]], [4, 9]];
    expect(reopened()).toEqual(expected);
    expect(reopened()).toEqual(expected);
  });

  test("cut at any byte says what stood before the cut", () => {
    const journal = new FileJournal(path);
    journal.setVenue(VENUE);
    journal.flush();
    const sizes = [statSync(path).size];
    const states = [plain(journal.load())];
    const steps = [
      () => journal.sent(frame(1)),
      () => journal.mark(1, 3),
      () => journal.sent(frame(2)),
      () => journal.settled(2, 1),
    ];
    for (const step of steps) {
      step();
      journal.flush();
      sizes.push(statSync(path).size);
      states.push(plain(journal.load()));
    }
    journal.close();
    const whole = new Uint8Array(readFileSync(path));
    for (let size = sizes[0]!; size <= whole.length; size++) {
      const book = new JournalBook();
      expect(replayJournal(whole.subarray(0, size), book)).toBe(-1);
      const index = sizes.findLastIndex((end) => end <= size);
      expect([size, plain(book)]).toEqual([size, states[index]]);
    }
    writeFileSync(path, whole.subarray(0, whole.length - 1));
    expect(reopened()).toEqual(states.at(-2));
    whole[whole.length - 1]! ^= 1;
    writeFileSync(path, whole);
    expect(reopened()).toEqual(states.at(-2));
  });

  test("with a changed byte in an entry that is not the last is refused", () => {
    const journal = new FileJournal(path);
    journal.sent(frame(1));
    journal.sent(frame(2));
    journal.close();
    const bytes = readFileSync(path);
    bytes[100]! ^= 1;
    writeFileSync(path, bytes);
    expect(() => new FileJournal(path)).toThrow(/is damaged at byte 42/);
  });

  test("stays small, however much goes through it", () => {
    const journal = new FileJournal(path, { bytesMax: 4096, sync: true });
    for (let nonce = 1; nonce <= 300; nonce++) {
      journal.sent(frame(nonce));
      if (nonce > 1) journal.settled(2, nonce);
      journal.mark(1, nonce);
      journal.flush();
    }
    expect(statSync(path).size).toBeLessThan(5000);
    journal.close();
    expect(reopened()).toEqual([null, [[2, 300]], [[1, 300]], [1]]);
  });
});

describe("a client that begins again with its journal", () => {
  test("never sends what was refused, though its process died as soon as it knew", async () => {
    const venue = await start();
    const ana = await join(venue, { journal: new FileJournal(path) });
    venue.faults = [{ kind: "refuse", code: codes.REJECT_HALTED }];
    expect((await errorOf(ana.place(buy()))).code).toBe("halted");
    const book = new JournalBook();
    expect(replayJournal(new Uint8Array(readFileSync(path)), book)).toBe(-1);
    expect(book.outstanding).toEqual([]);
  });

  test("learns what became of its frames, executed and lost ones alike", async () => {
    const venue = await start();
    const first = await join(venue, { journal: new FileJournal(path) });
    await first.place(buy({ clientOrderId: 1n }));
    venue.faults = [{ kind: "hide" }, { kind: "lose" }];
    const lost = [2n, 3n].map((clientOrderId) => errorOf(first.place(buy({ clientOrderId }))));
    while (venue.received.length < 2) await new Promise(setImmediate);
    first.close();
    expect((await Promise.all(lost)).map(({ code }) => code)).toEqual(
      Array.from({ length: 2 }, () => "unknown_outcome"),
    );
    const again = await join(venue, { journal: new FileJournal(path) });
    const results = await Promise.all(again.recovered.map(({ results: one }) => one));
    expect(results.map(([result]) => said(result!))).toEqual(
      Array.from({ length: 2 }, () => "open, accepted 0/5"),
    );
    const [level] = venue.shard.engine.levels(MARKET, codes.SIDE_BUY);
    expect(level?.lots).toBe(15);
    // The journal's nonces go on where they were.
    expect(said(await again.place(buy({ clientOrderId: 4n })))).toBe("open, accepted 0/5");
  });

  test("keeps its mark below a frame that is only half reported", async () => {
    const venue = await start();
    const half = Promise.withResolvers<void>();
    let seen = 0;
    const onReport = (): void => void (++seen === 3 && half.resolve());
    const first = await join(venue, { journal: new FileJournal(path), onReport });
    venue.faults = [{ kind: "hide", shown: 2 }];
    const commands = [1n, 2n, 3n, 4n].map((id) => placeCommand(buy({ clientOrderId: id })));
    const sending = errorOf(first.send(commands));
    await half.promise;
    first.close();
    expect((await sending).code).toBe("unknown_outcome");
    const again = await join(venue, { journal: new FileJournal(path) });
    const [halfSeen] = again.recovered;
    const results = await halfSeen!.results;
    expect(results.map(said)).toEqual(Array.from({ length: 4 }, () => "open, accepted 0/5"));
  });

  test("hears reports again that a reader had not finished", async () => {
    const venue = await start();
    const first = await join(venue, { journal: new FileJournal(path) });
    const reader = first.reports();
    for (const clientOrderId of [1n, 2n, 3n]) await first.place(buy({ clientOrderId }));
    const seen = [(await reader.next()).value?.number, (await reader.next()).value?.number];
    first.close();
    const heard: number[] = [];
    const onReport = ({ number }: { number: number }): unknown => heard.push(number);
    await join(venue, { journal: new FileJournal(path), onReport });
    // The first was handled, since the second was asked for.
    expect(heard[0]).toBe(seen[1]);
    expect(heard).toEqual([0, 1, 2].map((more) => seen[1]! + more));
  });
});
