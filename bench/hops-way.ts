/**
 * HopsWay: the way of one order through ingress and matcher over a real Redis, cut where it changes
 * hands. Both services and the client are in this process, so no hop waits for another process but
 * Redis; settlement does not run.
 *
 *   client.place -> append called -> matcher has read it -> append to ex called -> ingress has read
 *     that -> the client's report
 *
 * Orders are immediate-or-cancel and meet nothing, one at a time.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../src/client/client.ts";
import { HOST_CLOCK } from "../src/edges/clock.ts";
import type { Config } from "../src/edges/config.ts";
import { readConfig } from "../src/edges/config-read.ts";
import { readKeyFile, signerFromSeed } from "../src/edges/keys.ts";
import type { ShardLog } from "../src/edges/log.ts";
import { Logger } from "../src/edges/logger.ts";
import { openVerifiers } from "../src/edges/verify.ts";
import { startIngressService } from "../src/ingress-verifier/service.ts";
import { startMatcherService } from "../src/market-matcher/service.ts";
import { openShards, type OpenShard } from "../src/service/open-shards.ts";
import { initShards } from "../src/venue/init.ts";
import { OperatorDesk } from "../src/venue/operator-desk.ts";
import { RedisServer } from "../test/support/redis-server.ts";
import type { HopRounds } from "./hops-log.ts";
import { printHop } from "./hops-print.ts";

/** When the newest order came by, milliseconds. */
interface Stamps {
  sent: number;
  appending: number;
  read: number;
  executing: number;
  executed: number;
  reported: number;
}

const HOPS: readonly (readonly [name: string, from: keyof Stamps, to: keyof Stamps])[] = [
  ["client to append: sign, socket, check, verify, queue", "sent", "appending"],
  ["append to `in`, wake-up of the matcher", "appending", "read"],
  ["apply, execution record", "read", "executing"],
  ["append to `ex`, wake-up of ingress", "executing", "executed"],
  ["report to the client: match to its frame, socket, decode", "executed", "reported"],
  ["all of it", "sent", "reported"],
];
const FUNDS = 1_000_000_000_000;
const WARM = 200;

export async function benchWay(plan: HopRounds): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "clob-hops-"));
  await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "everysec" });
  try {
    const config = configOf(dir, redis.port);
    await initShards(config);
    await benchVenue(config, plan);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function configOf(dir: string, port: number): Config {
  const anyPort = "127.0.0.1:0";
  const read = readConfig({
    file: join(import.meta.dir, "..", "config.toml"),
    env: { CLOB_LOG: "redis", REDIS_ADDR: `127.0.0.1:${port}` },
    flags: {
      data: dir,
      "ingress-tcp-address": anyPort,
      "ingress-http-address": anyPort,
      "matcher-http-address": anyPort,
    },
  });
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return read.config;
}

async function benchVenue(config: Config, plan: HopRounds): Promise<void> {
  const stamps: Stamps = { sent: 0, appending: 0, read: 0, executing: 0, executed: 0, reported: 0 };
  const logger = new Logger({ sink: { write() {}, close() {} }, severityMin: "error" });
  const onFault = (fault: unknown): never => {
    throw fault;
  };
  const ids = config.shards.map(({ id }) => id);
  const matching = await openShards(config, ids);
  const entering = await openShards(config, ids);
  const { fast } = await openVerifiers();
  const matcher = startMatcherService({
    config,
    shards: matching.map((shard) => stamped(shard, stamps)),
    logger,
    onFault,
  });
  const ingress = await startIngressService({
    config,
    shards: entering.map((shard) => stamped(shard, stamps)),
    verifier: fast,
    logger,
    now: () => HOST_CLOCK.monotonicMs(),
    onFault,
  });
  const [door] = ingress.ingress.doors.values();
  if (door === undefined) throw new Error("ingress serves a shard");
  const desk = new OperatorDesk(door, readKeyFile(join(config.venue.keysDir, "operator.pem")));
  const signer = signerFromSeed(new Uint8Array(32).fill(61));
  const who = await desk.openAccount(signer.publicKey);
  await desk.deposit(1, who.account, FUNDS);
  const { tcpPort: port } = ingress;
  const onReport = (): void => {
    stamps.reported ||= performance.now();
  };
  const client = await connect({ host: "127.0.0.1", port, signer, ...who, onReport });
  const order = {
    market: 1,
    side: "buy",
    price: 100_000,
    quantity: 1,
    timeInForce: "ioc",
  } as const;
  const rounds = HOPS.map(() => Array.from({ length: plan.rounds }, () => emptyTimes(plan)));
  for (let i = -WARM; i < plan.rounds * plan.calls; i++) {
    stamps.reported = 0;
    stamps.sent = performance.now();
    await client.place(order);
    if (i < 0) continue;
    for (const [hop, [, from, to]] of HOPS.entries()) {
      const times = rounds[hop]![Math.floor(i / plan.calls)]!;
      times[i % plan.calls] = (stamps[to] - stamps[from]) * 1000;
    }
  }
  for (const [hop, [name]] of HOPS.entries()) printHop(`way of one order: ${name}`, rounds[hop]!);
  client.close();
  await ingress.stop();
  await matcher.stop();
  for (const { log } of [...entering, ...matching]) await log.close();
}

function emptyTimes(plan: HopRounds): Float64Array {
  return new Float64Array(plan.calls);
}

/** The same shard, over a log that notes when it is called and when it answers. */
function stamped(shard: OpenShard, stamps: Stamps): OpenShard {
  const log: ShardLog = Object.create(shard.log);
  log.openInputWriter = async () => {
    const writer = await shard.log.openInputWriter();
    return before(writer, "append", () => (stamps.appending = performance.now()));
  };
  log.openInputReader = async () => {
    const reader = await shard.log.openInputReader();
    return behind(reader, "read", () => (stamps.read = performance.now()));
  };
  log.openExecutionWriter = async () => {
    const writer = await shard.log.openExecutionWriter();
    return before(writer, "append", () => (stamps.executing = performance.now()));
  };
  log.openExecutionReader = async () => {
    const reader = await shard.log.openExecutionReader();
    return behind(reader, "read", () => (stamps.executed = performance.now()));
  };
  return { ...shard, log };
}

type Call = (...args: never[]) => unknown;

/** Notes when `name` is called. */
function before<K extends string, T extends Record<K, Call>>(of: T, name: K, note: () => void): T {
  const original: Call = of[name].bind(of);
  const noting = (...args: never[]): unknown => {
    note();
    return original(...args);
  };
  return Object.assign(of, { [name]: noting });
}

/** Notes when what `name` promised is there. */
function behind<K extends string, T extends Record<K, Call>>(of: T, name: K, note: () => void): T {
  const original: Call = of[name].bind(of);
  const noting = async (...args: never[]): Promise<unknown> => {
    const answer = await original(...args);
    note();
    return answer;
  };
  return Object.assign(of, { [name]: noting });
}
