/**
 * MarketFlow: random commands for all markets of one shard, from a seed.
 *
 *   the first of each market   a limit order, so that none is left out
 *   then, a market at random   limit 45 %, of them some post-only, immediate-or-cancel 20 %,
 *                              cancel 20 % and replace 15 % of an order of this account
 *
 * Two accounts, buyer and seller in turns, so that most trades are between them; an order that
 * would meet its own account's is canceled.
 */
import type { Prng } from "../../src/base/prng.ts";
import { cancelCommand, placeCommand, replaceCommand } from "../../src/client/order-request.ts";

export const ACCOUNTS = 2;

/** Ticks around which all markets trade, and how far from there. */
const PRICE = 10_000;
const SPREAD = 20;
const LOTS_MAX = 100;
/** An account remembers so many of its orders, to cancel and replace them. */
const REMEMBERED = 4096;

interface Placed {
  readonly market: number;
  readonly clientOrderId: bigint;
}

export class MarketFlow {
  private readonly random: Prng;
  private readonly markets: readonly number[];
  private readonly placed: Placed[][] = [[], []];
  private orders = 0;
  private turn = 0;

  constructor(random: Prng, markets: readonly number[]) {
    this.random = random;
    this.markets = markets;
  }

  /** The next commands, and whose they are: 0 or 1. */
  next(count: number): { account: number; commands: Uint8Array[] } {
    const account = this.turn++ % ACCOUNTS;
    const commands = Array.from({ length: count }, () => this.command(account));
    return { account, commands };
  }

  private command(account: number): Uint8Array {
    const first = this.markets[this.orders];
    if (first !== undefined) return this.place(account, first, {});
    const dice = this.random.below(100);
    const own = this.placed[account]!;
    const known = own[this.random.below(Math.max(1, own.length))];
    if (dice < 20 && known !== undefined) return cancelCommand(known);
    if (dice < 35 && known !== undefined) {
      return replaceCommand({ ...known, price: this.price(), quantity: this.quantity() });
    }
    const market = this.markets[this.random.below(this.markets.length)]!;
    if (dice < 55) return this.place(account, market, { timeInForce: "ioc" });
    return this.place(account, market, dice < 65 ? { postOnly: "reject" } : {});
  }

  private place(
    account: number,
    market: number,
    more: { timeInForce?: "ioc"; postOnly?: "reject" },
  ): Uint8Array {
    const clientOrderId = BigInt(++this.orders);
    const own = this.placed[account]!;
    const at = own.length < REMEMBERED ? own.length : this.random.below(REMEMBERED);
    own[at] = { market, clientOrderId };
    const isMostly = this.random.chance(80);
    return placeCommand({
      market,
      clientOrderId,
      side: isMostly === (account === 0) ? "buy" : "sell",
      price: this.price(),
      quantity: this.quantity(),
      selfTradePrevention: "cancel_taker",
      ...more,
    });
  }

  private price(): number {
    return this.random.between(PRICE - SPREAD, PRICE + SPREAD);
  }

  private quantity(): number {
    return this.random.between(1, LOTS_MAX);
  }
}
