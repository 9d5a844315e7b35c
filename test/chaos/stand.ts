/**
 * Stand: everything of one round that runs: Redis servers, services, wires, traders.
 *
 *   traders --wires--> ingress --wires--> redis <--wires-- matcher, settlement
 *                                           |
 *                                         wires to replicas
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { HttpClient, type HttpOptions } from "../../src/client/http.ts";
import { readKeyFile } from "../../src/edges/keys.ts";
import { OPERATOR_KEY } from "../../src/venue/init.ts";
import { Custodian } from "./custodian.ts";
import { Fleet, type Service } from "./fleet.ts";
import { marketsOf, type Opened, openVenue, shardsOf, whoIs } from "./opening.ts";
import { Orders } from "./orders.ts";
import { RedisNodes } from "./redis-nodes.ts";
import { Room } from "./room.ts";
import type { ChaosSetup } from "./setup.ts";
import type { Timeline } from "./timeline.ts";
import { Trader } from "./trader.ts";
import type { Wire } from "./wire.ts";

/** Folder of the continuous export of all settlements. */
export const SHARED = "exports";
const ROOM_BYTES = 6 << 20;
const READY_MS = 60_000;
const REVIVE_MS = 150;

export class Stand {
  readonly dir: string;
  readonly setup: ChaosSetup;
  readonly timeline: Timeline;
  readonly prng: Prng;
  readonly room: Room | null;
  readonly nodes: RedisNodes;
  readonly fleet: Fleet;
  readonly opened: Opened;
  readonly traders: Trader[] = [];
  custodian!: Custodian;
  /** Between traders and ingress, and settlement and ingress. */
  readonly doors: Wire[] = [];
  /** A promise to a trader that was broken; "" for none. */
  wrong = "";
  private readonly reviving: ReturnType<typeof setInterval>;

