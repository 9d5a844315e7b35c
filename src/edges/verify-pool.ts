/**
 * VerifyPool: threads that verify signatures with libsodium, so that no event loop has to wait.
 *
 *   verify(batch) -> first come, first served -> a thread with room -> verdicts, by batch
 *
 * A thread has at most two batches, one in hand and one to go on with; the rest waits here, and who
 * asks bounds how much that is. A thread that ends unasked is told once, by `onFault`, and the pool
 * gives no verdict any more: nobody may go on without one.
 */
import { assert } from "../base/assert.ts";
import { countOfVerifyBatch, encodeVerifyBatch, type SignedFrame } from "./verify-batch.ts";

/** Who says whether signatures hold. */
export interface FrameJudge {
  /** 1 for each frame whose signature holds and 0 for the others; null once it judges no more. */
  verify(signed: readonly SignedFrame[]): Promise<Uint8Array | null>;
}

interface Job {
  readonly batch: Uint8Array<ArrayBuffer>;
  readonly count: number;
  readonly resolve: (verdicts: Uint8Array | null) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Handed to it and not yet answered, oldest first. */
  readonly jobs: Job[];
  readonly ended: Promise<void>;
  isReady: boolean;
}

const JOBS_PER_THREAD = 2;

export class VerifyPool implements FrameJudge {
  private readonly threads: Thread[] = [];
  private readonly waiting: Job[] = [];
  private readonly onFault: (fault: Error) => void;
  private readonly begun = Promise.withResolvers<void>();
  private isClosed = false;

  /** Resolves when all threads can begin. */
  static async open(threads: number, onFault: (fault: Error) => void): Promise<VerifyPool> {
    const pool = new VerifyPool(threads, onFault);
    await pool.begun.promise;
    return pool;
  }

  private constructor(threads: number, onFault: (fault: Error) => void) {
    assert(threads > 0, "a pool has a thread");
    this.onFault = onFault;
    for (let i = 0; i < threads; i++) this.threads.push(this.start());
  }

  async verify(signed: readonly SignedFrame[]): Promise<Uint8Array | null> {
    if (this.isClosed) return null;
    const { promise, resolve } = Promise.withResolvers<Uint8Array | null>();
    const batch = encodeVerifyBatch(signed);
    this.waiting.push({ batch, count: countOfVerifyBatch(batch), resolve });
    for (const thread of this.threads) this.feed(thread);
    return promise;
  }

  /** What is not judged yet never will be. Resolves when all threads have ended. */
  async close(): Promise<void> {
    if (!this.isClosed) this.giveUp();
    for (const { worker } of this.threads) worker.postMessage(null, []);
    await Promise.all(this.threads.map(({ ended }) => ended));
  }

  private start(): Thread {
    // The same place beside this file in a bundle: scripts/build.ts sees to it.
    const worker = new Worker(new URL("./verify-worker.ts", import.meta.url).href);
    const { promise, resolve } = Promise.withResolvers<void>();
    const thread: Thread = { worker, jobs: [], ended: promise, isReady: false };
    let why = "";
    worker.addEventListener("message", ({ data }: MessageEvent<Uint8Array>) => {
      this.answer(thread, data);
    });
    worker.addEventListener("error", ({ message }: ErrorEvent) => (why = `: ${message}`));
    worker.addEventListener("close", () => {
      resolve();
      this.fault(new Error(`a thread that verifies signatures has ended${why}`));
    });
    return thread;
  }

  private answer(thread: Thread, verdicts: Uint8Array): void {
    if (!thread.isReady) {
      thread.isReady = true;
      if (this.threads.every(({ isReady }) => isReady)) this.begun.resolve();
    } else {
      const job = thread.jobs.shift();
      const isAsked = job !== undefined && job.count === verdicts.length;
      if (isAsked) job.resolve(verdicts);
      else if (!this.isClosed) this.fault(new Error("verdicts came that nobody has asked for"));
    }
    this.feed(thread);
  }

  private feed(thread: Thread): void {
    while (thread.isReady && thread.jobs.length < JOBS_PER_THREAD) {
      const job = this.waiting.shift();
      if (job === undefined) return;
      thread.jobs.push(job);
      thread.worker.postMessage(job.batch, [job.batch.buffer]);
    }
  }

  private fault(fault: Error): void {
    if (this.isClosed) return;
    this.giveUp();
    this.begun.reject(fault);
    this.onFault(fault);
  }

  private giveUp(): void {
    this.isClosed = true;
    const jobs = [...this.threads.flatMap((thread) => thread.jobs.splice(0)), ...this.waiting];
    this.waiting.length = 0;
    for (const job of jobs) job.resolve(null);
  }
}
