/** The wire between two parts does to what passes exactly what it was asked to do. */
import { afterEach, describe, expect, test } from "bun:test";
import type { Socket } from "bun";
import { Prng } from "../../src/base/prng.ts";
import { lastingPort } from "../support/free-ports.ts";
import { CALM, isWhole, Wire, type WireRates } from "./wire.ts";

/** Echoes, and keeps what came. */
class Echo {
  readonly came: string[] = [];
  readonly listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket: Socket, bytes: Buffer) => {
        this.came.push(bytes.toString());
        socket.write(bytes);
      },
    },
  });
}

class Caller {
  heard = "";
  isOver = false;
  socket!: Socket;

  static async to(port: number): Promise<Caller> {
    const caller = new Caller();
    caller.socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_, bytes) => {
          caller.heard += bytes.toString();
        },
        close: () => {
          caller.isOver = true;
        },
      },
    });
    return caller;
  }
}

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function stand(rates: Partial<WireRates>, speech: "redis" | "orders" | "other" = "redis") {
  const echo = new Echo();
  const faults: string[] = [];
  const wire = new Wire({
    name: "test",
    port: lastingPort(),
    target: echo.listener.port,
    speech,
    prng: new Prng(1),
    onFault: (kind) => faults.push(kind),
  });
  wire.rates = { ...CALM, ...rates };
  const caller = await Caller.to(wire.port);
  ends.push(() => {
    caller.socket.terminate();
    wire.stop();
    echo.listener.stop(true);
  });
  return { echo, wire, caller, faults };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(2);
}

const COMMAND = "*1\r\n$4\r\nPING\r\n";

describe("a piece", () => {
  test("passes, whole and in order, late or not", async () => {
    const { echo, caller } = await stand({ delayMs: 20 });
    const big = "x".repeat(3_000_000);
    caller.socket.write("first ");
    await until(() => caller.heard === "first ");
    let sent = caller.socket.write(big);
    while (sent < big.length) {
      await Bun.sleep(1);
      sent += caller.socket.write(big.slice(sent));
    }
    await until(() => caller.heard.length === big.length + 6);
    expect(caller.heard).toBe(`first ${big}`);
    expect(echo.came.join("")).toBe(caller.heard);
  });

  test("is cut off before it arrives", async () => {
    const { echo, caller, faults } = await stand({ cutBefore: 1000 });
    caller.socket.write(COMMAND);
    await until(() => caller.isOver);
    expect([echo.came, caller.heard, faults]).toEqual([[], "", ["cut before"]]);
  });

  test("arrives, and its reply is lost with the connection", async () => {
    const { echo, caller, faults } = await stand({ cutAfter: 1000 });
    caller.socket.write(COMMAND);
    await until(() => caller.isOver);
    expect([echo.came, caller.heard, faults]).toEqual([[COMMAND], "", ["cut after"]]);
  });

  test("arrives, its reply and all behind it is lost, the connection stays", async () => {
    const { echo, wire, caller } = await stand({ swallowed: 1000 });
    caller.socket.write(COMMAND);
    await until(() => echo.came.length === 1);
    wire.rates = CALM;
    caller.socket.write("again");
    await until(() => echo.came.length === 2);
    await Bun.sleep(20);
    expect([caller.heard, caller.isOver]).toEqual(["", false]);
    wire.open();
    await until(() => caller.isOver);
  });

  test("arrives twice, and one reply comes", async () => {
    const { echo, caller } = await stand({ doubled: 1000 });
    caller.socket.write(COMMAND);
    await until(() => echo.came.length === 2 && caller.heard !== "");
    expect([echo.came, caller.heard]).toEqual([[COMMAND, COMMAND], COMMAND]);
  });

  test("of half a command never comes twice", async () => {
    const { echo, caller, faults } = await stand({ doubled: 1000, late: 1000 });
    caller.socket.write(COMMAND.slice(0, 7));
    await until(() => caller.heard !== "");
    expect([echo.came.length, faults]).toEqual([1, []]);
  });
});

describe("a wire", () => {
  test("that is held lets nothing pass and loses nothing", async () => {
    const { echo, wire, caller } = await stand({});
    wire.hold();
    caller.socket.write("one");
    await Bun.sleep(20);
    expect(echo.came).toEqual([]);
    wire.open();
    await until(() => caller.heard === "one");
  });

  test("with a hole loses what passes, and cuts it when it is mended", async () => {
    const { echo, wire, caller } = await stand({});
    wire.hole();
    caller.socket.write("one");
    await Bun.sleep(20);
    expect([echo.came, caller.isOver]).toEqual([[], false]);
    wire.open();
    await until(() => caller.isOver);
  });

  test("that is shut cuts everybody and lets nobody in", async () => {
    const { wire, caller } = await stand({});
    wire.shut();
    await until(() => caller.isOver);
    const next = await Caller.to(wire.port);
    await until(() => next.isOver);
  });
});

test("orders are whole where packets end, and only data packets", () => {
  const packet = [0, 3, 0x55, 1, 2];
  expect(isWhole(Uint8Array.from([...packet, ...packet]), "orders")).toBe(true);
  expect(isWhole(Uint8Array.from([...packet, 0]), "orders")).toBe(false);
  expect(isWhole(Uint8Array.from([0, 1, 0x52]), "orders")).toBe(false);
  expect(isWhole(Uint8Array.from(packet), "other")).toBe(false);
});
