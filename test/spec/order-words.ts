/**
 * Order words: a new order in the words of a play, `buys 5 at 101`, and behind that, in any order,
 *
 *   in m2   id 7   ioc   fok   day   till 90   market   budget 300
 *   post-only   sliding   stop 100   stop-limit 100   stp taker | maker | both | decrement
 */
import * as codes from "../../src/protocol/codes.ts";
import type { NewOrder } from "../../src/protocol/commands.ts";

type Draft = { -readonly [Field in keyof NewOrder]: NewOrder[Field] };
type Option = readonly [RegExp, (draft: Draft, value: string) => void];

const STPS = ["none", "taker", "maker", "both", "decrement"];

const OPTIONS: readonly Option[] = [
  [/^in m(\d+)/, (draft, value) => (draft.market = Number(value))],
  [/^id (\d+)/, (draft, value) => (draft.clientOrderId = BigInt(value))],
  [/^ioc/, (draft) => (draft.tif = codes.TIF_IOC)],
  [/^fok/, (draft) => (draft.tif = codes.TIF_FOK)],
  [/^day/, (draft) => (draft.tif = codes.TIF_DAY)],
  [
    /^till (\d+)/,
    (draft, value) => Object.assign(draft, { tif: codes.TIF_GTD, goodTill: Number(value) }),
  ],
  [
    /^market/,
    (draft) => {
      draft.type = codes.TYPE_MARKET;
      if (draft.tif === codes.TIF_GTC) draft.tif = codes.TIF_IOC;
    },
  ],
  [/^budget (\d+)/, (draft, value) => (draft.budget = Number(value))],
  [/^post-only/, (draft) => (draft.postOnly = codes.POST_ONLY_REJECT)],
  [/^sliding/, (draft) => (draft.postOnly = codes.POST_ONLY_SLIDE)],
  [/^stop (\d+)/, (draft, value) => stop(draft, codes.TYPE_STOP, value)],
  [/^stop-limit (\d+)/, (draft, value) => stop(draft, codes.TYPE_STOP_LIMIT, value)],
  [/^stp (\w+)/, (draft, value) => (draft.stp = stpOf(value))],
];

function stop(draft: Draft, type: number, price: string): void {
  draft.type = type;
  draft.stopPrice = Number(price);
}

function stpOf(name: string): number {
  const stp = STPS.indexOf(name);
  if (stp < 0) throw new Error(`no such self-trade prevention: ${name}`);
  return stp;
}

/** What may be said of an order before its options. */
export interface OrderBegin {
  readonly side: number;
  readonly quantity: number;
  readonly price: number;
  readonly clientOrderId: bigint;
}

/** The order with these options; a word that is none throws. */
export function orderOf(begin: OrderBegin, options: string): NewOrder {
  const draft: Draft = {
    ...begin,
    market: 1,
    type: codes.TYPE_LIMIT,
    tif: codes.TIF_GTC,
    stp: codes.STP_NONE,
    postOnly: codes.POST_ONLY_OFF,
  };
  for (let left = options.trim(); left !== ""; ) {
    const option = OPTIONS.find(([pattern]) => pattern.test(left));
    const match = option?.[0].exec(left);
    if (option === undefined || !match) throw new Error(`not an option of an order: ${left}`);
    option[1](draft, match[1] ?? "");
    const rest = left.slice(match[0].length);
    if (rest !== "" && !rest.startsWith(" ")) throw new Error(`not an option of an order: ${left}`);
    left = rest.trim();
  }
  return draft;
}
