/**
 * SlowReader: a reader of the stream that does not read, and a flow of orders that fills its queue.
 */
import { expect } from "bun:test";
import { connect } from "node:net";
import type { Prng } from "../../src/base/prng.ts";
import { SIDE_BUY, SIDE_SELL } from "../../src/protocol/codes.ts";
import { encodeCancel } from "../../src/protocol/commands.ts";
import { type FedShard, limit } from "./fed-shard.ts";

/** Orders of both sides round a price that wanders, some of which cross, and cancels. */
export function flow(shard: FedShard, prng: Prng, count: number): void {
  for (let i = 0; i < count; i++) {
    const account = prng.between(1, 3);
    const id = BigInt(prng.between(1, 400));
    if (prng.chance(30)) {
      shard.trade(account, encodeCancel(1, id));
      continue;
    }
    const isBuy = prng.chance(50);
    shard.trade(
      account,
      limit({
        side: isBuy ? SIDE_BUY : SIDE_SELL,
        price: 6_000_000 + prng.between(-120, 100) * (isBuy ? 1 : -1),
        quantity: prng.between(1, 30),
        clientOrderId: id,
      }),
    );
  }
}

/** A WebSocket by hand that does not read until it is asked for the code it was closed with. */
export class SlowReader {
  private readonly socket: ReturnType<typeof connect>;

  private constructor(socket: ReturnType<typeof connect>) {
    this.socket = socket;
  }

  static async open(port: number): Promise<SlowReader> {
    const socket = connect(port, "127.0.0.1");
    socket.pause();
    socket.write(
      "GET /v1/stream?markets=1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n" +
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await new Promise((resolve) => socket.once("connect", resolve));
    return new SlowReader(socket);
  }

  /** Reads all that waits and gives the code of the close frame at its end. */
  async closeCode(): Promise<number> {
    const chunks: Buffer[] = [];
    this.socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    this.socket.resume();
    await new Promise((resolve) => this.socket.once("end", resolve));
    this.socket.destroy();
    const bytes = Buffer.concat(chunks);
    const reason = Buffer.from("too slow, connect again");
    const at = bytes.lastIndexOf(reason) - 4;
    // FIN and close; the length of code and reason; the code.
    expect([bytes[at], bytes[at + 1]]).toEqual([0x88, 2 + reason.length]);
    return bytes.readUInt16BE(at + 2);
  }
}
