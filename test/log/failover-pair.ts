/**
 * FailoverPair: a primary and its replica behind one address.
 *
 *   part()       from here on the replica has no more than now
 *   failOver()   the primary is killed, and the address leads to the replica
 */
import { RedisServer } from "../support/redis-server.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { fillInput, genesisRecord, SHARD } from "./records.ts";
import { ask, closeLogs, open, replicaOf } from "./redis-stand.ts";

/** So many records are on both. */
export const KEPT = 5;

export class FailoverPair {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly proxy: TcpProxy;

  private constructor(primary: RedisServer, replica: RedisServer) {
    this.primary = primary;
    this.replica = replica;
    this.proxy = new TcpProxy(primary.port);
  }

  static async start(): Promise<FailoverPair> {
    const primary = await RedisServer.start();
    const pair = new FailoverPair(primary, await replicaOf(primary));
    const log = await open(primary.port, { slot: "before" });
    await log.create(genesisRecord());
    await fillInput(log, KEPT);
    return pair;
  }

  /** From here on the replica has no more than now. */
  async part(): Promise<void> {
    while ((await this.offset(this.replica)) < (await this.offset(this.primary))) {
      await Bun.sleep(5);
    }
    await ask(this.replica.port, "REPLICAOF", "NO", "ONE");
  }

  private async offset({ port }: RedisServer): Promise<number> {
    const info = String(await ask(port, "INFO", "replication"));
    return Number(/^master_repl_offset:(\d+)/m.exec(info)?.[1]);
  }

  async failOver(): Promise<void> {
    await this.primary.kill();
    this.proxy.switchTo(this.replica.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeLogs();
    this.proxy.stop();
    await Promise.all([this.primary.stop(), this.replica.stop()]);
  }

  field(name: string): Promise<string> {
    return ask(this.replica.port, "HGET", `ctl:{${SHARD}}`, name).then(String);
  }
}
