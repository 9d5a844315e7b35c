/**
 * Balances: what each account has of each asset, free and held, in exact integers.
 *
 *   slot        0 is none; a slot is never given back
 *   values      [ free | held ] per slot, below 2^53 each
 *   account, asset, next   per slot; `next` chains the slots of one account, from `first`
 *
 * A slot is found by (account, asset) once and then known to whoever trades, so that a trade
 * touches `values` only. Which slots exist with nothing in them has no meaning; see RULES 8.
 */
import { assert } from "../base/assert.ts";
import { SAFE_LIMIT } from "../base/bytes.ts";
import { PairIndex } from "./pair-index.ts";

/** Slots taken at the start, at most; beyond them the table doubles. */
const START_MAX = 1 << 20;

export class Balances {
  values: Float64Array;
  account: Uint32Array;
  asset: Uint32Array;
  next: Uint32Array;
  /** By account: its newest slot. */
  readonly first: Uint32Array;
  private top = 1;
  private readonly index: PairIndex;

  constructor(accountsMax: number, assetsMax: number, seed: number) {
    const slots = Math.min(accountsMax * assetsMax, START_MAX) + 1;
    this.values = new Float64Array(2 * slots);
    this.account = new Uint32Array(slots);
    this.asset = new Uint32Array(slots);
    this.next = new Uint32Array(slots);
    this.first = new Uint32Array(accountsMax + 1);
    this.index = new PairIndex(slots, seed);
  }

  /** The slot, or 0 if the account never had this asset. */
  find(account: number, asset: number): number {
    return this.index.find(account, asset);
  }

  /** The slot, made if missing. */
  open(account: number, asset: number): number {
    const known = this.index.find(account, asset);
    if (known !== 0) return known;
    if (this.top === this.next.length) this.grow();
    const slot = this.top++;
    this.account[slot] = account;
    this.asset[slot] = asset;
    this.next[slot] = this.first[account]!;
    this.first[account] = slot;
    this.index.add(account, asset, slot);
    return slot;
  }

  free(slot: number): number {
    return this.values[2 * slot]!;
  }

  held(slot: number): number {
    return this.values[2 * slot + 1]!;
  }

  credit(slot: number, amount: number): void {
    const after = this.values[2 * slot]! + amount;
    assert(after < SAFE_LIMIT, "a balance stays below 2^53, since deposits do");
    this.values[2 * slot] = after;
  }

  debit(slot: number, amount: number): void {
    const after = this.values[2 * slot]! - amount;
    assert(after >= 0, "free funds are checked before they are taken");
    this.values[2 * slot] = after;
  }

  /** Free becomes held. */
  hold(slot: number, amount: number): void {
    const values = this.values;
    const after = values[2 * slot]! - amount;
    assert(after >= 0, "free funds are checked before they are held");
    values[2 * slot] = after;
    values[2 * slot + 1] = values[2 * slot + 1]! + amount;
  }

  /** `released` leaves what is held: `spent` of it is gone, the rest is free again. */
  spend(slot: number, released: number, spent: number): void {
    const values = this.values;
    const held = values[2 * slot + 1]! - released;
    assert(held >= 0 && spent <= released, "a hold covers its fills");
    values[2 * slot + 1] = held;
    values[2 * slot] = values[2 * slot]! + (released - spent);
  }

  /** Held becomes free. */
  release(slot: number, amount: number): void {
    this.spend(slot, amount, 0);
  }

  private grow(): void {
    this.values = larger(this.values, new Float64Array(2 * this.values.length));
    this.account = larger(this.account, new Uint32Array(2 * this.account.length));
    this.asset = larger(this.asset, new Uint32Array(2 * this.asset.length));
    this.next = larger(this.next, new Uint32Array(2 * this.next.length));
  }
}

/** `into` with the contents of `from` at its beginning. */
function larger<T extends Float64Array | Uint32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
