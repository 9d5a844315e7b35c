/**
 * Leadership: which of two settlements publishes, carries and trims. Both compute, compare and
 * answer questions all the time.
 *
 *   follow   somebody leads -> look again in a tenth of the lease
 *   lead     nobody does, and this one is near the tip -> the next term
 *   lose     the lease could not be renewed in time -> follow; nothing is taken back
 *
 * One turn for all shards of a process, held in the log of the lowest, because what goes between
 * shards has one carrier. The lease is for peace only. What keeps two that both believe to lead
 * from publishing two truths is SigningDesk, objects that are made once, and numbers that only
 * rise.
 */
import { InUse, type ShardLog, type Turn } from "../edges/log.ts";
import type { Logger } from "../edges/logger.ts";
import { pause } from "../service/hold-place.ts";

export interface LeadershipParts {
  readonly log: Pick<ShardLog, "takeTurn">;
  readonly pollMs: number;
  /** Whether all that was published a moment ago is executed and compared here. */
  readonly isNear: () => boolean;
  readonly onChange: () => void;
  readonly logger: Logger;
}

/** Looks at which nobody led and this one was not near: then it leads nevertheless. */
const FAR_LOOKS_MAX = 50;

export class Leadership {
  readonly counts = { turns: 0 };
  private readonly parts: LeadershipParts;
  private turn: Turn | null = null;
  private farLooks = 0;
  private isToldFollowing = false;

  constructor(parts: LeadershipParts) {
    this.parts = parts;
  }

  /** Whether this one may publish, carry and trim now. */
  get leads(): boolean {
    return this.turn?.runs() === true;
  }

  /** Of the newest turn here; 0 before the first. */
  get term(): number {
    return this.turn?.term ?? 0;
  }

  /** Until stopped; throws LogFault. The turn is given back by `close`. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      if (this.turn === null) await this.tryTurn();
      else if (!this.turn.runs()) await this.lose();
      await pause(this.parts.pollMs, stop);
    }
  }

  private async tryTurn(): Promise<void> {
    const { log, logger, isNear, onChange } = this.parts;
    if (!isNear() && this.farLooks++ < FAR_LOOKS_MAX) return;
    this.farLooks = 0;
    try {
      this.turn = await log.takeTurn();
    } catch (error) {
      if (!(error instanceof InUse)) throw error;
      if (!this.isToldFollowing) logger.info("following", { why: error.message });
      this.isToldFollowing = true;
      return;
    }
    this.isToldFollowing = false;
    this.counts.turns++;
    logger.info("leading", { term: this.turn.term });
    onChange();
  }

  private async lose(): Promise<void> {
    const { logger, onChange } = this.parts;
    const { term } = this;
    await this.close();
    logger.warning("turn lost", { term });
    onChange();
  }

  /** Gives the turn back, so that another need not wait for the lease. */
  async close(): Promise<void> {
    const { turn } = this;
    this.turn = null;
    await turn?.close();
  }
}
