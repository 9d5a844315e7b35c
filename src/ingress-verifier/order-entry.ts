/**
 * Order entry: the TCP front of ingress. Opens a session per connection and keeps their manners.
 *
 * One timer looks at all sessions: heartbeats when nothing was sent, the door for who stays silent,
 * does not log in, leaves a packet unfinished, or is as old as a session may get.
 */
import { flagFor } from "../edges/config-flags.ts";
import { type Listen, listenTcp, type Peer, type TcpServer } from "../edges/tcp-server.ts";
import { listening } from "../service/start.ts";
import { ADDRESS_SHARE, BadFrames } from "./bad-frames.ts";
import { Session } from "./session.ts";
import { type AgeLimits, noticeOf, SessionAge } from "./session-age.ts";
import type { ShardDoor } from "./shard-door.ts";

export interface EntryLimits {
  readonly connectionsMax: number;
  readonly connectionsPerIpMax: number;
  readonly accountsPerConnectionMax: number;
  readonly outQueueBytesMax: number;
  readonly badFramesPerSecondMax: number;
  readonly reportsKeptMs: number;
  readonly loginTimeoutMs: number;
  readonly frameTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly clientSilentMsMax: number;
}

export interface EntryParts {
  readonly hostname: string;
  readonly port: number;
  readonly reusePort: boolean;
  /** By shard; the first is the lowest. */
  readonly doors: ReadonlyMap<number, ShardDoor>;
  readonly limits: EntryLimits;
  /** Absent: sessions get as old as they like. */
  readonly age?: AgeLimits | undefined;
  readonly dashboard: string;
  readonly now: () => number;
  /** What opens the port; TCP of the host if absent. */
  readonly listen?: Listen | undefined;
  readonly stop: AbortSignal;
}

const WATCH_MS_MAX = 250;
/** How often within the shortest patience sessions are looked at. */
const LOOKS = 4;

const AGELESS: AgeLimits = { sessionAgeMsMax: 0, sessionNoticeMs: 0, drainTimeoutMs: 0 };

/** What connections from one address share. */
interface Address {
  connections: number;
  readonly badFrames: BadFrames;
}

export class OrderEntry {
  private readonly parts: EntryParts;
  private readonly sessions = new Map<Peer, Session>();
  private readonly addresses = new Map<string, Address>();
  /** Ended for their age: what they keep waits until then for their keys' next logons. */
  private readonly moved = new Map<Session, number>();
  private readonly server: TcpServer;
  private readonly watch: ReturnType<typeof setInterval>;
  private readonly watchMs: number;
  readonly counts = { connections: 0, refusedConnections: 0, moved: 0 };

  constructor(parts: EntryParts) {
    this.parts = parts;
    const { hostname, port, reusePort, limits, listen = listenTcp } = parts;
    const options = { hostname, port, reusePort, outQueueBytesMax: limits.outQueueBytesMax };
    const flag = flagFor("", "ingress.tcp_address");
    this.server = listening(`${hostname}:${port}`, flag, () =>
      listen(options, {
        onOpen: (peer) => this.open(peer),
        onData: (peer, bytes) => this.sessions.get(peer)?.onData(bytes),
        onClose: (peer) => this.close(peer),
      }),
    );
    this.watchMs = watchMsOf(limits);
    this.watch = setInterval(() => this.look(), this.watchMs);
  }

  get port(): number {
    return this.server.port;
  }

  get sessionCount(): number {
    return this.sessions.size;
  }

  /** Bytes that wait for clients to read them. */
  get queuedBytes(): number {
    let sum = 0;
    for (const peer of this.sessions.keys()) sum += peer.queued;
    return sum;
  }

  /** Takes nothing new; existing connections go on until `close`. */
  stopListening(): void {
    this.server.stop();
  }

  /** Every connection is about to end: appends what was signed for that. */
  handOver(): void {
    for (const session of this.sessions.values()) session.handOver();
    for (const session of this.moved.keys()) session.handOver();
    this.moved.clear();
  }

  /** Says goodbye to everyone. */
  end(): void {
    clearInterval(this.watch);
    for (const session of this.sessions.values()) session.endSession();
  }

