/**
 * Stream: WebSocket readers of market data, see docs/HTTP.md. Everything else goes to the HTTP app.
 *
 *   upgrade refused: 400 bad_query, 404 unknown_market, 426, 503 connections_max
 *   closed by us:    1001 going away, 1008 said something, 1013 too slow
 *
 * One message is sent to each reader by itself and never compressed. A reader with more than the
 * limit waiting in its socket is closed: its book would be old anyway, and it knows how to begin
 * again.
 */
import { httpProblem, type Problem, problemOfCode } from "../edges/problem.ts";
import * as codes from "../protocol/codes.ts";
import { wholeRequest } from "../service/whole-request.ts";
import { badQuery, problemResponse, Refused, unknown } from "./http-answer.ts";
import type { ReadCounts } from "./http-metrics.ts";
import { Query } from "./http-query.ts";
import type { MarketData } from "./market-data.ts";
import type { Reader } from "./market-feed.ts";
import type { MarketTerms } from "./market-terms.ts";

export interface StreamParts {
  readonly app: { fetch(request: Request): Response | Promise<Response> };
  readonly marketData: MarketData;
  readonly counts: ReadCounts;
  readonly limits: {
    readonly streamConnectionsMax: number;
    readonly streamQueueBytesMax: number;
  };
}

/** What a socket carries: its markets, and its reader once it is open. */
export interface StreamData {
  readonly markets: readonly MarketTerms[];
  reader: SocketReader | null;
}

type Socket = Bun.ServerWebSocket<StreamData>;

export const STREAM_PATH = "/v1/stream";
const MARKETS_MAX = 64;
const CLOSE_GOING_AWAY = 1001;
const CLOSE_POLICY = 1008;
const CLOSE_SLOW = 1013;
/** A reader that was told to go and does not is cut. */
const CUT_MS = 5000;
const IDLE_SECONDS = 60;
const MESSAGE_BYTES_MAX = 1024;

export function streamHandlers(parts: StreamParts) {
  const open = new Set<SocketReader>();
  return {
    fetch: (request: Request, server: Bun.Server<StreamData>) => {
      const whole = wholeRequest(request);
      return new URL(whole.url).pathname === STREAM_PATH
        ? upgrade(parts, open, request, server)
        : parts.app.fetch(whole);
    },
    websocket: {
      perMessageDeflate: false,
      sendPings: true,
      idleTimeout: IDLE_SECONDS,
      maxPayloadLength: MESSAGE_BYTES_MAX,
      // Ours is the lower bound; this one is for what lies between two looks at it.
      backpressureLimit: 2 * parts.limits.streamQueueBytesMax,
      closeOnBackpressureLimit: true,
      open: (socket: Socket) => begin(parts, open, socket),
      message: (socket: Socket) => socket.close(CLOSE_POLICY, "this stream takes no messages"),
      close: (socket: Socket) => end(parts, open, socket),
    },
    /** Ends all readers, before the server stops. */
    closeReaders: () => {
      for (const reader of open) reader.close(CLOSE_GOING_AWAY, "going away");
    },
  };
}

function upgrade(
  parts: StreamParts,
  open: ReadonlySet<SocketReader>,
  request: Request,
  server: Bun.Server<StreamData>,
): Response | undefined {
  const refuse = (problem: Problem, headers?: Record<string, string>): Response => {
    parts.counts.refused++;
    return problemResponse(problem, headers);
  };
  if (request.method !== "GET") return refuse(httpProblem(405, "method"), { Allow: "GET" });
  const markets = marketsOf(parts.marketData, new URL(wholeRequest(request).url).searchParams);
  if (markets instanceof Refused) return refuse(markets.problem);
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return refuse(httpProblem(426, "upgrade_required"), { Upgrade: "websocket" });
  }
  if (open.size >= parts.limits.streamConnectionsMax) {
    return refuse(problemOfCode(codes.REJECT_CONNECTIONS));
  }
  if (server.upgrade(request, { data: { markets, reader: null } })) return undefined;
  return refuse(httpProblem(400, "bad_upgrade"));
}

/** Those named, or the first 64 by id. */
function marketsOf({ directory }: MarketData, values: URLSearchParams): MarketTerms[] | Refused {
  const query = new Query(values, ["markets"]);
  if (query.wrong !== null) return badQuery(query.wrong);
  const names = query.text("markets");
  if (names === null) return directory.list({ after: 0, limit: MARKETS_MAX, shard: null }).markets;
  const wanted = names.split(",");
  if (wanted.length > MARKETS_MAX) return badQuery(`markets names at most ${MARKETS_MAX}`);
  const markets: MarketTerms[] = [];
  for (const name of wanted) {
    const terms = directory.find(name);
    if (terms === null) return unknown(codes.REJECT_UNKNOWN_MARKET);
    markets.push(terms);
  }
  return markets;
}

function begin(parts: StreamParts, open: Set<SocketReader>, socket: Socket): void {
  const reader = new SocketReader(socket, parts);
  socket.data.reader = reader;
  open.add(reader);
  parts.counts.streamConnections = open.size;
  parts.marketData.subscribe(reader, socket.data.markets);
}

function end(parts: StreamParts, open: Set<SocketReader>, socket: Socket): void {
  const { reader } = socket.data;
  if (reader === null) return;
  reader.end();
  open.delete(reader);
  parts.counts.streamConnections = open.size;
  parts.marketData.unsubscribe(reader);
}

class SocketReader implements Reader {
  private readonly socket: Socket;
  private readonly parts: StreamParts;
  private isClosing = false;
  private cut: ReturnType<typeof setTimeout> | null = null;

  constructor(socket: Socket, parts: StreamParts) {
    this.socket = socket;
    this.parts = parts;
  }

  send(text: string): void {
    if (this.isClosing) return;
    const { counts, limits } = this.parts;
    const waiting = this.socket.getBufferedAmount();
    // 0: it was dropped. -1: it waits.
    if (waiting <= limits.streamQueueBytesMax && this.socket.send(text, false) !== 0) {
      counts.streamMessages++;
      return;
    }
    counts.streamSlow++;
    this.close(CLOSE_SLOW, "too slow, connect again");
  }

  close(code: number, reason: string): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.cut = setTimeout(() => this.socket.terminate(), CUT_MS);
    this.socket.close(code, reason);
  }

  /** The socket is gone. */
  end(): void {
    this.isClosing = true;
    if (this.cut !== null) clearTimeout(this.cut);
  }
}
