/** Redis retention: the calls around redis-retention-scripts.ts, and what ctl says of it all. */
import { toHex, viewOf } from "../base/bytes.ts";
import { readRecord, RECORD_HEADER_SIZE, RecordView } from "../protocol/record.ts";
import type { LogEnd, Mark, Retention } from "./log.ts";
import { LogFault } from "./log.ts";
import { checkedGenesis } from "./log-genesis.ts";
import { endsText, readEnds, withEnd } from "./log-ends.ts";
import { rulesText } from "./log-rules.ts";
import { listOf, numberOf, type RedisConnection, type Reply, textOf } from "./redis-connection.ts";
import type { RedisLink } from "./redis-link.ts";
import type { RedisShard } from "./redis-marks.ts";
import { encodeFrames } from "./redis-entries.ts";
import { CONSUME, COVER, RESTORE, TRIM } from "./redis-retention-scripts.ts";
import { consumersOf, readRestored, readSaid, type Said } from "./retention.ts";

/** Of each stream in one call: a few milliseconds of the server's time at most. */
const TRIM_POSITIONS = 16_384;
const CONSUMER = "use:";

export class RedisRetention {
  private readonly link: RedisLink;
  private readonly shard: RedisShard;

  constructor(link: RedisLink, shard: RedisShard) {
    this.link = link;
    this.shard = shard;
  }

  async consume(name: string, position: number, silentMsMax: number): Promise<void> {
    const args = [name, String(position), String(silentMsMax * 1000)];
    await this.run(`consumer ${name}`, (connection) => this.script(connection, CONSUME, args));
  }

  async cover(mark: Mark, position: number): Promise<void> {
    const args = [mark, String(position)];
    await this.run(mark, (connection) => this.script(connection, COVER, args));
  }

  async trim(upTo: number): Promise<Retention> {
    const args = [String(upTo), String(TRIM_POSITIONS)];
    await this.run("trim", (connection) => this.script(connection, TRIM, args));
    return this.read();
  }

  async read(): Promise<Retention> {
    const ask = ["HGETALL", this.shard.keys[2]!];
    const reply = await this.run("retention", async (connection) => {
      const [fields, time] = [await connection.command(ask), await connection.command(["TIME"])];
      return [fields, time];
    });
    const [fields, time] = listOf(reply);
    const [seconds, micros] = listOf(time ?? null).map(numberOf);
    return retentionOf(listOf(fields ?? null), seconds! * 1_000_000 + micros!);
  }

  private run(what: string, step: (connection: RedisConnection) => Promise<Reply>): Promise<Reply> {
    return this.link.settle(`${what} of shard ${this.shard.shard}`, step);
  }

  private script(
    connection: RedisConnection,
    script: typeof TRIM,
    args: readonly string[],
  ): Promise<Reply> {
    const { keys, venue } = this.shard;
    return connection.script(script, keys, [venue, ...args]);
  }
}

/** One try after another until it is known whether the log is made; see RESTORE. */
export async function restoreRedis(
  link: RedisLink,
  { shard, keys }: Pick<RedisShard, "shard" | "keys">,
  end: LogEnd,
): Promise<void> {
  const { venue } = checkedGenesis(end.genesisRecord, shard);
  const record = new RecordView();
  const wrong = readRecord(viewOf(end.record), 0, record);
  if (wrong !== "") throw new LogFault(`record ${end.position}: ${wrong}`);
  const { rulesVersion, directoryOrigin, logTime } = record;
  const next = end.rules.find(({ from }) => from > end.position);
  const args = [
    toHex(venue),
    end.genesisRecord,
    `${rulesVersion}:${directoryOrigin}`,
    String(end.generation),
    String(end.position),
    String(logTime),
    String(end.timeBefore),
    encodeFrames([end.record.subarray(RECORD_HEADER_SIZE)]),
    end.execution,
    rulesText(end.rules),
    next === undefined ? "" : `${next.from} ${next.version}:${directoryOrigin}`,
    endsText(withEnd(end.ends, end)),
  ];
  await link.settle("restore", (connection) => connection.script(RESTORE, keys, args));
}

function retentionOf(pairs: readonly Reply[], nowUs: number): Retention {
  const fields = new Map<string, Reply>();
  const said = new Map<string, Said>();
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const name = textOf(pairs[i]);
    fields.set(name, pairs[i + 1]!);
    if (!name.startsWith(CONSUMER)) continue;
    const one = readSaid(textOf(pairs[i + 1]));
    if (one === null) throw new LogFault(`${name} of ctl is no consumer`);
    said.set(name.slice(CONSUMER.length), one);
  }
  const number = (name: string): number => (fields.has(name) ? numberOf(fields.get(name)) : 0);
  const restored = fields.has("restored") ? readRestored(textOf(fields.get("restored"))) : null;
  return {
    restored,
    ends: fields.has("ends") ? readEnds(textOf(fields.get("ends"))) : [],
    trimmed: number("trimmed"),
    archived: number("archived"),
    checkpointed: number("checkpointed"),
    consumers: consumersOf(said, nowUs),
  };
}
