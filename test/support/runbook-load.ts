/** RunbookLoad: a trader of the SDK who places order after order while a procedure is followed. */
import { join } from "node:path";
import { type Client, connect } from "../../src/client/client.ts";
import { readKeyFile } from "../../src/edges/keys.ts";
import type { RunbookFleet } from "./runbook-fleet.ts";

const RECONNECT_MS_MAX = 240_000;

export class RunbookLoad {
  private readonly client: Client;
  private readonly sent: Promise<string>[] = [];
  /** Of the newest report. */
  position = 0;

  private constructor(client: Client) {
    this.client = client;
  }

  static async begin(fleet: RunbookFleet): Promise<RunbookLoad> {
    const { CLOB_TCP: tcp = "" } = fleet.shell.env;
    const [host = "", port] = tcp.split(":");
    const me = JSON.parse(await fleet.run("clob account show --key ./me.pem -o json"));
    const client = await connect({
      host,
      port: Number(port),
      shard: 1,
      account: me.account,
      key: me.keys[0].key,
      signer: readKeyFile(join(fleet.shell.dir, "me.pem")),
      reconnectMsMax: RECONNECT_MS_MAX,
    });
    return new RunbookLoad(client);
  }

  place(): Promise<string> {
    const one = { market: 1, side: "buy", price: 100, quantity: 1 } as const;
    const placed = this.client.place(one).then(({ state, reports }) => {
      this.position = reports.at(-1)?.position ?? this.position;
      return state;
    });
    this.sent.push(placed);
    return placed;
  }

  /** Waits until so many more have been answered. */
  async more(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.place();
  }

  /** The states that there were. */
  async outcome(): Promise<string[]> {
    return [...new Set(await Promise.all(this.sent))];
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    return Promise.resolve();
  }
}
