/**
 * TCP: listening sockets with bounded queues. Knows bytes and peers, nothing of orders.
 *
 * Bun's `socket.write` takes what the kernel takes and buffers nothing; the rest waits in the
 * peer's OutQueue, one growing buffer with a ceiling. Over the ceiling the peer is a slow consumer
 * and goes. While its queue is more than half full, nothing more is read from it: who does not
 * listen may not ask. Everything written in one turn of the event loop leaves in one write.
 */
import type { Socket, TCPSocketListener } from "bun";

export interface PeerEvents {
  onOpen(peer: Peer): void;
  /** `bytes` are on loan until it returns. */
  onData(peer: Peer, bytes: Uint8Array): void;
  onClose(peer: Peer): void;
}

export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  readonly reusePort: boolean;
  readonly outQueueBytesMax: number;
}

const FIRST_QUEUE_BYTES = 4096;

/** What a Peer needs of its socket. */
export interface PeerSocket {
  readonly remoteAddress: string;
  /** How many bytes were taken; the rest is the caller's. */
  write(bytes: Uint8Array): number;
  /** Lets what was taken leave, then closes. */
  end(): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

/** One connection. `session` is for whoever serves it. */
export class Peer {
  session: unknown = null;
  readonly address: string;
  private queue = new Uint8Array(FIRST_QUEUE_BYTES);
  private from = 0;
  private to = 0;
  private isFlushAsked = false;
  private isClosed = false;
  private isEnding = false;
  private isHeldForQueue = false;
  private holds = 0;
  private roomWaiters: (() => void)[] = [];
  private readonly socket: PeerSocket;
  private readonly queueMax: number;

  constructor(socket: PeerSocket, queueMax: number) {
    this.socket = socket;
    this.queueMax = queueMax;
    this.address = socket.remoteAddress;
  }

  get queued(): number {
    return this.to - this.from;
  }

  /** More than half of the queue's ceiling waits. */
  get isFull(): boolean {
    return this.queued > this.queueMax / 2;
  }

  get isOpen(): boolean {
    return !this.isClosed && !this.isEnding;
  }

  /** Queues a copy of `bytes`; the peer is cut off when its queue is full. */
  send(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    if (this.queued + bytes.length > this.queueMax) {
      this.cut();
      return;
    }
    this.makeRoom(bytes.length);
    this.queue.set(bytes, this.to);
    this.to += bytes.length;
    if (!this.isFlushAsked) {
      this.isFlushAsked = true;
      queueMicrotask(() => this.flush());
    }
  }

  /** Sends what is queued, then closes. */
  end(): void {
    if (!this.isOpen) return;
    this.isEnding = true;
    this.flush();
  }

  /** Closes at once; what is queued is lost. */
  cut(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.socket.terminate();
  }

  /** Stops reading from this peer until as many `release` calls have come. */
  hold(): void {
    if (this.holds++ === 0 && !this.isClosed) this.socket.pause();
  }

  release(): void {
    if (--this.holds === 0 && !this.isClosed) this.socket.resume();
  }

  flush(): void {
    this.isFlushAsked = false;
    if (this.isClosed) return;
    while (this.from < this.to) {
      const wrote = this.socket.write(this.queue.subarray(this.from, this.to));
      if (wrote <= 0) break;
      this.from += wrote;
    }
    this.holdWhileFull();
    if (this.from === this.to) {
      this.from = this.to = 0;
      if (this.isEnding) this.finish();
    }
  }

  /** Resolves when the queue is at most half full, or the peer is gone. */
  whenRoom(): Promise<void> {
    if (!this.isFull || this.isClosed) return Promise.resolve();
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  markClosed(): void {
    this.isClosed = true;
    this.callWaiters();
  }

  private holdWhileFull(): void {
    const isFull = this.isFull;
    if (!isFull) this.callWaiters();
    if (isFull === this.isHeldForQueue) return;
    this.isHeldForQueue = isFull;
    if (isFull) this.hold();
    else this.release();
  }

  private callWaiters(): void {
    const waiters = this.roomWaiters;
    this.roomWaiters = [];
    for (const resolve of waiters) resolve();
  }

  private finish(): void {
    this.isClosed = true;
    this.socket.end();
  }

  private makeRoom(size: number): void {
    if (this.to + size <= this.queue.length) return;
    const needed = this.queued + size;
    let capacity = this.queue.length;
    while (capacity < needed) capacity *= 2;
    const target = capacity === this.queue.length ? this.queue : new Uint8Array(capacity);
    target.set(this.queue.subarray(this.from, this.to));
    this.queue = target;
    this.to -= this.from;
    this.from = 0;
  }
}

interface Holder {
  peer: Peer | null;
}

export interface TcpServer {
  readonly port: number;
  readonly hostname: string;
  /** Takes no new connections. */
  stop(): void;
}

export type Listen = (options: ListenOptions, events: PeerEvents) => TcpServer;

/** Throws what `Bun.listen` throws (a taken port: code EADDRINUSE). */
export function listenTcp(options: ListenOptions, events: PeerEvents): TcpServer {
  // `reusePort` is known to Bun.listen and not to its types; `exclusive` alone shares nothing.
  const sharing = { exclusive: !options.reusePort, reusePort: options.reusePort };
  const listener: TCPSocketListener<Holder> = Bun.listen<Holder>({
    hostname: options.hostname,
    port: options.port,
    ...sharing,
    socket: {
      open(socket) {
        const peer = new Peer(socket, options.outQueueBytesMax);
        socket.data = { peer };
        socket.setNoDelay(true);
        events.onOpen(peer);
      },
      data(socket, bytes) {
        const peer = socket.data.peer;
        if (peer?.isOpen) events.onData(peer, bytes);
      },
      drain(socket) {
        socket.data.peer?.flush();
      },
      close(socket) {
        leave(socket, events);
      },
      error(socket) {
        socket.data.peer?.cut();
        leave(socket, events);
      },
    },
  });
  return {
    port: listener.port,
    hostname: listener.hostname,
    stop: () => listener.stop(false),
  };
}

function leave(socket: Socket<Holder>, events: PeerEvents): void {
  const peer = socket.data?.peer;
  if (peer === null || peer === undefined) return;
  socket.data.peer = null;
  peer.markClosed();
  events.onClose(peer);
}
