/**
 * Wire: a client's end of one connection, without manners of its own. It says what it is told to
 * and keeps what it hears, in order; each message is waited for, never slept for.
 */
import { createConnection, type Socket } from "node:net";
import { viewOf } from "../../src/base/bytes.ts";
import { MESSAGE_HELLO, MESSAGE_REFUSED, MESSAGE_RESUME } from "../../src/protocol/codes.ts";
import { readReport, type Report } from "../../src/protocol/report.ts";
import * as messages from "../../src/protocol/session.ts";
import * as soup from "../../src/protocol/soup.ts";

const WAIT_MS = 5000;

interface Packet {
  readonly type: string;
  readonly payload: Uint8Array;
}

export class Wire {
  /** Everything heard, in order. */
  readonly packets: Packet[] = [];
  /** Bytes heard that are no packets, once the other end has spoken HTTP. */
  text = "";
  readonly closed: Promise<void>;
  readonly socket: Socket;
  isClosed = false;
  private readonly cutter = new soup.PacketCutter();
  private readonly waiters = new Set<() => void>();
  /** Packets that a wait has looked at. */
  private seen = 0;
  private greeting: messages.Hello | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.isClosed = true;
        resolve();
        this.wake();
      });
    });
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => this.take(bytes));
  }

  static async open(port: number): Promise<Wire> {
    const socket = createConnection({ host: "127.0.0.1", port, noDelay: true });
    const wire = new Wire(socket);
    await new Promise<void>((resolve) => socket.on("connect", resolve));
    return wire;
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  login(username: string, session = "", sequence = 1): void {
    this.write(soup.encodeLoginRequest({ username, password: "", session, sequence }));
  }

  send(...frames: readonly Uint8Array[]): void {
    this.write(
      Buffer.concat(frames.map((frame) => soup.encodePacket(soup.SOUP_UNSEQUENCED, frame))),
    );
  }

  /** The greeting of this connection; waits for it the first time. */
  async hello(): Promise<messages.Hello> {
    if (this.greeting !== null) return this.greeting;
    const payload = await this.message((bytes) => bytes[0] === MESSAGE_HELLO);
    const hello = messages.decodeHello(payload);
    if (hello === null) throw new Error("the first message is no hello");
    this.greeting = hello;
    return hello;
  }

  async refused(): Promise<messages.Refused> {
    const payload = await this.message((bytes) => bytes[0] === MESSAGE_REFUSED);
    const refused = messages.decodeRefused(payload);
    if (refused === null) throw new Error("no refusal of this protocol");
    return refused;
  }

  async resume(): Promise<messages.Resume> {
    const payload = await this.message((bytes) => bytes[0] === MESSAGE_RESUME);
    const resume = messages.decodeResume(payload);
    if (resume === null) throw new Error("no resume of this protocol");
    return resume;
  }

  /** The next report for which `is` holds. */
  async report(is: (report: Report) => boolean): Promise<Report> {
    const isIt = (bytes: Uint8Array): boolean => bytes.length === 104 && is(reportOf(bytes));
    return reportOf(await this.message(isIt));
  }

  /** The next message for which `is` holds; those before it count as seen. */
  async message(is: (payload: Uint8Array) => boolean): Promise<Uint8Array> {
    return (await this.packet(({ type, payload }) => type === "S" && is(payload))).payload;
  }

  async packet(is: (packet: Packet) => boolean): Promise<Packet> {
    let found: Packet | undefined;
    await this.until(() => {
      while (found === undefined && this.seen < this.packets.length) {
        const next = this.packets[this.seen++]!;
        if (is(next)) found = next;
      }
      return found !== undefined;
    });
    return found!;
  }

  /** All reports heard so far. */
  get reports(): Report[] {
    const isReport = ({ type, payload }: Packet): boolean => type === "S" && payload[0]! >= 16;
    return this.packets.filter(isReport).map(({ payload }) => reportOf(payload));
  }

  /** Waits until `isSo`, looking after each packet. */
  async until(isSo: () => boolean): Promise<void> {
    const from = performance.now();
    while (!isSo()) {
      const left = WAIT_MS - (performance.now() - from);
      if (this.isClosed) throw new Error(`the connection closed; heard ${this.heard()}`);
      if (left <= 0) throw new Error(`waited in vain; heard ${this.heard()}`);
      await this.change(left);
    }
  }

  async close(): Promise<void> {
    this.write(soup.encodePacket(soup.SOUP_LOGOUT, new Uint8Array(0)));
    await this.closed;
  }

  cut(): void {
    this.socket.destroy();
  }

  private async change(ms: number): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    const timer = setTimeout(waiting.resolve, ms);
    this.waiters.add(waiting.resolve);
    await waiting.promise;
    this.waiters.delete(waiting.resolve);
    clearTimeout(timer);
  }

  private take(bytes: Uint8Array): void {
    if (this.packets.length === 0 && bytes[0] === 0x48) {
      this.text += new TextDecoder().decode(bytes);
    } else {
      this.cutter.push(bytes, (type, payload) => {
        this.packets.push({ type: String.fromCharCode(type), payload: payload.slice() });
      });
    }
    this.wake();
  }

  private wake(): void {
    for (const waiter of this.waiters) waiter();
  }

  private heard(): string {
    const last = this.packets.slice(-5);
    return last.map(({ type, payload }) => `${type}${payload.toHex().slice(0, 16)}`).join(" ");
  }
}

function reportOf(payload: Uint8Array): Report {
  return readReport(viewOf(payload), 0);
}
