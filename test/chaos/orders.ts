/**
 * Orders: what a trader asks for on one shard, drawn by seed: mostly orders near one price, so that
 * they meet, and everything that is done with an order afterwards.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { CommandResult } from "../../src/client/frame-tracker.ts";
import * as requests from "../../src/client/order-request.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeTransfer, encodeWithdraw } from "../../src/protocol/commands.ts";
import { ASSETS, FUNDS, marketsOf } from "./opening.ts";

export interface OrdersTerms {
  readonly account: number;
  readonly shard: number;
  readonly shards: number;
  readonly batchMax: number;
  readonly prng: Prng;
  /** Those of a round, if absent; one that stands there twice is drawn twice as often. */
  readonly markets?: readonly number[];
  /** Of each asset; what a round's accounts are given, if absent. */
  readonly funds?: number;
}

const MID = 10_000;
const SPREAD = 40;
const OPEN_KEPT = 64;

export class Orders {
  private readonly terms: OrdersTerms;
  private readonly open: requests.OrderRef[] = [];
  private made = 0;
  private isFunded: boolean;

  constructor(terms: OrdersTerms) {
    this.terms = terms;
    this.isFunded = terms.shard !== 1 || terms.shards === 1;
  }

  /** Commands of one frame. Other shards get funds first, from the one where they entered. */
  next(): Uint8Array[] {
    const { prng, shards, batchMax, funds = FUNDS } = this.terms;
    if (!this.isFunded) {
      this.isFunded = true;
      const share = Math.floor(funds / (shards + 1));
      return ASSETS.flatMap((asset) =>
        Array.from({ length: shards - 1 }, (_, i) => encodeTransfer(i + 2, asset, share)),
      );
    }
    const count = prng.chance(30) ? prng.between(1, batchMax) : 1;
    return Array.from({ length: count }, () => this.command());
  }

  /** Orders that rest can be changed. */
  learn(results: readonly CommandResult[]): void {
    for (const { state, reports } of results) {
      const [report] = reports;
      if (state !== "open" || report?.kind !== codes.REPORT_ACCEPTED) continue;
      const { subject: market, clientOrderId } = report;
      this.open.push({ market, clientOrderId });
      if (this.open.length > OPEN_KEPT) this.open.shift();
    }
  }

  private command(): Uint8Array {
    const { prng, shards, shard } = this.terms;
    const draw = prng.below(100);
    const ref = this.open.length > 0 ? prng.pick(this.open) : null;
    if (draw < 2) return requests.cancelAllCommand({ market: this.market() });
    if (draw < 4) {
      const destination = prng.bytes(32);
      return encodeWithdraw(prng.pick(ASSETS), prng.between(1, 1000), destination);
    }
    if (draw < 10 && shards > 1) {
      const other = prng.pick(Array.from({ length: shards }, (_, i) => i + 1));
      if (other !== shard) return encodeTransfer(other, prng.pick(ASSETS), prng.between(1, 1000));
    }
    if (ref === null || draw < 68) return this.place();
    if (draw < 83) return requests.cancelCommand(ref);
    const quantity = prng.between(1, 50);
    if (draw < 92) return requests.replaceCommand({ ...ref, quantity, price: this.price() });
    return requests.reduceCommand({ ...ref, quantity });
  }

  private place(): Uint8Array {
    const { prng, account } = this.terms;
    const clientOrderId = BigInt(account * 1_000_000 + ++this.made);
    const order = {
      market: this.market(),
      side: prng.pick(["buy", "sell"] as const),
      quantity: prng.between(1, 50),
      price: this.price(),
      clientOrderId,
      selfTradePrevention: prng.pick(["none", "cancel_taker", "decrement"] as const),
    };
    const draw = prng.below(100);
    if (draw < 10) return requests.placeCommand({ ...order, timeInForce: "ioc" });
    if (draw < 15) return requests.placeCommand({ ...order, timeInForce: "fok" });
    if (draw < 25) return requests.placeCommand({ ...order, postOnly: "slide" });
    if (draw < 30) return requests.placeCommand({ ...order, type: "market" });
    const stop = { ...order, type: "stop_limit", stopPrice: this.price() } as const;
    if (draw < 33) return requests.placeCommand(stop);
    return requests.placeCommand(order);
  }

  private market(): number {
    const { prng, shard, markets = marketsOf(shard) } = this.terms;
    return prng.pick(markets);
  }

  private price(): number {
    return MID + this.terms.prng.between(-SPREAD, SPREAD);
  }
}
