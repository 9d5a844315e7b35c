/**
 * MarketStream: market data over the WebSocket, with books that are right or not there.
 *
 *   connect -> a snapshot for each market -> deltas, trades, checkpoints, stats
 *           -> a gap, a wrong checksum, silence, a lost connection: all books go, connect again
 *
 * The recipe of docs/HTTP.md, written once for everybody who needs it.
 */
import { BookMirror } from "./book-mirror.ts";
import { type ClientError, unreachable, violation } from "./errors.ts";
import type {
  CheckpointMessage,
  StatsMessage,
  StreamMessage,
  TradeMessage,
} from "./stream-json.ts";

export interface StreamEvents {
  /** A book changed; on loan. */
  onBook?(book: BookMirror): void;
  onTrade?(trade: TradeMessage): void;
  onCheckpoint?(checkpoint: CheckpointMessage): void;
  onStats?(stats: StatsMessage): void;
  /** The connection is gone or can't be trusted; it is made again. All books are void. */
  onLost?(error: ClientError): void;
}

export interface StreamOptions {
  /** Such as "http://127.0.0.1:9091". */
  readonly settlement: string;
  /** Symbols or ids; none for the first markets there are. */
  readonly markets: readonly string[];
  readonly silentMsMax?: number;
}

const SILENT_MS_MAX = 5000;
const FIRST_WAIT_MS = 100;
const WAIT_MS_MAX = 2000;
const TYPES: readonly string[] = ["snapshot", "delta", "trade", "checkpoint", "stats"];

export class MarketStream {
  private readonly options: StreamOptions;
  private readonly events: StreamEvents;
  private readonly books = new Map<string, BookMirror>();
  private socket: WebSocket | null = null;
  private heardAt = performance.now();
  private waitMs = FIRST_WAIT_MS;
  private readonly watch: ReturnType<typeof setInterval>;
  private again: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;

  constructor(options: StreamOptions, events: StreamEvents) {
    this.options = options;
    this.events = events;
    const silentMs = options.silentMsMax ?? SILENT_MS_MAX;
    this.watch = setInterval(() => {
      if (performance.now() - this.heardAt <= silentMs) return;
      this.lose(unreachable(`the stream was silent for ${silentMs} ms`));
    }, silentMs / 4);
    this.connect();
  }

  /** The book as it is now; undefined while there is none to trust. */
  book(market: string): BookMirror | undefined {
    return this.books.get(market);
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.watch);
    clearTimeout(this.again);
    this.socket?.close();
  }

  private connect(): void {
    const url = new URL("/v1/stream", this.options.settlement);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const { markets } = this.options;
    if (markets.length > 0) url.searchParams.set("markets", markets.join(","));
    this.heardAt = performance.now();
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (socket === this.socket) this.onText(String(data));
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket === this.socket) this.lose(unreachable(`${url.host} closed the stream (${code})`));
    });
  }

  private onText(text: string): void {
    this.heardAt = performance.now();
    const message = parsed(text);
    if (message === undefined) this.lose(violation("the stream sent what is no JSON"));
    else if (isMessage(message)) this.onMessage(message);
  }

  private onMessage(message: StreamMessage): void {
    switch (message.type) {
      case "snapshot": {
        const book = new BookMirror(message.market);
        this.waitMs = FIRST_WAIT_MS;
        this.show(book, book.begin(message));
        break;
      }
      case "delta": {
        const book = this.books.get(message.market);
        if (book !== undefined) this.show(book, book.apply(message));
        else this.lose(violation(`${message.market}: a delta before its snapshot`));
        break;
      }
      case "trade":
        this.events.onTrade?.(message);
        break;
      case "checkpoint":
        this.events.onCheckpoint?.(message);
        break;
      case "stats":
        this.events.onStats?.(message);
        break;
    }
  }

  private show(book: BookMirror, wrong: string): void {
    if (wrong !== "") {
      this.lose(violation(wrong));
      return;
    }
    this.books.set(book.market, book);
    this.events.onBook?.(book);
  }

  private lose(error: ClientError): void {
    if (this.isClosed || this.socket === null) return;
    const socket = this.socket;
    this.socket = null;
    this.books.clear();
    socket.close();
    this.events.onLost?.(error);
    this.again = setTimeout(() => this.connect(), this.waitMs);
    this.waitMs = Math.min(this.waitMs * 2, WAIT_MS_MAX);
  }
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One of ours; later kinds are passed over. */
function isMessage(message: unknown): message is StreamMessage {
  const isObject = typeof message === "object" && message !== null && "type" in message;
  return isObject && typeof message.type === "string" && TYPES.includes(message.type);
}
