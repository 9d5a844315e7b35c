/**
 * GrammarWorld: what the makers of random commands look at, and the few draws they share.
 *
 * The state is the naive engine's own, so a maker knows what would be accepted and can be wrong on
 * purpose. It is read, never written.
 */
import { Prng } from "../../src/base/prng.ts";
import { cellCountFor, Mixer } from "../../src/ledger/mixer.ts";
import {
  countOrders,
  type NaiveKey,
  type NaiveMarket,
  type NaiveOrder,
  type NaiveState,
} from "../../src/naive/naive-state.ts";
import * as codes from "../../src/protocol/codes.ts";
import { type Profile, START_TIME } from "./grammar-profiles.ts";

const PICKS = 6;
const ID_BITS = 64n;
/** The edges of u64 and of its halves. */
const EDGE_IDS = [
  0n,
  1n,
  2n,
  0xffff_ffffn,
  1n << 32n,
  (1n << 63n) - 1n,
  1n << 63n,
  ~(-1n << ID_BITS),
];
/** Of ids with one low word, and of ids for one place of a table. */
const FAMILY = 24;
const GROUP_BITS = 4;
const GROUP_MASK = 15;

export class GrammarWorld {
  readonly profile: Profile;
  readonly state: NaiveState;
  readonly prng: Prng;
  logTime = START_TIME;
  private idCount = 0;
  private readonly keysByAccount = new Map<number, NaiveKey[]>();
  private keysSeen = 0;
  private known: readonly NaiveMarket[] = [];
  private readonly collidingByAccount = new Map<number, readonly bigint[]>();

  constructor(profile: Profile, state: NaiveState) {
    this.profile = profile;
    this.state = state;
    this.prng = new Prng(profile.seed ^ 0x60_70_80);
  }

  /** Whether to be wrong on purpose now. */
  spoils(): boolean {
    return this.prng.chance(this.profile.spoilPercent);
  }

  /** An account that exists, mostly one that can act; often one with an order. */
  pickAccount(): number {
    for (let i = 0; i < PICKS; i++) {
      const order = this.prng.chance(50) ? this.pickOrder() : undefined;
      const last = Math.max(1, this.state.accounts.length - 1);
      const account = order?.account.id ?? this.prng.between(1, last);
      if (this.prng.chance(5) || this.isActive(account)) return account;
    }
    return 1;
  }

  private isActive(account: number): boolean {
    const keys = this.keysOf(account);
    const able = keys.some(
      (key) => !key.revoked && (key.expiry === 0 || key.expiry > this.logTime),
    );
    return able && !this.state.accounts[account]?.suspended;
  }

  /** Whether one more order of the account may rest in the market. */
  hasPlace(account: number, market: NaiveMarket): boolean {
    const orders = this.state.accounts[account]?.orders;
    if (orders === undefined) return true;
    if (orders.size >= market.openOrdersMax) return false;
    return countOrders(this.state) < this.profile.limits.ordersMax;
  }

  keysOf(account: number): readonly NaiveKey[] {
    for (; this.keysSeen < this.state.keys.length; this.keysSeen++) {
      const key = this.state.keys[this.keysSeen]!;
      const known = this.keysByAccount.get(key.account);
      if (known === undefined) this.keysByAccount.set(key.account, [key]);
      else known.push(key);
    }
    return this.keysByAccount.get(account) ?? [];
  }

  /** A key of the account that may do this, if there is one. */
  pickKey(account: number, scope: number): NaiveKey | undefined {
    const able = this.keysOf(account).filter(
      (key) =>
        !key.revoked &&
        (key.scopes & scope) === scope &&
        (key.expiry === 0 || key.expiry >= this.logTime),
    );
    return able.length === 0 ? undefined : this.prng.pick(able);
  }

  markets(): readonly NaiveMarket[] {
    if (this.known.length !== this.state.markets.size) {
      this.known = [...this.state.markets.values()];
    }
    return this.known;
  }

  /** A market, nearly always one that takes orders. */
  pickMarket(): NaiveMarket {
    const markets = this.markets();
    const market = this.prng.pick(markets);
    if (market.state === codes.STATE_OPEN || this.spoils()) return market;
    const open = markets.filter(({ state }) => state === codes.STATE_OPEN);
    return open.length === 0 ? market : this.prng.pick(open);
  }

  /** An open order, of this account if one is named and chance finds it. */
  pickOrder(account = 0): NaiveOrder | undefined {
    const markets = this.markets();
    for (let i = 0; i < PICKS; i++) {
      const market = this.prng.pick(markets);
      const side = this.prng.pick([
        market.bids,
        market.asks,
        market.bids,
        market.asks,
        market.waiting,
      ]);
      if (side.length === 0) continue;
      // The touch is looked at more often than the depth.
      const depth = this.prng.chance(30) ? Math.min(4, side.length) : side.length;
      const order = side[side.length - 1 - this.prng.below(depth)]!;
      if (account === 0 || order.account.id === account) return order;
    }
    if (account === 0) return undefined;
    return this.state.accounts[account]?.orders.values().next().value;
  }

  /** Of an order: mostly a fresh one; ids of the profile's kind now and then. */
  clientOrderId(account: number): bigint {
    const { ids } = this.profile;
    if (ids === "fresh" || !this.prng.chance(40)) return BigInt(1_000 + this.idCount++);
    if (ids === "edges") return this.prng.pick(EDGE_IDS);
    if (ids === "low words") return (BigInt(this.prng.below(FAMILY)) << 32n) | 7n;
    if (ids === "falling") return ~(-1n << ID_BITS) - BigInt(this.idCount++);
    return this.prng.pick(this.colliding(account));
  }

  /**
   * Ids that fall on the last place of the fast engine's table of orders, or the two before it, so
   * that they pile up and go round its end. (Its layout seed is 0 in tests.)
   */
  private colliding(account: number): readonly bigint[] {
    const known = this.collidingByAccount.get(account);
    if (known !== undefined) return known;
    const found: bigint[] = [];
    const mixer = new Mixer(0);
    const mask = cellCountFor(this.profile.limits.ordersMax) - 1;
    for (let low = account << 8; found.length < FAMILY; low++) {
      const home = (mixer.mix(account, 0, low >>> GROUP_BITS) << GROUP_BITS) | (low & GROUP_MASK);
      if ((home & mask) >= mask - 2) found.push(BigInt(low));
    }
    this.collidingByAccount.set(account, found);
    return found;
  }

  /** A time soon, or now, or in a while. */
  drawGoodTill(): number {
    const { goodTillSpan } = this.profile;
    const away = this.prng.pick([0, 1, goodTillSpan, goodTillSpan, 10 * goodTillSpan]);
    return this.logTime + this.prng.between(0, away);
  }

  publicKey(): Uint8Array<ArrayBuffer> {
    return this.prng.bytes(32);
  }
}
