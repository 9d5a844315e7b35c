/**
 * Peace: a slot or a turn is taken only from who gave it back, or was silent for a whole lease.
 *
 *   live:<slot>, lead:<kind>   "time owner", in the control hash; looked at behind each write
 *
 * Two processes that throw each other out in turn lose nothing, so nothing else would see it.
 */
import { Violation } from "./oracle.ts";
import type { RedisNode } from "./redis-node.ts";
import { textOf } from "./resp.ts";
import type { Setup } from "./setup.ts";
import { MS } from "./world.ts";

/** Settlement's, as redis-turn.ts has it where nobody says otherwise. */
const TERM_LEASE_MS = 1000;
const FIELD = /^(live:.*|lead:epoch|lead:term)$/;

export class Peace {
  private readonly setup: Setup;
  /** By shard and field: what was there. */
  private held = new Map<string, string>();

  constructor(setup: Setup) {
    this.setup = setup;
  }

  /** Another server counts: who held what there is seen anew. */
  forget(): void {
    this.held.clear();
  }

  check(node: RedisNode): void {
    const now = node.condition.micros();
    const held = new Map<string, string>();
    for (let shard = 1; shard <= this.setup.shards; shard++) {
      const fields = node.commands.keyspace.hash(`ctl:{${shard}}`) ?? [];
      for (const [field, value] of fields) {
        if (!FIELD.test(field)) continue;
        const name = `${field} of shard ${shard}`;
        held.set(name, textOf(value));
        this.compare(name, textOf(value), now);
      }
    }
    this.held = held;
  }

  private compare(name: string, text: string, now: number): void {
    const [, owner] = parts(text);
    const [since, before] = parts(this.held.get(name) ?? text);
    const silentUs = Math.abs(now - since);
    if (owner === before || silentUs >= this.leaseMs(name) * MS) return;
    throw new Violation(`${owner} has taken ${name} from ${before}, silent for ${silentUs} us`);
  }

  private leaseMs(name: string): number {
    if (name.startsWith("live:")) return this.setup.slotLeaseMs;
    return name.startsWith("lead:epoch") ? this.setup.matcherLeaseMs : TERM_LEASE_MS;
  }
}

function parts(text: string): [since: number, owner: string] {
  const [since = "", owner = ""] = text.split(" ");
  return [Number(since), owner];
}
