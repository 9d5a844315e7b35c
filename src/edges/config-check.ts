/**
 * Config check: contradictions between keys that are each right by themselves.
 *
 * Keys that already had an error are absent and are passed over, so that one mistake is told once.
 */
import { parseListenAddress, parseRedisAddress } from "./config-address.ts";
import type { ConfigValues } from "./config-values.ts";

const LISTENERS = [
  "ingress.tcp_address",
  "ingress.http_address",
  "settlement.http_address",
  "matcher.http_address",
];

/** Each of these must stay below its second. */
const RISING = [
  ["redis.memory_refuse_orders_percent", "redis.memory_cancels_only_percent"],
  ["limits.heartbeat_ms", "limits.client_silent_ms_max"],
] as const;

export function checkContradictions(values: ConfigValues): void {
  checkLog(values);
  checkRedis(values);
  checkListeners(values);
  for (const [low, high] of RISING) checkRising(values, low, high);
}

/** "auto" decided: Redis if an address is set. */
export function logKind(values: ConfigValues): "embedded" | "redis" {
  const asked = values.text("log.kind");
  if (asked === "auto") return values.text("redis.address") === "" ? "embedded" : "redis";
  return asked === "redis" ? "redis" : "embedded";
}

function checkLog(values: ConfigValues): void {
  if (!values.has("log.kind") || !values.has("redis.address")) return;
  const kind = logKind(values);
  if (kind === "redis" && values.text("redis.address") === "") {
    const allowed = 'REDIS_ADDR=host:port or [redis] address, or "embedded"';
    values.complain("log.kind", '"redis" without the address of a Redis', allowed);
  }
  if (!values.has("log.durability") || !values.has("log.replicas")) return;
  const durability = values.text("log.durability");
  if (kind === "embedded" && (durability === "D1" || durability === "D3")) {
    const problem = `"${durability}" is a level of Redis, and the log is embedded`;
    values.complain("log.durability", problem, '"auto", "D0", "D2"');
  }
  if (kind === "redis" && durability === "D3" && values.integer("log.replicas") === 0) {
    values.complain("log.durability", '"D3" with 0 replicas', "log.replicas of 1 or more, or D2");
  }
}

function checkRedis(values: ConfigValues): void {
  if (!values.has("redis.address")) return;
  const text = values.text("redis.address");
  const address = text === "" ? null : parseRedisAddress(text);
  if (address === null || typeof address === "string") return;
  for (const key of ["username", "password"] as const) {
    const path = `redis.${key}`;
    if (!values.has(path) || values.text(path) === "" || address[key] === null) continue;
    if (values.text(path) === address[key]) continue;
    values.complain(path, `differs from the ${key} in redis.address`, "the same, or only one");
  }
  if (!values.has("redis.ca_file") || values.text("redis.ca_file") === "" || address.tls) return;
  const allowed = "a rediss:// address, or no ca_file";
  values.complain("redis.ca_file", "given, but redis.address does not use TLS", allowed);
}

function checkListeners(values: ConfigValues): void {
  const seen: { path: string; host: string; port: number }[] = [];
  for (const path of LISTENERS) {
    const address = values.has(path) ? parseListenAddress(values.text(path)) : "absent";
    if (typeof address === "string" || address.port === 0) continue;
    const other = seen.find((one) => one.port === address.port && meets(one.host, address.host));
    if (other !== undefined) {
      const problem = `port ${address.port} is already taken by ${other.path}`;
      values.complain(path, problem, "another port, or 0 to pick one");
    }
    seen.push({ path, ...address });
  }
}

/** True if two hosts may mean the same interface of this machine. */
function meets(a: string, b: string): boolean {
  const everywhere = ["0.0.0.0", "::"];
  const one = a === "localhost" ? "127.0.0.1" : a;
  const two = b === "localhost" ? "127.0.0.1" : b;
  return one === two || everywhere.includes(one) || everywhere.includes(two);
}

function checkRising(values: ConfigValues, low: string, high: string): void {
  if (!values.has(low) || !values.has(high)) return;
  const [small, large] = [values.integer(low), values.integer(high)];
  if (small < large) return;
  values.complain(low, `${small} is not below ${high}, which is ${large}`, `less than ${large}`);
}
