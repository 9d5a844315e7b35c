/**
 * Redis writers: every append is one script call that may be repeated.
 *
 *   in   (slot, term, pack number) names a pack: repeated, it is answered and not appended again
 *   ex   (epoch, tip before, tip after) does the same; see redis-execution-writer.ts
 *
 * While an outcome is unknown nothing else is appended. Once it stays unknown for too long, or
 * somebody else writes, the writer is over and says so to every later call.
 */
import { assert } from "../base/assert.ts";
import { FRAME_SIZE_MAX } from "../protocol/record.ts";
import { type Appended, type InputWriter, LogFull } from "./log.ts";
import {
  type Argument,
  listOf,
  numberOf,
  type RedisConnection,
  RedisRefusal,
  type Reply,
  type Script,
} from "./redis-connection.ts";
import { haltedFrame } from "./halted-frame.ts";
import { encodeFrames } from "./redis-entries.ts";
import type { RedisLink, SettleOptions } from "./redis-link.ts";
import { type Marks, type PackMark, type RedisShard, refuseVoid } from "./redis-marks.ts";
import { APPEND_IN } from "./redis-scripts.ts";
import { type SlotOwner, SlotHold, takeSlot } from "./redis-slot.ts";

/** One WAIT; then the append is looked at again, and waited for again. */
const WAIT_MS = 1000;

interface RunOptions extends SettleOptions {
  /** Part of the step: on the same connection, behind the script. */
  readonly after?: (connection: RedisConnection) => Promise<void>;
  /** It has thrown for good: what it knew binds nobody any more. */
  readonly onOver?: () => void;
}

/** Appends one after the other over one link, and stops for good at the first that throws. */
export class Appending {
  readonly shard: RedisShard;
  readonly link: RedisLink;
  isBusy = false;
  private over: Error | null = null;

  constructor(shard: RedisShard, link: RedisLink) {
    this.shard = shard;
    this.link = link;
  }

  async run(
    what: string,
    script: Script,
    args: () => Argument[],
    { after, onOver, ...options }: RunOptions = {},
  ): Promise<Reply> {
    assert(!this.isBusy, "one append is in flight at most");
    if (this.over !== null) throw this.over;
    this.isBusy = true;
    const { shard, keys, venue } = this.shard;
    const step = async (connection: RedisConnection): Promise<Reply> => {
      const reply = await connection.script(script, keys, [venue, ...args()]);
      await after?.(connection);
      return reply;
    };
    try {
      return await this.link.settle(`${what} of shard ${shard}`, step, options);
    } catch (error) {
      if (error instanceof LogFull) throw error;
      this.over = error instanceof Error ? error : new Error(String(error));
      onOver?.();
      throw error;
    } finally {
      this.isBusy = false;
    }
  }
}

export interface InputWriterOptions {
  /** Name of this writer among those of the shard, the same after a restart. */
  readonly slot: string;
  readonly owner: SlotOwner;
  readonly clockDifferenceMsMax: number;
  readonly marks: Marks;
}

export class RedisInputWriter implements InputWriter {
  private readonly appending: Appending;
  private readonly options: InputWriterOptions;
  private readonly hold: SlotHold;
  private readonly mark: PackMark;

  private constructor(appending: Appending, options: InputWriterOptions, mark: PackMark) {
    this.appending = appending;
    this.options = options;
    this.mark = mark;
    options.marks.packs.add(mark);
    this.hold = new SlotHold(appending, options.owner, mark);
  }

  static async open(
    shard: RedisShard,
    link: RedisLink,
    options: InputWriterOptions,
  ): Promise<RedisInputWriter> {
    const appending = new Appending(shard, link);
    const mark = await takeSlot(appending, options.slot, options.owner);
    return new RedisInputWriter(appending, options, mark);
  }

  tip(): number {
    return this.mark.last;
  }

  async append(frames: readonly Uint8Array[]): Promise<Appended> {
    const appended = await this.appendPack(frames, []);
    assert(appended !== null, "only to a halted shard is a frame not taken without a word");
    return appended;
  }

  async appendToHalted(frame: Uint8Array, mark: string): Promise<Appended | null> {
    const { position, isCure } = haltedFrame(frame);
    return this.appendPack([frame], [mark, String(position), ...(isCure ? ["cure"] : [])]);
  }

  /** `halted`: for a halted shard its mark, the record that the frame names, and if it is a cure. */
  private async appendPack(
    frames: readonly Uint8Array[],
    halted: readonly string[],
  ): Promise<Appended | null> {
    assert(frames.length > 0, "a pack has a frame or a tick");
    for (const { length } of frames) {
      assert(length <= FRAME_SIZE_MAX, "a frame was checked before it is appended");
    }
    const blob = encodeFrames(frames);
    const { mark } = this;
    refuseVoid(mark);
    // The generation may have been raised by others while nothing of ours was lost.
    const args = (): Argument[] => [
      String(mark.generation),
      mark.slot,
      String(mark.term),
      String(mark.pack + 1),
      String(frames.length),
      String(Date.now() * 1000),
      String(this.options.clockDifferenceMsMax * 1000),
      String(mark.last),
      blob,
      ...halted,
    ];
    const options = { throwsFull: true, onOver: () => this.retire() };
    const reply = await this.appending.run("append to in", APPEND_IN, args, options);
    const [first, last, logTime] = threeOf(reply);
    if (halted.length > 0 && first === 0) return null;
    assert(last - first + 1 === frames.length, "a pack gets as many positions as it has frames");
    mark.pack++;
    mark.last = last;
    return { first, last, logTime };
  }

  private retire(): void {
    this.options.marks.packs.delete(this.mark);
    this.hold.stop();
  }

  async close(): Promise<void> {
    this.retire();
    await this.hold.release();
    this.appending.link.close();
  }
}

function threeOf(reply: Reply): [number, number, number] {
  const [a, b, c] = listOf(reply);
  return [numberOf(a), numberOf(b), numberOf(c)];
}

/** The number that Redis answers counts: it answers after the time too, with fewer. */
export function waitFor(replicas: number): (connection: RedisConnection) => Promise<void> {
  return async (connection) => {
    if (replicas === 0) return;
    const ask = ["WAIT", `${replicas}`, `${WAIT_MS}`];
    const held = numberOf(await connection.command(ask, WAIT_MS));
    if (held < replicas) throw new RedisRefusal(`REPLICAS ${held} of ${replicas} hold it`);
  };
}
