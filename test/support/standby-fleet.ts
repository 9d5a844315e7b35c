/**
 * StandbyFleet: a venue on Redis with two matchers and two settlements, each a real process with a
 * data directory of its own.
 *
 *   await using pair = await StandbyFleet.start({ redis: redis.port });
 *   const name = await pair.leader("matcher");     "matcher" or "matcher2"
 *   await pair.fleet.kill(name);
 *   await pair.bringBack(name);                    as a standby, near the tip
 */
import { join } from "node:path";
import { freePort } from "./free-ports.ts";
import { type FleetSetting, KillFleet, until } from "./kill-fleet.ts";

export type Role = "matcher" | "settlement";

const MAINS: Readonly<Record<Role, string>> = {
  matcher: "src/market-matcher/main.ts",
  settlement: "src/settlement-plane/main.ts",
};

interface Ready {
  readonly status: string;
  readonly role?: string;
}

export class StandbyFleet {
  readonly fleet: KillFleet;
  private readonly addresses = new Map<string, string>();

  private constructor(fleet: KillFleet) {
    this.fleet = fleet;
    for (const role of ["matcher", "settlement"] as const) {
      for (const name of namesOf(role)) {
        fleet.setApart(name);
        this.addresses.set(name, `127.0.0.1:${freePort()}`);
      }
    }
  }

  /** Both of each role run, and one of each leads. */
  static async start(setting: Omit<FleetSetting, "services">): Promise<StandbyFleet> {
    const fleet = new KillFleet({ ...setting, services: "three" });
    const pair = new StandbyFleet(fleet);
    try {
      await fleet.init();
      for (const name of pair.addresses.keys()) pair.begin(name);
      await fleet.launch("ingress");
      for (const name of pair.addresses.keys()) await pair.untilReady(name);
      for (const role of ["matcher", "settlement"] as const) await pair.untilLed(role);
      return pair;
    } catch (error) {
      const words = fleet.lastWords();
      await fleet.stop();
      throw new Error(words, { cause: error });
    }
  }

  /** Order entry, and the settlement that leads. */
  async client() {
    const { address } = this.fleet;
    const name = await this.untilLed("settlement");
    return { ...address, settlement: `http://${this.addresses.get(name)}` };
  }

  http(name: string): string {
    return `http://${this.addresses.get(name)}`;
  }

  names(role: Role): readonly [string, string] {
    return namesOf(role);
  }

  other(role: Role, name: string): string {
    const [one, two] = namesOf(role);
    return name === one ? two : one;
  }

  /** What it says of itself; null if it does not answer in time. */
  async ready(name: string): Promise<Ready | null> {
    try {
      const signal = AbortSignal.timeout(200);
      return (await (await fetch(`${this.http(name)}/readyz`, { signal })).json()) as Ready;
    } catch {
      return null;
    }
  }

  async leads(name: string): Promise<boolean> {
    return (await this.ready(name))?.role === "leader";
  }

  async untilLed(role: Role): Promise<string> {
    let leader = "";
    await until(async () => {
      for (const name of namesOf(role)) if (await this.leads(name)) leader = name;
      return leader !== "";
    }, `a ${role} to lead`);
    return leader;
  }

  async untilReady(name: string): Promise<void> {
    await until(async () => (await this.ready(name))?.status === "ready", `${name} to be ready`);
  }

  begin(name: string): void {
    const role = name.startsWith("matcher") ? "matcher" : "settlement";
    const flags = [`--${role}-http-address`, this.addresses.get(name) ?? ""];
    const ingress = new URL(this.fleet.address.ingress).host;
    if (role === "settlement") flags.push("--settlement-ingress-address", ingress);
    this.fleet.spawn(name, [MAINS[role], ...flags]);
  }

  /** One that was killed, as a standby that is near the tip. */
  async bringBack(name: string): Promise<void> {
    this.begin(name);
    await this.untilReady(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet.stop();
  }
}

function namesOf(role: Role): readonly [string, string] {
  return [`${role}1`, `${role}2`];
}

/** Where its process keeps what it derives of shard 1. */
export function shardDirOf(pair: StandbyFleet, name: string): string {
  return join(pair.fleet.dataOf(name), "shard-1");
}
