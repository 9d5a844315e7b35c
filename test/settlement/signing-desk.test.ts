/**
 * What two settlements say to each other before they sign, with every leadership that can be: both
 * may believe that they lead.
 */
import { afterEach, expect, test } from "bun:test";
import { Halt } from "../../src/engine/halt.ts";
import { MemoryStore } from "../../src/edges/memory-log.ts";
import type { ShardLog } from "../../src/edges/log.ts";
import { nonceAbove } from "../../src/settlement-plane/carry-desk.ts";
import { type DueCheckpoint, SigningDesk } from "../../src/settlement-plane/signing-desk.ts";

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

/** A settlement that computes whatever the test says. */
class Signing {
  readonly signed: string[] = [];
  readonly desk: SigningDesk;
  readonly running: Promise<unknown>;
  leads: boolean;

  constructor(log: ShardLog, who: string, leads: boolean) {
    this.leads = leads;
    const sign = ({ number, bytes }: DueCheckpoint): void => {
      this.signed.push(`${number}:${new TextDecoder().decode(bytes)}`);
    };
    this.desk = new SigningDesk({ log, who, mayPublish: () => this.leads, sign });
    const stop = new AbortController();
    stops.push(stop);
    this.running = this.desk.run(stop.signal).then(
      () => "stopped",
      (fault: unknown) => fault,
    );
  }

  compute(number: number, what = "same"): void {
    const [inputRoot, statesRoot] = [new Uint8Array(32), new Uint8Array(32)];
    const bytes = new TextEncoder().encode(what);
    this.desk.add({ number, bytes, position: 10 * number, inputRoot, statesRoot, logTime: 1 });
  }

  async untilSigned(count: number): Promise<void> {
    while (this.signed.length < count) await Bun.sleep(1);
  }
}

function pairOf(...leads: readonly [boolean, boolean]): [Signing, Signing] {
  const log = new MemoryStore(1).open();
  return [new Signing(log, "one", leads[0]), new Signing(log, "two", leads[1])];
}

/** Both have said commitment 0, so that each is known to be near. */
async function nearPair(...leads: readonly [boolean, boolean]): Promise<[Signing, Signing]> {
  const pair = pairOf(...leads);
  for (const one of pair) one.compute(0);
  for (const one of pair) await one.untilSigned(1);
  return pair;
}

test("alone, the one that leads signs at once, and waits for nobody", async () => {
  const [one] = pairOf(true, false);
  const since = performance.now();
  for (let number = 0; number < 5; number++) one.compute(number);
  await one.untilSigned(5);
  expect(performance.now() - since).toBeLessThan(900);
});

test("who follows signs nothing that the other has not said", async () => {
  const [one, two] = pairOf(true, false);
  two.compute(0);
  two.compute(1);
  await Bun.sleep(100);
  expect(two.signed).toEqual([]);
  one.compute(0);
  await two.untilSigned(1);
  expect(two.signed).toEqual(["0:same"]);
  one.compute(1);
  await two.untilSigned(2);
  expect(one.signed).toEqual(two.signed);
});

test("of two that are near, the one that leads waits for the other's word", async () => {
  const [one, two] = await nearPair(true, false);
  one.compute(1);
  await Bun.sleep(100);
  expect(one.signed).toEqual(["0:same"]);
  two.compute(1);
  await one.untilSigned(2);
});

test("one that has gone silent is waited for once", async () => {
  const [one] = await nearPair(true, false);
  const since = performance.now();
  one.compute(1);
  await one.untilSigned(2);
  const waited = performance.now() - since;
  expect(waited).toBeGreaterThan(900);
  one.compute(2);
  one.compute(3);
  await one.untilSigned(4);
  expect(performance.now() - since - waited).toBeLessThan(900);
});

const WHO_LEADS: [boolean, boolean][] = [
  [true, false],
  [false, true],
  [true, true],
];
test.each(WHO_LEADS)(
  "two that differ sign nothing of it, and both say so: %p, %p",
  async (a, b) => {
    const [one, two] = await nearPair(a, b);
    one.compute(1, "a lie");
    await Bun.sleep(50);
    two.compute(1, "the truth");
    for (const { running, signed } of [one, two]) {
      expect(await running).toBeInstanceOf(Halt);
      expect(signed).toEqual(["0:same"]);
    }
  },
);

test("both believing to lead, they sign the same bytes or none", async () => {
  const [one, two] = pairOf(true, true);
  for (let number = 0; number < 8; number++) {
    const [first, second] = number % 2 === 0 ? [one, two] : [two, one];
    first.compute(number);
    second.compute(number);
  }
  await one.untilSigned(8);
  await two.untilSigned(8);
  expect(one.signed).toEqual(two.signed);
});

test("who follows does not wait for a word of an earlier generation", async () => {
  const log = new MemoryStore(1).open();
  const one = new Signing(log, "one", true);
  one.compute(0);
  await one.untilSigned(1);
  // As a Clear and a lost suffix do: what was said before counts no more.
  const said = log.sayCommitment.bind(log);
  const two = new Signing(log, "two", false);
  log.sayCommitment = async (word) => (word.number === 0 ? "first" : said(word));
  two.compute(0);
  two.compute(1);
  one.compute(1);
  await two.untilSigned(1);
  expect(two.signed).toEqual(["1:same"]);
  two.compute(2);
  one.compute(2);
  await two.untilSigned(2);
});

test("one that wakes up far behind signs nothing old", async () => {
  const log = new MemoryStore(1).open();
  log.sayCommitment = async () => "older";
  const one = new Signing(log, "one", true);
  one.compute(0);
  await Bun.sleep(50);
  expect(one.signed).toEqual([]);
});

test("at an end what may be signed is signed, and what is not agreed stays", async () => {
  const log = new MemoryStore(1).open();
  const one = new Signing(log, "one", true);
  const two = new Signing(log, "two", false);
  stops.splice(0).forEach((stop) => stop.abort());
  await Promise.all([one.running, two.running]);
  two.compute(0);
  await two.desk.flush();
  expect(two.signed).toEqual([]);
  one.compute(0);
  await one.desk.flush();
  expect(one.signed).toEqual(["0:same"]);
  await two.desk.flush();
  expect(two.signed).toEqual(["0:same"]);
});

test("nonces of two terms are never the same, and follow each other closely", () => {
  const termOf = new Map<number, number>();
  for (let term = 1; term <= 16; term++) {
    let high = 0;
    while (high < 400) {
      const next = nonceAbove(high, term);
      expect(next > high && next <= high + 16).toBe(true);
      expect(termOf.has(next)).toBe(false);
      termOf.set(next, term);
      high = next;
    }
  }
  expect(termOf.size).toBeGreaterThan(16 * 24);
});
