/**
 * Recompute: a halted shard once more, from its first record, by an engine that has seen nothing.
 *
 *   all of ex        chain and every byte of the reports are what the records of in cause
 *   the rest of in   has a successor state, though nobody has published it, or is cured
 *   every frame      its signature holds, by libsodium
 *   commitments      are those that were signed, and none was signed of what in has lost
 *
 * What comes of it is what a Clear has to state: a position, and the report chain there. If any of
 * it does not hold, the shard has ended; what was wrong stands in `wrong`. Only a record without
 * successor state is asked about again, when another record came: that may cure it.
 */
import { assert } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import { BrokenLog } from "../edges/broken-log.ts";
import { type ExecutionReader, type InputReader, LostSuffix, type ShardLog } from "../edges/log.ts";
import type { FrameJudge } from "../edges/verify-pool.ts";
import { Engine, type EngineOptions, Halt } from "../engine/engine.ts";
import type { KeyView } from "../engine/views.ts";
import { Checkpointer, type CheckpointTerms } from "../proofs/checkpointer.ts";
import { decodeCommitment } from "../proofs/commitment.ts";
import { ReportChain } from "../protocol/execution.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { Upgrade } from "../protocol/governing.ts";
import { curesIn } from "../service/cure.ts";
import { pause } from "../service/hold-place.ts";
import { refuseMixedLog } from "../service/same-log.ts";
import type { CommitmentFile } from "./commitment-file.ts";
import { BadSignature, runSettleLoop } from "./settle-loop.ts";

export interface Recomputed {
  /** Of the newest record of `in`. */
  readonly position: number;
  /** Of the newest record that `ex` covers. */
  readonly published: number;
  /** Report chain at `position`. */
  readonly chain: Uint8Array;
  /** Why the shard has ended; "" if all of it is as it must be. */
  readonly wrong: string;
  /** Of what `wrong` speaks: a record that has no successor state as yet; 0 for anything else. */
  readonly poison: number;
  /** The version in force at `position`, or before that record. */
  readonly rules: Upgrade;
  /** At `position`. */
  readonly operators: readonly KeyView[];
}

export interface RecomputeParts {
  readonly log: ShardLog;
  readonly genesis: Genesis;
  readonly genesisFrame: Uint8Array;
  readonly options: EngineOptions;
  readonly terms: CheckpointTerms;
  readonly judge: FrameJudge;
  readonly aheadBytesMax: number;
  /** The commitments that were signed. */
  readonly signed: Pick<CommitmentFile, "read">;
  /** All that is published was executed, and nothing behind it, or all of it that can be. */
  readonly onPublished: (engine: Engine, chain: Uint8Array) => void;
  readonly stop: AbortSignal;
}

const POLL_MS = 200;

/** Positions that `ex` and `in` reached when they were asked. */
interface Until {
  readonly published: number;
  readonly input: number;
}

interface Readers {
  readonly input: InputReader;
  readonly executions: ExecutionReader;
}

/** Until it is over; throws LostSuffix when one of them ends before that. */
async function untilLost(
  { input, executions }: Readers,
  until: Until,
  over: AbortSignal,
): Promise<void> {
  for (;;) {
    await pause(POLL_MS, over);
    if (over.aborted) return;
    const [tip, published] = [await input.tip(), await executions.tip()];
    if (tip >= until.input && published >= until.published) continue;
    const known = `${until.input} and ${until.published} were known`;
    throw new LostSuffix(`in ends at ${tip}, ex at ${published}, and ${known}`);
  }
}

export class Recompute {
  private readonly parts: RecomputeParts;
  private engine: Engine;
  private chain = new ReportChain();
  private checkpointer: Checkpointer;
  /** The newest answer; null while there is none of the newest record. */
  found: Recomputed | null = null;

  constructor(parts: RecomputeParts) {
    this.parts = parts;
    this.engine = new Engine(parts.genesisFrame, parts.options);
    this.engine.followChain(this.chain);
    this.checkpointer = new Checkpointer(parts.terms);
  }

  /** Until no halt is there, or stopped: a Clear that was refused is a record like any. */
  async untilLifted(): Promise<void> {
    const { log, stop } = this.parts;
    while (!stop.aborted) {
      // One for all the time: it knows what it has read, and finds out where that is gone.
      const input = await log.openInputReader();
      try {
        return await this.follow(input);
      } catch (fault) {
        if (!(fault instanceof LostSuffix)) throw fault;
        this.beginAnew();
      } finally {
        await input.close();
      }
      await pause(POLL_MS, stop);
    }
  }

