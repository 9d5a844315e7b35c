/**
 * TinyClient: a whole client from node:net, node:crypto and docs/PROTOCOL.md alone.
 *
 *   Soup packet   [ u16 big-endian length ][ type ][ payload ]
 *   frame         [ 72 header ][ commands ][ 64 signature over all before it ]      little-endian
 */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { connect, type Socket } from "node:net";

export interface TinyReport {
  kind: number;
  number: number;
  clientId: bigint;
  /** Lots: traded or taken off now, and still open. */
  last: number;
  leaves: number;
}

const FRAME = { trader: 4, logon: 5 } as const;
const COMMAND = { order: 16, cancel: 17, logon: 32 } as const;
const DUPLICATE = 202;

export class TinyClient {
  /** Every numbered report of the account, in order. */
  readonly reports: TinyReport[] = [];
  private readonly socket: Socket;
  private readonly key: KeyObject;
  private readonly who: { account: number; key: number };
  private held = Buffer.alloc(0);
  private hello = Buffer.alloc(0);
  private nonce = 0;
  private logonNext = 0;
  private waiters: (() => void)[] = [];
  private error: Error | null = null;

  constructor(port: number, pem: string, who: { account: number; key: number }) {
    this.key = createPrivateKey(pem);
    this.who = who;
    this.socket = connect({ host: "127.0.0.1", port });
    this.socket.on("data", (bytes: Buffer) => this.onData(bytes));
    this.socket.on("error", (error) => this.wake(error));
    this.socket.on("close", () => this.wake(new Error("closed")));
    // Login request: username 6, password 10, session 10, sequence 20, all blanks but the last: 1.
    this.packet("L", Buffer.from(`${" ".repeat(26)}${"1".padStart(20)}`));
  }

  /** `next`: the first report wanted; 0 for only new ones. Resolves once logged on. */
  async logOn(next: number): Promise<void> {
    await this.until(() => this.hello.length > 0);
    this.logonNext = next;
    this.sendLogon();
    await this.until(() => this.reports.some(({ kind }) => kind === 23));
  }

  /** A limit order, good till canceled; prices in ticks, quantities in lots. */
  place(market: number, side: "buy" | "sell", order: { price: number; lots: number; id: bigint }) {
    const command = Buffer.alloc(48);
    command.writeUInt8(COMMAND.order, 0);
    command.writeUInt8(side === "buy" ? 1 : 2, 1);
    command.writeUInt8(1, 2); // Limit.
    command.writeUInt8(1, 3); // Good till canceled.
    command.writeUInt32LE(market, 4);
    command.writeBigUInt64LE(order.id, 8);
    command.writeUInt32LE(order.price, 16);
    command.writeUInt32LE(order.lots, 20);
    this.sendFrame(FRAME.trader, command);
  }

  cancel(market: number, id: bigint): void {
    const command = Buffer.alloc(16);
    command.writeUInt8(COMMAND.cancel, 0);
    command.writeUInt32LE(market, 4);
    command.writeBigUInt64LE(id, 8);
    this.sendFrame(FRAME.trader, command);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.error !== null) throw this.error;
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  cut(): void {
    this.socket.destroy();
  }

  private sendLogon(): void {
    const command = Buffer.alloc(48);
    command.writeUInt8(COMMAND.logon, 0);
    command.writeBigUInt64LE(BigInt(this.logonNext), 8);
    this.hello.copy(command, 16, 40, 72); // The challenge.
    this.sendFrame(FRAME.logon, command);
  }

  private sendFrame(kind: number, command: Buffer): void {
    const head = Buffer.alloc(72);
    head.write("CLOB", 0, "latin1");
    head.writeUInt8(1, 4);
    head.writeUInt8(kind, 5);
    this.hello.copy(head, 6, 2, 4); // Shard.
    this.hello.copy(head, 8, 8, 40); // Venue.
    head.writeUInt32LE(this.who.account, 40);
    head.writeUInt32LE(this.who.key, 44);
    head.writeBigUInt64LE(BigInt(++this.nonce), 48);
    head.writeUInt16LE(1, 64);
    head.writeUInt16LE(command.length, 66);
    const signed = Buffer.concat([head, command]);
    this.packet("U", Buffer.concat([signed, sign(null, signed, this.key)]));
  }

  private packet(type: string, payload: Buffer): void {
    const head = Buffer.alloc(2);
    head.writeUInt16BE(payload.length + 1);
    this.socket.write(Buffer.concat([head, Buffer.from(type, "latin1"), payload]));
  }

  private onData(bytes: Buffer): void {
    this.held = Buffer.concat([this.held, bytes]);
    while (this.held.length >= 2 && this.held.length >= 2 + this.held.readUInt16BE(0)) {
      const end = 2 + this.held.readUInt16BE(0);
      if (this.held[2] === 0x53) this.onMessage(this.held.subarray(3, end)); // S: sequenced.
      this.held = this.held.subarray(end);
    }
    this.wake(null);
  }

  private onMessage(message: Buffer): void {
    const kind = message.readUInt8(0);
    if (kind === 1) this.hello = Buffer.from(message);
    if (kind === 2) this.wake(new Error(`refused, code ${message.readUInt16LE(2)}`));
    if (kind < 16) return;
    const number = Number(message.readBigUInt64LE(8));
    const clientId = message.readBigUInt64LE(64);
    const [last, leaves] = [message.readUInt32LE(76), message.readUInt32LE(84)];
    if (number > 0) this.reports.push({ kind, number, clientId, last, leaves });
    else if (message.readUInt16LE(42) === DUPLICATE) {
      this.nonce = Number(message.readBigUInt64LE(96)); // The key's highest.
      this.sendLogon();
    } else this.wake(new Error(`rejected, code ${message.readUInt16LE(42)}`));
  }

  private wake(error: Error | null): void {
    this.error ??= error;
    for (const resolve of this.waiters.splice(0)) resolve();
  }
}
