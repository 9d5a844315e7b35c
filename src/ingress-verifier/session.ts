/**
 * Session: one connection's way through SoupBinTCP. Login, logons, frames in, reports out.
 *
 *   connected --login request--> open --logout, silence, bad bytes--> closed
 *
 * An account's reports come here once the engine has reported its logon, which names this
 * connection's challenge; then all from the number asked for, without gap, then each as it
 * happens. What comes from outside never throws; a bad frame is refused by number, a lost place in
 * the stream closes.
 */
import { equalBytes, viewOf } from "../base/bytes.ts";
import type { Peer } from "../edges/tcp-server.ts";
import * as codes from "../protocol/codes.ts";
import * as frames from "../protocol/frame.ts";
import { FRAME_SIZE_MAX } from "../protocol/record.ts";
import { REPORT_SIZE } from "../protocol/report.ts";
import { encodeRefused } from "../protocol/session.ts";
import * as soup from "../protocol/soup.ts";
import { refusalOf } from "./admit.ts";
import { AccountFeed } from "./account-feed.ts";
import { type BadFrameParts, BadFrames } from "./bad-frames.ts";
import { FrameOrigin } from "./frame-origin.ts";
import { DisconnectDesk } from "./disconnect-desk.ts";
import { doorOfLogin, helloOf, readLogon } from "./login.ts";
import type { SessionAge } from "./session-age.ts";
import type { ShardDoor } from "./shard-door.ts";
import { answerToBrowser, isBrowser } from "./stray-browser.ts";

export interface SessionParts extends BadFrameParts {
  readonly peer: Peer;
  /** The door of a shard, 0 for the lowest; null if it is not served here. */
  readonly doorOf: (shard: number) => ShardDoor | null;
  readonly challenge: Uint8Array;
  readonly id: string;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly dashboard: string;
  readonly accountsMax: number;
  readonly reportsKeptMs: number;
  readonly age: SessionAge;
  readonly stop: AbortSignal;
}

const PACKET_MAX = 3 + FRAME_SIZE_MAX;
const UNKNOWN = "unknown outcome: log on and send again what has no report";

export class Session {
  readonly parts: SessionParts;
  private readonly cutter = new soup.PacketCutter(PACKET_MAX);
  private readonly packet = new Uint8Array(3 + REPORT_SIZE);
  private readonly feeds = new Map<number, AccountFeed>();
  private readonly desk = new DisconnectDesk();
  private door: ShardDoor | null = null;
  private readonly badFrames = new BadFrames();
  private packets = 0;
  private holds = 0;
  private isFirstChunk = true;
  private isClosed = false;
  /** Ended by us, for its age. */
  isMoved = false;
  private readonly closing = new AbortController();
  readonly openedAt: number;
  receivedAt: number;
  sentAt: number;
  /** When the packet now being received began, 0 between packets. */
  insideSince = 0;

  constructor(parts: SessionParts) {
    this.parts = parts;
    this.openedAt = this.receivedAt = this.sentAt = parts.now();
  }

  get isLoggedIn(): boolean {
    return this.door !== null;
  }

  /** True while nothing is read from the peer because the log is behind: its silence is ours. */
  get isHeld(): boolean {
    return this.holds > 0;
  }

  onData(bytes: Uint8Array): void {
    this.receivedAt = this.parts.now();
    if (this.isFirstChunk && this.answerBrowser(bytes)) return;
    this.isFirstChunk = false;
    const before = this.packets;
    const isWhole = this.cutter.push(bytes, (type, payload) => this.onPacket(type, payload));
    if (!isWhole) this.parts.peer.cut();
    if (this.packets !== before || !this.cutter.isInside) this.insideSince = 0;
    if (this.cutter.isInside && this.insideSince === 0) this.insideSince = this.receivedAt;
  }

  /** One of its mass cancels waits for the end. */
  get keepsCancels(): boolean {
    return !this.desk.isEmpty;
  }

