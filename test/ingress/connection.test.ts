/**
 * A connection's life over a real socket: login, manners, limits, patience, goodbye.
 */
import { describe, expect, test } from "bun:test";
import { rejectCode } from "../../src/protocol/codes.ts";
import * as soup from "../../src/protocol/soup.ts";
import { ALICE, BOB, Stand, tagOf, until } from "./stand.ts";
import type { Wire } from "./wire.ts";

const NOTHING = new Uint8Array(0);
const BAD = new Uint8Array(10);

/** True once the server has read everything that the wire has written. */
async function isServed(wire: Wire): Promise<boolean> {
  wire.send(BAD);
  return rejectCode((await wire.refused()).code).name === "frame_size";
}

describe("a login", () => {
  test("is accepted with a session's name, number 1, and a hello", async () => {
    await using stand = await Stand.start();
    const wire = await stand.connect();
    wire.login("1");
    const { payload } = await wire.packet(({ type }) => type === "A");
    expect(new TextDecoder().decode(payload)).toMatch(/^[0-9a-f]{10} {19}1$/);
    const { challenge, ...hello } = await wire.hello();
    expect(hello).toEqual({
      shard: 1,
      rulesVersion: 1,
      directoryOrigin: 1,
      venue: stand.venue,
    });
    const other = await (await stand.open()).hello();
    expect(other.challenge).not.toEqual(challenge);
  });

  test("without a shard is for the lowest, and its sequence may be 0", async () => {
    await using stand = await Stand.start();
    const wire = await stand.connect();
    wire.login("", "", 0);
    expect((await wire.hello()).shard).toBe(1);
  });

  test.each([
    ["for a shard that is not served", "A", { username: "2", session: "", sequence: 1 }],
    ["for no number", "A", { username: "alice", session: "", sequence: 1 }],
    ["for an earlier session", "S", { username: "1", session: "0a1b2c3d4e", sequence: 1 }],
    ["from a later number", "S", { username: "1", session: "", sequence: 2 }],
  ] as const)("%s is rejected with %s", async (_name, reason, login) => {
    await using stand = await Stand.start();
    const wire = await stand.connect();
    wire.login(login.username, login.session, login.sequence);
    const { payload } = await wire.packet(({ type }) => type === "J");
    expect(new TextDecoder().decode(payload)).toBe(reason);
    await wire.closed;
  });

  test("of another length is rejected", async () => {
    await using stand = await Stand.start();
    const wire = await stand.connect();
    wire.write(soup.encodePacket(soup.SOUP_LOGIN_REQUEST, new Uint8Array(45)));
    await wire.packet(({ type }) => type === "J");
    await wire.closed;
  });

  test("may come in any slices, with frames right behind it", async () => {
    await using stand = await Stand.start();
    const wire = await stand.connect();
    const login = { username: "1", password: "", session: "", sequence: 1 };
    const frame = soup.encodePacket(soup.SOUP_UNSEQUENCED, BAD);
    for (const byte of [...soup.encodeLoginRequest(login), ...frame]) {
      wire.write(Uint8Array.of(byte));
    }
    await wire.hello();
    expect(rejectCode((await wire.refused()).code).name).toBe("frame_size");
  });
});

describe("a connection is closed", () => {
  test.each([
    ["a frame before the login", soup.encodePacket(soup.SOUP_UNSEQUENCED, BAD)],
    ["a heartbeat before the login", soup.encodePacket(soup.SOUP_CLIENT_HEARTBEAT, NOTHING)],
    ["a length of zero", Uint8Array.of(0, 0)],
    ["a length over the largest frame's", Uint8Array.of(0xff, 0xff)],
  ])("for %s", async (_name, bytes) => {
    await using stand = await Stand.start();
    const wire = await stand.connect();
    wire.write(bytes);
    await wire.closed;
    expect(wire.packets).toEqual([]);
  });

  test.each([
    ["a second login", soup.encodePacket(soup.SOUP_LOGIN_REQUEST, new Uint8Array(46))],
    ["a packet that only servers send", soup.encodePacket(soup.SOUP_SEQUENCED, BAD)],
    ["a type that there is not", soup.encodePacket(0x78, BAD)],
    ["a length over the largest frame's", Uint8Array.of(0xff, 0xe2)],
  ])("for %s after the login, and others notice nothing", async (_name, bytes) => {
    await using stand = await Stand.start();
    const wire = await stand.open();
    const other = await stand.open();
    wire.write(bytes);
    await wire.closed;
    expect(await isServed(other)).toBe(true);
    await until(() => stand.ingress.entry.sessionCount === 1);
  });

  test("after a logout, when everything is said", async () => {
    await using stand = await Stand.start();
    const wire = await stand.open();
    wire.write(Buffer.concat([soup.encodePacket(soup.SOUP_UNSEQUENCED, BAD), logout()]));
    await wire.closed;
    expect(wire.packets.map(({ type }) => type).join("")).toBe("ASS");
  });
});

function logout(): Uint8Array {
  return soup.encodePacket(soup.SOUP_LOGOUT, NOTHING);
}

test("debug packets are passed over, before the login and after it", async () => {
  await using stand = await Stand.start();
  const wire = await stand.connect();
  const debug = soup.encodePacket(soup.SOUP_DEBUG, new TextEncoder().encode("hello"));
  wire.write(debug);
  wire.login("1");
  wire.write(debug);
  expect(await isServed(wire)).toBe(true);
});

