/**
 * A TCP proxy between a client and a local server that can lose what passes through it.
 *
 *   "pass"            hands on both ways
 *   "cut_request"     the request never arrives, the connection is cut
 *   "cut_reply"       the request is executed, the reply is lost, the connection is cut
 *   "swallow_reply"   the request is executed, the reply is lost, the connection stays
 *
 * `fate` is asked for every piece that a client sends; what it says holds for the next reply too.
 */
import type { Socket, TCPSocketListener } from "bun";

export type ProxyFate = "pass" | "cut_request" | "cut_reply" | "swallow_reply";

interface Pair {
  upstream: Socket<Pair> | null;
  client: Socket<Pair>;
  fate: ProxyFate;
  waiting: Uint8Array[];
}

export class TcpProxy {
  fate: (request: Buffer) => ProxyFate = () => "pass";
  /** Connections taken so far. */
  accepted = 0;
  readonly port: number;
  private readonly listener: TCPSocketListener<Pair>;
  private target: number;
  private readonly pairs = new Set<Pair>();

  constructor(target: number) {
    this.target = target;
    this.listener = Bun.listen<Pair>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (client) => this.accept(client),
        data: (client, bytes) => this.request(client.data, bytes),
        close: ({ data }) => {
          this.pairs.delete(data);
          data.upstream?.terminate();
        },
        error: ({ data }) => data.upstream?.terminate(),
      },
    });
    this.port = this.listener.port;
  }

  private accept(client: Socket<Pair>): void {
    this.accepted++;
    const pair: Pair = { upstream: null, client, fate: "pass", waiting: [] };
    client.data = pair;
    this.pairs.add(pair);
    void this.connect(pair);
  }

  private async connect(pair: Pair): Promise<void> {
    try {
      pair.upstream = await Bun.connect<Pair>({
        hostname: "127.0.0.1",
        port: this.target,
        data: pair,
        socket: {
          data: (_, bytes) => reply(pair, bytes),
          close: () => pair.client.terminate(),
          error: () => pair.client.terminate(),
        },
      });
      for (const bytes of pair.waiting.splice(0)) pair.upstream.write(bytes);
    } catch {
      pair.client.terminate(); // The server is down, as it is for everybody.
    }
  }

  private request(pair: Pair, bytes: Buffer): void {
    pair.fate = this.fate(bytes);
    if (pair.fate === "cut_request") cut(pair);
    else if (pair.upstream === null) pair.waiting.push(Uint8Array.from(bytes));
    else pair.upstream.write(bytes);
  }

  /** Cuts every connection; new ones lead to another server, as after a failover. */
  switchTo(target: number): void {
    this.target = target;
    for (const pair of this.pairs) cut(pair);
  }

  stop(): void {
    this.listener.stop(true);
  }
}

function reply(pair: Pair, bytes: Buffer): void {
  if (pair.fate === "cut_reply") cut(pair);
  else if (pair.fate === "pass") pair.client.write(bytes);
}

function cut(pair: Pair): void {
  pair.client.terminate();
  pair.upstream?.terminate();
}
