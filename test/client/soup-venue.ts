/**
 * SoupVenue: a venue of one shard on a real socket, for tests of clients: SoupBinTCP and session
 * messages in front, the naive engine behind, and faults on request. It checks no signatures.
 */
import { createServer, type Server, type Socket } from "node:net";
import { sha256 } from "../../src/base/hash.ts";
import { readU64, viewOf } from "../../src/base/bytes.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeMassCancel } from "../../src/protocol/commands.ts";
import { LOGON_CHALLENGE, LOGON_NEXT_REPORT } from "../../src/protocol/command-layout.ts";
import * as frames from "../../src/protocol/frame.ts";
import { type Report, REPORT_SIZE, writeReport } from "../../src/protocol/report.ts";
import {
  encodeDone,
  encodeHello,
  encodeRefused,
  encodeResume,
} from "../../src/protocol/session.ts";
import * as soup from "../../src/protocol/soup.ts";
import { SmallShard } from "../support/small-shard.ts";

/** What to do with the next trader's frame instead of serving it. */
export type Fault =
  | { readonly kind: "lose" } // The connection goes before the frame is executed.
  | { readonly kind: "hide"; readonly shown?: number } // Executed; goes after `shown` reports.
  // Lost, but executed just before its copy comes, and shown only to the next logon.
  | { readonly kind: "late" }
  | { readonly kind: "refuse"; readonly code: number };

interface Peer {
  readonly socket: Socket;
  readonly challenge: Uint8Array;
  /** Accounts whose reports it gets. */
  readonly accounts: Set<number>;
  /** Frames to be executed when the connection ends, by account. */
  readonly leaving: Map<number, Uint8Array<ArrayBuffer>>;
  isLoggedIn: boolean;
}

export class SoupVenue {
  readonly shard: SmallShard;
  /** Trader and directory frames as they came, hex; each copy counts. */
  readonly received: string[] = [];
  readonly heartbeats: number[] = [];
  faults: Fault[] = [];
  /** Bytes of one write; 0 writes all at once. */
  sliceSize = 0;
  /** Between two slices. */
  pauseMs = 0;
  /** Reports below this number can't be had any more. */
  oldestReport = 1;
  /** Disconnect frames are refused with this code; 0 keeps them. */
  refuseLeaving = 0;
  /** So many logons more find their nonce taken by another frame of the key. */
  takenLogons = 0;
  /** Of all logons, as they came. */
  readonly logonNonces: number[] = [];
  logins: soup.LoginRequest[] = [];
  port = 0;
  private readonly server: Server;
  private readonly peers = new Set<Peer>();
  private readonly reports = new Map<number, Report[]>();
  private late = "";
  private writing: Promise<void> = Promise.resolve();

  constructor(shard = new SmallShard()) {
    this.shard = shard;
    this.server = createServer((socket) => this.accept(socket));
  }

  static async start(shard?: SmallShard): Promise<SoupVenue> {
    const venue = new SoupVenue(shard);
    await venue.listen();
    return venue;
  }

  get venueId(): Uint8Array {
    return sha256(this.shard.genesisFrame);
  }

