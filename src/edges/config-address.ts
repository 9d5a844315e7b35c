/**
 * Addresses: where a listener binds, and where Redis is.
 *
 *   listener   8080 | :8080 | host:8080 | [::1]:8080         no host: 127.0.0.1; 0 picks a port
 *   Redis      host:port | redis://host | rediss://user:pass@host:port/0 | first,second,third
 *
 * A reason never repeats the text it refuses, because a Redis address may hold a password.
 */
export interface ListenAddress {
  readonly host: string;
  /** 0 lets the system pick. */
  readonly port: number;
}

export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

export interface RedisAddress {
  /** More than one: seeds of a cluster. */
  readonly hosts: readonly RedisHost[];
  readonly tls: boolean;
  readonly username: string | null;
  readonly password: string | null;
}

export const LISTEN_HOST = "127.0.0.1";
export const REDIS_PORT = 6379;

const HOST = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+))$/;

/** The address, or the reason why not. */
export function parseListenAddress(text: string): ListenAddress | string {
  if (/^[0-9]+$/.test(text)) return parseListenAddress(`:${text}`);
  const split = splitHostPort(text);
  const port = split.port === null ? null : parsePort(split.port, 0);
  if (port === null) return "no port from 0 to 65535 at its end";
  const host = split.host === "" ? LISTEN_HOST : parseHost(split.host);
  return host === null ? "not a host name or address before the port" : { host, port };
}

export function formatListenAddress(address: ListenAddress): string {
  return `${bracketed(address.host)}:${address.port}`;
}

/** The address, or the reason why not. */
export function parseRedisAddress(text: string): RedisAddress | string {
  let first: RedisAddress | null = null;
  const hosts: RedisHost[] = [];
  for (const part of text.split(",")) {
    const node = parseRedisNode(part.trim(), first);
    if (typeof node === "string") return node;
    if (first !== null && !sameAccess(first, node)) {
      return "the nodes of the list differ in scheme, user or password";
    }
    first ??= node;
    hosts.push(...node.hosts);
  }
  return first === null ? "it is empty" : { ...first, hosts };
}

/** For people and logs: the password is never in it. */
export function redactRedisAddress(address: RedisAddress): string {
  const user = address.username ?? "";
  const access = address.password === null ? user : `${user}:***`;
  const nodes = address.hosts.map((node) => `${bracketed(node.host)}:${node.port}`).join(",");
  return `${address.tls ? "rediss" : "redis"}://${access === "" ? "" : `${access}@`}${nodes}`;
}

/** Later nodes of a list may leave out scheme, user and password: they are the first's. */
function parseRedisNode(text: string, first: RedisAddress | null): RedisAddress | string {
  const scheme = /^([a-z]+):\/\//i.exec(text)?.[1]?.toLowerCase() ?? "";
  if (scheme !== "" && scheme !== "redis" && scheme !== "rediss") {
    return "its scheme is neither redis:// nor rediss://";
  }
  const rest = scheme === "" ? text : text.slice(scheme.length + 3);
  const at = rest.lastIndexOf("@");
  const access = parseAccess(at < 0 ? null : rest.slice(0, at));
  if (access === null) return "its user or password is not percent-encoded text";
  const path = /^([^/]*)(?:\/0?)?$/.exec(rest.slice(at + 1));
  if (path === null) return "it names a database other than 0";
  const split = splitHostPort(path[1] ?? "");
  const host = parseHost(split.host);
  if (host === null) return "it holds no host name or address";
  const port = split.port === null ? REDIS_PORT : parsePort(split.port, 1);
  if (port === null) return "its port is not from 1 to 65535";
  const hosts = [{ host, port }];
  if (scheme === "" && at < 0 && first !== null) return { ...first, hosts };
  return { hosts, tls: scheme === "rediss", ...access };
}

type Access = Pick<RedisAddress, "username" | "password">;

function parseAccess(text: string | null): Access | null {
  if (text === null) return { username: null, password: null };
  const colon = text.indexOf(":");
  try {
    const user = decodeURIComponent(colon < 0 ? text : text.slice(0, colon));
    const password = colon < 0 ? null : decodeURIComponent(text.slice(colon + 1));
    return { username: user === "" ? null : user, password };
  } catch {
    return null;
  }
}

function sameAccess(a: RedisAddress, b: RedisAddress): boolean {
  return a.tls === b.tls && a.username === b.username && a.password === b.password;
}

function splitHostPort(text: string): { host: string; port: string | null } {
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.endsWith("]")) return { host: text, port: null };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

function parseHost(text: string): string | null {
  const parts = HOST.exec(text);
  return parts === null ? null : (parts[1] ?? parts[2] ?? null);
}

function parsePort(text: string, min: number): number | null {
  if (!/^[0-9]{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port >= min && port <= 65535 ? port : null;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
