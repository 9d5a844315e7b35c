/**
 * Doorbell: how readers of a segment log learn how far they may read, without polling.
 *
 *   writer --ring(position)--> followers of this process, by a call
 *                         \--> followers elsewhere: u64 after u64 over a unix domain socket
 *
 * Only the newest position matters: a slow follower misses those between and a socket never has
 * more than one position waiting. A follower without a writer looks for its socket with a growing
 * pause, at most four times a second. Its position never falls: a lower one is a lost suffix.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Socket, UnixSocketListener } from "bun";
import { readU64, viewOf, writeU64 } from "../base/bytes.ts";
import { LogFault } from "./log.ts";

const MARK_SIZE = 8;
const PAUSE_MS_MIN = 5;
const PAUSE_MS_MAX = 250;

/** A follower's socket at the writer: what it has been told, and what of that is not out yet. */
interface Told {
  position: number;
  rest: Uint8Array;
}

/** Writers and followers of one log in this process. */
interface Line {
  bell: Doorbell | null;
  readonly followers: Set<Follower>;
}

const lines = new Map<string, Line>();

function lineOf(key: string): Line {
  const line = lines.get(key) ?? { bell: null, followers: new Set() };
  lines.set(key, line);
  return line;
}

/** Where the sockets of one log and role are: `<dir>/<role>.<pid>.<random>.sock`. */
export interface BellPlace {
  readonly dir: string;
  readonly role: string;
}

/** Paths of all sockets at that place, dead ones included. */
export function socketsAt(place: BellPlace): string[] {
  const names = namesIn(place.dir).filter(
    (name) => name.startsWith(`${place.role}.`) && name.endsWith(".sock"),
  );
  return names.sort().map((name) => join(place.dir, name));
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return []; // Not made yet, or gone: nobody is there.
  }
}

/** The writer's end. Silent until `open` says how far the log goes. */
export class Doorbell {
  private readonly sockets = new Set<Socket<Told>>();
  private readonly listener: UnixSocketListener<Told>;
  private line: Line | null = null;
  private position = -1;

  constructor(path: string) {
    this.listener = Bun.listen<Told>({
      unix: path,
      socket: {
        open: (socket) => {
          socket.data = { position: -1, rest: new Uint8Array(0) };
          this.sockets.add(socket);
          this.tell(socket);
        },
        drain: (socket) => this.tell(socket),
        close: (socket) => void this.sockets.delete(socket),
        error: (socket) => void this.sockets.delete(socket),
        data: () => {},
      },
    });
  }

  /** From now on this is the writer of that log. */
  open(place: BellPlace, position: number): void {
    this.line = lineOf(keyOf(place));
    this.line.bell = this;
    this.ring(position);
  }

  ring(position: number): void {
    this.position = position;
    for (const follower of this.line?.followers ?? []) follower.hear(position);
    for (const socket of this.sockets) this.tell(socket);
  }

  heard(): number {
    return this.position;
  }

  close(): void {
    const line = this.line;
    this.line = null;
    if (line !== null) {
      line.bell = null;
      for (const follower of line.followers) follower.look();
    }
    for (const socket of this.sockets) socket.end();
    this.listener.stop(true);
  }

  private tell(socket: Socket<Told>): void {
    const told = socket.data;
    if (told.rest.length === 0) {
      if (told.position === this.position) return;
      told.rest = new Uint8Array(MARK_SIZE);
      writeU64(viewOf(told.rest), 0, this.position);
      told.position = this.position;
    }
    const sent = socket.write(told.rest);
    told.rest = told.rest.subarray(Math.max(sent, 0));
    if (told.rest.length === 0) this.tell(socket);
  }
}

function keyOf(place: BellPlace): string {
  return `${place.dir}\n${place.role}`;
}

/** A reader's end: knows the newest position that it may read, and waits for a newer one. */
export class Follower {
  private readonly place: BellPlace;
  private readonly line: Line;
  private readonly waiters = new Set<() => void>();
  private position: number;
  private fault: LogFault | null = null;
  private hasHeard = false;
  private isLooking = false;
  private isClosed = false;

