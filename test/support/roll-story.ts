/**
 * RollStory: a venue on Redis whose processes are restarted one after the other under load, by
 * SIGTERM, to another build: two ingresses on one port, a matcher and its standby, a settlement.
 *
 *   for each part: SIGTERM -> exit 0 -> the same again, as build "new" -> ready -> load goes on
 */
import { HttpClient } from "../../src/client/http.ts";
import { type Audit, audit } from "./kill-audit.ts";
import { KillFleet, until } from "./kill-fleet.ts";
import { freePort } from "./free-ports.ts";
import { RollLoad } from "./roll-load.ts";

export const ROLL_PARTS = [
  "ingress-1",
  "ingress-2",
  "matcher-1",
  "matcher-2",
  "settlement-1",
] as const;
export type RollPart = (typeof ROLL_PARTS)[number];

/** Orders of each trader before the next part is restarted. */
const ORDERS_BETWEEN = 20;
const READY = /"message":"ready"/g;

export interface Rolled {
  readonly part: RollPart;
  /** From SIGTERM to its end, and from there until it is ready again. */
  readonly drain_ms: number;
  readonly start_ms: number;
  /** The longest that a trader waited for an order meanwhile. */
  readonly longest_order_ms: number;
}

export interface RollResult {
  readonly rolls: readonly Rolled[];
  /** The longest wait while nothing was restarted. */
  readonly calm_longest_order_ms: number;
  readonly load: Awaited<ReturnType<RollLoad["stop"]>>;
  readonly exits: readonly number[];
  readonly audit: Audit;
}

class RollFleet {
  readonly fleet: KillFleet;
  readonly tcp = freePort();
  private readonly http = { "ingress-1": freePort(), "ingress-2": freePort() };
  private readonly settlement = freePort();

  constructor(redis: number) {
    this.fleet = new KillFleet({ services: "three", redis });
  }

  client(ingress: "ingress-1" | "ingress-2"): HttpClient {
    const at = (port: number): string => `http://127.0.0.1:${port}`;
    return new HttpClient({ ingress: at(this.http[ingress]), settlement: at(this.settlement) });
  }

  async launch(part: RollPart, build: string): Promise<void> {
    const { fleet } = this;
    const before = readies(fleet, part);
    const { script, flags } = this.terms(part);
    fleet.spawn(part, [script, ...flags], true, { CLOB_BUILD: build });
    const isReady = (): boolean => readies(fleet, part) > before;
    await until(() => isReady() || !fleet.isAlive(part), `${part} to be ready`);
    if (!isReady()) throw new Error(`${part}: ${fleet.said(part).slice(-2000)}`);
  }

  private terms(part: RollPart): { script: string; flags: readonly string[] } {
    if (part === "settlement-1") {
      const flags = ["--settlement-http-address", `127.0.0.1:${this.settlement}`];
      return { script: "src/settlement-plane/main.ts", flags };
    }
    if (part === "ingress-1" || part === "ingress-2") {
      const flags = [
        `--ingress-tcp-address=127.0.0.1:${this.tcp}`,
        `--ingress-http-address=127.0.0.1:${this.http[part]}`,
        `--ingress-slot=${part.at(-1)}`,
        "--ingress-reuse-port=true",
      ];
      return { script: "src/ingress-verifier/main.ts", flags };
    }
    return { script: "src/market-matcher/main.ts", flags: ["--matcher-http-address=127.0.0.1:0"] };
  }
}

function readies(fleet: KillFleet, part: RollPart): number {
  return [...fleet.said(part).matchAll(READY)].length;
}

/** `rounds`: how often each part is restarted. */
export async function rollStory(redis: number, rounds: number): Promise<RollResult> {
  const venue = new RollFleet(redis);
  const { fleet } = venue;
  try {
    await fleet.init();
    await venue.launch("matcher-1", "old");
    const others = ROLL_PARTS.filter((part) => part !== "matcher-1");
    await Promise.all(others.map((part) => venue.launch(part, "old")));
    const { operator } = fleet;
    const http = venue.client("ingress-1");
    const isSettled = async (): Promise<boolean> => (await http.status()).shards[0]!.position > 0;
    await until(isSettled, "settlement to know the operator");
    const load = await RollLoad.start(http, { operator, port: venue.tcp });
    await goesOn(load);
    const calm = load.takeLongestMs();
    const rolls: Rolled[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const part of ROLL_PARTS) rolls.push(await roll(venue, load, part));
    }
    const result = await load.stop();
    const exits: number[] = [];
    for (const part of ROLL_PARTS) exits.push(await fleet.terminate(part));
    const judged = await audit(fleet);
    return { rolls, calm_longest_order_ms: calm, load: result, exits, audit: judged };
  } catch (error) {
    throw new Error(fleet.lastWords(), { cause: error });
  } finally {
    await fleet.stop();
  }
}

async function roll(venue: RollFleet, load: RollLoad, part: RollPart): Promise<Rolled> {
  load.takeLongestMs();
  const from = performance.now();
  const code = await venue.fleet.terminate(part);
  const ended = performance.now();
  if (code !== 0) throw new Error(`${part} ended with ${code}`);
  await venue.launch(part, "new");
  const ready = performance.now();
  await goesOn(load);
  return {
    part,
    drain_ms: Math.round(ended - from),
    start_ms: Math.round(ready - ended),
    longest_order_ms: load.takeLongestMs(),
  };
}

async function goesOn(load: RollLoad): Promise<void> {
  const enough = load.placed + ORDERS_BETWEEN;
  await until(() => load.placed >= enough, `${ORDERS_BETWEEN} more orders`, 60_000);
}
