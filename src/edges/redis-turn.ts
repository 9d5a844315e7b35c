/**
 * Redis turn: who leads, of those that could: one matcher writes `ex`, one settlement publishes.
 *
 *   lead:<kind>   "time owner", renewed while it lives; older than the lease, anybody may lead
 *   <kind>        the number of the turn, which only rises: it is what fences, never the lease
 *
 * Whoever leads renews three times within a lease, over the connection for questions, so that an
 * append which waits for replicas holds nothing up. A turn is given back when its owner closes.
 */
import { readlinkSync } from "node:fs";
import { type Agreement, InUse, LogFault, type SaidCommitment, type Turn } from "./log.ts";
import { listOf, numberOf, type RedisConnection, textOf } from "./redis-connection.ts";
import type { RedisLink } from "./redis-link.ts";
import type { RedisShard } from "./redis-marks.ts";
import { HOLD_TURN, LOOK_TURN, SAY_COMMITMENT, TAKE_TURN } from "./redis-turn-scripts.ts";
import { isDead, makeOwner, type SlotOwner } from "./redis-slot.ts";

/** Fields of the control hash that count turns. */
export type TurnKind = "epoch" | "term";

/** How a turn of one kind is held. */
export interface TurnTerms {
  readonly kind: TurnKind;
  readonly owner: SlotOwner;
}

export type Turns = Readonly<Record<TurnKind, TurnTerms>>;

const LEASE_MS = 1000;
const RENEWALS = 3;
/** A lease of nothing is for those who take over whatever there is. */
const RENEW_MS_MIN = 10;
const IN_USE = "INUSE ";

/** Of one process; `owner` names it among all that there are, host, pid and a number if absent. */
export function turnsOf(options: {
  readonly owner?: string;
  readonly matcherLeaseMs?: number;
  readonly settlementLeaseMs?: number;
}): Turns {
  const { owner, matcherLeaseMs = LEASE_MS, settlementLeaseMs = LEASE_MS } = options;
  return {
    epoch: { kind: "epoch", owner: makeLeader(matcherLeaseMs, owner) },
    term: { kind: "term", owner: makeLeader(settlementLeaseMs, owner) },
  };
}

/** "host:pid:number:namespace": a pid means nothing in another namespace of the same host. */
function makeLeader(leaseMs: number, name?: string): SlotOwner {
  const plain = makeOwner(leaseMs, name);
  return name === undefined ? { ...plain, name: `${plain.name}:${pidNamespace()}` } : plain;
}

let ownNamespace: string | null = null;

/** A process never leaves it. */
function pidNamespace(): string {
  ownNamespace ??= readPidNamespace();
  return ownNamespace;
}

function readPidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "";
  } catch {
    return ""; // Not Linux.
  }
}

/** A process of this machine that is gone. */
function isDeadLeader(owner: string): boolean {
  return owner.split(":")[3] === pidNamespace() && isDead(owner);
}

/** "pid 7 on host": for people. */
function leaderText(owner: string): string {
  const [host, pid] = owner.split(":");
  return `pid ${pid} on ${host}`;
}

export interface Taken {
  /** Of the turn. */
  readonly number: number;
  /** Last position that `ex` covers. */
  readonly tip: number;
}

/** One try, to be repeated by a link until its outcome is known. */
export async function takeTurn(
  connection: RedisConnection,
  { keys, venue }: RedisShard,
  { kind, owner }: TurnTerms,
): Promise<Taken> {
  const ask = async (dead: string): Promise<Taken> => {
    const args = [venue, kind, owner.name, String(owner.heldMs * 1000), dead];
    const [number, tip] = listOf(await connection.script(TAKE_TURN, keys, args));
    return { number: numberOf(number), tip: numberOf(tip) };
  };
  try {
    return await ask("");
  } catch (error) {
    const holder = holderIn(error);
    if (holder === null || !isDeadLeader(holder)) throw error;
    return ask(holder);
  }
}

/** Who is in the way, if that is what a refusal says. */
function holderIn(error: unknown): string | null {
  const message = error instanceof Error ? error.message : "";
  return message.startsWith(IN_USE) ? message.slice(IN_USE.length) : null;
}

/** The same for people, where a turn was refused because somebody has it. */
export function asInUse(error: unknown, what: string): unknown {
  const holder = error instanceof LogFault ? holderIn(error) : null;
  return holder === null ? error : new InUse(`${what} by ${leaderText(holder)}`);
}