  /** Appends what was signed for the end of this connection. */
  handOver(): void {
    if (this.door !== null) this.desk.handOver(this.door, this.parts.stop);
  }

  /** Aborted once the connection is over. */
  get closed(): AbortSignal {
    return this.closing.signal;
  }

  close(): void {
    this.isClosed = true;
    this.closing.abort();
    if (!this.isMoved) this.handOver();
    for (const feed of this.feeds.values()) feed.close();
    this.feeds.clear();
  }

  heartbeat(): void {
    this.sendPacket(soup.SOUP_SERVER_HEARTBEAT, new Uint8Array(0));
  }

  /** Tells the client that this server goes away, sends what is queued, closes. */
  endSession(): void {
    this.sendPacket(soup.SOUP_END_OF_SESSION, new Uint8Array(0));
    this.parts.peer.end();
  }

  /** Ends with a word for people; for programs the missing report says it: unknown, send again. */
  endUnknown(): void {
    if (this.isClosed) return;
    this.say(UNKNOWN);
    this.endSession();
  }

  /** A word for people; programs pass it over. */
  say(text: string): void {
    this.sendPacket(soup.SOUP_DEBUG, new TextEncoder().encode(text));
  }

  /** The outcome of a frame that this connection brought was said. */
  settled(): void {
    this.parts.age.inFlight--;
    this.moveIfOver();
  }

  moveIfOver(): void {
    if (this.isMoved || !this.parts.age.isOver || !this.parts.peer.isOpen) return;
    this.isMoved = true;
    this.endSession();
  }

  /** One message of ours in a sequenced packet. */
  sendMessage(message: Uint8Array): void {
    if (message.length !== REPORT_SIZE) {
      this.sendPacket(soup.SOUP_SEQUENCED, message);
      return;
    }
    soup.writePacket(this.packet, 0, soup.SOUP_SEQUENCED, message);
    this.send(this.packet);
  }

  /** Says that all reports of a frame of this account are out; behind them, where a feed has them. */
  sendDone(account: number, done: Uint8Array): void {
    const feed = this.feeds.get(account);
    if (feed === undefined) this.sendMessage(done);
    else feed.sendDone(done);
  }

  private sendPacket(type: number, payload: Uint8Array): void {
    this.send(soup.encodePacket(type, payload));
  }

  private send(bytes: Uint8Array): void {
    this.sentAt = this.parts.now();
    this.parts.peer.send(bytes);
  }

  private answerBrowser(bytes: Uint8Array): boolean {
    if (!isBrowser(bytes)) return false;
    this.parts.peer.send(answerToBrowser(this.parts.dashboard));
    this.parts.peer.end();
    return true;
  }

  private onPacket(type: number, payload: Uint8Array): void {
    this.packets++;
    if (!this.parts.peer.isOpen) return;
    if (type === soup.SOUP_DEBUG) return;
    if (this.door === null) {
      if (type === soup.SOUP_LOGIN_REQUEST) this.onLogin(payload);
      else this.parts.peer.cut();
      return;
    }
    if (type === soup.SOUP_UNSEQUENCED) this.onFrame(this.door, payload);
    else if (type === soup.SOUP_LOGOUT) this.parts.peer.end();
    else if (type !== soup.SOUP_CLIENT_HEARTBEAT) this.parts.peer.cut();
  }

  private onLogin(payload: Uint8Array): void {
    const door = doorOfLogin(payload, this.parts.doorOf);
    if (typeof door === "number") {
      this.sendPacket(soup.SOUP_LOGIN_REJECTED, Uint8Array.of(door));
      this.parts.peer.end();
      return;
    }
    this.door = door;
    this.send(soup.encodeLoginAccepted(this.parts.id, 1));
    this.sendMessage(helloOf(door, this.parts.challenge));
  }