  private open(peer: Peer): void {
    const { limits } = this.parts;
    const address = this.addresses.get(peer.address) ?? {
      connections: 0,
      badFrames: new BadFrames(),
    };
    if (this.parts.stop.aborted || this.isUnwelcome(address)) {
      this.counts.refusedConnections++;
      peer.cut();
      return;
    }
    this.counts.connections++;
    address.connections++;
    this.addresses.set(peer.address, address);
    const session = new Session({
      peer,
      doorOf: (shard) => this.doorOf(shard),
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      id: crypto.getRandomValues(new Uint8Array(5)).toHex(),
      now: this.parts.now,
      dashboard: this.parts.dashboard,
      accountsMax: limits.accountsPerConnectionMax,
      badFramesPerSecondMax: limits.badFramesPerSecondMax,
      badFramesOfAddress: address.badFrames,
      reportsKeptMs: limits.reportsKeptMs,
      age: new SessionAge(this.parts.age ?? AGELESS, this.parts.now(), draw),
      stop: this.parts.stop,
    });
    this.sessions.set(peer, session);
  }

  private isUnwelcome({ connections, badFrames }: Address): boolean {
    const { limits, now } = this.parts;
    const badMax = ADDRESS_SHARE * limits.badFramesPerSecondMax;
    const isFull = this.sessions.size >= limits.connectionsMax;
    return isFull || connections >= limits.connectionsPerIpMax || badFrames.isOver(badMax, now());
  }

  private close(peer: Peer): void {
    const session = this.sessions.get(peer);
    if (session === undefined) return;
    session.close();
    this.sessions.delete(peer);
    if (session.isMoved) this.keepMoved(session);
    const address = this.addresses.get(peer.address);
    if (address !== undefined) address.connections--;
  }

  /** Who moves logs on again elsewhere; who does not within a client's patience has gone. */
  private keepMoved(session: Session): void {
    const { limits, now } = this.parts;
    this.counts.moved++;
    if (!session.keepsCancels) return;
    const [oldest] = this.moved.size < limits.connectionsMax ? [] : this.moved.keys();
    if (oldest !== undefined) this.handOverMoved(oldest);
    this.moved.set(session, now() + limits.clientSilentMsMax);
  }

  private handOverMoved(session: Session): void {
    this.moved.delete(session);
    session.handOver();
  }

  private doorOf(shard: number): ShardDoor | null {
    if (shard !== 0) return this.parts.doors.get(shard) ?? null;
    for (const door of this.parts.doors.values()) return door;
    return null;
  }

  private look(): void {
    const now = this.parts.now();
    for (const [peer, session] of this.sessions) this.lookAt(peer, session, now);
    for (const [session, until] of this.moved) if (now > until) this.handOverMoved(session);
    for (const [name, { connections, badFrames }] of this.addresses) {
      if (connections === 0 && badFrames.isQuiet(now)) this.addresses.delete(name);
    }
  }

  private lookAt(peer: Peer, session: Session, now: number): void {
    const { limits } = this.parts;
    const isLate = !session.isLoggedIn && now - session.openedAt > limits.loginTimeoutMs;
    const isSilent = !session.isHeld && now - session.receivedAt > limits.clientSilentMsMax;
    const inside = session.insideSince;
    const isStuck = !session.isHeld && inside !== 0 && now - inside > limits.frameTimeoutMs;
    if (isLate || isSilent || isStuck) peer.cut();
    else if (session.isLoggedIn) this.lookAtOpen(session, now);
  }

  private lookAtOpen(session: Session, now: number): void {
    const leftMs = session.parts.age.look(now);
    if (leftMs !== null) session.say(noticeOf(leftMs));
    session.moveIfOver();
    if (this.isQuiet(session, now)) session.heartbeat();
  }

  /** Whether the next look would come too late for a heartbeat. */
  private isQuiet(session: Session, now: number): boolean {
    return now - session.sentAt + this.watchMs > this.parts.limits.heartbeatMs;
  }
}

function draw(): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return number / 2 ** 32;
}

function watchMsOf(limits: EntryLimits): number {
  const { loginTimeoutMs, frameTimeoutMs, heartbeatMs, clientSilentMsMax } = limits;
  const shortest = Math.min(loginTimeoutMs, frameTimeoutMs, heartbeatMs, clientSilentMsMax);
  return Math.max(1, Math.min(WATCH_MS_MAX, shortest / LOOKS));
}
