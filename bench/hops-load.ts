/**
 * HopsLoad: pack sizes and bytes through Redis by load, of a venue of three processes.
 *
 * Offered rates of signed singles and of batches of 64. What went through is the difference of
 * Redis's own counters: entries added to `in` and `ex`, and bytes that it has received and sent,
 * everything included: ticks, leases, questions, both readers of `ex`.
 */
import { RedisConnection } from "../src/edges/redis-connection.ts";
import { replay, untilSettled } from "../src/load/replay.ts";
import { readWorkload, writeWorkload } from "../src/load/workload.ts";
import { makeFlow } from "../src/load/make-flow.ts";
import { accessTo } from "../test/log/redis-stand.ts";
import { RedisServer } from "../test/support/redis-server.ts";
import { VenueProcess } from "../test/support/venue-process.ts";

export interface LoadPlan {
  readonly seconds: number;
  readonly loads: readonly Load[];
}

interface Load {
  readonly batch: number;
  /** Orders a second; 0: as fast as answers come. */
  readonly rate: number;
  /** Of the load without a rate. */
  readonly orders?: number;
}

interface Counters {
  readonly records: number;
  readonly packs: number;
  readonly executions: number;
  readonly received: number;
  readonly sent: number;
}

const WINDOW = 2048;
const WINDOW_BATCHED = 16_384;
const RECONNECT_MS = 5000;

export async function benchLoads({ seconds, loads }: LoadPlan): Promise<void> {
  await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "everysec" });
  await using venue = await VenueProcess.start({ redis: redis.port, services: "three" });
  const access = accessTo(redis.port);
  const connection = await RedisConnection.open(access, access.hosts[0]!, "bench");
  for (const { batch, rate, orders = rate * seconds } of loads) {
    const messages = makeFlow("normal", 1, Math.ceil(orders / 2));
    if (messages === null) throw new Error("there is no shape normal");
    const workload = readWorkload(writeWorkload(messages));
    if (typeof workload === "string") throw new Error(workload);
    const before = await countersOf(connection);
    const found = await replay(
      { workload, fileHash: "" },
      {
        venue: venue.address,
        operator: venue.operator,
        batch,
        accounts: batch === 1 ? 2 : 1,
        rate,
        window: batch === 1 ? WINDOW : WINDOW_BATCHED,
        keepBook: false,
        journalDir: null,
        reconnectMsMax: RECONNECT_MS,
      },
    );
    await untilSettled(venue.address.settlement);
    const after = await countersOf(connection);
    const offered = rate === 0 ? "as fast as answers come" : `${rate / 1000} k/s offered`;
    const kind = batch === 1 ? "singles" : `batches of ${batch}`;
    const name = `load: ${kind}, ${offered}`;
    console.log(`${name.padEnd(74)} ${words(before, after, { ...found, batch })}`);
  }
  connection.close();
}

function words(
  before: Counters,
  after: Counters,
  found: {
    readonly messages: number;
    readonly messages_per_second: number;
    readonly batch: number;
  },
): string {
  const { messages, messages_per_second: rate } = found;
  const packs = after.packs - before.packs;
  const perPack = (after.records - before.records) / packs;
  const perExecution = (after.records - before.records) / (after.executions - before.executions);
  const received = (after.received - before.received) / messages;
  const sent = (after.sent - before.sent) / messages;
  return (
    `${(rate / 1000).toFixed(1)} k orders/s; frames per pack ${perPack.toFixed(1)}, ` +
    `per execution record ${perExecution.toFixed(1)}; bytes an order into Redis ` +
    `${received.toFixed(0)}, out ${sent.toFixed(0)}`
  );
}

async function countersOf(connection: RedisConnection): Promise<Counters> {
  const stats = String(await connection.command(["INFO", "stats"]));
  const stat = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(stats)?.[1]);
  const tip = await connection.command(["HGET", "ctl:{1}", "in_tip"]);
  return {
    records: Number(String(tip)),
    packs: await entriesAdded(connection, "in:{1}"),
    executions: await entriesAdded(connection, "ex:{1}"),
    received: stat("total_net_input_bytes"),
    sent: stat("total_net_output_bytes"),
  };
}

async function entriesAdded(connection: RedisConnection, key: string): Promise<number> {
  const reply = await connection.command(["XINFO", "STREAM", key]);
  const fields = Array.isArray(reply) ? reply : [];
  const at = fields.findIndex((field) => String(field) === "entries-added");
  return Number(fields[at + 1]);
}