  private onFrame(door: ShardDoor, frame: Uint8Array): void {
    const isEnding = this.parts.stop.aborted || this.parts.age.isLeaving;
    let code = isEnding ? codes.REJECT_DRAINING : door.admit(frame);
    if (code === codes.ACCEPTED) code = this.take(door, frame);
    if (code === codes.ACCEPTED) return;
    const isTooMany = code < codes.REJECT_OVERLOADED && this.badFrames.isOneTooMany(this.parts);
    this.refuse(frame, isTooMany ? codes.REJECT_RATE : code);
    if (isTooMany) this.parts.peer.end();
  }

  /** Tells the client that this frame was not taken. */
  refuse(frame: Uint8Array, code: number): void {
    this.sendMessage(encodeRefused(refusalOf(frame, code)));
  }

  /** Queues an admitted frame for the log, if this connection may send it. */
  private take(door: ShardDoor, frame: Uint8Array): number {
    const view = viewOf(frame);
    const kind = view.getUint8(frames.FRAME_KIND_AT);
    const account = view.getUint32(frames.FRAME_ACCOUNT_AT, true);
    if (kind === codes.FRAME_LOGON) return this.logOn(door, frame, account);
    if (kind === codes.FRAME_DISCONNECT) return this.desk.keep(frame, this.feeds.get(account));
    if (kind === codes.FRAME_TRADER && !this.feeds.has(account)) return codes.REJECT_NOT_LOGGED_ON;
    const wantsAll = kind !== codes.FRAME_TRADER;
    const isTaken = door.append(frame, new FrameOrigin(this, account, wantsAll));
    return isTaken ? this.afterAppend(door) : codes.REJECT_OVERLOADED;
  }

  private logOn(door: ShardDoor, frame: Uint8Array, account: number): number {
    const { challenge, key, nonce, next } = readLogon(frame);
    if (!equalBytes(challenge, this.parts.challenge)) return codes.REJECT_CHALLENGE;
    const isKnown = this.feeds.has(account);
    if (!isKnown && this.feeds.size >= this.parts.accountsMax) return codes.REJECT_CONNECTIONS;
    const { reportsKeptMs, stop } = this.parts;
    const isOld = next !== 0 && door.ring.seek(account, next) === null;
    if (isOld && door.desk.isFull) {
      door.desk.counts.refused++;
      return codes.REJECT_OVERLOADED;
    }
    const logon = { account, key, nonce, next };
    const feed = new AccountFeed({ door, session: this, ...logon, reportsKeptMs, stop });
    if (!door.append(frame, feed)) return codes.REJECT_OVERLOADED;
    if (!isKnown) this.feeds.set(account, feed);
    this.desk.expect(feed);
    return this.afterAppend(door);
  }

  /** Called by a feed whose logon the engine took: an earlier one of the account ends here. */
  adoptFeed(feed: AccountFeed): void {
    const before = this.feeds.get(feed.account);
    if (before !== feed) before?.close();
    if (this.isClosed) feed.close();
    else this.feeds.set(feed.account, feed);
  }

  /** Called by a feed whose logon the engine refused; an earlier one of the account goes on. */
  dropFeed(feed: AccountFeed): void {
    if (this.holdsFeed(feed)) this.feeds.delete(feed.account);
    this.desk.forget(feed);
  }

  hasFeed(account: number): boolean {
    return this.feeds.has(account);
  }

  holdsFeed(feed: AccountFeed): boolean {
    return this.feeds.get(feed.account) === feed;
  }

  private afterAppend(door: ShardDoor): number {
    this.parts.age.inFlight++;
    if (door.queue.isFull) {
      this.holds++;
      this.parts.peer.hold();
      door.queue.whenRoom(() => this.release());
    }
    return codes.ACCEPTED;
  }

  private release(): void {
    this.holds--;
    this.receivedAt = this.parts.now();
    if (this.insideSince !== 0) this.insideSince = this.receivedAt;
    this.parts.peer.release();
  }
}
