/**
 * Fleet: stages of one venue, and a carrier that takes what one owes another whenever it is told
 * to, in any order, as often as it is told.
 *
 *   stage 1 leads the directory --> outbox --> carry(1, 2, ...) --> Carry commands in stage 2's log
 *
 * Beside what each stage checks for itself, of all together: nobody's ids differ, and what is
 * missing in the shards' balances is exactly what is on its way.
 */
import * as codes from "../../src/protocol/codes.ts";
import * as command from "../../src/protocol/commands.ts";
import type { Report } from "../../src/protocol/report.ts";
import type { Open } from "./engines.ts";
import { People, Stage } from "./stage.ts";
import type { Owed } from "./stage-checks.ts";
import { BTC, type StageOptions, USD } from "./stage-genesis.ts";

export class Fleet {
  readonly stages: readonly Stage[];

  constructor(open: Open, count: number, options: StageOptions = {}) {
    const people = new People();
    const first = new Stage(open, options, people);
    const more = Array.from({ length: count - 1 }, (_, i) => {
      const own = { ...options, funds: 0, shard: i + 2, origin: 1, venue: first.venue };
      return new Stage(open, own, people);
    });
    this.stages = [first, ...more];
  }

  stage(shard: number): Stage {
    const found = this.stages[shard - 1];
    if (found === undefined) throw new Error(`there is no shard ${shard}`);
    return found;
  }

  /** All that `from` has ever owed `to`. */
  owed(from: number, to: number): Owed[] {
    return this.stage(from).owed.filter((one) => one.to === to || one.to === codes.SHARD_ALL);
  }

  /** What of it has not arrived yet. */
  left(from: number, to: number): Owed[] {
    const { directory, links } = this.stage(to).engine.stated();
    const arrived = links.find(([shard]) => shard === from)?.[2] ?? 0;
    return this.owed(from, to).filter(
      ({ carry }) => carry.number > (carry.entry === codes.ENTRY_CREDIT ? arrived : directory),
    );
  }

  /** Brings these in one frame; the reports of it and the commands. */
  carry(to: number, brought: readonly Owed[]): { said: Report[]; commands: Uint8Array[] } {
    const commands = brought.map(({ carry }) => command.encodeCarry(carry));
    return { said: this.stage(to).send("operator", codes.FRAME_OPERATOR, commands), commands };
  }

  /** What has left one shard and not reached another. */
  inFlight(asset: number): number {
    let sum = 0;
    for (const { shard: from } of this.stages) {
      for (const { shard: to } of this.stages.filter((stage) => stage.shard !== from)) {
        for (const { carry } of this.left(from, to)) {
          const isThis = carry.entry === codes.ENTRY_CREDIT && carry.key === asset;
          if (isThis) sum += carry.expiry;
        }
      }
    }
    return sum;
  }

  /** What must be true of all together; throws where it is not. */
  check(): void {
    for (const asset of [USD, BTC]) {
      const nets = this.stages.map(({ engine }) => engine.stated().net.get(asset) ?? 0);
      const missing = -nets.reduce((sum, net) => sum + net, 0);
      const flying = this.inFlight(asset);
      if (missing !== flying) {
        throw new Error(`of asset ${asset} ${missing} is missing, ${flying} is in flight`);
      }
    }
    const first = this.stage(1).keysAdded;
    for (const { shard, keysAdded } of this.stages) {
      const differs = keysAdded.findIndex((key, i) => key !== first[i]);
      if (differs >= 0) throw new Error(`shard ${shard} has another key ${differs + 1} added`);
    }
  }
}
