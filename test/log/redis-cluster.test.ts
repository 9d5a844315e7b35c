/** A slot that moves to another node of a real cluster, under a writer and readers. */
import { describe, expect, test } from "bun:test";
import { openRedisLog } from "../../src/edges/redis-log.ts";
import { redisAvailable } from "../support/redis-server.ts";
import { frameOf, genesisRecord, readAll, readExecutions, recordOf, SHARD } from "./records.ts";
import { ask } from "./redis-stand.ts";
import { type Cluster, clusterServers } from "./redis-stands.ts";

const KEYS = ["in", "ex", "ctl", "dur"].map((role) => `${role}:{${SHARD}}`);

/** Moves the shard's keys as an operator would: migrate, then tell all nodes. */
async function moveSlot({ nodes, owner, slot }: Cluster): Promise<void> {
  const to = nodes.find((node) => node !== owner)!;
  const id = async (port: number): Promise<string> => String(await ask(port, "CLUSTER", "MYID"));
  const [from, target] = [await id(owner.port), await id(to.port)];
  await ask(to.port, "CLUSTER", "SETSLOT", `${slot}`, "IMPORTING", from);
  await ask(owner.port, "CLUSTER", "SETSLOT", `${slot}`, "MIGRATING", target);
  const place = ["127.0.0.1", `${to.port}`, "", "0", "5000"];
  await ask(owner.port, "MIGRATE", ...place, "KEYS", ...KEYS);
  for (const { port } of [to, owner, ...nodes]) {
    await ask(port, "CLUSTER", "SETSLOT", `${slot}`, "NODE", target);
  }
}

describe.skipIf(!redisAvailable())("a real cluster", () => {
  test("a slot that moves is followed by writers and readers, and nothing is doubled", async () => {
    await using cluster = await clusterServers();
    const log = await openRedisLog({
      access: { ...cluster.access, commandTimeoutMs: 500 },
      shard: SHARD,
      unreachableMsMax: 10_000,
      clockDifferenceMsMax: 5000,
    });
    await log.create(genesisRecord());
    const writer = await log.openInputWriter();
    const execution = await log.openExecutionWriter();
    const seen = readAll(await log.openInputReader(), 1, 41);
    const reports = readExecutions(await log.openExecutionReader(), 0, 41);
    for (let i = 2; i <= 41; i++) {
      if (i === 20) await moveSlot(cluster);
      await writer.append([frameOf(i)]);
      await execution.append(recordOf(execution, execution.tip() + 1, i));
    }
    expect((await seen).map(({ number }) => number)).toEqual(
      Array.from({ length: 40 }, (_, i) => i + 2),
    );
    expect(await reports).toHaveLength(40);
    await expect(ask(cluster.owner.port, "XLEN", KEYS[0]!)).rejects.toThrow("MOVED");
    await log.close();
  }, 15_000);
});
