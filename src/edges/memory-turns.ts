/**
 * Memory turns: who writes ex and who publishes, in the memory log. Leases run for as long as
 * nobody says that they are over.
 */
import { type Agreement, InUse, type SaidCommitment, type Turn } from "./log.ts";

type Kind = "ex" | "settle";

export class MemoryTurns {
  areLeasesOver = false;
  private readonly shard: number;
  private readonly leaders: Record<Kind, object | null> = { ex: null, settle: null };
  private term = 0;
  private readonly said = new Map<number, { hash: string; by: Set<string> }>();

  constructor(shard: number) {
    this.shard = shard;
  }

  /** Who writes ex, for people; null if nobody does. */
  get writer(): string | null {
    return this.leaders.ex === null || this.areLeasesOver ? null : "another";
  }

  lead(kind: Kind, who: object): void {
    if (this.leaders[kind] !== null && !this.areLeasesOver) {
      throw new InUse(`shard ${this.shard} has another that lives`);
    }
    this.leaders[kind] = who;
  }

  giveBack(kind: Kind, who: object): void {
    if (this.leaders[kind] === who) this.leaders[kind] = null;
  }

  say({ number, hash, who }: SaidCommitment): Agreement {
    const known = this.said.get(number) ?? { hash, by: new Set<string>() };
    this.said.set(number, known);
    if (known.hash !== hash) known.hash = "";
    if (known.hash === "") return "differs";
    known.by.add(who);
    if (known.by.size > 1) return "agreed";
    return (this.said.get(number - 1)?.by.size ?? 0) > 1 ? "awaited" : "first";
  }

  /** The next turn of a settlement. */
  open(): Turn {
    const turn = {
      term: ++this.term,
      runs: (): boolean => this.leaders.settle === turn,
      close: async (): Promise<void> => this.giveBack("settle", turn),
    };
    this.lead("settle", turn);
    return turn;
  }
}
