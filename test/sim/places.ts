/**
 * Places: what the control hash says of slots and turns, behind each write of the primary.
 *
 *   live:<slot>, lead:<kind>   "time owner": taken only from who gave it back, or was silent for a
 *                              whole lease. Two that throw each other out in turn lose nothing, so
 *                              nothing else would see it
 *   slot:<slot>                "term:pack:first:last:time": each pack of a term is appended once
 */
import { Violation } from "./oracle.ts";
import type { RedisNode } from "./redis-node.ts";
import { type Arg, textOf } from "./resp.ts";
import type { Setup } from "./setup.ts";
import { MS } from "./world.ts";

/** Settlement's, as redis-turn.ts has it where nobody says otherwise. */
const TERM_LEASE_MS = 1000;
const SLOT = "slot:";
const LIVE = "live:";
const LEADS = ["lead:epoch", "lead:term"];

/** Of one field. */
interface Change {
  readonly name: string;
  readonly before: string;
  readonly text: string;
}

export class Places {
  private readonly setup: Setup;
  /** By control hash and field: what was there. */
  private readonly known = new Map<string, Map<string, Arg>>();

  constructor(setup: Setup) {
    this.setup = setup;
  }

  /** Another server counts: what there is is seen anew. */
  forget(): void {
    this.known.clear();
  }

  /** `key`: of the control hash that was written to. */
  check(node: RedisNode, key: string): void {
    const known = this.known.get(key) ?? new Map<string, Arg>();
    const found = new Map<string, Arg>();
    this.known.set(key, found);
    for (const [field, value] of node.commands.keyspace.hash(key) ?? []) {
      const isSlot = field.startsWith(SLOT);
      if (!isSlot && !field.startsWith(LIVE) && !LEADS.includes(field)) continue;
      found.set(field, value);
      const before = known.get(field);
      if (before === undefined || before === value) continue;
      const change = { name: `${field} of ${key}`, before: textOf(before), text: textOf(value) };
      if (isSlot) checkPack(change);
      else this.checkHolder(change, node.condition.micros());
    }
  }

  private checkHolder({ name, before, text }: Change, now: number): void {
    const [, owner] = text.split(" ");
    const [since, last] = before.split(" ");
    const silentUs = Math.abs(now - Number(since));
    if (owner === last || silentUs >= this.leaseMs(name) * MS) return;
    throw new Violation(`${owner} has taken ${name} from ${last}, silent for ${silentUs} us`);
  }

  private leaseMs(name: string): number {
    if (name.startsWith(LIVE)) return this.setup.slotLeaseMs;
    return name.startsWith("lead:epoch") ? this.setup.matcherLeaseMs : TERM_LEASE_MS;
  }
}

function checkPack({ name, before, text }: Change): void {
  const [term, pack = 0] = before.split(":").map(Number);
  const [newTerm = 0, newPack = 0] = text.split(":").map(Number);
  if (newTerm === term ? newPack === pack + 1 : newTerm > term! && newPack === 0) return;
  throw new Violation(`${name} goes from pack ${pack} of ${term} to ${newPack} of ${newTerm}`);
}
