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
import type { OpenShard } from "../service/open-shards.ts";
import type { Verifiers } from "../edges/verify.ts";
import type { ShardDoor } from "../ingress-verifier/shard-door.ts";
import { submit } from "../ingress-verifier/submission.ts";
import * as codes from "../protocol/codes.ts";
import type { Delivery } from "../settlement-plane/carry-desk.ts";
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
const OUTCOME_WAIT_MS = 10_000;
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
    let doors: ReadonlyMap<number, ShardDoor> = new Map();
    const settlement = await startSettlementService({
      config,
      shards,
      verifyThreads: VERIFY_THREADS,
      logger: part("settlement-plane"),
      wallMs,
      deliver: (shard, frame) => handIn(doors.get(shard), frame),
      onFault,
    });
    const matcher = startMatcherService({
      config,
      shards,
      logger: part("market-matcher"),
      onFault,
    });
    const ingress = await startIngressService({
      config,
      shards,
      verifier: verifiers.fast,
      logger: part("ingress-verifier"),
      now,
      onFault,
    });
    ({ doors } = ingress.ingress);
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

/** Settlement's own frames take the way of anybody's; only the wall to ingress is missing. */
async function handIn(door: ShardDoor | undefined, frame: Uint8Array): Promise<Delivery> {
  const rejects = new Map<number, string>();
  if (door === undefined) return { problem: "its ingress is not there", nonceHigh: 0, rejects };
  const { code, reports } = await submit(door, frame, OUTCOME_WAIT_MS);
  let nonceHigh = 0;
  for (const report of reports) {
    if (report.kind !== codes.REPORT_REJECTED) continue;
    if (report.code === codes.REJECT_DUPLICATE) nonceHigh = report.second;
    rejects.set(report.index, codes.rejectCode(report.code).name);
  }
  const problem = code === codes.ACCEPTED ? "" : codes.rejectCode(code).name;
  return { problem, nonceHigh, rejects };
}
