/**
 * CarryDesk: Carry commands for one shard, signed with settlement's own key and handed to ingress
 * like anybody's frame.
 *
 * The nonce stands above every one that the shard is known to have used, and is the term's modulo
 * TERMS_APART: two settlements that both believe to lead use one key, and never one nonce. A frame
 * whose outcome stays unknown needs no care: its entries are numbered, so a second copy of one is
 * refused.
 */
import type { Signer } from "../edges/keys.ts";
import { FRAME_OPERATOR } from "../protocol/codes.ts";
import { type Carry, encodeCarry } from "../protocol/commands.ts";
import { signFrame } from "../protocol/frame.ts";

/** What ingress said of one frame. */
export interface Delivery {
  /** "" when the engine had it; else why not, or why that is not known. */
  readonly problem: string;
  /** Highest nonce of the key, where the refusal says it; else 0. */
  readonly nonceHigh: number;
  /** By index in the frame: names of the codes of commands that were rejected. */
  readonly rejects: ReadonlyMap<number, string>;
}

/** Hands a signed frame to the ingress of a shard. Never throws. */
export type Deliver = (shard: number, frame: Uint8Array) => Promise<Delivery>;

export interface CarryDeskParts {
  readonly shard: number;
  readonly venue: Uint8Array;
  readonly signer: Signer;
  /** The carry key on that shard and the highest nonce it has used; null if it has no such key. */
  readonly keyOf: (publicKey: Uint8Array) => { key: number; high: number } | null;
  readonly deliver: Deliver;
  /** Of the turn in which this settlement leads. */
  readonly term: () => number;
}

/** Far below the bitmap of used nonces, so that steps of it cost nothing. */
const TERMS_APART = 16;

/** The next nonce of this term above `high`. */
export function nonceAbove(high: number, term: number): number {
  const own = term % TERMS_APART;
  return high + 1 + ((own - ((high + 1) % TERMS_APART) + TERMS_APART) % TERMS_APART);
}

export class CarryDesk {
  private readonly parts: CarryDeskParts;
  private nonceHigh = 0;

  constructor(parts: CarryDeskParts) {
    this.parts = parts;
  }

  async send(carries: readonly Carry[]): Promise<Delivery> {
    const { shard, venue, signer, deliver } = this.parts;
    const known = this.parts.keyOf(signer.publicKey);
    if (known === null) {
      return { problem: "the carry key is not known there", nonceHigh: 0, rejects: new Map() };
    }
    this.nonceHigh = nonceAbove(Math.max(this.nonceHigh, known.high), this.parts.term());
    const { key } = known;
    const nonce = this.nonceHigh;
    const header = { kind: FRAME_OPERATOR, shard, venue, account: 0, key, nonce, expiry: 0 };
    const frame = signFrame(header, carries.map(encodeCarry), (message) => signer.sign(message));
    const delivery = await deliver(shard, frame);
    this.nonceHigh = Math.max(this.nonceHigh, delivery.nonceHigh);
    return delivery;
  }
}
