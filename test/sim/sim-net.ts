/**
 * SimNet: TCP between clients and ingress. Bytes come in pieces of any size, late, in order; a
 * side that does not read fills the other's room; a reset, or the end of a process, closes both.
 */
import type { ClientSocket, Dial } from "../../src/client/connection.ts";
import { type Listen, Peer, type PeerEvents, type PeerSocket } from "../../src/edges/tcp-server.ts";
import type { Weather } from "./weather.ts";
import type { Process, World } from "./world.ts";

interface Listener {
  readonly process: Process;
  readonly events: PeerEvents;
  readonly queueMax: number;
}

/** One direction of a connection. */
class Pipe {
  readonly room: number;
  private readonly world: World;
  private readonly weather: Weather;
  private readonly from: Process;
  private readonly to: Process;
  private waiting: Uint8Array[] = [];
  private arrival = 0;
  private isPaused = false;
  private isEnded = false;
  inFlight = 0;
  onBytes: (bytes: Uint8Array) => void = () => undefined;
  onEnd: () => void = () => undefined;
  onRoom: () => void = () => undefined;
  /** Both directions at once. */
  reset: () => void = () => undefined;

  constructor(world: World, weather: Weather, [from, to]: [Process, Process]) {
    this.world = world;
    this.weather = weather;
    this.from = from;
    this.to = to;
    this.room = from.prng.pick([512, 4096, 65_536]);
  }

  /** How many were taken. */
  write(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.room - this.inFlight);
    if (taken > 0) this.send(bytes.slice(0, taken));
    return Math.max(0, taken);
  }

  /** All of them, room or not. */
  send(bytes: Uint8Array): void {
    const { world, weather, from, to } = this;
    weather.effect(from, `sends ${bytes.length} bytes`);
    if (!from.isAlive) return;
    this.inFlight += bytes.length;
    world.say(from.name, `to ${to.name} ${bytes.length} bytes`);
    for (let at = 0; at < bytes.length; ) {
      const size = from.prng.chance(80) ? bytes.length - at : from.prng.between(1, 64);
      const piece = bytes.slice(at, at + size);
      at += size;
      this.arrival = Math.max(this.arrival, world.now + weather.latency(from.name, to.name));
      world.at(this.arrival - world.now, to, "", () => this.arrive(piece));
    }
    weather.effect(from, `sent ${bytes.length} bytes`);
    if (weather.isReset(from.name, to.name)) world.at(this.arrival - world.now, to, "", this.reset);
  }

  end(): void {
    const { world, weather, from, to } = this;
    this.arrival = Math.max(this.arrival, world.now + weather.latency(from.name, to.name));
    world.at(this.arrival - world.now, to, "", () => {
      this.isEnded = true;
      if (this.waiting.length === 0) this.onEnd();
    });
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.world.at(0, this.to, "", () => this.deliver());
  }

  private arrive(piece: Uint8Array): void {
    this.waiting.push(piece);
    this.deliver();
  }

  private deliver(): void {
    let size = 0;
    while (!this.isPaused) {
      const piece = this.waiting.shift();
      if (piece === undefined) break;
      size += piece.length;
      this.onBytes(piece);
    }
    const { world, weather, from, to } = this;
    if (size > 0) {
      world.at(Math.min(1e6, weather.latency(to.name, from.name)), from, "", () => {
        this.inFlight -= size;
        this.onRoom();
      });
    }
    if (this.isEnded && this.waiting.length === 0) this.onEnd();
  }
}

export class SimNet {
  readonly world: World;
  private readonly weather: Weather;
  private readonly listeners = new Map<string, Listener>();

  constructor(world: World, weather: Weather) {
    this.world = world;
    this.weather = weather;
  }

  listenOf(process: Process): Listen {
    return ({ hostname, port, outQueueBytesMax: queueMax }, events) => {
      const listener = { process, events, queueMax };
      this.listeners.set(hostname, listener);
      const stop = (): void => {
        if (this.listeners.get(hostname) === listener) this.listeners.delete(hostname);
      };
      process.onDeath.push(stop);
      return { hostname, port, stop };
    };
  }

