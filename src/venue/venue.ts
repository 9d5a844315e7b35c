/**
 * Venue: all services in one process, over the embedded log or Redis.
 *
 *   start   settlement, matcher, ingress: whoever feeds another starts after it
 *   stop    ingress drains, the matcher finishes, settlement catches up with it: the other way
 * round
 *
 * The same services, loops and files as in three processes; only the walls are missing.
 */
import type { Clock } from "../edges/clock.ts";
import type { Config } from "../edges/config.ts";
import type { Logger } from "../edges/logger.ts";
import { type OpenShard, servedShards } from "../service/open-shards.ts";
import type { Verifiers } from "../edges/verify.ts";
import { type IngressService, startIngressService } from "../ingress-verifier/service.ts";
import { type MatcherService, startMatcherService } from "../market-matcher/service.ts";
import { type SettlementService, startSettlementService } from "../settlement-plane/service.ts";

export interface VenueParts {
  readonly config: Config;
  readonly shards: readonly OpenShard[];
  readonly verifiers: Verifiers;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onFault: (fault: unknown) => void;
}

const POLL_MS = 10;
/** For settlement, unless the config says more: this machine has other things to do. */
const VERIFY_THREADS = 1;

export class Venue {
  readonly ingress: IngressService;
  readonly matcher: MatcherService;
  readonly settlement: SettlementService;
  private readonly parts: VenueParts;

  static async start(parts: VenueParts): Promise<Venue> {
    const { config, shards, verifiers, clock, onFault } = parts;
    const now = (): number => clock.monotonicMs();
    const wallMs = (): number => Math.floor(clock.micros() / 1000);
    const part = (service: string): Logger => parts.logger.with({ service });
    const settlement = await startSettlementService({
      config,
      shards,
      verifyThreads: VERIFY_THREADS,
      logger: part("settlement-plane"),
      wallMs,
      onFault,
    });
    const served = servedShards(shards);
    const matcher = startMatcherService({
      config,
      shards: served,
      logger: part("market-matcher"),
      onFault,
    });
    const ingress = await startIngressService({
      config,
      shards: served,
      verifier: verifiers.fast,
      logger: part("ingress-verifier"),
      now,
      onFault,
    });
    const venue = new Venue(parts, { ingress, matcher, settlement });
    await venue.untilBegun();
    return venue;
  }

  private constructor(
    parts: VenueParts,
    services: { ingress: IngressService; matcher: MatcherService; settlement: SettlementService },
  ) {
    this.parts = parts;
    this.ingress = services.ingress;
    this.matcher = services.matcher;
    this.settlement = services.settlement;
  }

  async stop(): Promise<void> {
    await this.ingress.stop();
    await this.matcher.stop();
    await this.untilSettled();
    await this.settlement.stop();
  }

  /** Waits, within the drain limit, until questions about markets have answers. */
  private async untilBegun(): Promise<void> {
    const { clock, config } = this.parts;
    const until = clock.monotonicMs() + config.limits.drainTimeoutMs;
    for (const { engine } of this.settlement.settlements.values()) {
      while (engine.position === 0 && clock.monotonicMs() < until) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  }

  /** Waits, within the drain limit, until settlement has seen all that was matched. */
  private async untilSettled(): Promise<void> {
    const { clock, config } = this.parts;
    const until = clock.monotonicMs() + config.limits.drainTimeoutMs;
    for (const [shard, matcher] of this.matcher.matchers) {
      const settlement = this.settlement.settlements.get(shard);
      const isBehind = (): boolean =>
        settlement !== undefined && settlement.engine.position < matcher.counts.position;
      while (isBehind() && clock.monotonicMs() < until) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  }
}
