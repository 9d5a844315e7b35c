/**
 * Phases: what happens to the venue while the traders go on, one thing after the other.
 *
 *   calm; every process stopped and started as another build; hosts cut off: an ingress, a matcher
 *   that leads, a settlement that leads, the replica of Redis; the primary of Redis killed, and the
 *   host of the next one cut off, with a failover each
 *
 * A phase is over when `clob doctor --fleet` finds nothing wrong and every trader has had an answer
 * to an order sent after that.
 */
import type { Load } from "./load.ts";
import type { Phase } from "./terms.ts";
import type { Service, Venue } from "./venue.ts";
import { join } from "node:path";

const CALM_MS = 5000;

export class Phases {
  readonly done: Phase[] = [];
  private readonly venue: Venue;
  private readonly load: Load;

  constructor(venue: Venue, load: Load) {
    this.venue = venue;
    this.load = load;
  }

  async run(): Promise<void> {
    const { venue } = this;
    // Every account is known everywhere, and its funds have arrived.
    await this.phase("begin", async () => undefined);
    await this.phase("calm", () => Bun.sleep(CALM_MS));
    await this.rollAll();
    await this.cut("an ingress", async () => venue.get("ingress1"));
    const shard = venue.config.shards[0]!.id;
    await this.cut("a matcher that leads", () => venue.leader(venue.ofRole("matcher"), shard));
    await this.cut("the settlement that leads", () => venue.leader(venue.ofRole("settlement")));
    await this.phase("cut off: the replica of Redis", async () => {
      venue.hosts.cut("redis2");
      await Bun.sleep(venue.terms.cutMs);
      venue.hosts.join("redis2");
    });
    await this.phase("Redis: the primary is killed, fail over", () => this.failOverKilled());
    await this.phase("Redis: the primary is cut off, fail over", () => this.failOverCut());
    await this.phase("calm again", () => Bun.sleep(CALM_MS));
  }

  private async phase(name: string, act: () => Promise<unknown>): Promise<void> {
    const { venue, load } = this;
    await load.take();
    const from = performance.now();
    await act();
    await venue.until(`"${name}" to be over: all to be well`, () => this.isWell());
    await load.move();
    const taken = await load.take();
    const seconds = Math.round(performance.now() - from) / 1000;
    this.done.push({ name, seconds, ...taken });
    const { frames, wait_ms: wait } = taken;
    console.log(
      `          ${name}: ${seconds.toFixed(1)} s, ${frames} frames answered, ` +
        `waits p50 ${wait.p50} p99 ${wait.p99} worst ${wait.worst} ms`,
    );
  }

  /** Those that stand by first, so that whoever leads has somebody to give its turn to. */
  private async rollAll(): Promise<void> {
    const { venue } = this;
    venue.release = venue.terms.releases[1];
    for (const name of ["ingress1", "ingress2"]) await this.roll(venue.get(name));
    const matchers = ["matcher3", "matcher4", "matcher1", "matcher2"];
    for (const { name } of venue.ofRole("matcher").toSorted(byOrderIn(matchers))) {
      await this.roll(venue.get(name));
    }
    const settlements = venue.ofRole("settlement");
    const leads = await venue.leader(settlements);
    for (const one of settlements) if (one !== leads) await this.roll(one);
    await this.roll(leads);
  }

  private async roll(service: Service): Promise<void> {
    await this.phase(`roll ${service.name}`, async () => {
      const code = await service.program.stop();
      if (code !== 0) throw new Error(`${service.name}, asked to stop, ended with ${code}`);
      this.venue.start(service);
      await this.venue.untilReady(service);
    });
  }

  /** Traders go on while it is away. */
  private async cut(what: string, find: () => Promise<Service>): Promise<void> {
    const { venue, load } = this;
    const { name } = await find();
    await this.phase(`cut off: ${what} (${name})`, async () => {
      venue.hosts.cut(name);
      const least = Bun.sleep(venue.terms.cutMs);
      await load.move();
      await least;
      venue.hosts.join(name);
    });
  }

  private async failOverKilled(): Promise<void> {
    const { venue } = this;
    await venue.redis.redis1.kill();
    await this.promote("redis2");
    venue.startRedis("redis1", "redis2");
    await venue.untilFollowed("redis2");
  }

  /** The old primary lives and believes in itself until it is told at its console. */
  private async failOverCut(): Promise<void> {
    const { venue } = this;
    venue.hosts.cut("redis2");
    await this.promote("redis1");
    const address = venue.hosts.address("redis1");
    await venue.askAtConsole("redis2", "REPLICAOF", address, "6379");
    venue.hosts.join("redis2");
    await venue.untilFollowed("redis1");
  }

  private async promote(name: "redis1" | "redis2"): Promise<void> {
    const said = await this.venue.ask(name, "REPLICAOF", "NO", "ONE");
    if (!said.startsWith("OK")) throw new Error(`${name}, REPLICAOF NO ONE: ${said}`);
  }

  private async isWell(): Promise<boolean> {
    const { venue } = this;
    const fleet = venue.services.map(({ http }) => http).join();
    const key = ["--key", join(venue.terms.dir, "doctor.pem")];
    const words = ["doctor", "--fleet", fleet, ...key, "-o", "json"];
    const { out, err } = await venue.tryClob(...words);
    const { checks } = JSON.parse(out) as {
      checks?: { state: string; name: string; found: string }[];
    };
    const bad = checks?.find(({ state }) => state !== "ok");
    if (checks === undefined) throw new Error(`${out}${err}`);
    if (bad !== undefined) throw new Error(`${bad.name}: ${bad.found}`);
    return true;
  }
}

function byOrderIn(names: readonly string[]) {
  return (a: Service, b: Service): number => names.indexOf(a.name) - names.indexOf(b.name);
}
