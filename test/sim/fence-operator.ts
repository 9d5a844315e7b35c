/**
 * FenceOperator: halts a shard by hand, as `clob admin fence` does, and signs a Clear of it until
 * the halt is gone, as `clob admin clear`. A failover may lose the fence, or its end, and a fence
 * that was late may come again behind it: so it looks as long as the run goes on.
 */
import { signClear } from "../../src/client/halted-json.ts";
import { haltReason } from "../../src/edges/halt-mark.ts";
import { openRedisLog, type RedisLog } from "../../src/edges/redis-log.ts";
import type { Recomputed } from "../../src/settlement-plane/recompute.ts";
import { deliver } from "./delivery.ts";
import { BY_HAND } from "./fence.ts";
import { Violation } from "./oracle.ts";
import { signerOf } from "./signers.ts";
import type { Venue } from "./venue.ts";
import { MS, type Process, SECOND } from "./world.ts";

const AGAIN_MS = 200;
/** After it has seen the fence, or a Clear that did not lift it. */
const LIFT_MS_MAX = 2000;
const SECOND_REASON_PERCENT = 40;

export class FenceOperator {
  private readonly venue: Venue;
  private readonly shard: number;

  constructor(venue: Venue) {
    this.venue = venue;
    this.shard = venue.world.prng("fence").pick(venue.shards);
  }

  /** Some time while things go wrong. */
  start(): void {
    const { world, setup, fence, weather } = this.venue;
    const process = world.spawn("operator.1");
    const { prng } = process;
    world.at(prng.below(setup.faultSeconds * SECOND), process, "fences", () => {
      weather.count("fence");
      void this.work(process);
    });
    // Another reason, on the heels of a Clear that does not name it.
    if (!prng.chance(SECOND_REASON_PERCENT)) return;
    fence.onClear = () => {
      fence.onClear = () => undefined;
      const us = prng.pick([1, 20 * MS, 200 * MS]);
      world.at(prng.below(us), process, "fences once more", () => void this.fence(process, "more"));
    };
  }

  private async work(process: Process): Promise<void> {
    await this.fence(process, "a drill");
    await Bun.sleep(process.prng.between(0, LIFT_MS_MAX));
    await this.untilDone(process, async (log) => {
      for (;;) {
        await this.look(process, log);
        await Bun.sleep(AGAIN_MS);
      }
    });
  }

  private async fence(process: Process, why: string): Promise<void> {
    const reason = haltReason(`${BY_HAND}, ${why}`);
    await this.untilDone(process, (log) => log.halt(reason));
  }

  /** One look, and a Clear if there is a halt that settlement has executed all before of. */
  private async look(process: Process, log: RedisLog): Promise<void> {
    const { venue, shard } = this;
    const mark = await log.halted();
    if (mark === null) return;
    const found = this.found(process);
    if (found === null) return;
    if (found.wrong !== "") {
      venue.fail(new Violation(`shard ${shard} can't be lifted: ${found.wrong}`));
      return;
    }
    const halted = { mark, recomputed: recomputedOf(found) };
    const frame = signClear({ venue: venue.venueId, shard }, halted, signerOf(0));
    await deliver(venue, process, { shard, frame });
  }

  /** What a settlement would say over HTTP. */
  private found({ prng }: Process): Recomputed | null {
    const { services, settlements } = this.venue;
    const running = services.filter((one) => one.role.startsWith("settlement") && one.isRunning);
    if (running.length === 0) return null;
    const { role } = prng.pick(running);
    return settlements.get(`${role} ${this.shard}`)?.recompute?.found ?? null;
  }

  /** With another handle of the log after each fault. */
  private async untilDone(process: Process, run: (log: RedisLog) => Promise<void>): Promise<void> {
    for (;;) {
      let log: RedisLog | null = null;
      try {
        log = await this.openLog(process);
        return await run(log);
      } catch {
        await Bun.sleep(AGAIN_MS);
      } finally {
        await log?.close();
      }
    }
  }

  private openLog(process: Process): Promise<RedisLog> {
    const { venue, shard } = this;
    return openRedisLog({
      shard,
      access: venue.accessOf(process),
      unreachableMsMax: 2000,
      clockDifferenceMsMax: 5000,
      owner: `${process.name}:0:0`,
      replicas: venue.setup.replicas,
      slot: "",
    });
  }
}

function recomputedOf(found: Recomputed) {
  const operators = found.operators.map(({ key, publicKey, high }) => {
    return { key, public_key: publicKey.toHex(), nonce_high: high };
  });
  return { ...found, chain: found.chain.toHex(), operators };
}
