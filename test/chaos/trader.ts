/**
 * Trader: one account on one shard through the real SDK, with a journal on disk that outlives its
 * process, and an exact memory of what it was told. The memory is the test's: it does not die.
 *
 *   told      every numbered report, dense from 1, never again otherwise
 *   outcomes  what the SDK said of each frame, by its tag
 *   newest    the highest position of which it was told
 */
import { rmSync } from "node:fs";
import type { Prng } from "../../src/base/prng.ts";
import { type Client, connect } from "../../src/client/client.ts";
import { ClientError } from "../../src/client/errors.ts";
import type { CommandResult } from "../../src/client/frame-tracker.ts";
import { tagOf } from "../../src/client/logon.ts";
import type { ListenAddress } from "../../src/edges/config-address.ts";
import type { Report } from "../../src/protocol/report.ts";
import { reportText } from "../sim/oracle.ts";
import type { ColdReplay } from "./cold-replay.ts";
import { UNKNOWN } from "./judge.ts";
import { MortalJournal } from "./mortal-journal.ts";
import type { Who } from "./opening.ts";
import type { Orders } from "./orders.ts";

export interface TraderParts {
  readonly who: Who;
  readonly shard: number;
  readonly venueId: string;
  /** Each ingress, through this trader's own wires; or what stands before all of them. */
  readonly doors: readonly ListenAddress[];
  /** How patient it is with a silent server; impatient, if absent. */
  readonly times?: { readonly heartbeatMs?: number; readonly silentMsMax?: number };
  /** What became of a frame, and after how long. */
  readonly onOutcome?: (outcome: string, ms: number) => void;
  /** Each numbered report, when it is heard for the first time. */
  readonly onReport?: (report: Report) => void;
  readonly journal: string;
  readonly orders: Orders;
  readonly gapMs: number;
  /** A shard that is halted will be lifted: it comes again. */
  readonly isPatient: boolean;
  readonly prng: Prng;
  readonly onWrong: (why: string) => void;
  readonly say: (text: string) => void;
}

const EXECUTED = "executed";
const PENDING_MAX = 8;
const RETRY_MS = 200;
const TIMES = { heartbeatMs: 500, silentMsMax: 2500 };

interface Life {
  journal: MortalJournal | null;
  readonly stop: AbortController;
  client: Client | null;
  isDead: boolean;
}

export class Trader {
  readonly told: string[] = [];
  readonly outcomes = new Map<string, string>();
  newest = 0;
  frames = 0;
  /** Of all that it sent, by tag. */
  readonly sent = new Map<string, Uint8Array>();
  /** Why the venue does not take it any more; "" while it does. */
  out = "";
  private readonly parts: TraderParts;
  private life: Life | null = null;
  private waiting = 0;
  private isDone = false;
  /** When each frame of which the outcome is not known was asked for. */
  private readonly asked = new Map<string, number>();
  private lastSent: Uint8Array | null = null;
  /** The log was made anew from what was archived. */
  private isRestored = false;

  constructor(parts: TraderParts) {
    this.parts = parts;
  }

  get name(): string {
    return `account ${this.parts.who.account} on shard ${this.parts.shard}`;
  }

  get account(): number {
    return this.parts.who.account;
  }

  get shard(): number {
    return this.parts.shard;
  }

  /** One life at a time: two faults may have killed it, and each starts it again. */
  start(): void {
    if (this.life !== null) return;
    const stop = new AbortController();
    const life: Life = { journal: null, stop, client: null, isDead: false };
    this.life = life;
    this.waiting = 0;
    void this.live(life);
  }

  /** As if its process were gone: what was not written is forgotten. */
  crash(): void {
    const { life } = this;
    if (life === null) return;
    life.isDead = true;
    life.journal?.die();
    life.stop.abort();
    life.client?.close();
    this.life = null;
  }

  /**
   * What it was told of positions above `position` is void: that log is lost. It dies, and may be
   * started again.
   */
  forget(lost: ColdReplay, position: number): void {
    this.crash();
    const kept = (lost.positions.get(this.account) ?? []).filter((at) => at <= position).length;
    this.told.length = Math.min(this.told.length, kept);
    for (const [tag, outcome] of this.outcomes) {
      const isKept = (lost.executed.get(tag) ?? Number.MAX_SAFE_INTEGER) <= position;
      if (outcome === EXECUTED && !isKept) this.outcomes.delete(tag);
    }
    this.newest = 0;
    this.out = "";
    this.isDone = false;
    this.isRestored = true;
  }

  /** Sends nothing new from now on. */
  finish(): void {
    this.isDone = true;
  }

  /** Says goodbye. */
  close(): void {
    const { life } = this;
    if (life === null) return;
    life.isDead = true;
    life.client?.close();
    life.stop.abort();
  }

