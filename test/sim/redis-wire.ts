/**
 * RedisWire: sockets from a process to a simulated Redis, in all weathers.
 *
 *   command -> (lost) -> server -> (executed, reply lost) -> reply (late) -> the same process
 *
 * What was sent is executed even if the sender has given up or died meanwhile. Both ways keep
 * their order. The library's promise is kept as ioredis keeps it: a reply, a ReplyError, or, once
 * the connection is gone, another error.
 */
import type { RedisHost } from "../../src/edges/config-address.ts";
import type { RedisDial, RedisSocket } from "../../src/edges/redis-connection.ts";
import { Refusal, type Reply } from "./keyspace.ts";
import type { RedisNode } from "./redis-node.ts";
import { bytesOf } from "./resp.ts";
import { scriptName } from "./script-models.ts";
import type { ServerEnd } from "./server-end.ts";
import type { Weather } from "./weather.ts";
import type { Process, World } from "./world.ts";

export class RedisWire {
  private readonly world: World;
  private readonly weather: Weather;
  private readonly nodes: ReadonlyMap<string, RedisNode>;
  /** Something was said that nobody may say. */
  onWrong: (why: string) => void = () => undefined;

  constructor(world: World, weather: Weather, nodes: ReadonlyMap<string, RedisNode>) {
    this.world = world;
    this.weather = weather;
    this.nodes = nodes;
  }

  /** For all connections of one process. */
  dialOf(process: Process): RedisDial {
    return (_access, host: RedisHost) => {
      const node = this.nodes.get(host.host);
      if (node === undefined) throw new Error(`no simulated Redis at ${host.host}`);
      const socket = new WireSocket(this.world, this.weather, process, node);
      socket.onWrong = this.onWrong;
      return socket;
    };
  }
}

/** Longer words of a command are told by their size. */
const WORD_MAX = 40;

interface Pending {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

class WireSocket implements RedisSocket, ServerEnd {
  status = "wait";
  isOpen = false;
  offset = 0;
  private readonly world: World;
  private readonly weather: Weather;
  private readonly process: Process;
  private readonly node: RedisNode;
  private readonly pending = new Set<Pending>();
  private calls = 0;
  /** The first answer was that this is a replica. */
  private isOfReplica = false;
  onWrong: (why: string) => void = () => undefined;
  private sentAt = 0;
  private heardAt = 0;

  constructor(world: World, weather: Weather, process: Process, node: RedisNode) {
    this.world = world;
    this.weather = weather;
    this.process = process;
    this.node = node;
    process.onDeath.push(() => (this.isOpen = false));
  }

  on(): this {
    return this;
  }

  connect(): Promise<void> {
    const { world, weather, process, node } = this;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const delay = weather.latency(process.name, node.name);
    if (Number.isFinite(delay)) {
      world.at(2 * delay, process, "", () => {
        if (!node.isUp) {
          reject(new Error(`connect ECONNREFUSED ${node.name}`));
          return;
        }
        this.isOpen = true;
        this.status = "ready";
        node.accept(this);
        resolve();
      });
    }
    return promise;
  }

  callBuffer(name: string, args: Buffer[]): Promise<unknown> {
    if (!this.process.isAlive) return new Promise(() => undefined);
    if (this.status !== "ready") return Promise.reject(new Error("Stream isn't writeable"));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.weather.effect(this.process, `sends ${name}`);
    if (!this.process.isAlive) return promise;
    if (this.isOfReplica) this.onWrong(`${this.process.name} says ${name} to a replica`);
    const isFirst = this.calls++ === 0;
    const heard = (reply: unknown): void => {
      this.isOfReplica ||= isFirst && String(reply).includes("role:slave");
      resolve(reply);
    };
    const pending = { resolve: isFirst ? heard : resolve, reject };
    this.pending.add(pending);
    const size = args.reduce((sum, arg) => sum + arg.length, 0);
    const detail = (): string => `: ${spoken(name, args)}`;
    this.world.say(this.process.name, `to ${this.node.name} ${name} ${size}`, detail);
    this.send([bytesOf(name), ...args], pending);
    this.weather.effect(this.process, `sent ${name}`);
    return promise;
  }

  disconnect(): void {
    if (this.status === "end") return;
    this.world.at(0, this.process, "", () => this.cut());
    this.status = "end";
    this.isOpen = false;
  }

  /** The server is gone, or the way to it. */
  cut(): void {
    this.status = "end";
    this.isOpen = false;
    const { world, process } = this;
    const lost = [...this.pending];
    this.pending.clear();
    if (lost.length === 0) return;
    world.at(1, process, "", () => {
      for (const { reject } of lost) reject(new Error("Connection is closed."));
    });
  }

  private send(args: Uint8Array[], pending: Pending): void {
    const { world, weather, process, node } = this;
    const fate = weather.fateOf(args, process.name, node.name);
    const delay = weather.latency(process.name, node.name);
    if (fate === "request lost") {
      world.at(Math.min(delay, 1e6), process, fate, () => this.cut());
      return;
    }
    if (!Number.isFinite(delay)) return;
    const late = fate === "request late" ? weather.lateness() : 0;
    this.sentAt = Math.max(this.sentAt, world.now + delay + late);
    world.at(this.sentAt - world.now, world.nature, "", () => {
      if (!node.isUp) return;
      if (typeof fate !== "string") this.hear(pending, fate, 0);
      else
        node.request(this, args, (outcome) => {
          if (fate === "reply lost") world.at(delay, process, fate, () => this.cut());
          else this.hear(pending, outcome, fate === "reply late" ? weather.lateness() : 0);
        });
    });
  }

  private hear(pending: Pending, outcome: Reply | Refusal, late: number): void {
    const { world, weather, process, node } = this;
    const delay = weather.latency(node.name, process.name);
    if (!Number.isFinite(delay)) return;
    this.heardAt = Math.max(this.heardAt, world.now + delay + late);
    world.at(this.heardAt - world.now, process, "", () => {
      if (!this.pending.delete(pending)) return;
      if (outcome instanceof Refusal) pending.reject(outcome);
      else pending.resolve(asBuffers(outcome));
    });
  }
}

function asBuffers(reply: Reply): unknown {
  if (reply instanceof Uint8Array) return Buffer.from(reply);
  return Array.isArray(reply) ? reply.map(asBuffers) : reply;
}

/** A command as a reader of the trace wants it: scripts by name, no bytes. */
function spoken(name: string, args: readonly Buffer[]): string {
  const words = args.map((arg) => arg.toString("latin1"));
  if (name === "EVAL" || name === "EVALSHA") {
    const called = scriptName(words[0] ?? "");
    return [called, ...words.slice(7).map(plain)].join(" ");
  }
  if (name === "SCRIPT") return `${name} ${words[0]} ${scriptName(words[1] ?? "")}`;
  return [name, ...words.map(plain)].join(" ");
}

function plain(word: string): string {
  const isText = word.length <= WORD_MAX && /^[ -~]*$/.test(word);
  return isText ? word : `<${word.length} bytes>`;
}