  /** Again on the same port, if it had one. */
  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.server.listen(this.port, "127.0.0.1", () => {
        const address = this.server.address();
        if (address !== null && typeof address === "object") this.port = address.port;
        resolve();
      });
    });
  }

  /** Ends every connection without a word. */
  cut(): void {
    for (const { socket } of this.peers) socket.destroy();
    this.peers.clear();
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.cut();
    await closed;
  }

  /** Reports that only a later logon brings. */
  hide(reports: readonly Report[]): void {
    for (const report of reports) this.keep(report);
  }

  /** Reports of commands that some other connection sent. */
  show(reports: readonly Report[]): void {
    for (const report of reports) this.keep(report);
    for (const peer of this.peers) for (const report of reports) this.sendTo(peer, report);
  }

  /** A message as it stands, to every connection. */
  say(type: number, payload: Uint8Array): void {
    for (const peer of this.peers) this.write(peer.socket, soup.encodePacket(type, payload));
  }

  private keep(report: Report): void {
    if (report.number === 0) return;
    const kept = this.reports.get(report.account) ?? [];
    kept.push(report);
    this.reports.set(report.account, kept);
  }

  private accept(socket: Socket): void {
    const challenge = crypto.getRandomValues(new Uint8Array(32));
    const peer: Peer = {
      socket,
      challenge,
      accounts: new Set(),
      leaving: new Map(),
      isLoggedIn: false,
    };
    const cutter = new soup.PacketCutter();
    this.peers.add(peer);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.peers.delete(peer);
      for (const frame of peer.leaving.values()) this.show(this.shard.applyFrame(frame));
    });
    socket.on("data", (bytes: Uint8Array) => {
      cutter.push(bytes, (type, payload) => {
        if (!socket.destroyed) this.onPacket(peer, type, payload);
      });
    });
  }

  private onPacket(peer: Peer, type: number, payload: Uint8Array): void {
    if (type === soup.SOUP_CLIENT_HEARTBEAT) this.heartbeats.push(performance.now());
    if (type === soup.SOUP_LOGIN_REQUEST) this.logIn(peer, payload);
    if (type === soup.SOUP_LOGOUT) peer.socket.end();
    if (type === soup.SOUP_UNSEQUENCED && peer.isLoggedIn) this.onFrame(peer, payload.slice());
  }

  private logIn(peer: Peer, payload: Uint8Array): void {
    const login = soup.decodeLoginRequest(payload)!;
    this.logins.push(login);
    if (login.username !== "" && login.username !== "1") {
      const reason = Uint8Array.of(soup.SOUP_NOT_AUTHORIZED);
      peer.socket.end(soup.encodePacket(soup.SOUP_LOGIN_REJECTED, reason));
      return;
    }
    peer.isLoggedIn = true;
    this.write(peer.socket, soup.encodeLoginAccepted("test", 1));
    const { challenge } = peer;
    const hello = { shard: 1, rulesVersion: 1, directoryOrigin: 1, venue: this.venueId, challenge };
    this.write(peer.socket, soup.encodePacket(soup.SOUP_SEQUENCED, encodeHello(hello)));
  }

  private onFrame(peer: Peer, frame: Uint8Array<ArrayBuffer>): void {
    const header = frames.readFrameHeader(viewOf(frame), 0);
    const isLogon = header.kind === codes.FRAME_LOGON;
    if (isLogon) {
      this.logonNonces.push(header.nonce);
      if (this.takenLogons > 0) this.takeNonce(header);
      this.logOn(peer, frame, header.account);
      return;
    }
    if (header.kind === codes.FRAME_DISCONNECT && this.refuseLeaving === 0) {
      peer.leaving.set(header.account, frame);
      return;
    }
    this.received.push(frame.toHex());
    const fault = this.faults.shift();
    if (fault?.kind === "lose" || fault?.kind === "late") {
      if (fault.kind === "late") this.late = frame.toHex();
      peer.socket.destroy();
      return;
    }
    if (frame.toHex() === this.late) {
      this.late = "";
      this.hide(this.shard.applyFrame(frame));
    }
    const isLeaving = header.kind === codes.FRAME_DISCONNECT;
    if (fault?.kind === "refuse" || isLeaving) {
      const tag = sha256(frame).subarray(0, 8);
      const { account, key, nonce } = header;
      const code = fault?.kind === "refuse" ? fault.code : this.refuseLeaving;
      const refused = encodeRefused({ code, account, key, nonce, tag });
      this.write(peer.socket, soup.encodePacket(soup.SOUP_SEQUENCED, refused));
      return;
    }
    const reports = this.shard.applyFrame(frame);
    for (const report of reports) this.keep(report);
    if (fault?.kind === "hide") {
      for (const report of reports.slice(0, fault.shown ?? 0)) this.sendTo(peer, report);
      peer.socket.end();
      this.peers.delete(peer);
      return;
    }
    for (const report of reports) {
      if (report.number === 0) this.send(peer, report);
      else for (const other of this.peers) this.sendTo(other, report);
    }
    const { account } = header;
    const own = reports.filter((report) => report.account === account && report.number > 0);
    const done = {
      account,
      position: reports.at(-1)!.position,
      tag: sha256(frame).subarray(0, 8),
      reports: own.length,
    };
    this.write(peer.socket, soup.encodePacket(soup.SOUP_SEQUENCED, encodeDone(done)));
  }

  /** As if another life of the key had been a little faster. */
  private takeNonce({ account, key, nonce }: frames.FrameHeader): void {
    this.takenLogons--;
    this.show(
      this.shard.send({ kind: codes.FRAME_TRADER, account, key, nonce }, [encodeMassCancel(0, 0)]),
    );
  }

  private logOn(peer: Peer, frame: Uint8Array<ArrayBuffer>, account: number): void {
    const at = frames.FRAME_HEADER_SIZE;
    const challenge = frame.subarray(at + LOGON_CHALLENGE, at + LOGON_CHALLENGE + 32);
    if (!Buffer.from(challenge).equals(peer.challenge)) throw new Error("another challenge");
    const asked = readU64(viewOf(frame), at + LOGON_NEXT_REPORT);
    const reports = this.shard.applyFrame(frame);
    for (const report of reports) this.keep(report);
    const [last] = reports;
    if (last?.kind !== codes.REPORT_LOGGED_ON) {
      this.send(peer, last!);
      return;
    }
    const wanted = asked === 0 ? last.number : Math.max(asked, this.oldestReport);
    const isAhead = wanted > last.number;
    const code = isAhead ? codes.REJECT_REPORT_NUMBER : codes.ACCEPTED;
    const first = isAhead ? last.number : wanted;
    const resume = encodeResume({ code, account, first, last: last.number });
    this.write(peer.socket, soup.encodePacket(soup.SOUP_SEQUENCED, resume));
    for (const report of this.reports.get(account) ?? []) {
      if (report.number >= first) this.send(peer, report);
    }
    peer.accounts.add(account);
  }

  private sendTo(peer: Peer, report: Report): void {
    if (peer.accounts.has(report.account)) this.send(peer, report);
  }

  private send(peer: Peer, report: Report): void {
    const bytes = new Uint8Array(REPORT_SIZE);
    writeReport(viewOf(bytes), 0, report);
    this.write(peer.socket, soup.encodePacket(soup.SOUP_SEQUENCED, bytes));
  }

  /** In slices of `sliceSize`, each a turn of the event loop, or a pause, later. */
  private write(socket: Socket, bytes: Uint8Array): void {
    if (this.sliceSize === 0) {
      socket.write(bytes);
      return;
    }
    const before = this.writing;
    this.writing = this.trickle(socket, bytes, before);
  }

  private async trickle(socket: Socket, bytes: Uint8Array, before: Promise<void>): Promise<void> {
    await before;
    for (let at = 0; at < bytes.length; at += this.sliceSize) {
      socket.write(bytes.subarray(at, at + this.sliceSize));
      if (this.pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, this.pauseMs));
      else await new Promise(setImmediate);
    }
  }
}
