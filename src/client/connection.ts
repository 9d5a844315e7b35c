/**
 * Connection: one TCP connection to an ingress, from login to goodbye. Knows packets and messages,
 * nothing of accounts or orders.
 *
 *   open: connect -> login -> A -> hello -> ready       then messages until closed, once
 *
 * Frames are written one behind the other into a chunk and leave once per turn of the event loop. A
 * chunk's written part is never touched again, so the socket may keep it as long as it likes. Over
 * `outBytesMax` `send` takes nothing more until there is room.
 */
import { connect } from "node:net";
import { decodeHello, type Hello } from "../protocol/session.ts";
import * as soup from "../protocol/soup.ts";
import { aborted, ClientError, closed, unreachable, violation } from "./errors.ts";

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** 0: the lowest shard that the ingress serves. */
  readonly shard?: number;
  readonly connectTimeoutMs?: number;
  readonly heartbeatMs?: number;
  /** The server says something every second; one silent for longer is given up. */
  readonly silentMsMax?: number;
  readonly outBytesMax?: number;
  /** What opens sockets; TCP of the host if absent. */
  readonly dial?: Dial;
}

/** One stream of bytes each way. Of its events "close" comes last and always. */
export interface ClientSocket {
  /** Bytes written that wait for room. */
  readonly writableLength: number;
  on(event: "connect" | "drain" | "close", listener: () => void): unknown;
  on(event: "data", listener: (bytes: Buffer) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  write(bytes: Uint8Array): unknown;
  end(): unknown;
  destroy(): unknown;
}

export type Dial = (host: string, port: number) => ClientSocket;

export interface ConnectionEvents {
  /** A message behind the hello: refused, resume or a report. On loan until it returns. */
  onMessage(message: Uint8Array): void;
  /** All messages of one chunk from the network have been shown. */
  onTurn?(): void;
  /** Called before bytes leave, so that a record of them can be written first. */
  onFlush?(): void;
  /** Once. Whatever was on its way has an unknown outcome. */
  onClose(error: ClientError): void;
}

const CHUNK_SIZE = 1 << 16;
const NOTHING = new Uint8Array(0);

export class Connection {
  readonly hello: Promise<Hello>;
  private readonly socket: ClientSocket;
  private readonly events: ConnectionEvents;
  private readonly options: Required<ConnectionOptions>;
  private readonly cutter = new soup.PacketCutter();
  private chunk = new Uint8Array(CHUNK_SIZE);
  private from = 0;
  private to = 0;
  private isFlushAsked = false;
  private state: "connecting" | "login" | "hello" | "ready" | "closed" = "connecting";
  private greet: (hello: Hello) => void = () => undefined;
  private refuse: (error: ClientError) => void = () => undefined;
  private heardAt = performance.now();
  private saidAt = performance.now();
  private readonly watch: ReturnType<typeof setInterval>;
  private readonly connectTimer: ReturnType<typeof setTimeout>;
  private roomWaiters: (() => void)[] = [];

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    const defaults = { shard: 0, connectTimeoutMs: 5000, heartbeatMs: 1000, dial };
    this.options = { ...defaults, silentMsMax: 15_000, outBytesMax: 1 << 22, ...options };
    this.events = events;
    this.hello = new Promise((resolve, reject) => {
      this.greet = resolve;
      this.refuse = reject;
    });
    const { host, port, connectTimeoutMs, heartbeatMs } = this.options;
    const late = `no hello from ${host}:${port} within ${connectTimeoutMs} ms`;
    this.connectTimer = setTimeout(() => this.fail(unreachable(late)), connectTimeoutMs);
    this.socket = this.options.dial(host, port);
    this.socket.on("connect", () => this.logIn());
    this.socket.on("data", (bytes: Uint8Array) => this.onData(bytes));
    this.socket.on("drain", () => this.callWaiters());
    this.socket.on("error", (error) => this.fail(unreachable(wordsOf(error, `${host}:${port}`))));
    this.socket.on("close", () => this.fail(unreachable(`${host}:${port} closed the connection`)));
    this.watch = setInterval(() => this.look(), Math.max(1, heartbeatMs / 2));
  }