  /** `position` may be read even before a writer is heard. */
  constructor(place: BellPlace, position: number) {
    this.place = place;
    this.position = position;
    this.line = lineOf(keyOf(place));
    this.line.followers.add(this);
    if (this.line.bell === null) this.look();
    else this.hear(this.line.bell.heard());
  }

  /** Newest position that may be read. */
  tip(): number {
    if (this.fault !== null) throw this.fault;
    return this.position;
  }

  /** Whether a writer has said how far the log goes. */
  knowsWriter(): boolean {
    return this.hasHeard;
  }

  /** A writer said that positions up to this one may be read. */
  hear(position: number): void {
    if (position < 0 || this.isClosed) return;
    if (position < this.position) {
      const lost = `LOST: the writer is at ${position}, and ${this.position} was readable before`;
      this.fault ??= new LogFault(`${lost} (${this.place.dir}, ${this.place.role})`);
    }
    this.hasHeard = true;
    this.position = Math.max(position, this.position);
    this.wake();
  }

  /** Resolves once a position above `after` may be read (true), or on stop or close (false). */
  async above(after: number, stop: AbortSignal): Promise<boolean> {
    while (this.tip() <= after) {
      if (stop.aborted || this.isClosed) return false;
      await this.change(stop);
    }
    return !stop.aborted && !this.isClosed;
  }

  /** Resolves at the next call of `hear`, or on stop or close. */
  private async change(stop: AbortSignal): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    const wake = (): void => waiting.resolve();
    this.waiters.add(wake);
    stop.addEventListener("abort", wake, { once: true });
    await waiting.promise;
    stop.removeEventListener("abort", wake);
    this.waiters.delete(wake);
  }

  close(): void {
    this.isClosed = true;
    this.line.followers.delete(this);
    this.wake();
  }

  /** Looks for a writer in another process, unless it does so already. */
  look(): void {
    if (this.isLooking || this.isClosed) return;
    this.isLooking = true;
    void this.lookUntilLocal();
  }

  private async lookUntilLocal(): Promise<void> {
    let pause = PAUSE_MS_MIN;
    while (!this.isClosed && this.line.bell === null) {
      for (const path of socketsAt(this.place)) {
        if (await this.listenTo(path)) pause = PAUSE_MS_MIN;
      }
      await this.pause(pause);
      pause = Math.min(pause * 2, PAUSE_MS_MAX);
    }
    this.isLooking = false;
  }

  private async pause(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const wake = (): void => {
      if (this.isClosed) over.resolve();
    };
    const timer = setTimeout(over.resolve, ms);
    this.waiters.add(wake);
    await over.promise;
    this.waiters.delete(wake);
    clearTimeout(timer);
  }

  /** Hears that socket until its writer is gone; says whether it said anything. */
  private async listenTo(path: string): Promise<boolean> {
    const over = Promise.withResolvers<void>();
    const marks = new Marks();
    const socket = await Bun.connect({
      unix: path,
      socket: {
        data: (_, bytes) => this.hear(marks.newest(bytes)),
        close: () => over.resolve(),
        error: () => over.resolve(),
      },
    }).catch(() => null); // Dead socket of a killed writer, or one that has just gone.
    if (socket === null) return false;
    const wake = (): void => {
      if (this.isClosed) over.resolve();
    };
    this.waiters.add(wake);
    wake();
    await over.promise;
    this.waiters.delete(wake);
    socket.end();
    return marks.count > 0;
  }

  private wake(): void {
    for (const waiter of this.waiters) waiter();
  }
}

/** Puts positions together that arrive cut. */
class Marks {
  count = 0;
  private readonly part = new Uint8Array(MARK_SIZE);
  private partSize = 0;

  /** The last whole position so far of these bytes; -1 if none is whole. */
  newest(bytes: Uint8Array): number {
    let newest = -1;
    for (const byte of bytes) {
      this.part[this.partSize++] = byte;
      if (this.partSize < MARK_SIZE) continue;
      newest = readU64(viewOf(this.part), 0);
      this.partSize = 0;
      this.count++;
    }
    return newest;
  }
}
