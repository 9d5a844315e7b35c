/**
 * DisconnectDesk: the mass cancels that one connection's traders signed in advance, for when it
 * ends.
 *
 *   frame of kind disconnect -> kept, one an account, the newest -> the connection ends -> in:{s}
 *
 * It ends by logout, loss, silence, a full queue or a server that drains: all the same. Nothing
 * is appended for a key that has logged on elsewhere since; what gets into the log all the same
 * the engine refuses, for the frame names the logon that it goes with. An ingress that is killed
 * sends nothing: that is what the dead-man timer is for.
 */
import { viewOf } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import { readFrameHeader } from "../protocol/frame.ts";
import type { AccountFeed } from "./account-feed.ts";
import type { ShardDoor } from "./shard-door.ts";

/** A log without room is asked again after this time. */
const AGAIN_MS = 250;

interface Kept {
  readonly frame: Uint8Array;
  readonly feed: AccountFeed;
}

export class DisconnectDesk {
  /** By account; never more than the connection has feeds. */
  private readonly kept = new Map<number, Kept>();
  /** The newest logon of each account, be it taken or on its way. */
  private readonly newest = new Map<number, AccountFeed>();

  get isEmpty(): boolean {
    return this.kept.size === 0;
  }

  /** A logon is on its way: frames that name it may come at once. */
  expect(feed: AccountFeed): void {
    this.newest.set(feed.account, feed);
  }

  /** Keeps a copy of an admitted frame; `current`: what its account's reports come by. */
  keep(frame: Uint8Array, current: AccountFeed | undefined): number {
    const { account, key, nonce } = readFrameHeader(viewOf(frame), 0);
    const logons = [this.newest.get(account), current].filter((feed) => feed?.key === key);
    if (logons.length === 0) return codes.REJECT_NOT_LOGGED_ON;
    const feed = logons.find((one) => one?.nonce === nonce);
    if (feed === undefined) return codes.REJECT_LOGON_GONE;
    this.kept.set(account, { frame: frame.slice(), feed });
    return codes.ACCEPTED;
  }

  /** The engine refused the logon that this feed was to follow. */
  forget(feed: AccountFeed): void {
    if (this.newest.get(feed.account) === feed) this.newest.delete(feed.account);
    if (this.kept.get(feed.account)?.feed === feed) this.kept.delete(feed.account);
  }

  /** The connection has ended, or is about to: everything goes to the log. */
  handOver(door: ShardDoor, stop: AbortSignal): void {
    for (const { frame, feed } of this.kept.values()) {
      if (door.isLastLogon(feed.key, feed.loggedOnAt)) append(door, frame, stop);
    }
    this.kept.clear();
  }
}

/**
 * Past the limits that orders have: a cancel does no harm late, and there may be no other chance.
 * It waits for room in the queue, and in the log while the server goes on.
 */
function append(door: ShardDoor, frame: Uint8Array, stop: AbortSignal): void {
  const again = (): void => append(door, frame, stop);
  const later = (): void => {
    if (!stop.aborted) setTimeout(again, AGAIN_MS);
  };
  // Sent twice, it has one effect.
  const origin = {
    onReport: () => undefined,
    onDone: () => undefined,
    onRefused: later,
    onLost: later,
  };
  if (!door.queue.push(frame, origin)) door.queue.whenRoom(again);
}
