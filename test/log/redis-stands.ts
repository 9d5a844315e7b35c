/**
 * The ways in which Redis is run, as stands for the conformance suite: TLS with a user of few
 * rights, a primary with a replica that is waited for, a cluster of three.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisAccess, RedisConnection } from "../../src/edges/redis-connection.ts";
import { openRedisLog } from "../../src/edges/redis-log.ts";
import { RedisServer } from "../support/redis-server.ts";
import type { Stand } from "./conformance.ts";
import { SHARD } from "./records.ts";
import { accessTo, ask, flush, hostOf, replicaOf, untilAsked } from "./redis-stand.ts";

/** One or more servers for a whole suite, and a stand on them for each test. */
export interface Servers extends AsyncDisposable {
  stand(): Promise<Stand>;
}

function standAt(access: RedisAccess, replicas: number, empty: () => Promise<void>): Stand {
  const options = { access, shard: SHARD, unreachableMsMax: 10_000, replicas };
  return {
    open: () => openRedisLog({ ...options, clockDifferenceMsMax: 5000 }),
    dispose: empty,
  };
}

async function standOn(
  access: RedisAccess,
  ports: readonly number[],
  replicas = 0,
): Promise<Stand> {
  const empty = async (): Promise<void> => {
    for (const port of ports) await flush(port);
  };
  await empty();
  return standAt(access, replicas, empty);
}

/** What our processes need and nothing beside it; docs/OPERATE.md has the same line. */
export const ACL_RULES = [
  "~in:* ~ex:* ~ctl:* ~dur:* resetchannels -@all",
  "+evalsha +eval +script|load +xread +xrange +xadd +xtrim +hget +hmget +hgetall +hset +hdel",
  "+hincrby +hsetnx +exists +xgroup|create +xgroup|destroy +time +wait +info +config|get +client|setname",
  "+bgrewriteaof",
];

/** A certificate of our own authority for 127.0.0.1, and a user `clob` who may do little. */
export async function tlsServers(): Promise<Servers> {
  const dir = mkdtempSync(join(tmpdir(), "clob-tls-"));
  const path = (file: string): string => join(dir, file);
  const request = "openssl req -x509 -newkey ed25519 -nodes -days 2 -subj /CN=clob-test".split(" ");
  const files = ["-keyout", path("key.pem"), "-out", path("cert.pem")];
  const name = ["-addext", "subjectAltName=IP:127.0.0.1"];
  const made = Bun.spawnSync([...request, ...name, ...files]);
  if (!made.success) throw new Error(String(made.stderr));
  const plain = await RedisServer.start({ user: `clob on >secret ${ACL_RULES.join(" ")}` });
  const tlsPort = plain.port;
  await plain.kill();
  const server = await RedisServer.start({
    port: "0",
    "tls-port": String(tlsPort),
    "tls-cert-file": path("cert.pem"),
    "tls-key-file": path("key.pem"),
    "tls-ca-cert-file": path("cert.pem"),
    "tls-auth-clients": "no",
    user: `clob on >secret ${ACL_RULES.join(" ")}`,
  });
  const access = {
    ...accessTo(tlsPort),
    tls: true,
    ca: readFileSync(path("cert.pem"), "utf8"),
    username: "clob",
    password: "secret",
  };
  // The user for whom the rules are could not do this.
  const all = { ...access, username: null, password: null };
  const empty = async (): Promise<void> => {
    const connection = await RedisConnection.open(all, hostOf(tlsPort), "test");
    await connection.command(["FLUSHALL"]);
    connection.close();
  };
  return {
    stand: async () => {
      await empty();
      return standAt(access, 0, empty);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([server.stop(), plain.stop()]);
      rmSync(dir, { recursive: true });
    },
  };
}

export async function replicatedServers(): Promise<Servers> {
  const primary = await RedisServer.start();
  const replica = await replicaOf(primary);
  return {
    stand: () => standOn(accessTo(primary.port), [primary.port], 1),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([primary.stop(), replica.stop()]);
    },
  };
}

const SLOTS = 16_384;
const NODES = 3;

export interface Cluster extends Servers {
  readonly nodes: readonly RedisServer[];
  /** Slot of the shard's keys, and the node that has it. */
  readonly slot: number;
  readonly owner: RedisServer;
  readonly access: RedisAccess;
}

/** Three primaries; the address names all of them, the wrong ones first. */
export async function clusterServers(): Promise<Cluster> {
  const nodes = await Promise.all(
    Array.from({ length: NODES }, () =>
      RedisServer.start({ "cluster-enabled": "yes", "cluster-node-timeout": "2000" }),
    ),
  );
  const first = nodes[0]!;
  for (const [i, { port }] of nodes.entries()) {
    const from = Math.floor((SLOTS * i) / NODES);
    const to = Math.floor((SLOTS * (i + 1)) / NODES) - 1;
    await ask(port, "CLUSTER", "ADDSLOTSRANGE", String(from), String(to));
    await ask(port, "CLUSTER", "SET-CONFIG-EPOCH", String(i + 1));
    await ask(port, "CLUSTER", "MEET", "127.0.0.1", String(first.port));
  }
  for (const { port } of nodes) await untilAsked(port, "CLUSTER INFO", /cluster_state:ok/);
  const slot = Number(await ask(first.port, "CLUSTER", "KEYSLOT", `ctl:{${SHARD}}`));
  const owner = nodes[Math.floor((slot * NODES) / SLOTS)]!;
  const others = nodes.filter((node) => node !== owner);
  const hosts = [...others, owner].map(({ port }) => hostOf(port));
  const access = { ...accessTo(first.port), hosts };
  return {
    nodes,
    slot,
    owner,
    access,
    stand: () =>
      standOn(
        access,
        nodes.map(({ port }) => port),
      ),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}
