/**
 * Roots: the three state tries of RULES 8, brought up to date from what changed when they are
 * asked.
 *
 * Changes lists the rows; this file turns them into leaves. A removed order's key is taken out
 * before new ones are put in; arrivals are never used twice, so the two never meet.
 */
import type { StateRoots } from "../proofs/checkpointer.ts";
import { StateTrie } from "../proofs/state-trie.ts";
import { REMOVED_WORDS } from "./changes.ts";
import { LEVEL, ORDER_SHIFT } from "./order-slab.ts";
import type { State } from "./state.ts";
import * as bytes from "./state-bytes.ts";

export class Roots {
  readonly accounts = new StateTrie(4);
  readonly markets = new StateTrie(4);
  readonly books = new StateTrie(bytes.ORDER_KEY_SIZE);
  private readonly state: State;
  private readonly idKey = new Uint8Array(4);
  private readonly orderKey = new Uint8Array(bytes.ORDER_KEY_SIZE);
  private readonly orderKeyView = new DataView(this.orderKey.buffer);
  private readonly order = new Uint8Array(bytes.ORDER_STATE_SIZE);
  private readonly market = new Uint8Array(bytes.MARKET_STATE_SIZE);

  constructor(state: State) {
    this.state = state;
  }

  /** The roots of the state as it is now; costs what changed since the last time. */
  update(): StateRoots {
    const changes = this.state.changes;
    this.updateAccounts();
    this.updateMarkets();
    this.removeOrders();
    this.updateOrders();
    changes.clear();
    return {
      governing: this.state.governing,
      accounts: this.accounts.root(),
      markets: this.markets.root(),
      books: this.books.root(),
      arrivals: this.state.arrivals,
      directory: this.state.directory,
      totals: bytes.totalsBytes(this.state),
      links: bytes.linksBytes(this.state),
    };
  }

  private updateAccounts(): void {
    const { rows, count } = this.state.changes.accounts;
    for (let i = 0; i < count; i++) {
      const account = rows[i]!;
      const leaf = new Uint8Array(bytes.accountSize(this.state, account));
      bytes.writeAccount(this.state, account, new DataView(leaf.buffer), 0);
      this.accounts.set(this.keyOf(account), leaf);
    }
  }

  private keyOf(id: number): Uint8Array {
    new DataView(this.idKey.buffer).setUint32(0, id);
    return this.idKey;
  }

  private updateMarkets(): void {
    const { rows, count } = this.state.changes.markets;
    const view = new DataView(this.market.buffer);
    for (let i = 0; i < count; i++) {
      bytes.writeMarket(this.state, rows[i]!, view, 0);
      this.markets.set(this.keyOf(this.state.markets.id(rows[i]!)), this.market);
    }
  }

  private removeOrders(): void {
    const { removed, removedCount } = this.state.changes;
    const key = this.orderKeyView;
    for (let i = 0; i < removedCount; i++) {
      const at = i * REMOVED_WORDS;
      key.setUint32(0, this.state.markets.id(removed[at]!));
      key.setUint8(4, removed[at + 1]!);
      key.setUint32(5, removed[at + 2]!);
      key.setUint32(9, removed[at + 4]!);
      key.setUint32(13, removed[at + 3]!);
      this.books.delete(this.orderKey);
    }
  }

  private updateOrders(): void {
    const { changes, slab } = this.state;
    const { rows, count } = changes.orders;
    const view = new DataView(this.order.buffer);
    for (let i = 0; i < count; i++) {
      const slot = rows[i]!;
      // Listed, but gone since; the slot may also be another open order's now.
      if (slab.words[(slot << ORDER_SHIFT) + LEVEL] === 0) continue;
      bytes.writeOrderKey(this.state, slot, this.orderKeyView);
      bytes.writeOrder(this.state, slot, view, 0);
      this.books.set(this.orderKey, this.order);
      changes.keep(slot);
    }
  }
}
