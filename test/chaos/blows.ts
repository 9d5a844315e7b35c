/**
 * Blows: what may exceed a level, at most one in a round, and what was known when it fell.
 *
 *   mirror     the log just before, where it is about to be gone: what was told is held against it
 *   survived   tip of `in` behind it, read before anybody else could reach the server
 *   told       highest position of which a trader had been told
 */
import type { Prng } from "../../src/base/prng.ts";
import { type Copy, copyLog } from "./log-copy.ts";
import { shardsOf } from "./opening.ts";
import type { Operator } from "./operator.ts";
import type { NodeName, Tips } from "./redis-nodes.ts";
import type { Blow } from "./setup.ts";
import { hostOf } from "../log/redis-stand.ts";
import type { Stand } from "./stand.ts";

/** How long the primary may be away when it is to be flushed. */
const FLUSH_MS_MAX = 10_000;

/** Most of the file that a deep cut takes. */
const DEEP_BYTES = 60_000;

export class Blows {
  mirror: readonly Copy[] | null = null;
  survived: Tips | null = null;
  told = 0;
  /** Nobody was there who knew what was lost: all services had just been killed. */
  isUnseen = false;
  /** Of the log, just before it was exceeded: so much must come back by a restore. */
  archived = 0;
  private readonly stand: Stand;
  private readonly prng: Prng;
  private readonly wait: (ms: number) => Promise<void>;
  private readonly operator: Operator;
  private old: NodeName | null = null;

  constructor(stand: Stand, operator: Operator, wait: (ms: number) => Promise<void>) {
    this.stand = stand;
    this.operator = operator;
    this.prng = stand.prng;
    this.wait = wait;
  }

  async strike(blow: Blow): Promise<void> {
    const { setup, timeline } = this.stand;
    if (setup.sequel === "clear") return this.operator.fence();
    timeline.did(blow, "now");
    if (setup.sequel === "restore") this.archived = await this.operator.archivedNow();
    switch (blow) {
      case "none":
        return;
      case "flush":
        return this.flush();
      case "restart empty":
        return this.restartPrimary(() => Promise.resolve());
      case "power loss":
        return this.powerLoss();
      case "deep cut":
        return this.restartPrimary(() => this.cutDeep());
      default:
        if (await this.stand.nodes.mayTakeOver()) return this.takeOver(blow);
        timeline.say("b has not caught up: no failover");
    }
  }

  private takeOver(blow: Blow): Promise<void> {
    if (blow === "old primary lives") return this.splitPrimary();
    return this.failOver(blow === "lagging failover");
  }

  /** Whoever was primary and is not any more follows; whoever is down comes back. */
  async heal(): Promise<void> {
    const { nodes } = this.stand;
    if (this.old !== null) await nodes.follow(this.old);
    this.old = null;
    for (const name of nodes.owned) await nodes.restart(name);
  }

  /** From here on the log may lose what was told, if the level allows that. */
  mayLose(): void {
    this.told = Math.max(this.told, this.stand.told);
  }

  private async flush(): Promise<void> {
    const { nodes, setup } = this.stand;
    // A primary that another fault has just killed, or whose disk is full, is waited for.
    const untilMs = performance.now() + FLUSH_MS_MAX;
    while (true) {
      try {
        this.mirror = await copyLog(hostOf(nodes.port), shardsOf(setup));
        await nodes.ask(nodes.primary, "FLUSHALL");
        return;
      } catch (error) {
        if (performance.now() > untilMs) throw error;
        await Bun.sleep(100);
      }
    }
  }

  private async powerLoss(): Promise<void> {
    const { nodes, setup } = this.stand;
    const { control } = nodes.get(nodes.primary);
    // Time for bytes to be written and not synced; at D2 nobody is answered meanwhile.
    if (setup.appendfsync === "always") control.syncDelayUs = this.prng.between(50, 400) * 1000;
    await Bun.sleep(this.prng.between(30, 600));
    await this.restartPrimary(async () => {
      control.syncDelayUs = 0;
      const { size, synced } = nodes.file(nodes.primary);
      this.cut(size, this.prng.between(synced, size), synced);
      await Promise.resolve();
    });
  }

  private async cutDeep(): Promise<void> {
    const { nodes } = this.stand;
    const { size, synced } = nodes.file(nodes.primary);
    this.cut(size, Math.max(0, size - this.prng.between(1, DEEP_BYTES)), synced);
    await Promise.resolve();
  }

  private cut(size: number, to: number, synced: number): void {
    const { nodes, timeline } = this.stand;
    timeline.say(`the file of ${size} bytes, ${synced} synced, is cut to ${to}`);
    if (to < size) timeline.count("bytes lost");
    nodes.cutFile(nodes.primary, to);
  }

  /** Killed, changed, started again; nobody reaches it before it was looked at. */
  private async restartPrimary(whileDown: () => Promise<void>): Promise<void> {
    const { nodes, fleet, setup, timeline } = this.stand;
    if (setup.end !== "on") this.mirror = await copyLog(hostOf(nodes.port), shardsOf(setup));
    const services = [...fleet.services.values()];
    const wires = services.flatMap((service) => service.wires);
    const isSeen = services.some(({ isReady }) => isReady);
    await nodes.kill(nodes.primary);
    for (const wire of wires) wire.shut();
    this.mayLose();
    await whileDown();
    await nodes.restart(nodes.primary);
    this.survived = await nodes.tips(nodes.primary);
    timeline.say(`told up to ${this.told}, there is ${tipsText(this.survived)}`);
    const isLess = this.told > (this.survived.get(1) ?? 0);
    this.isUnseen = setup.end === "halt" && isLess && !isSeen;
    for (const wire of wires) wire.open();
  }

  private async failOver(lags: boolean): Promise<void> {
    const { nodes, fleet, setup, timeline } = this.stand;
    if (lags) nodes.get("b").wire?.hold();
    if (lags) await this.wait(this.prng.between(100, 1200));
    if (setup.end !== "on") this.mirror = await copyLog(hostOf(nodes.port), shardsOf(setup));
    const wires = [...fleet.services.values()].flatMap((service) => service.wires);
    const old = nodes.primary;
    // Nobody may come near before it is known what b has.
    for (const wire of wires) wire.shut();
    this.survived = await nodes.failOver(true);
    this.old = old;
    this.mayLose();
    timeline.say(`told up to ${this.told}, b has ${tipsText(this.survived)}`);
    for (const wire of wires) wire.open();
    await this.wait(this.prng.below(1500));
    if (this.prng.chance(50)) await this.heal();
  }

  /** Both are written to for a while; what the old one takes alone is never durable. */
  private async splitPrimary(): Promise<void> {
    const { nodes, timeline } = this.stand;
    if (this.prng.chance(50)) nodes.get("b").wire?.hold();
    await this.wait(this.prng.below(600));
    const old = nodes.primary;
    const tips = await nodes.failOver(false);
    timeline.say(`b takes over with ${tipsText(tips)}, ${old} does not know`);
    await this.wait(this.prng.between(200, 2000));
    await nodes.follow(old);
    timeline.say(`${old} follows`);
  }
}

export function tipsText(tips: Tips): string {
  return [...tips].map(([shard, tip]) => `${tip ?? "nothing"} of shard ${shard}`).join(", ");
}