test("a browser gets one answer that names the dashboard", async () => {
  await using stand = await Stand.start();
  const wire = await stand.connect();
  wire.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  await wire.closed;
  expect(wire.text).toStartWith("HTTP/1.1 421 Misdirected Request\r\n");
  expect(wire.text).toContain("http://127.0.0.1:9091/");
});

describe("limits of connections", () => {
  test("in all, and a place is free again once one has gone", async () => {
    await using stand = await Stand.start({ entry: { connectionsMax: 2 } });
    const [first] = [await stand.open(), await stand.open()];
    const third = await stand.connect();
    await third.closed;
    await first.close();
    await until(() => stand.ingress.entry.sessionCount === 1);
    expect(await isServed(await stand.open())).toBe(true);
    expect(stand.ingress.entry.counts.refusedConnections).toBe(1);
  });

  test("from one address", async () => {
    await using stand = await Stand.start({ entry: { connectionsPerIpMax: 1 } });
    const first = await stand.open();
    await (await stand.connect()).closed;
    first.cut();
    await until(() => stand.ingress.entry.sessionCount === 0);
    expect(await isServed(await stand.open())).toBe(true);
  });
});

describe("patience", () => {
  const entry = { heartbeatMs: 40, loginTimeoutMs: 5000, clientSilentMsMax: 10_000 };

  test("a connection that does not log in goes, one that has stays", async () => {
    await using stand = await Stand.start({ entry });
    const late = await stand.connect();
    const wire = await stand.open();
    stand.ahead += 4000;
    const later = await stand.connect();
    await until(() => stand.ingress.entry.sessionCount === 3);
    stand.ahead += 1500;
    await late.closed;
    expect([await isServed(wire), later.isClosed]).toEqual([true, false]);
  });

  test("a silent client goes, one with heartbeats stays", async () => {
    await using stand = await Stand.start({ entry });
    const silent = await stand.open();
    const wire = await stand.open();
    stand.ahead += 6000;
    wire.write(soup.encodePacket(soup.SOUP_CLIENT_HEARTBEAT, NOTHING));
    expect(await isServed(wire)).toBe(true);
    stand.ahead += 6000;
    await silent.closed;
    expect(await isServed(wire)).toBe(true);
  });

  test("a packet that is begun and never finished goes with its connection", async () => {
    await using stand = await Stand.start({ entry: { ...entry, frameTimeoutMs: 3000 } });
    const stuck = await stand.open();
    const whole = await stand.open();
    stuck.write(Uint8Array.of(0, 9, 0x55));
    expect([await isServed(whole), await seesBytes(stand)]).toEqual([true, true]);
    stand.ahead += 3500;
    await stuck.closed;
    expect(await isServed(whole)).toBe(true);
  });

  test("a stream that never pauses between packets is no packet begun long ago", async () => {
    await using stand = await Stand.start({ entry: { ...entry, frameTimeoutMs: 3000 } });
    const wire = await stand.open();
    const packet = soup.encodePacket(soup.SOUP_UNSEQUENCED, BAD);
    const stream = Buffer.concat([packet, packet]);
    wire.write(stream.subarray(0, packet.length + 5));
    await wire.refused();
    for (let i = 0; i < 5; i++) {
      stand.ahead += 2000;
      // The rest of one packet and the begin of the next: always inside.
      wire.write(Buffer.concat([packet.subarray(5), packet.subarray(0, 5)]));
      await wire.refused();
      await heartbeat(wire);
    }
    expect(wire.isClosed).toBe(false);
  });

  test("the server says something at least every heartbeat", async () => {
    await using stand = await Stand.start({ entry: { ...entry, heartbeatMs: 40 } });
    const wire = await stand.open();
    const from = performance.now();
    for (let i = 0; i < 3; i++) await heartbeat(wire);
    expect(performance.now() - from).toBeGreaterThan(60);
  });
});

async function heartbeat(wire: Wire): Promise<void> {
  await wire.packet(({ type }) => type === "H");
}

/** Whether a few looks of the watch have passed. */
async function seesBytes(stand: Stand): Promise<boolean> {
  const wire = await stand.open();
  await heartbeat(wire);
  return true;
}

test("a drain says the end of the session to all, and takes no new connection", async () => {
  await using stand = await Stand.start();
  const wires = [await stand.logOn(ALICE), await stand.logOn(BOB), await stand.open()];
  const { port } = stand.ingress.entry;
  await stand.drain();
  await Promise.all(wires.map((wire) => wire.closed));
  expect(wires.map((wire) => wire.packets.at(-1)?.type)).toEqual(["Z", "Z", "Z"]);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
});

test("what was taken before a drain is appended and reported", async () => {
  await using stand = await Stand.start();
  const wire = await stand.logOn(ALICE);
  const frames = Array.from({ length: 50 }, () => stand.order(ALICE));
  wire.send(...frames);
  await until(() => stand.door.counts.admitted >= 50);
  await stand.drain();
  await wire.closed;
  const tags = wire.reports.map(({ tag }) => tag);
  expect(frames.filter((frame) => !tags.includes(tagOf(frame)))).toEqual([]);
});