  /** Resolves with an open connection and its hello, or throws a ClientError. */
  static async open(
    options: ConnectionOptions,
    events: ConnectionEvents,
    signal?: AbortSignal,
  ): Promise<{ connection: Connection; hello: Hello }> {
    if (signal?.aborted === true) throw aborted(signal);
    const connection = new Connection(options, events);
    const onAbort = (): void => connection.fail(aborted(signal));
    signal?.addEventListener("abort", onAbort);
    try {
      return { connection, hello: await connection.hello };
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  get isOpen(): boolean {
    return this.state === "ready";
  }

  /** Bytes that have not yet gone to the kernel. */
  get queued(): number {
    return this.to - this.from + this.socket.writableLength;
  }

  /** False when it was not taken: the connection is gone, or full (see whenRoom). */
  send(frame: Uint8Array): boolean {
    if (this.state !== "ready" || this.queued > this.options.outBytesMax) return false;
    this.write(soup.SOUP_UNSEQUENCED, frame);
    return true;
  }

  /** Resolves when at most half of the room is taken, or the connection is gone. */
  whenRoom(): Promise<void> {
    if (this.state === "closed" || this.hasRoom) return Promise.resolve();
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  /** Says goodbye, lets what is queued leave, closes. */
  end(): void {
    if (this.state === "closed") return;
    if (this.state === "ready") this.write(soup.SOUP_LOGOUT, NOTHING);
    this.flush();
    this.socket.end();
    this.finish(closed());
  }

  /** Closes at once; what is queued is lost. */
  fail(error: ClientError): void {
    if (this.state === "closed") return;
    this.socket.destroy();
    this.finish(error);
  }

  private get hasRoom(): boolean {
    return this.queued <= this.options.outBytesMax / 2;
  }

  private finish(error: ClientError): void {
    const wasReady = this.state === "ready";
    this.state = "closed";
    clearInterval(this.watch);
    clearTimeout(this.connectTimer);
    this.callWaiters();
    if (wasReady) this.events.onClose(error);
    else this.refuse(error);
  }

  private logIn(): void {
    this.state = "login";
    const { shard } = this.options;
    const username = shard === 0 ? "" : String(shard);
    const login = { username, password: "", session: "", sequence: 1 };
    this.socket.write(soup.encodeLoginRequest(login));
  }

  private onData(bytes: Uint8Array): void {
    if (this.state === "closed") return;
    this.heardAt = performance.now();
    const isWhole = this.cutter.push(bytes, (type, payload) => this.onPacket(type, payload));
    if (!isWhole) this.fail(violation("a packet has an illegal length"));
    else if (this.state === "ready") this.events.onTurn?.();
  }

  private onPacket(type: number, payload: Uint8Array): void {
    if (this.state === "closed") return;
    switch (type) {
      case soup.SOUP_SEQUENCED:
        this.onSequenced(payload);
        break;
      case soup.SOUP_LOGIN_ACCEPTED:
        if (this.state !== "login") this.fail(violation("a second login was accepted"));
        else this.state = "hello";
        break;
      case soup.SOUP_LOGIN_REJECTED:
        this.fail(loginRejected(payload, this.options));
        break;
      case soup.SOUP_END_OF_SESSION:
        this.fail(unreachable("the server ended the session"));
        break;
      case soup.SOUP_SERVER_HEARTBEAT:
      case soup.SOUP_DEBUG:
        break;
      default:
        this.fail(violation(`a packet of type ${type} does not come from a server`));
    }
  }

  private onSequenced(message: Uint8Array): void {
    if (this.state === "ready") {
      this.events.onMessage(message);
      return;
    }
    const hello = this.state === "hello" ? decodeHello(message) : null;
    if (hello === null) {
      this.fail(violation("the first message is no hello of this protocol version"));
      return;
    }
    clearTimeout(this.connectTimer);
    this.state = "ready";
    this.greet(hello);
  }

  private write(type: number, payload: Uint8Array): void {
    const size = 3 + payload.length;
    if (this.to + size > this.chunk.length) {
      this.push();
      this.chunk = new Uint8Array(Math.max(CHUNK_SIZE, size));
      this.from = this.to = 0;
    }
    this.to = soup.writePacket(this.chunk, this.to, type, payload);
    if (this.isFlushAsked) return;
    this.isFlushAsked = true;
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    this.isFlushAsked = false;
    if (this.state !== "closed") this.push();
  }

  private push(): void {
    if (this.from === this.to) return;
    this.events.onFlush?.();
    this.socket.write(this.chunk.subarray(this.from, this.to));
    this.from = this.to;
    this.saidAt = performance.now();
  }

  private callWaiters(): void {
    if (this.state !== "closed" && !this.hasRoom) return;
    const waiters = this.roomWaiters;
    this.roomWaiters = [];
    for (const resolve of waiters) resolve();
  }

  private look(): void {
    const now = performance.now();
    const { heartbeatMs, silentMsMax } = this.options;
    if (now - this.heardAt > silentMsMax) {
      this.fail(unreachable(`the server was silent for ${silentMsMax} ms`));
    } else if (this.state === "ready" && now - this.saidAt >= heartbeatMs) {
      this.write(soup.SOUP_CLIENT_HEARTBEAT, NOTHING);
    }
  }
}

function wordsOf(error: Error, address: string): string {
  const isRefused = "code" in error && error.code === "ECONNREFUSED";
  return isRefused
    ? `${address} does not answer: nobody listens there`
    : `${address}: ${error.message}`;
}

function dial(host: string, port: number): ClientSocket {
  return connect({ host, port, noDelay: true });
}

function loginRejected(reason: Uint8Array, options: { shard: number }): ClientError {
  const isShard = reason[0] === soup.SOUP_NOT_AUTHORIZED;
  const message = isShard
    ? `this server does not serve shard ${options.shard}`
    : "the server does not know this session";
  return new ClientError({ code: "login_rejected", message });
}
