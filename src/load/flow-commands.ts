/**
 * FlowCommands: the messages of a workload as commands of two accounts, gathered into frames.
 *
 *   accounts 2   buys are the first's, sells the second's (index 0 and 1)
 *   accounts 1   everything is the first's, so that batches get full
 *
 * Cancels and modifies belong to whoever sent the last new order with that id. A frame holds
 * messages that follow each other and have one account, `batchMax` of them at most; so frames in
 * their order are the flow in its order.
 */
import * as codes from "../protocol/codes.ts";
import { encodeCancel, encodeNewOrder, encodeReplace } from "../protocol/commands.ts";
import { type Message, MESSAGE_CANCEL, MESSAGE_NEW, type Workload } from "./workload.ts";

export interface CutOptions {
  readonly accounts: 1 | 2;
  readonly batchMax: number;
  readonly market: number;
}

/** Messages `first` to `first + commands.length - 1`. */
export interface CutFrame {
  readonly first: number;
  /** Index of the account: 0 or 1. */
  readonly owner: 0 | 1;
  readonly commands: readonly Uint8Array[];
}

export function* cutFrames(workload: Workload, options: CutOptions): Generator<CutFrame> {
  const owners = new Map<bigint, 0 | 1>();
  let owner: 0 | 1 = 0;
  let first = 0;
  let commands: Uint8Array[] = [];
  for (let i = 0; i < workload.count; i++) {
    const message = workload.message(i);
    const its = ownerOf(message, owners, options.accounts);
    if (commands.length > 0 && (its !== owner || commands.length >= options.batchMax)) {
      yield { first, owner, commands };
      commands = [];
    }
    if (commands.length === 0) first = i;
    owner = its;
    commands.push(commandOf(message, options.market));
  }
  if (commands.length > 0) yield { first, owner, commands };
}

function ownerOf(message: Message, owners: Map<bigint, 0 | 1>, accounts: 1 | 2): 0 | 1 {
  if (accounts === 1) return 0;
  if (message.type === MESSAGE_NEW) owners.set(message.orderId, message.side === 0 ? 0 : 1);
  return owners.get(message.orderId) ?? 0;
}

function commandOf(message: Message, market: number): Uint8Array {
  const { orderId, price, quantity } = message;
  if (message.type === MESSAGE_CANCEL) return encodeCancel(market, orderId);
  if (message.type !== MESSAGE_NEW) return encodeReplace(market, orderId, price, quantity);
  return encodeNewOrder({
    market,
    side: message.side === 0 ? codes.SIDE_BUY : codes.SIDE_SELL,
    type: codes.TYPE_LIMIT,
    tif: message.ioc ? codes.TIF_IOC : codes.TIF_GTC,
    clientOrderId: orderId,
    price,
    quantity,
    stp: codes.STP_NONE,
    postOnly: codes.POST_ONLY_OFF,
  });
}

/** What the two accounts must own so that no order of the flow ever lacks funds. */
export interface FlowFunds {
  /** Of the quote asset: all that any buy could ever pay or hold. */
  readonly quote: number;
  /** Of the base asset. */
  readonly base: number;
}

/** At 1 unit of base per lot and 1 unit of quote per tick and lot, without fees. */
export function fundsFor(workload: Workload): FlowFunds {
  let quote = 0;
  let base = 0;
  for (let i = 0; i < workload.count; i++) {
    const { type, price, quantity } = workload.message(i);
    if (type === MESSAGE_CANCEL) continue;
    // Sides of modifies are not looked up: both sides may cost what the flow names in all.
    quote += price * quantity;
    base += quantity;
  }
  return { quote: Math.max(1, quote), base: Math.max(1, base) };
}
