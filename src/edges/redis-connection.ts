/**
 * Redis connection: one socket to one Redis, used until it breaks and then thrown away.
 *
 * The client library does nothing by itself here: it does not reconnect, resend, queue or retry. A
 * command either has the server's answer (a reply, or a RedisRefusal) or its outcome is unknown
 * (RedisGone), and then this connection is closed, so that no late answer can be taken for
 * another's.
 */
import { isIP } from "node:net";
import { Redis } from "ioredis";
import type { RedisHost } from "./config-address.ts";

/** The server's own refusal: the command had no effect beyond what its words say. */
export class RedisRefusal extends Error {
  override readonly name = "RedisRefusal";
}

/** No answer: not reachable, cut, or silent for too long. Whether it was executed is unknown. */
export class RedisGone extends Error {
  override readonly name = "RedisGone";
}

export interface RedisAccess {
  /** One node, or several of a cluster or of a primary and those that may take over. */
  readonly hosts: readonly RedisHost[];
  readonly tls: boolean;
  /** PEM of the authority that signed the server's certificate; null for the system's. */
  readonly ca: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  /** What opens sockets; the client library if absent. */
  readonly dial?: RedisDial;
}

/** One socket to one server: a command goes in, one reply or an error comes out, or nothing. */
export interface RedisSocket {
  /** "ready" as long as it takes commands. */
  readonly status: string;
  connect(): Promise<unknown>;
  /** Rejects with a ReplyError for a refusal of the server, with another error for no answer. */
  callBuffer(name: string, args: Buffer[]): Promise<unknown>;
  disconnect(): void;
  on(event: "error", listener: (error: unknown) => void): unknown;
}

export type RedisDial = (access: RedisAccess, host: RedisHost, name: string) => RedisSocket;

export type Reply = Uint8Array | number | null | readonly Reply[];
export type Argument = string | Uint8Array;

/** A Lua script; its hash is the server's name for it, the same on every server. */
export class Script {
  readonly text: string;
  hash = "";

  constructor(text: string) {
    this.text = text;
  }
}

export class RedisConnection {
  private readonly client: RedisSocket;
  private readonly timeoutMs: number;

  private constructor(client: RedisSocket, timeoutMs: number) {
    this.client = client;
    this.timeoutMs = timeoutMs;
  }

  /** Throws RedisGone if nobody answers, RedisRefusal if we are not let in. */
  static async open(access: RedisAccess, host: RedisHost, name: string): Promise<RedisConnection> {
    const client = (access.dial ?? clientOf)(access, host, name);
    let cause: unknown = null;
    client.on("error", (error: unknown) => {
      cause ??= error; // It tells more than `connect` does, and unheard the library prints it.
    });
    try {
      await within(access.connectTimeoutMs, "no connection", client.connect());
      return new RedisConnection(client, access.commandTimeoutMs);
    } catch (error) {
      client.disconnect();
      throw failure(cause ?? error);
    }
  }

  /** The reply, within the time-out and `extraMs` on top, which blocking commands need. */
  async command(args: readonly Argument[], extraMs = 0): Promise<Reply> {
    const [name = "", ...rest] = args;
    try {
      const reply = this.client.callBuffer(String(name), rest.map(toBuffer));
      return (await within(this.timeoutMs + extraMs, "no reply", reply)) as Reply;
    } catch (error) {
      const known = failure(error);
      if (known instanceof RedisGone) this.close();
      throw known;
    }
  }

  /** Runs a script by its hash, and by its text where the server has forgotten it. */
  async script(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args];
    if (script.hash === "") {
      script.hash = textOf(await this.command(["SCRIPT", "LOAD", script.text]));
    }
    try {
      return await this.command(["EVALSHA", script.hash, ...rest]);
    } catch (error) {
      if (!(error instanceof RedisRefusal && error.message.startsWith("NOSCRIPT"))) throw error;
      return this.command(["EVAL", script.text, ...rest]);
    }
  }

  isOpen(): boolean {
    return this.client.status === "ready";
  }

  /** Ends it at once; what waits for a reply gets RedisGone. */
  close(): void {
    this.client.disconnect();
  }
}

/** Every option that we rely on is written out, whatever the library's default is. */
function clientOf(access: RedisAccess, { host, port }: RedisHost, name: string): Redis {
  const tls = access.ca === null ? {} : { ca: access.ca };
  return new Redis({
    host,
    port,
    connectionName: name,
    connectTimeout: access.connectTimeoutMs,
    lazyConnect: true,
    protocol: 2,
    stringNumbers: false,
    db: 0,
    readOnly: false,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    reconnectOnError: null,
    disableClientInfo: true,
    keepAlive: 10_000,
    noDelay: true,
    ...(access.username === null ? {} : { username: access.username }),
    ...(access.password === null ? {} : { password: access.password }),
    // A certificate names an address as such; only names are sent along.
    ...(access.tls ? { tls: isIP(host) === 0 ? { ...tls, servername: host } : tls } : {}),
  });
}

/** What `answer` resolves to, or RedisGone once it has taken too long. */
async function within<T>(ms: number, what: string, answer: Promise<T>): Promise<T> {
  const overdue = Promise.withResolvers<never>();
  const timer = setTimeout(() => overdue.reject(new RedisGone(`${what} within ${ms} ms`)), ms);
  try {
    return await Promise.race([answer, overdue.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function failure(error: unknown): RedisRefusal | RedisGone {
  if (error instanceof RedisGone) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isReply = error instanceof Error && error.name === "ReplyError";
  return isReply ? new RedisRefusal(message) : new RedisGone(message);
}

function toBuffer(value: Argument): Buffer {
  if (typeof value === "string") return Buffer.from(value);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Text of a reply that must be a string. */
export function textOf(reply: Reply | undefined): string {
  if (reply instanceof Uint8Array) return Buffer.from(reply).toString();
  throw new RedisRefusal("the reply is not a string");
}

/** The items of a reply that must be a list. */
export function listOf(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply as readonly Reply[];
  throw new RedisRefusal("the reply is not a list");
}

/** The integer of a reply that must be one. */
export function numberOf(reply: Reply | undefined): number {
  const value = typeof reply === "number" ? reply : Number(textOf(reply));
  if (Number.isSafeInteger(value)) return value;
  throw new RedisRefusal("the reply is not an integer");
}
