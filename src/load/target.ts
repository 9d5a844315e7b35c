/**
 * Target: the venue that a replay runs against: option, variable, config file, default, in that
 * order, under the names that `clob` has for them.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../edges/config.ts";
import { type ListenAddress, parseListenAddress } from "../edges/config-address.ts";
import { formatConfigError } from "../edges/config-errors.ts";
import { readConfig } from "../edges/config-read.ts";
import { readKeyFile, type Signer } from "../edges/keys.ts";
import { EXIT_USAGE, ServiceEnd } from "../service/start.ts";
import type { VenueAddress } from "./replay.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface TargetFlags {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly tcp?: string | undefined;
  readonly ingress?: string | undefined;
  readonly settlement?: string | undefined;
  readonly operator?: string | undefined;
}

export interface Target {
  readonly venue: Omit<VenueAddress, "shard">;
  readonly operator: Signer;
}

const DEFAULT_FILE = "config.toml";
const OPERATOR_KEY = "operator.pem";

export function findTarget(flags: TargetFlags, env: Environment): Target {
  const config = configOf(flags, env);
  const tcp = tcpOf(flags.tcp ?? env["CLOB_TCP"], config);
  const { httpAddress: ingress } = config?.ingress ?? { httpAddress: here(9090) };
  const { httpAddress: settlement } = config?.settlement ?? { httpAddress: here(9091) };
  const data = flags.data ?? env["CLOB_DATA"] ?? "./data";
  const keysDir = config?.venue.keysDir ?? join(data, "keys");
  return {
    venue: {
      ...tcp,
      ingress: urlOf(flags.ingress ?? env["CLOB_INGRESS"]) ?? httpUrl(ingress),
      settlement: urlOf(flags.settlement ?? env["CLOB_SETTLEMENT"]) ?? httpUrl(settlement),
    },
    operator: readKeyFile(flags.operator ?? join(keysDir, OPERATOR_KEY)),
  };
}

/** Null where there is no config file and none was asked for. */
function configOf({ config, data }: TargetFlags, env: Environment): Config | null {
  const named = config ?? (env["CLOB_CONFIG"] || undefined);
  if (named === undefined && !existsSync(DEFAULT_FILE)) return null;
  const read = readConfig({ file: named, env, flags: data === undefined ? {} : { data } });
  if (read.ok) return read.config;
  throw new ServiceEnd(EXIT_USAGE, read.errors.map(formatConfigError).join("\n"));
}

function tcpOf(text: string | undefined, config: Config | null): ListenAddress {
  if (text === undefined) return reachable(config?.ingress.tcpAddress ?? here(8080));
  const address = parseListenAddress(text);
  if (typeof address !== "string") return address;
  throw new ServiceEnd(EXIT_USAGE, `--tcp is HOST:PORT: ${address}`);
}

function urlOf(text: string | undefined): string | undefined {
  return text === undefined || /^https?:\/\//.test(text) ? text : `http://${text}`;
}

function httpUrl(address: ListenAddress): string {
  const { host, port } = reachable(address);
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function here(port: number): ListenAddress {
  return { host: "127.0.0.1", port };
}

/** Who listens everywhere is reached here. */
function reachable({ host, port }: ListenAddress): ListenAddress {
  return { host: host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host, port };
}