/** Takes the turn and holds it; throws InUse while another one lives. */
export async function openTurn(
  link: RedisLink,
  shard: RedisShard,
  terms: TurnTerms,
): Promise<Turn> {
  const taking = link.settle("turn", (connection) => takeTurn(connection, shard, terms));
  const { number: term } = await taking.catch((error) => {
    throw asInUse(error, `shard ${shard.shard} is published`);
  });
  const hold = new TurnHold(link, shard, terms, term);
  return { term, runs: () => hold.runs, close: () => hold.release() };
}

/** The owner of the turn, for people; null if nobody's lease runs. */
export async function lookTurn(
  link: RedisLink,
  { keys, venue }: RedisShard,
  { kind, owner }: TurnTerms,
): Promise<string | null> {
  const args = [venue, kind, String(owner.heldMs * 1000)];
  const reply = await link.settle("whose turn", (connection) =>
    connection.script(LOOK_TURN, keys, args),
  );
  const holder = textOf(reply);
  return holder === "" || isDeadLeader(holder) ? null : leaderText(holder);
}

const AGREEMENTS: readonly Agreement[] = ["first", "agreed", "older", "awaited"];

/** Known to all replicas, as far as `wait` goes, once this returns: whoever signs may rely on it. */
export async function sayCommitment(
  link: RedisLink,
  { keys, venue }: RedisShard,
  { number, hash, who }: SaidCommitment,
  wait: (connection: RedisConnection) => Promise<void>,
): Promise<Agreement> {
  const args = [venue, String(number), hash, who];
  try {
    const reply = await link.settle("commitment", async (connection) => {
      const said = await connection.script(SAY_COMMITMENT, keys, args);
      await wait(connection);
      return said;
    });
    return AGREEMENTS[numberOf(reply)] ?? "older";
  } catch (error) {
    if (error instanceof LogFault && error.message.startsWith("DIFFERS ")) return "differs";
    throw error;
  }
}

/** Says again and again that the leader lives, until it is released. */
export class TurnHold {
  private readonly link: RedisLink;
  private readonly shard: RedisShard;
  private readonly terms: TurnTerms;
  private readonly number: number;
  private readonly timer: ReturnType<typeof setInterval>;
  private renewing: Promise<void> = Promise.resolve();
  private isBusy = false;
  /** Until then the lease runs for certain, by the clock of this process. */
  private untilMs: number;
  private isOver = false;

  constructor(link: RedisLink, shard: RedisShard, terms: TurnTerms, number: number) {
    this.link = link;
    this.shard = shard;
    this.terms = terms;
    this.number = number;
    this.untilMs = performance.now() + terms.owner.heldMs;
    const everyMs = Math.max(RENEW_MS_MIN, terms.owner.heldMs / RENEWALS);
    this.timer = setInterval(() => this.renew(), everyMs);
    this.timer.unref();
  }

  /** False once the lease may be over, or somebody else has the turn. */
  get runs(): boolean {
    return !this.isOver && performance.now() < this.untilMs;
  }

  private renew(): void {
    if (this.isBusy) return;
    this.isBusy = true;
    this.renewing = this.say();
  }

  /** What cannot be renewed ends by itself; the next append says why. */
  private async say(): Promise<void> {
    const { shard, terms, number } = this;
    const args = [shard.venue, terms.kind, String(number), terms.owner.name, ""];
    const startMs = performance.now();
    try {
      const reply = await this.link.settle("turn", (connection) =>
        connection.script(HOLD_TURN, shard.keys, args),
      );
      if (numberOf(reply) === 1) this.untilMs = startMs + terms.owner.heldMs;
      else this.stop();
    } catch (error) {
      if (!(error instanceof LogFault)) throw error;
    } finally {
      this.isBusy = false;
    }
  }

  /** Renews no more. */
  stop(): void {
    clearInterval(this.timer);
    this.isOver = true;
  }

  /** Gives the turn back, if it is still ours. */
  async release(): Promise<void> {
    clearInterval(this.timer);
    this.isOver = true;
    const { shard, terms, number } = this;
    const args = [shard.venue, terms.kind, String(number), terms.owner.name, "1"];
    // A renewal behind this would take it again.
    if (this.isBusy) await Promise.race([this.renewing, Bun.sleep(terms.owner.heldMs)]);
    await this.link.tryOnce((connection) => connection.script(HOLD_TURN, shard.keys, args));
  }
}
