/**
 * Places: where the venue answers and where its keys lie: option, variable, config file, default,
 * in that order.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../edges/config.ts";
import { type ListenAddress, parseListenAddress } from "../edges/config-address.ts";
import { formatConfigError } from "../edges/config-errors.ts";
import { type ConfigRead, readConfig } from "../edges/config-read.ts";
import { type Args, UsageError } from "./command.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Places {
  readonly tcp: ListenAddress;
  /** URLs. */
  readonly ingress: string;
  readonly settlement: string;
  readonly keysDir: string;
}

const DEFAULT_FILE = "config.toml";

/** The config file that is named or lies here; null if there is none and none was asked for. */
export function findConfig(args: Args, env: Environment): Extract<ConfigRead, { ok: true }> | null {
  const named = args.text("config") ?? env["CLOB_CONFIG"];
  if (named === undefined && !existsSync(DEFAULT_FILE)) return null;
  const data = args.text("data");
  const flags = data === undefined ? args.configFlags : { ...args.configFlags, data };
  const read = readConfig({ file: named ?? DEFAULT_FILE, env, flags });
  if (!read.ok) throw new UsageError(read.errors.map(formatConfigError).join("\n"));
  return read;
}

export function findPlaces(args: Args, env: Environment, config: Config | null): Places {
  const data = args.text("data") ?? env["CLOB_DATA"] ?? "./data";
  const tcp = args.text("tcp") ?? env["CLOB_TCP"];
  return {
    tcp: tcp === undefined ? reachable(config?.ingress.tcpAddress, 8080) : addressOf(tcp),
    ingress: urlOf("ingress", args, env) ?? httpUrl(config?.ingress.httpAddress, 9090),
    settlement: urlOf("settlement", args, env) ?? httpUrl(config?.settlement.httpAddress, 9091),
    keysDir: config?.venue.keysDir ?? join(data, "keys"),
  };
}

function addressOf(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (typeof address === "string") throw new UsageError(`--tcp is HOST:PORT: ${address}`);
  return address;
}

function urlOf(name: string, args: Args, env: Environment): string | undefined {
  const text = args.text(name) ?? env[`CLOB_${name.toUpperCase()}`];
  if (text === undefined) return undefined;
  const url = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(url)) throw new UsageError(`--${name} is a URL or HOST:PORT, not "${text}"`);
  return url;
}

/** Who listens everywhere is reached here. */
function reachable(address: ListenAddress | undefined, port: number): ListenAddress {
  if (address === undefined) return { host: "127.0.0.1", port };
  const isEverywhere = address.host === "0.0.0.0" || address.host === "::";
  return isEverywhere ? { host: "127.0.0.1", port: address.port } : address;
}

function httpUrl(address: ListenAddress | undefined, fallback: number): string {
  const { host, port } = reachable(address, fallback);
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