  private async follow(input: InputReader): Promise<void> {
    const { log, stop } = this.parts;
    while (!stop.aborted) {
      // It may get another reason at any time.
      const mark = await log.halted();
      log.standBy(mark);
      if (mark === null) return;
      const tip = await input.tip();
      const { position } = this.engine;
      if (tip < position) throw new LostSuffix(`in ends at ${tip}, and ${position} was executed`);
      if (tip > position) await this.upTo(input, tip);
      await pause(POLL_MS, stop);
    }
  }

  /** A failover has lost what was executed here: a Clear perhaps, that was not durable. */
  private beginAnew(): void {
    const { genesisFrame, options, terms } = this.parts;
    this.found = null;
    this.engine = new Engine(genesisFrame, options);
    this.chain = new ReportChain();
    this.engine.followChain(this.chain);
    this.checkpointer = new Checkpointer(terms);
  }

  private async upTo(input: InputReader, position: number): Promise<void> {
    const { log, onPublished, stop } = this.parts;
    const { engine } = this;
    const { found } = this;
    const isOver = found !== null && found.wrong !== "" && found.poison === 0;
    if (isOver || found?.position === position) return;
    this.found = null;
    const executions = await log.openExecutionReader();
    const published = await executions.tip();
    await executions.close();
    // An embedded ex shows nothing before its next writer has opened it; all of in is durable.
    const shown = log.hasStandbys ? published : position;
    let wrong = "";
    let poison = 0;
    try {
      await this.execute(input, { published, input: shown });
      if (!stop.aborted) onPublished(engine, this.chain.value);
      await this.execute(input, { published, input: position });
      wrong = this.signedBeyond(position);
    } catch (fault) {
      if (!(fault instanceof Halt || fault instanceof BrokenLog)) throw fault;
      wrong = fault.message;
      // A record that differs was applied, one without successor state was not.
      const isApplied = fault instanceof Halt && fault.position <= engine.position;
      if (!isApplied && engine.position < shown) onPublished(engine, this.chain.value);
      const isPoison = fault instanceof Halt && !(fault instanceof BadSignature);
      if (isPoison && !isApplied) poison = fault.position;
    }
    if (stop.aborted) return;
    const chain = this.chain.value.slice();
    const operators = engine.views.keysOf(0);
    const rules = engine.governing.current;
    this.found = { position, published, chain, wrong, poison, rules, operators };
  }

  /** Up to there, or LostSuffix: what a failover has lost would be waited for in vain. */
  private async execute(input: InputReader, until: Until): Promise<void> {
    const { log, stop } = this.parts;
    const executions = await log.openExecutionReader();
    const over = new AbortController();
    const end = (): void => over.abort();
    stop.addEventListener("abort", end);
    if (stop.aborted) end();
    const readers = { input, executions };
    const watching = untilLost(readers, until, over.signal).finally(end);
    const settling = this.settle(readers, until, over.signal).finally(end);
    const ends = await Promise.allSettled([watching, settling]);
    stop.removeEventListener("abort", end);
    await executions.close();
    for (const one of ends) if (one.status === "rejected") throw one.reason;
  }

  private async settle(readers: Readers, until: Until, stop: AbortSignal): Promise<void> {
    const { log, judge, aheadBytesMax, genesis } = this.parts;
    const genesisKey = genesis.operators[0]?.publicKey;
    assert(genesisKey !== undefined, "a genesis names an operator key");
    await runSettleLoop({
      ...readers,
      engine: this.engine,
      chain: this.chain,
      checkpointer: this.checkpointer,
      judge,
      aheadBytesMax,
      genesisKey,
      until,
      onCheckpoint: () => this.compareSigned(),
      onHalt: curesIn(this.parts),
      refuseMixedLog: (position) => refuseMixedLog(log, position, stop),
      onReports: () => undefined,
      onBatch: () => undefined,
      stop,
    });
  }

  /** To go on from here would be to sign another history than the one that was signed. */
  private signedBeyond(position: number): string {
    const { signed } = this.parts;
    let number = this.checkpointer.count;
    while (signed.read(number) !== null) number++;
    const bytes = signed.read(number - 1);
    const newest = bytes === null ? "" : decodeCommitment(bytes);
    if (typeof newest === "string" || newest.position <= position) return "";
    const was = `commitment ${number - 1} was signed of position ${newest.position}`;
    return `${was}, and in ends at ${position}: restore the log from its export`;
  }

  private compareSigned(): void {
    const { checkpointer, engine, chain } = this;
    const signed = this.parts.signed.read(checkpointer.count);
    const { count } = checkpointer;
    const computed = checkpointer.commit(engine.roots(), chain.value);
    if (signed === null || equalBytes(signed, computed)) return;
    throw new Halt(`commitment ${count} is not the one that was signed`, engine.position);
  }
}
