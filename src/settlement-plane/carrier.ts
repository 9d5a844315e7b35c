/**
 * Carrier: brings what shards owe each other from the one's log into the other's (RULES 11).
 *
 *   source s: ex, compared -> outbox -> run for d -\
 *   directory: ex, compared -> run for all --------+-> one frame -> ingress of d -> in:{d}
 *                                                            settlement's engine of d says applied
 *
 * For each destination one frame is on its way at a time, entries of a run in the order of their
 * numbers, a credit only behind the directory entries that its source had, and none that its
 * source's export, where there is one, does not hold (outbox.ts). What is not seen applied in time
 * goes again; the engine takes each number once. A run that is refused waits longer from try to try
 * and holds up no other.
 */
import type { Logger } from "../edges/logger.ts";
import { BATCH_COUNT_MAX, SHARD_ALL } from "../protocol/codes.ts";
import type { Carry } from "../protocol/commands.ts";
import type { CarryDesk } from "./carry-desk.ts";
import { CarryLane, sayNotCarried } from "./carry-lane.ts";
import type { Outbox } from "./outbox.ts";

/** How far settlement's own engine has brought a shard. */
export interface ShardLinks {
  /** Directory entries written or applied. */
  directory(): number;
  /** Number of the last entry applied from that shard; null if it is not known. */
  applied(source: number): number | null;
  /** Number of the last entry written for that shard; 0 if it is not known. */
  written(destination: number): number;
}

export interface CarrierParts {
  /** The shard that leads the directory. */
  readonly origin: number;
  readonly outboxes: ReadonlyMap<number, Outbox>;
  readonly links: ReadonlyMap<number, ShardLinks>;
  readonly desks: ReadonlyMap<number, CarryDesk>;
  readonly batchMax: number;
  /** Whether this settlement leads: of two, one carries. */
  readonly mayCarry: () => boolean;
  readonly logger: Logger;
  readonly stop: AbortSignal;
}

/** An entry on its way, and the run that it is of. */
interface Sent {
  readonly lane: CarryLane;
  readonly carry: Carry;
}

const SEEN_MS_MAX = 1000;
/** Somebody else may carry too, and a shard may become known. */
const LOOK_MS = 500;

export class Carrier {
  readonly counts = { frames: 0, entries: 0 };
  private readonly parts: CarrierParts;
  private readonly lanes = new Map<number, CarryLane[]>();
  private moved = Promise.withResolvers<void>();
  private turn = 0;

  constructor(parts: CarrierParts) {
    this.parts = parts;
    for (const destination of parts.desks.keys())
      this.lanes.set(destination, this.lanesTo(destination));
    parts.stop.addEventListener("abort", () => this.notify());
  }

  /** Something was compared, or applied: there may be work. */
  notify(): void {
    this.moved.resolve();
    this.moved = Promise.withResolvers();
  }

  /** Entries that are written and not yet applied, all runs that this settlement carries. */
  get inFlight(): number {
    let count = 0;
    for (const [destination, lanes] of this.lanes) {
      for (const lane of lanes) {
        const applied = this.applied(lane, destination) ?? 0;
        count += Math.max(0, this.written(lane, destination) - applied);
      }
    }
    return count;
  }

  /** The longest that entries for that shard have waited while none of their run was applied. */
  stalledMs(destination: number): number {
    const lanes = this.lanes.get(destination) ?? [];
    return Math.max(0, ...lanes.map((lane) => lane.stalledMs));
  }

  /** Carries until stopped. */
  async run(): Promise<void> {
    await Promise.all([...this.lanes.keys()].map((destination) => this.serve(destination)));
  }

  private lanesTo(destination: number): CarryLane[] {
    const { outboxes, origin } = this.parts;
    const lanes: CarryLane[] = [];
    if (destination !== origin && outboxes.has(origin)) lanes.push(new CarryLane(origin, true));
    for (const source of outboxes.keys()) {
      if (source !== destination) lanes.push(new CarryLane(source, false));
    }
    return lanes;
  }

  private async serve(destination: number): Promise<void> {
    const { stop } = this.parts;
    while (!stop.aborted) {
      const sent = this.parts.mayCarry() ? await this.gather(destination) : [];
      this.watch(destination);
      if (sent.length === 0) await this.pause(LOOK_MS);
      else await this.carry(destination, sent);
    }
  }

  private watch(destination: number): void {
    for (const lane of this.lanes.get(destination) ?? []) {
      lane.watch(this.written(lane, destination), this.applied(lane, destination) ?? 0);
      const why = this.parts.mayCarry() ? lane.unarchivedFor() : null;
      if (why !== null) sayNotCarried(this.parts.logger, lane, destination, why);
    }
  }