  private constructor(
    { dir, setup, timeline }: Pick<Stand, "dir" | "setup" | "timeline">,
    { room, nodes, opened }: Pick<Stand, "room" | "nodes" | "opened">,
  ) {
    this.dir = dir;
    this.setup = setup;
    this.timeline = timeline;
    this.prng = new Prng(setup.seed);
    this.room = room;
    this.nodes = nodes;
    this.opened = opened;
    const prng = new Prng(setup.seed ^ 0xf1ee7);
    this.fleet = new Fleet({ dir, flags: flagsOf(dir, setup, opened), nodes, prng, timeline });
    let isBusy = false;
    this.reviving = setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      void nodes.revive().finally(() => (isBusy = false));
    }, REVIVE_MS);
  }

  static async open(parts: Pick<Stand, "dir" | "setup" | "timeline">): Promise<Stand> {
    const { dir, setup, timeline } = parts;
    const { level, appendfsync, nodes: count, smallDisk } = setup;
    mkdirSync(join(dir, "journals"), { recursive: true });
    const room = smallDisk === null ? null : await Room.open(join(dir, "room"), ROOM_BYTES);
    const nodes = await RedisNodes.start({
      dir,
      level,
      appendfsync,
      count,
      timeline,
      shards: shardsOf(setup),
      prng: new Prng(setup.seed ^ 0x3ed15),
      room: smallDisk === "redis" ? room : null,
    });
    const opened = await openVenue(dir, setup, nodes.port);
    const stand = new Stand(parts, { room, nodes, opened });
    await stand.start();
    return stand;
  }

  /** To and from services, and among Redis servers. */
  get wires(): Wire[] {
    return [...this.fleet.wires, ...this.nodes.wires];
  }

  /** Of each settlement. */
  get https(): HttpClient[] {
    return this.fleet.ofRole("settlement").map((one) => new HttpClient(httpOptions(one)));
  }

  get rival(): Service {
    return this.fleet.get("matcher-rival");
  }

  /** Highest position of which any trader was told. */
  get told(): number {
    return Math.max(0, ...this.traders.map(({ newest }) => newest));
  }

  async stop(): Promise<void> {
    clearInterval(this.reviving);
    for (const trader of this.traders) trader.crash();
    this.custodian?.stop();
    await this.fleet.stop();
    await this.nodes.stop();
    await this.room?.close();
  }

  private async start(): Promise<void> {
    this.addServices();
    const first = [...this.fleet.services.values()].filter(({ isOut }) => !isOut);
    for (const service of first) this.fleet.start(service);
    const ready = await Promise.all(first.map((one) => this.fleet.untilReady(one, READY_MS)));
    const late = first.filter((_, i) => !ready[i]).map(({ name }) => name);
    if (late.length > 0) throw new Error(`not ready within ${READY_MS} ms: ${late.join(", ")}`);
    this.addTraders();
    this.custodian = this.addCustodian();
    this.custodian.start();
    for (const trader of this.traders) trader.start();
  }

  private addServices(): void {
    const { setup, fleet, room } = this;
    for (let i = 1; i <= setup.ingresses; i++) {
      const flags = ["--ingress-slot", `${i}`];
      fleet.add({ name: `ingress${i}`, role: "ingress", flags, room: null });
    }
    const matchers = Math.min(setup.matchers, setup.shards);
    for (let i = 1; i <= matchers; i++) {
      const own = shardsOf(setup).filter((shard) => (shard - 1) % matchers === i - 1);
      const markets = own.flatMap(marketsOf).map(String);
      fleet.add({ name: `matcher${i}`, role: "matcher", flags: markets, room: null });
    }
    for (let i = 1; i <= setup.standbys; i++) {
      fleet.add({ name: `standby${i}`, role: "matcher", flags: [], room: null });
    }
    fleet.add({ name: "matcher-rival", role: "matcher", flags: [], room: null }).isOut = true;
    const ingresses = fleet.ofRole("ingress");
    for (let i = 1; i <= setup.settlements; i++) {
      const ingress = ingresses[(i - 1) % ingresses.length]!;
      const door = fleet.wire(`settlement${i} to ${ingress.name}`, ingress.http, "other");
      this.doors.push(door);
      fleet.add({
        name: `settlement${i}`,
        role: "settlement",
        flags: [`--settlement-ingress-address=127.0.0.1:${door.port}`],
        room: setup.smallDisk === "settlement" && i === 1 ? room : null,
      });
    }
  }

  private addCustodian(): Custodian {
    const { setup, fleet, opened } = this;
    const door = fleet.wire("custodian to ingress1", fleet.get("ingress1").http, "other");
    this.doors.push(door);
    return new Custodian({
      http: { ...httpOptions(fleet.get("settlement1")), ingress: `http://127.0.0.1:${door.port}` },
      operator: readKeyFile(join(opened.keysDir, OPERATOR_KEY)),
      accounts: setup.traders,
      gapMs: 4 * setup.gapMs,
      prng: new Prng(setup.seed ^ 0xca5),
    });
  }

  private addTraders(): void {
    const { setup, fleet, opened, timeline } = this;
    for (let account = 1; account <= setup.traders; account++) {
      const doors = fleet.ofRole("ingress").map((ingress) => {
        return fleet.wire(`account ${account} to ${ingress.name}`, ingress.tcp, "orders");
      });
      this.doors.push(...doors);
      for (const shard of shardsOf(setup)) {
        const prng = new Prng((setup.seed << 8) ^ (account << 4) ^ shard);
        const { shards, batchMax, gapMs } = setup;
        this.traders.push(
          new Trader({
            shard,
            gapMs,
            prng,
            isPatient: setup.sequel === "clear",
            venueId: opened.venueId,
            who: whoIs(setup.seed, account),
            doors: doors.map(({ port }) => ({ host: "127.0.0.1", port })),
            journal: join(this.dir, "journals", `${account}-${shard}`),
            orders: new Orders({ account, shard, shards, batchMax, prng }),
            say: (text) => timeline.say(text),
            onWrong: (why) => {
              if (this.wrong === "") timeline.say(`WRONG: ${why}`);
              if (this.wrong === "") this.wrong = why;
            },
          }),
        );
      }
    }
  }
}

/** Where a service keeps its files, as we see it. */
export function dataOf({ dir, room }: Stand, { terms }: Service): string {
  return terms.room !== null && room !== null ? room.seen("") : join(dir, "data", terms.name);
}

function httpOptions({ http }: Service): HttpOptions {
  return { settlement: `http://127.0.0.1:${http}`, timeoutMs: 2000 };
}

/** Short times, so that a round is short; else what an operator would have. */
function flagsOf(dir: string, setup: ChaosSetup, { configPath, keysDir }: Opened): string[] {
  const { level, trims, unreachableMsMax, unmatchedMax } = setup;
  return [
    "--config",
    configPath,
    "--venue-keys-dir",
    keysDir,
    ...(level === "D3" ? ["--log-replicas=1"] : []),
    // What the log has let go of, every service reads from there.
    ...(setup.sharesExport ? [`--settlement-export-dir=${join(dir, SHARED)}`] : []),
    ...(trims ? ["--log-keep-records=0", "--log-keep-ms=0"] : []),
    "--log-tick-ms=250",
    "--redis-connect-timeout-ms=1000",
    "--redis-command-timeout-ms=1000",
    `--redis-unreachable-ms-max=${unreachableMsMax}`,
    `--limits-unmatched-records-max=${unmatchedMax}`,
    "--limits-drain-timeout-ms=1000",
    "--limits-heartbeat-ms=300",
    "--matcher-snapshot-commands=1000",
    "--settlement-verify-threads=1",
  ];
}