  dialOf(process: Process): Dial {
    return (host) => new Client(this, process, host);
  }

  /** For a client's socket: tries to reach whoever listens there. */
  connect(client: Client, from: Process, host: string): void {
    const { world, weather } = this;
    world.at(Math.min(5e6, weather.latency(from.name, host)), world.nature, "", () => {
      const listener = this.listeners.get(host);
      if (listener === undefined || !from.isAlive) {
        world.at(weather.latency(host, from.name), from, "", () => client.refuse());
        return;
      }
      world.at(0, listener.process, "", () => this.open(client, from, listener));
    });
  }

  private open(client: Client, from: Process, { process: to, events, queueMax }: Listener): void {
    const { world, weather } = this;
    const up = new Pipe(world, weather, [from, to]);
    const down = new Pipe(world, weather, [to, from]);
    const server = new ServerSide(from.name.split(".")[0]!, up, down);
    const peer = new Peer(server, queueMax);
    let isOver = false;
    server.onOver = () => {
      if (isOver) return;
      isOver = true;
      up.onBytes = () => undefined;
      world.at(0, to, "", () => {
        peer.markClosed();
        events.onClose(peer);
      });
    };
    up.onBytes = (bytes) => {
      if (peer.isOpen) events.onData(peer, bytes);
    };
    up.onEnd = () => server.end();
    down.onRoom = () => peer.flush();
    up.reset = down.reset = () => {
      client.close();
      server.onOver();
    };
    from.onDeath.push(() => up.end());
    to.onDeath.push(() => down.end());
    events.onOpen(peer);
    world.at(weather.latency(to.name, from.name), from, "", () => client.open(up, down));
  }
}

class ServerSide implements PeerSocket {
  readonly remoteAddress: string;
  onOver: () => void = () => undefined;
  private readonly up: Pipe;
  private readonly down: Pipe;

  constructor(address: string, up: Pipe, down: Pipe) {
    this.remoteAddress = address;
    this.up = up;
    this.down = down;
  }

  write(bytes: Uint8Array): number {
    return this.down.write(bytes);
  }

  end(): void {
    this.down.end();
    this.onOver();
  }

  terminate(): void {
    this.end();
  }

  pause(): void {
    this.up.pause();
  }

  resume(): void {
    this.up.resume();
  }
}

type Event = "connect" | "data" | "drain" | "error" | "close";

/** What node:net gives a client, as far as ours uses it. */
class Client implements ClientSocket {
  private readonly world: World;
  private readonly process: Process;
  private readonly heard = new Map<Event, (what: never) => void>();
  private up: Pipe | null = null;
  private isOver = false;

  constructor(net: SimNet, process: Process, host: string) {
    this.world = net.world;
    this.process = process;
    net.connect(this, process, host);
  }

  get writableLength(): number {
    return Math.max(0, (this.up?.inFlight ?? 0) - (this.up?.room ?? 0));
  }

  on(event: Event, listener: (what: never) => void): this {
    this.heard.set(event, listener);
    return this;
  }

  write(bytes: Uint8Array): void {
    if (!this.isOver) this.up?.send(bytes);
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.world.say(this.process.name, "closes its connection");
    this.up?.end();
    this.world.at(0, this.process, "", () => this.tell("close"));
  }

  open(up: Pipe, down: Pipe): void {
    this.up = up;
    if (this.isOver) {
      up.end();
      return;
    }
    this.world.say(this.process.name, "is connected");
    up.onRoom = () => this.tell("drain");
    down.onBytes = (bytes) => {
      if (!this.isOver) this.tell("data", Buffer.from(bytes));
    };
    down.onEnd = () => this.close();
    this.tell("connect");
  }

  refuse(): void {
    if (this.isOver) return;
    this.world.say(this.process.name, "is refused a connection");
    this.tell("error", new Error("connect ECONNREFUSED"));
    this.close();
  }

  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.world.say(this.process.name, "has lost its connection");
    this.world.at(0, this.process, "", () => this.tell("close"));
  }

  private tell(event: Event, what?: unknown): void {
    this.heard.get(event)?.(what as never);
  }
}
