/**
 * RedisChain: one address before a primary, its replica and the replica's replica; the first may be
 * left behind and lost, and the second takes over.
 */
import { ask, replicaOf } from "../log/redis-stand.ts";
import { RedisServer } from "./redis-server.ts";
import { TcpProxy } from "./tcp-proxy.ts";

export interface Servers extends AsyncDisposable {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly proxy: TcpProxy;
}

export async function chain(options: Record<string, string>): Promise<Servers> {
  const primary = await RedisServer.start(options);
  const replica = await replicaOf(primary, options);
  const last = await replicaOf(replica, options);
  const proxy = new TcpProxy(primary.port);
  const dispose = async (): Promise<void> => {
    proxy.stop();
    await Promise.all([primary, replica, last].map((server) => server.stop()));
  };
  return { primary, replica, proxy, [Symbol.asyncDispose]: dispose };
}

export async function tip({ port }: RedisServer, field = "in_tip"): Promise<number> {
  return Number(String(await ask(port, "HGET", "ctl:{1}", field)));
}

/** From here on the replica has no more than now; the position where it stays. */
export async function part({ replica }: Servers): Promise<number> {
  await ask(replica.port, "REPLICAOF", "NO", "ONE");
  return tip(replica);
}

export async function failOver({ primary, replica, proxy }: Servers): Promise<void> {
  await primary.kill();
  proxy.switchTo(replica.port);
}
