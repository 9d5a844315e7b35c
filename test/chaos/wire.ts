/**
 * Wire: a TCP proxy between two parts, with everything that a network and a tired client library
 * may do to what passes through it.
 *
 *   caller --piece--> wire --piece--> target        drawn for each piece that the caller sends:
 *
 *     cut before   it never arrives, the connection is cut
 *     cut after    it is executed, the reply is lost, the connection is cut
 *     swallowed    it is executed, the reply and all behind it is lost, the connection stays
 *     doubled      it arrives once more, at once, on another connection (orders: on the same one)
 *     late         it arrives once more, up to three seconds later, on another connection
 *
 *   hold, hole, shut   nothing passes, later it does; nothing passes, ever; nobody is let in
 *
 * Bytes of one direction stay in order, whatever they are delayed by.
 */
import type { Socket, TCPSocketListener } from "bun";
import type { Prng } from "../../src/base/prng.ts";
import { SOUP_UNSEQUENCED } from "../../src/protocol/soup.ts";
import { cut, type Pair, Side } from "./wire-side.ts";

/** What is spoken on it: a command that comes twice must be a whole one. */
export type Speech = "redis" | "orders" | "other";

/** Parts of a thousand, of each piece that a caller sends; and how long any piece may take. */
export interface WireRates {
  readonly cutBefore: number;
  readonly cutAfter: number;
  readonly swallowed: number;
  readonly doubled: number;
  readonly late: number;
  readonly delayMs: number;
}

export const CALM: WireRates = {
  cutBefore: 0,
  cutAfter: 0,
  swallowed: 0,
  doubled: 0,
  late: 0,
  delayMs: 0,
};

export interface WireParts {
  readonly name: string;
  readonly port: number;
  readonly target: number;
  readonly speech: Speech;
  readonly prng: Prng;
  /** Told of what is done to pieces. */
  readonly onFault: (kind: string) => void;
}

const LATE_MS_MAX = 3000;
const STRAY_MS = 500;
export class Wire {
  readonly name: string;
  readonly port: number;
  rates: WireRates = CALM;
  private readonly parts: WireParts;
  private readonly listener: TCPSocketListener<Side>;
  private readonly pairs = new Set<Pair>();
  private state: "open" | "held" | "hole" | "shut" = "open";

  constructor(parts: WireParts) {
    this.parts = parts;
    this.name = parts.name;
    this.port = parts.port;
    this.listener = Bun.listen<Side>({
      hostname: "127.0.0.1",
      port: parts.port,
      socket: {
        open: (socket) => this.accept(socket),
        data: (socket, bytes) => this.request(socket.data.pair, bytes),
        drain: (socket) => socket.data.pump(),
        close: (socket) => this.over(socket.data.pair, "target"),
        error: (socket) => this.over(socket.data.pair, "target"),
      },
    });
  }

  /** Nothing passes until `open`; nothing is lost. */
  hold(): void {
    this.state = "held";
    for (const pair of this.pairs) pair.caller.isHeld = pair.target.isHeld = true;
  }

  /** Whatever is sent until `open` is lost, and nobody is told. */
  hole(): void {
    this.state = "hole";
  }

  /** Cuts everything and lets nobody in until `open`. */
  shut(): void {
    this.state = "shut";
    this.reset();
  }

  open(): void {
    this.state = "open";
    for (const pair of this.pairs) {
      if (pair.hasHole || pair.reply === "swallow") cut(pair);
      pair.caller.isHeld = pair.target.isHeld = false;
      pair.caller.pump();
      pair.target.pump();
    }
  }

  /** Cuts what is there now. */
  reset(): void {
    for (const pair of this.pairs) cut(pair);
  }

  stop(): void {
    this.listener.stop(true);
    this.reset();
  }

  private accept(socket: Socket<Side>): void {
    const pair: Pair = { caller: new Side(), target: new Side(), reply: "pass", hasHole: false };
    pair.caller.pair = pair.target.pair = pair;
    pair.caller.socket = socket;
    pair.caller.isHeld = pair.target.isHeld = this.state === "held";
    socket.data = pair.caller;
    if (this.state === "shut") {
      socket.terminate();
      return;
    }
    this.pairs.add(pair);
    void this.connect(pair);
  }

