/** RunbookLoad: a trader of the SDK who places order after order while a procedure is followed. */
import { join } from "node:path";
import { type Client, connect } from "../../src/client/client.ts";
import { readKeyFile } from "../../src/edges/keys.ts";
import { REPORT_CANCELED } from "../../src/protocol/codes.ts";
import type { RunbookFleet } from "./runbook-fleet.ts";

const RECONNECT_MS_MAX = 240_000;

export interface LoadOptions {
  /** File of its key, without .pem. */
  readonly key?: string;
  readonly cancelOnDisconnect?: boolean;
}

export class RunbookLoad {
  private readonly client: Client;
  private readonly sent: Promise<string>[] = [];
  /** What should not have come: a report out of order, a cancel. */
  readonly unasked: readonly string[];
  /** Of the newest report. */
  position = 0;

  private constructor(client: Client, unasked: readonly string[]) {
    this.client = client;
    this.unasked = unasked;
  }

  static async begin(fleet: RunbookFleet, options: LoadOptions = {}): Promise<RunbookLoad> {
    const { key = "me", cancelOnDisconnect = false } = options;
    const { CLOB_TCP: tcp = "" } = fleet.shell.env;
    const [host = "", port] = tcp.split(":");
    const me = JSON.parse(await fleet.run(`clob account show --key ./${key}.pem -o json`));
    const unasked: string[] = [];
    let last = 0;
    const client = await connect({
      host,
      port: Number(port),
      shard: 1,
      account: me.account,
      key: me.keys[0].key,
      signer: readKeyFile(join(fleet.shell.dir, `${key}.pem`)),
      cancelOnDisconnect,
      onReport: ({ number, kind }) => {
        if (last !== 0 && number !== last + 1) unasked.push(`${number} behind ${last}`);
        if (kind === REPORT_CANCELED) unasked.push(`${number} is a cancel`);
        last = number;
      },
      reconnectMsMax: RECONNECT_MS_MAX,
    });
    return new RunbookLoad(client, unasked);
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
