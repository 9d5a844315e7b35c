/**
 * KillClient: `load replay` as a process with a journal; started again when it is killed or gives
 * up. It is told nothing of what happens to the venue.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readU64, viewOf } from "../../src/base/bytes.ts";
import { cutFrames } from "../../src/load/flow-commands.ts";
import type { VenueAddress } from "../../src/load/replay.ts";
import { loadWorkload } from "../../src/load/workload-file.ts";
import { type KillFleet, until } from "./kill-fleet.ts";

const BATCH = 4;
const WINDOW = 256;
const CLIENT_MS = 60_000;

export function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

export class ReplayClient {
  private readonly fleet: KillFleet;
  private readonly flow: string;
  private readonly journal: string;
  private readonly frames: number;
  private readonly where: () => Promise<VenueAddress>;
  private exited: Promise<number> = Promise.resolve(-1);
  isDone = false;

  /** `where` is asked at each start: who leads may have changed. */
  constructor(
    fleet: KillFleet,
    flow: string,
    where: () => Promise<VenueAddress> = async () => fleet.address,
  ) {
    this.where = where;
    this.fleet = fleet;
    this.flow = flow;
    this.journal = join(fleet.dir, "journal");
    this.frames = framesIn(flow);
  }

  async start(): Promise<void> {
    const { data } = this.fleet;
    const address = await this.where();
    const flags = {
      tcp: `${address.host}:${address.port}`,
      ingress: address.ingress,
      settlement: address.settlement,
      operator: join(data, "keys", "operator.pem"),
      journal: this.journal,
      batch: String(BATCH),
      window: String(WINDOW),
      output: "json",
    };
    const texts = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const args = ["src/load/main.ts", "replay", this.flow, "--keep-book", ...texts];
    const child = this.fleet.spawn("client", args, false);
    this.exited = child.exited.then((code) => {
      this.isDone = code === 0;
      return code;
    });
  }

  /** Resolves when that share of the frames has left, or the client has ended. */
  async untilSent(share: number): Promise<void> {
    await until(
      async () => {
        await this.startAgain();
        return this.isDone || this.sent() >= share * this.frames;
      },
      `the client to send ${Math.floor(share * this.frames)} frames`,
      CLIENT_MS,
    );
  }

  async untilDone(): Promise<void> {
    await until(
      async () => {
        await this.startAgain();
        return this.isDone;
      },
      "the client to end",
      CLIENT_MS,
    );
    await this.exited;
  }

  /** While accounts and market are made it asks over HTTP, and gives up when nobody answers. */
  private async startAgain(): Promise<void> {
    if (this.isDone || this.fleet.isAlive("client")) return;
    const complaint = lastLine(this.fleet.said("client"));
    if (/order is lost|journal|differ|--help/.test(complaint)) throw new Error(complaint);
    await this.start();
  }

  private sent(): number {
    const path = join(this.journal, "sent");
    const bytes = existsSync(path) ? readFileSync(path) : new Uint8Array(0);
    return bytes.length < 8 ? 0 : readU64(viewOf(bytes), 0);
  }
}

function framesIn(flow: string): number {
  const loaded = loadWorkload(flow);
  if (typeof loaded === "string") throw new Error(loaded);
  return [...cutFrames(loaded.workload, { accounts: 2, batchMax: BATCH, market: 1 })].length;
}
