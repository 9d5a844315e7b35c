/**
 * Crossings: what shards owe each other, by their oracles' own engines, at every moment.
 *
 *   nothing is applied that its source has not written, and each credit is the one that was written
 *   nothing is carried that the source's matcher has not published, or its export does not hold
 *   over all shards net = what is in flight, below zero: money neither appears nor goes
 *   at the end nothing is on its way, and all shards know the same accounts and keys
 */
import { SHARD_ALL } from "../../src/protocol/codes.ts";
import { creditText, type Oracle, Violation } from "./oracle.ts";

export class Crossings {
  private readonly oracles: ReadonlyMap<number, Oracle>;
  /** Up to where a shard is archived; what is carried without that has no bound. */
  archived: (shard: number) => number = () => Number.POSITIVE_INFINITY;
  private seen = "";

  constructor(oracles: ReadonlyMap<number, Oracle>) {
    this.oracles = oracles;
  }

  private get lead(): Oracle {
    return this.oracles.get(1)!;
  }

  /** What is still on its way between shards that there are; "" for nothing. */
  get lacks(): string {
    for (const [shard, oracle] of this.oracles) {
      const { directory } = oracle.engine.state;
      const written = this.lead.engine.state.directory;
      if (directory !== written) return `shard ${shard} has ${directory} entries of ${written}`;
      for (const [source, other] of this.oracles) {
        const count = other.outbox.get(shard)?.length ?? 0;
        const applied = oracle.engine.state.links.get(source)?.in ?? 0;
        if (applied !== count) return `shard ${shard} has ${applied} credits of ${count}`;
      }
    }
    return "";
  }

  check(): void {
    if (this.oracles.size < 2) return;
    const tips = [...this.oracles.values()].map(({ tip, executedTip }) => `${tip}/${executedTip}`);
    if (this.seen === tips.join()) return;
    this.seen = tips.join();
    for (const [shard, oracle] of this.oracles) this.checkApplied(shard, oracle);
    this.checkMoney();
  }

  private checkApplied(shard: number, { engine, credited }: Oracle): void {
    const { directory } = engine.state;
    const written = this.lead.engine.state.directory;
    if (directory > written) {
      throw new Violation(`shard ${shard} has ${directory} directory entries, ${written} exist`);
    }
    const newest = this.lead.outbox.get(SHARD_ALL)?.[directory - 1];
    if (engine !== this.lead.engine && newest !== undefined) {
      this.checkArchived(1, newest.position, `directory entry ${directory} at shard ${shard}`);
    }
    for (const [source, credits] of credited) {
      const from = this.oracles.get(source);
      const entries = from?.outbox.get(shard) ?? [];
      for (const [i, credit] of credits.entries()) {
        const entry = entries[i];
        const words = `credit ${i + 1} from shard ${source} at shard ${shard}`;
        if (entry === undefined) throw new Violation(`${words} was never written`);
        const { carry, position } = entry;
        if (creditText(carry) !== credit)
          throw new Violation(`${words} is ${credit}, not as written`);
        if (position > from!.executedTip) throw new Violation(`${words} is of no published report`);
        this.checkArchived(source, position, words);
      }
    }
  }

  private checkArchived(source: number, position: number, words: string): void {
    const archived = this.archived(source);
    if (position <= archived) return;
    throw new Violation(`${words} is of record ${position}, and ${archived} are archived`);
  }

  private checkMoney(): void {
    for (const asset of this.lead.engine.state.assets.keys()) {
      let sum = 0n;
      for (const [shard, { engine, outbox }] of this.oracles) {
        sum += engine.state.assets.get(asset)?.net ?? 0n;
        for (const [destination, entries] of outbox) {
          const there = this.oracles.get(destination)?.engine.state.links.get(shard)?.in ?? 0;
          for (const { carry } of entries.slice(there)) {
            if (carry.key === asset) sum += BigInt(carry.expiry);
          }
        }
      }
      if (sum !== 0n) throw new Violation(`asset ${asset}: ${sum} too much over all shards`);
    }
  }

  /** When all is at rest. */
  checkEnd(): void {
    if (this.lacks !== "") throw new Violation(this.lacks);
    const wanted = directoryOf(this.lead);
    for (const [shard, oracle] of this.oracles) {
      if (directoryOf(oracle) !== wanted) throw new Violation(`shard ${shard}: other directory`);
    }
  }
}

function directoryOf({ engine }: Oracle): string {
  const rows = engine.state.keys.map(({ id, account, publicKey, scopes, expiry, revoked }) =>
    [id, account, publicKey.toHex(), scopes, expiry, revoked].join(" "),
  );
  return [engine.state.accounts.length, ...rows].join("\n");
}
