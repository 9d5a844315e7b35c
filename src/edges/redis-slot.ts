/**
 * Redis slot: the place of one ingress among those that write to a shard, held while it lives.
 *
 *   live:<slot>   "time owner", renewed while it lives; older than the lease it is free
 *
 * The lease keeps two processes from throwing each other out in turn. It is for peace only: the
 * term in the slot is what keeps the packs of two writers apart.
 */
import { hostname } from "node:os";
import { InUse, LogFault } from "./log.ts";
import { listOf, numberOf, type Reply } from "./redis-connection.ts";
import type { PackMark } from "./redis-marks.ts";
import { HOLD_SLOT, TAKE_SLOT } from "./redis-scripts.ts";
import type { Appending } from "./redis-writers.ts";

export const SLOT_LEASE_MS = 3000;
/** Renewed so often within a lease. */
const RENEWALS = 3;
const POLL_MS = 50;
const IN_USE = "INUSE ";

export interface SlotOwner {
  /** "host:pid:number": one handle of one process. */
  readonly name: string;
  readonly heldMs: number;
}

let handles = 0;

export function makeOwner(heldMs: number, name = handleName()): SlotOwner {
  return { name, heldMs };
}

function handleName(): string {
  handles++;
  return `${hostname()}:${process.pid}:${handles}`;
}

/** Waits out the lease of an owner that is silent; throws InUse for one that lives. */
export async function takeSlot(
  appending: Appending,
  slot: string,
  owner: SlotOwner,
): Promise<PackMark> {
  const { name, heldMs } = owner;
  const until = performance.now() + heldMs * (1 + 1 / RENEWALS);
  let dead = "";
  for (;;) {
    const taken = await tryTake(appending, [slot, name, String(heldMs * 1000), dead]);
    if (typeof taken !== "string") {
      const [generation, term, last] = listOf(taken).map(numberOf);
      const place = { slot, term: term!, pack: 0, last: last!, generation: generation! };
      return { ...place, isVoid: false };
    }
    if (isDead(taken)) dead = taken;
    else if (performance.now() < until) await Bun.sleep(POLL_MS);
    else throw new InUse(sentence(slot, taken));
  }
}

/** The reply, or the owner that is in the way. */
async function tryTake(appending: Appending, args: readonly string[]): Promise<Reply | string> {
  const { link, shard } = appending;
  const ask = [shard.venue, ...args];
  try {
    return await link.settle(`slot of shard ${shard.shard}`, (connection) =>
      connection.script(TAKE_SLOT, shard.keys, ask),
    );
  } catch (error) {
    const isLive = error instanceof LogFault && error.message.startsWith(IN_USE);
    if (isLive) return error.message.slice(IN_USE.length);
    throw error;
  }
}

/** A process of this machine that is gone. */
export function isDead(owner: string): boolean {
  const [host, pid] = owner.split(":");
  if (host !== hostname() || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

function sentence(slot: string, owner: string): string {
  const [host, pid] = owner.split(":");
  const whose = `is written to by pid ${pid} on ${host}`;
  return `ingress slot "${slot}" ${whose}; give each ingress of a Redis another ingress.slot`;
}

/** Says again and again that the writer lives, until it is released. */
export class SlotHold {
  private readonly appending: Appending;
  private readonly owner: SlotOwner;
  private readonly mark: PackMark;
  private readonly timer: ReturnType<typeof setInterval>;
  private renewing: Promise<void> = Promise.resolve();

  constructor(appending: Appending, owner: SlotOwner, mark: PackMark) {
    this.appending = appending;
    this.owner = owner;
    this.mark = mark;
    this.timer = setInterval(() => this.renew(), owner.heldMs / RENEWALS);
    this.timer.unref();
  }

  private renew(): void {
    this.renewing = this.renewing.then(() => this.say(this.owner.name));
  }

  /** One try: an append that is refused says more than this could. */
  private async say(owner: string): Promise<void> {
    const { shard, link } = this.appending;
    const { slot, term } = this.mark;
    const args = [shard.venue, slot, String(term), owner];
    await link.tryOnce((connection) => connection.script(HOLD_SLOT, shard.keys, args));
  }

  stop(): void {
    clearInterval(this.timer);
  }

  async release(): Promise<void> {
    this.stop();
    await this.renewing;
    await this.say("");
  }
}
