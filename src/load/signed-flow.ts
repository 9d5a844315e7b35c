/**
 * SignedFlow: a workload as finished frames, signed before the clock starts.
 *
 *   frame 0 .. n-1      the flow, in its order
 *   frame n, n+1        the end marks, one of each account: behind them nothing more is said
 *
 * A report names its frame by the tag (the first 8 bytes of the frame's hash), so `indexOf` finds
 * what it answers. The same keys, venue and market give the same bytes again, tags too.
 */
import { sha256 } from "../base/hash.ts";
import * as codes from "../protocol/codes.ts";
import { encodeCancel, encodeMassCancel } from "../protocol/commands.ts";
import { signFrame } from "../protocol/frame.ts";
import { cutFrames } from "./flow-commands.ts";
import type { DeskKey, DeskPlace } from "./operator-desk.ts";
import type { Workload } from "./workload.ts";

export interface SignOptions {
  readonly place: DeskPlace;
  readonly market: number;
  /** Who signs for index 0 and 1; the same one twice if one account does it all. */
  readonly traders: readonly [DeskKey, DeskKey];
  readonly batchMax: number;
  /** The end marks leave the book as it is; otherwise they cancel what rests. */
  readonly keepBook: boolean;
}

/** No flow has an order with it. */
const NO_ORDER = 2n ** 64n - 1n;

export class SignedFlow {
  readonly frames: Uint8Array[] = [];
  /** By frame: its first message. */
  readonly firsts: number[] = [];
  /** By frame: the account that signed. */
  readonly accounts: number[] = [];
  readonly messageCount: number;
  /** Frames that belong to the flow; those behind are end marks. */
  readonly flowCount: number;
  private readonly byTag = new Map<number, number>();
  private readonly nonces = new Map<number, number>();
  private readonly options: SignOptions;

  constructor(workload: Workload, options: SignOptions) {
    this.options = options;
    this.messageCount = workload.count;
    const { traders, batchMax, market, keepBook } = options;
    const accounts = traders[0].account === traders[1].account ? 1 : 2;
    for (const cut of cutFrames(workload, { accounts, batchMax, market })) {
      this.add(traders[cut.owner], cut.first, cut.commands);
    }
    this.flowCount = this.frames.length;
    const mark = keepBook ? encodeCancel(market, NO_ORDER) : encodeMassCancel(market, 0);
    for (const trader of traders.slice(0, accounts)) this.add(trader, workload.count, [mark]);
  }

  get bytes(): number {
    return this.frames.reduce((sum, frame) => sum + frame.length, 0);
  }

  /** The frame whose hash begins with the 8 bytes at `at`, or -1. */
  indexOf(view: DataView, at: number): number {
    return this.byTag.get(tagAt(view, at)) ?? -1;
  }

  private add(by: DeskKey, first: number, commands: readonly Uint8Array[]): void {
    const { venue, shard } = this.options.place;
    const { account, key, signer } = by;
    const nonce = (this.nonces.get(key) ?? 0) + 1;
    this.nonces.set(key, nonce);
    const header = { kind: codes.FRAME_TRADER, shard, venue, account, key, nonce, expiry: 0 };
    const frame = signFrame(header, commands, (message) => signer.sign(message));
    const hash = sha256(frame);
    this.byTag.set(tagAt(new DataView(hash.buffer), 0), this.frames.length);
    this.frames.push(frame);
    this.firsts.push(first);
    this.accounts.push(account);
  }

  /** Two frames share a tag, so that reports cannot be told apart. Once in 10^5 large flows. */
  get isAmbiguous(): boolean {
    return this.byTag.size !== this.frames.length;
  }
}

/** 52 bits of the tag as a number. */
function tagAt(view: DataView, at: number): number {
  return (view.getUint32(at + 4, true) >>> 12) * 2 ** 32 + view.getUint32(at, true);
}