  /** What it still has to learn; "" for nothing. */
  get lacks(): string {
    if (this.out !== "") return `${this.name} is out: ${this.out}`;
    if (this.life?.client?.isLive !== true) return `${this.name} is not live`;
    return this.waiting === 0 ? "" : `${this.name} waits for ${this.waiting} frames`;
  }

  /** How long the oldest frame has been waited for whose outcome is not known. */
  get oldestMs(): number {
    const [first = performance.now()] = this.asked.values();
    return performance.now() - first;
  }

  private note(frame: Uint8Array): void {
    this.lastSent = frame;
    this.frames++;
    this.sent.set(tagOf(frame), frame.slice());
  }

  private async live(life: Life): Promise<void> {
    while (!life.isDead && life.client === null) {
      try {
        life.client = await this.logOn(life);
      } catch (error) {
        if (life.isDead) return;
        if (!(error instanceof ClientError) || !this.comesAgain(error)) {
          this.end(String(error));
          return;
        }
        await Bun.sleep(RETRY_MS);
      }
    }
    const { client } = life;
    if (client === null || life.isDead) return;
    void this.untilOver(life, client);
    for (const { frame, results } of client.recovered) void this.follow(life, results, frame);
    await this.trade(life, client);
  }

  private comesAgain({ code, retryable }: ClientError): boolean {
    // Elsewhere the directory may not have arrived yet.
    if (retryable || code === "unknown_key") return true;
    if (code === "halted") return this.parts.isPatient;
    if (code !== "report_number" || !this.isRestored) return false;
    // Its record is of a log that is lost: it begins a new one.
    this.parts.say(`${this.name} knew more than was restored`);
    rmSync(this.parts.journal, { force: true });
    return true;
  }

  private logOn(life: Life): Promise<Client> {
    const { who, shard, venueId, doors, prng, times = TIMES } = this.parts;
    // A client that gives up closes its journal.
    const { journal: path } = this.parts;
    life.journal = new MortalJournal(path, this.account, (frame) => this.note(frame));
    return connect({
      ...who,
      ...times,
      ...prng.pick(doors),
      shard,
      venue: venueId,
      journal: life.journal,
      signal: life.stop.signal,
      onReport: (report) => this.hear(life, report),
      onGap: (from, to) => this.parts.onWrong(`${this.name}: no reports ${from} to ${to}`),
    });
  }

  /** The reports are taken, so that the journal's marks go on. */
  private async untilOver(life: Life, client: Client): Promise<void> {
    try {
      for await (const _ of client.reports());
    } catch (error) {
      if (life.isDead) return;
      const mayCome = error instanceof ClientError && this.comesAgain(error);
      if (!mayCome) this.end(String(error));
      else this.crash();
      if (mayCome) this.start();
    }
  }

  private end(why: string): void {
    this.out = why;
    this.parts.say(`${this.name} is out: ${why}`);
  }

  private async trade(life: Life, client: Client): Promise<void> {
    const { orders, prng, gapMs } = this.parts;
    while (!life.isDead && this.out === "" && !this.isDone) {
      await Bun.sleep(prng.below(gapMs));
      if (this.waiting >= PENDING_MAX || life.isDead || this.isDone) continue;
      const results = client.send(orders.next());
      const frame = this.lastSent;
      this.lastSent = null;
      if (frame !== null) void this.follow(life, results, frame);
      else await results.catch(() => undefined);
    }
  }

  private async follow(
    life: Life,
    results: Promise<CommandResult[]>,
    frame: Uint8Array,
  ): Promise<void> {
    const tag = tagOf(frame);
    const since = performance.now();
    this.asked.set(tag, since);
    this.waiting++;
    let outcome = EXECUTED;
    try {
      const all = await results;
      if (!life.isDead) this.parts.orders.learn(all);
    } catch (error) {
      outcome = error instanceof ClientError ? error.code : String(error);
    }
    if (life.isDead) return;
    this.waiting--;
    this.asked.delete(tag);
    this.parts.onOutcome?.(outcome, performance.now() - since);
    const before = this.outcomes.get(tag);
    if (before !== undefined && before !== UNKNOWN && before !== outcome) {
      this.parts.onWrong(`${this.name}: frame ${tag} was ${before} and is ${outcome}`);
    }
    this.outcomes.set(tag, outcome);
  }

  /** Dense and never otherwise; what an earlier process was told may come again. */
  private hear(life: Life, report: Report): void {
    if (life.isDead) return;
    const text = reportText(report);
    const known = this.told[report.number - 1];
    if (known !== undefined && known !== text) {
      this.parts.onWrong(`${this.name}: report ${report.number} was ${known} and is ${text}`);
    }
    if (known === undefined && report.number !== this.told.length + 1) {
      this.parts.onWrong(`${this.name}: report ${report.number} behind ${this.told.length}`);
    }
    if (known === undefined) this.parts.onReport?.(report);
    this.told[report.number - 1] = text;
    this.newest = Math.max(this.newest, report.position);
  }
}