  private async connect(pair: Pair): Promise<void> {
    try {
      const socket = await Bun.connect<Side>({
        hostname: "127.0.0.1",
        port: this.parts.target,
        data: pair.target,
        socket: {
          data: (_, bytes) => this.answer(pair, bytes),
          drain: () => pair.target.pump(),
          close: () => this.over(pair, "caller"),
          error: () => this.over(pair, "caller"),
        },
      });
      if (pair.caller.socket === null) socket.terminate();
      else {
        pair.target.socket = socket;
        pair.target.pump();
      }
    } catch {
      cut(pair); // Nobody listens there, as it is for everybody.
    }
  }

  private request(pair: Pair, bytes: Buffer): void {
    if (this.state === "hole") pair.hasHole = true;
    if (pair.hasHole) return;
    const { prng, speech, onFault } = this.parts;
    const { cutBefore, cutAfter, swallowed, doubled, late, delayMs } = this.rates;
    // A stream has no gaps: behind a reply that is lost none comes any more.
    if (pair.reply !== "swallow") pair.reply = "pass";
    let draw = prng.below(1000);
    const isDrawn = (rate: number, kind: string): boolean => {
      const was = draw;
      draw -= rate;
      if (was < 0 || draw >= 0) return false;
      onFault(kind);
      return true;
    };
    if (isDrawn(cutBefore, "cut before")) {
      cut(pair);
      return;
    }
    if (pair.reply === "swallow") onFault("reply swallowed");
    else if (isDrawn(cutAfter, "cut after")) pair.reply = "cut";
    else if (isDrawn(swallowed, "reply swallowed")) pair.reply = "swallow";
    else if (isWhole(bytes, speech)) {
      if (isDrawn(doubled, "doubled")) this.double(pair, bytes);
      else if (isDrawn(late, "late copy")) this.sendAlone(bytes, prng.below(LATE_MS_MAX));
    }
    pair.target.push(bytes, delayMs === 0 ? 0 : prng.below(delayMs));
  }

  private answer(pair: Pair, bytes: Buffer): void {
    if (this.state === "hole") pair.hasHole = true;
    if (pair.hasHole || pair.reply === "swallow") return;
    if (pair.reply === "cut") {
      cut(pair);
      return;
    }
    const { delayMs } = this.rates;
    pair.caller.push(bytes, delayMs === 0 ? 0 : this.parts.prng.below(delayMs));
  }

  private double(pair: Pair, bytes: Buffer): void {
    if (this.parts.speech === "orders") pair.target.push(bytes, 0);
    else this.sendAlone(bytes, 0);
  }

  /** On a connection of its own; nobody hears the reply. */
  private sendAlone(bytes: Buffer, afterMs: number): void {
    const copy = Uint8Array.from(bytes);
    setTimeout(() => {
      const socket = {
        open: (own: Socket) => {
          own.write(copy);
          setTimeout(() => own.end(), STRAY_MS);
        },
        data: () => undefined,
        error: () => undefined,
      };
      const target = { hostname: "127.0.0.1", port: this.parts.target };
      Bun.connect({ ...target, socket }).catch(() => undefined);
    }, afterMs);
  }

  private over(pair: Pair, other: "caller" | "target"): void {
    this.pairs.delete(pair);
    pair[other === "caller" ? "target" : "caller"].socket = null;
    if (pair[other].isHeld) pair[other].cut();
    else pair[other].end();
  }
}

/** Whether this piece is one or more whole commands, and may come twice without being another. */
export function isWhole(bytes: Uint8Array, speech: Speech): boolean {
  if (speech === "other") return false;
  if (speech === "redis") return bytes[0] === 0x2a && bytes.at(-1) === 0x0a;
  let at = 0;
  while (at + 3 <= bytes.length && bytes[at + 2] === SOUP_UNSEQUENCED) {
    at += 2 + ((bytes[at]! << 8) | bytes[at + 1]!);
  }
  return at === bytes.length;
}
