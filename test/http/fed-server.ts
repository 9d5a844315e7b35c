/**
 * FedServer: a FedShard behind a real Bun.serve, and readers of its stream. For tests.
 */
import { type StreamData, streamHandlers } from "../../src/settlement-plane/stream.ts";
import type { StreamMessage } from "../../src/client/stream-json.ts";
import { FedShard, type FedSettings } from "./fed-shard.ts";

export interface ServerSettings extends FedSettings {
  readonly connectionsMax?: number;
  readonly queueBytesMax?: number;
}

const PATIENCE_MS = 5000;
const POLL_MS = 2;

/** Resolves when the condition holds; throws when it does not come true in time. */
export async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await Bun.sleep(POLL_MS);
  }
}

export class FedServer {
  readonly shard: FedShard;
  readonly port: number;
  readonly closeReaders: () => void;
  private readonly server: Bun.Server<StreamData>;

  constructor(settings: ServerSettings = {}) {
    this.shard = new FedShard(settings);
    const { app, marketData, counts } = this.shard;
    const { connectionsMax = 10, queueBytesMax = 1 << 20 } = settings;
    const limits = { streamConnectionsMax: connectionsMax, streamQueueBytesMax: queueBytesMax };
    const stream = streamHandlers({ app, marketData, counts, limits });
    const { fetch, websocket } = stream;
    this.closeReaders = stream.closeReaders;
    this.server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch, websocket });
    this.port = this.server.port ?? 0;
  }

  get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`);
  }

  async close(): Promise<void> {
    this.shard.close();
    await this.server.stop(true);
  }
}

/** A plain WebSocket that keeps all it was sent. */
export class StreamTape {
  readonly messages: StreamMessage[] = [];
  closed: { code: number; reason: string } | null = null;
  readonly socket: WebSocket;

  constructor(port: number, query = "") {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream${query}`);
    this.socket.addEventListener("message", ({ data }) => this.messages.push(JSON.parse(data)));
    this.socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
    });
  }

  async untilCount(count: number): Promise<void> {
    await until(`${count} messages`, () => this.messages.length >= count);
  }

  /** Waits until the market was told up to this position, by a delta, snapshot or trade. */
  async untilPosition(position: number): Promise<void> {
    const isThere = (message: StreamMessage): boolean =>
      "position" in message && message.position >= position;
    await until(`position ${position}`, () => this.messages.some(isThere));
  }
}
