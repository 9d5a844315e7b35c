/**
 * Keys: who may sign for an account, what for, and which nonces are used up. Ids 1, 2, 3 ...
 *
 *   account, scopes, expiry, revoked, high, reference   by key id
 *   logon       nonce of the last logon, 0 when none was or a disconnect frame has used it up
 *   publicKey   32 bytes per key
 *   window      1,024 bits per key: bit n mod 1024 tells whether nonce n, of the 1,024 numbers up
 *               to `high`, was used; bit b is bit (b & 31) of word b >> 5
 *   next        the account's next key, 0 none
 *   cells       open addressing by public key, at most half full; a key is never taken back
 */
import { assert } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import { cellCountFor, Mixer } from "../ledger/mixer.ts";
import { NONCE_WINDOW } from "../protocol/codes.ts";
import type { Accounts } from "./accounts.ts";

const PUBLIC_KEY_SIZE = 32;
const WINDOW_WORDS = NONCE_WINDOW / 32;

export class Keys {
  /** Highest key id. */
  count = 0;
  readonly max: number;
  readonly account: Uint32Array;
  readonly scopes: Uint32Array;
  readonly expiry: Float64Array;
  readonly revoked: Uint8Array;
  readonly high: Float64Array;
  readonly reference: Float64Array;
  readonly logon: Float64Array;
  readonly next: Uint32Array;
  readonly window: Uint32Array;
  private readonly publicKeys: Uint8Array;
  private readonly cells: Uint32Array;
  private readonly mask: number;
  private readonly mixer: Mixer;

  constructor(keysMax: number, seed: number) {
    this.max = keysMax;
    const slots = keysMax + 1;
    this.account = new Uint32Array(slots);
    this.scopes = new Uint32Array(slots);
    this.expiry = new Float64Array(slots);
    this.revoked = new Uint8Array(slots);
    this.high = new Float64Array(slots);
    this.reference = new Float64Array(slots);
    this.logon = new Float64Array(slots);
    this.next = new Uint32Array(slots);
    this.window = new Uint32Array(slots * WINDOW_WORDS);
    this.publicKeys = new Uint8Array(slots * PUBLIC_KEY_SIZE);
    const cellCount = cellCountFor(slots);
    this.cells = new Uint32Array(cellCount);
    this.mask = cellCount - 1;
    this.mixer = new Mixer(seed);
  }

  has(key: number): boolean {
    return key >= 1 && key <= this.count;
  }

  publicKey(key: number): Uint8Array {
    return this.publicKeys.subarray(key * PUBLIC_KEY_SIZE, (key + 1) * PUBLIC_KEY_SIZE);
  }

  /** The key with this public key, revoked or not, or 0. */
  find(publicKey: Uint8Array): number {
    let cell = this.home(publicKey);
    for (;;) {
      const key = this.cells[cell]!;
      if (key === 0 || equalBytes(this.publicKey(key), publicKey)) return key;
      cell = (cell + 1) & this.mask;
    }
  }

  private home(publicKey: Uint8Array): number {
    let hash = 0;
    for (let i = 0; i < PUBLIC_KEY_SIZE; i += 8) {
      hash = this.mixer.mix(wordAt(publicKey, i), wordAt(publicKey, i + 4), hash);
    }
    return hash & this.mask;
  }

  /** A new key of the account: fresh nonces, all else as given. */
  add(accounts: Accounts, account: number, publicKey: Uint8Array): number {
    assert(this.count < this.max, "room for a key is checked before it is added");
    const key = this.count + 1;
    this.place(accounts, account, key, publicKey);
    return key;
  }

  /** The same under a given id, above those that the account has. */
  place(accounts: Accounts, account: number, key: number, publicKey: Uint8Array): void {
    this.count = Math.max(this.count, key);
    this.account[key] = account;
    this.publicKeys.set(publicKey, key * PUBLIC_KEY_SIZE);
    const last = accounts.lastKey[account]!;
    if (last === 0) accounts.firstKey[account] = key;
    else this.next[last] = key;
    accounts.lastKey[account] = key;
    let cell = this.home(publicKey);
    while (this.cells[cell] !== 0) cell = (cell + 1) & this.mask;
    this.cells[cell] = key;
  }

  /** For a nonce within the window. */
  isUsed(key: number, nonce: number): boolean {
    const bit = nonce % NONCE_WINDOW;
    return ((this.window[key * WINDOW_WORDS + (bit >> 5)]! >>> (bit & 31)) & 1) === 1;
  }

  /** Marks a nonce within the window or above it, which moves the window up. */
  use(key: number, nonce: number): void {
    const high = this.high[key]!;
    if (nonce > high) {
      if (nonce - high > 1) this.clear(key, high + 1, nonce);
      this.high[key] = nonce;
    }
    const bit = nonce % NONCE_WINDOW;
    const at = key * WINDOW_WORDS + (bit >> 5);
    this.window[at] = this.window[at]! | (1 << (bit & 31));
  }

  /** The bits of the nonces from `from` to below `to`, at most the whole window. */
  private clear(key: number, from: number, to: number): void {
    const start = key * WINDOW_WORDS;
    if (to - from >= NONCE_WINDOW) {
      this.window.fill(0, start, start + WINDOW_WORDS);
      return;
    }
    for (let nonce = from; nonce < to; nonce++) {
      const bit = nonce % NONCE_WINDOW;
      this.window[start + (bit >> 5)] = this.window[start + (bit >> 5)]! & ~(1 << (bit & 31));
    }
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
