/**
 * Accounts: 0 the operators, then traders 1, 2, 3 ... in the order of opening; never taken back.
 *
 *   suspended   1: only cancels are taken
 *   number      reports so far: the next one has this number + 1
 *   firstKey, lastKey   its keys by rising id, chained in keys.ts
 */
import { assert } from "../base/assert.ts";

export class Accounts {
  /** Highest account id. */
  count = 0;
  readonly max: number;
  readonly suspended: Uint8Array;
  readonly number: Float64Array;
  readonly firstKey: Uint32Array;
  readonly lastKey: Uint32Array;

  constructor(accountsMax: number) {
    this.max = accountsMax;
    this.suspended = new Uint8Array(accountsMax + 1);
    this.number = new Float64Array(accountsMax + 1);
    this.firstKey = new Uint32Array(accountsMax + 1);
    this.lastKey = new Uint32Array(accountsMax + 1);
  }

  /** The id of a new account. */
  open(): number {
    assert(this.count < this.max, "room for an account is checked before it is opened");
    return ++this.count;
  }

  /** A trader's account. */
  has(account: number): boolean {
    return account >= 1 && account <= this.count;
  }
}