  /** The next entries that the destination can apply, as many as one frame holds. */
  private async gather(destination: number): Promise<Sent[]> {
    const sent: Sent[] = [];
    let directory = this.links(destination)?.directory() ?? 0;
    const lanes = this.lanes.get(destination) ?? [];
    const awake = lanes.filter((lane) => !lane.isResting);
    // The directory comes first; from the others it is another one that begins each time.
    const first = this.turn++ % Math.max(1, awake.length);
    const credits = [...awake.slice(first), ...awake.slice(0, first)];
    const ordered = [
      ...awake.filter((lane) => lane.isDirectory),
      ...credits.filter((lane) => !lane.isDirectory),
    ];
    for (const lane of ordered) {
      const taken = await this.take(lane, destination, { directory, room: this.room(sent) });
      if (lane.isDirectory) directory += taken.length;
      for (const carry of taken) sent.push({ lane, carry });
    }
    return sent;
  }

  private room(sent: readonly Sent[]): number {
    return Math.min(this.parts.batchMax, BATCH_COUNT_MAX) - sent.length;
  }

  private async take(
    lane: CarryLane,
    destination: number,
    bounds: { readonly directory: number; readonly room: number },
  ): Promise<Carry[]> {
    const outbox = this.parts.outboxes.get(lane.source);
    const applied = this.applied(lane, destination);
    const taken: Carry[] = [];
    if (outbox === undefined || applied === null) return taken;
    const name = lane.isDirectory ? SHARD_ALL : destination;
    if (outbox.runOf(name).lacks) await outbox.refill(name);
    const run = outbox.runOf(name);
    const leads = destination === this.parts.origin;
    const { mayLeave } = outbox;
    lane.isUnarchived = false;
    for (let number = applied + 1; taken.length < bounds.room; number++) {
      const kept = run.get(number);
      if (kept === null) break;
      lane.isUnarchived = kept.position > mayLeave;
      if (lane.isUnarchived) break;
      const { carry } = kept;
      if (!lane.isDirectory && !leads && carry.directory > bounds.directory) break;
      taken.push(carry);
    }
    return taken;
  }

  private async carry(destination: number, sent: readonly Sent[]): Promise<void> {
    const desk = this.parts.desks.get(destination);
    if (desk === undefined) return;
    this.counts.frames++;
    this.counts.entries += sent.length;
    const { problem, rejects } = await desk.send(sent.map(({ carry }) => carry));
    const refused = new Map<CarryLane, string>();
    for (const [i, { lane }] of sent.entries()) {
      const name = problem === "" ? rejects.get(i) : problem;
      if (name !== undefined && !refused.has(lane)) refused.set(lane, name);
    }
    await this.untilSeen(destination, sent, refused);
    const firsts = new Map(sent.map(({ lane, carry }) => [lane, carry.number] as const).reverse());
    for (const [lane, first] of firsts) {
      if ((this.applied(lane, destination) ?? 0) >= first) {
        lane.awaken();
        continue;
      }
      const why = refused.get(lane) ?? "it is not seen applied yet";
      const said = lane.rest(why, () => this.notify());
      if (said !== null) sayNotCarried(this.parts.logger, lane, destination, said);
    }
  }

  /** Until settlement has seen all of it applied or refused, or has waited long enough. */
  private async untilSeen(
    destination: number,
    sent: readonly Sent[],
    refused: ReadonlyMap<CarryLane, string>,
  ): Promise<void> {
    const last = new Map(sent.map(({ lane, carry }) => [lane, carry.number]));
    const isOver = ([lane, number]: [CarryLane, number]): boolean =>
      refused.has(lane) || (this.applied(lane, destination) ?? 0) >= number;
    const until = performance.now() + SEEN_MS_MAX;
    while (performance.now() < until && !this.parts.stop.aborted) {
      if ([...last].every(isOver)) return;
      await this.pause(SEEN_MS_MAX);
    }
  }

  private links(shard: number): ShardLinks | undefined {
    return this.parts.links.get(shard);
  }

  /** Null where the destination does not know the source. */
  private applied(lane: CarryLane, destination: number): number | null {
    const links = this.links(destination);
    if (links === undefined) return null;
    return lane.isDirectory ? links.directory() : links.applied(lane.source);
  }

  private written(lane: CarryLane, destination: number): number {
    const links = this.links(lane.source);
    return (lane.isDirectory ? links?.directory() : links?.written(destination)) ?? 0;
  }

  /** Until something moves, at most for that long. */
  private async pause(ms: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, ms);
    await Promise.race([this.moved.promise, late.promise]);
    clearTimeout(timer);
  }
}
