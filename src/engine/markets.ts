/**
 * Markets: the rules of each market as its MarketOpen command stated them, and where it stands.
 *
 *   words, 32 per slot:   0 - 21   the 88 bytes of its MarketOpen, count 1, own id and symbol
 *                        22 - 23   trades so far, a double
 *                        24 - 25   units of base in a lot, a double
 *                             26   state now
 *                        27 - 28   slots of base and quote asset
 *                             29   the higher of its two fees, in ppm
 *                             30   price of the last trade, 0 none
 *
 * Slots count from 1 in the order of opening; ids are the operators'. So one market is two cache
 * lines, and a command in one of 21,000 markets touches no other.
 */
import { assert } from "../base/assert.ts";
import { readU64, SAFE_LIMIT } from "../base/bytes.ts";
import type { Assets } from "../ledger/assets.ts";
import { IdIndex } from "../ledger/id-index.ts";
import { notionalOf, withFee } from "../ledger/money.ts";
import { STATE_OPEN } from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";

export const MARKET_SHIFT = 5;
const MARKET_DOUBLES = 16;
const RULE_WORDS = command.MARKET_OPEN_SIZE / 4;

/** Words of a rule by the offset of its field in the command. */
export const RULE_ID = command.MARKET_ID / 4;
export const RULE_BASE = command.MARKET_BASE / 4;
export const RULE_QUOTE = command.MARKET_QUOTE / 4;
export const RULE_TICK_VALUE = command.MARKET_TICK_VALUE / 4;
export const RULE_OPEN_ORDERS_MAX = command.MARKET_OPEN_ORDERS_MAX / 4;
export const RULE_PRICE_MIN = command.MARKET_PRICE_MIN / 4;
export const RULE_PRICE_MAX = command.MARKET_PRICE_MAX / 4;
export const RULE_QUANTITY_MIN = command.MARKET_QUANTITY_MIN / 4;
export const RULE_QUANTITY_MAX = command.MARKET_QUANTITY_MAX / 4;
export const RULE_MAKER_PPM = command.MARKET_MAKER_PPM / 4;
export const RULE_TAKER_PPM = command.MARKET_TAKER_PPM / 4;
export const RULE_PRICE_STEP = command.MARKET_PRICE_STEP / 4;
export const RULE_QUANTITY_STEP = command.MARKET_QUANTITY_STEP / 4;
const TRADES_DOUBLE = 11;
const LOT_UNITS_DOUBLE = 12;
export const STATE = 26;
export const BASE_ASSET = 27;
export const QUOTE_ASSET = 28;
const PPM_MAX = 29;
export const LAST_PRICE = 30;

export class Markets {
  count = 0;
  readonly max: number;
  readonly words: Uint32Array;
  private readonly doubles: Float64Array;
  private readonly index = new IdIndex();

  constructor(marketsMax: number) {
    this.max = marketsMax;
    const memory = new ArrayBuffer((marketsMax + 1) * 4 * (1 << MARKET_SHIFT));
    this.words = new Uint32Array(memory);
    this.doubles = new Float64Array(memory);
  }

  /** The slot, or 0. */
  find(id: number): number {
    return this.index.find(id);
  }

  id(slot: number): number {
    return this.words[(slot << MARKET_SHIFT) + RULE_ID]!;
  }

  rule(slot: number, word: number): number {
    return this.words[(slot << MARKET_SHIFT) + word]!;
  }

  state(slot: number): number {
    return this.words[(slot << MARKET_SHIFT) + STATE]!;
  }

  isOpen(slot: number): boolean {
    return this.state(slot) === STATE_OPEN;
  }

  setState(slot: number, state: number): void {
    this.words[(slot << MARKET_SHIFT) + STATE] = state;
  }

  lotUnits(slot: number): number {
    return this.doubles[slot * MARKET_DOUBLES + LOT_UNITS_DOUBLE]!;
  }

  trades(slot: number): number {
    return this.doubles[slot * MARKET_DOUBLES + TRADES_DOUBLE]!;
  }

  /** Price of the last trade, 0 none. */
  lastPrice(slot: number): number {
    return this.words[(slot << MARKET_SHIFT) + LAST_PRICE]!;
  }

  setLastPrice(slot: number, price: number): void {
    this.words[(slot << MARKET_SHIFT) + LAST_PRICE] = price;
  }

  setTrades(slot: number, trades: number): void {
    this.doubles[slot * MARKET_DOUBLES + TRADES_DOUBLE] = trades;
  }

  /** What a buy order of these lots holds of the quote asset; SAFE_LIMIT or more is too large. */
  holdOfBuy(slot: number, price: number, quantity: number): number {
    const at = slot << MARKET_SHIFT;
    const notional = notionalOf(price, quantity, this.words[at + RULE_TICK_VALUE]!);
    return withFee(notional, this.words[at + PPM_MAX]!);
  }

  /** Opens the market of one 88-byte command at `at`, whose assets are open, as its `id`. */
  open(view: DataView, at: number, id: number, assets: Assets): number {
    const slot = ++this.count;
    assert(slot <= this.max, "room for a market is checked before it is opened");
    const word = slot << MARKET_SHIFT;
    const own = ownCommand(view, at, id);
    for (let i = 0; i < RULE_WORDS; i++) this.words[word + i] = own.getUint32(4 * i, true);
    const lotUnits = readU64(own, command.MARKET_LOT_UNITS);
    assert(lotUnits < SAFE_LIMIT, "the command's fields are checked before it is applied");
    this.doubles[slot * MARKET_DOUBLES + LOT_UNITS_DOUBLE] = lotUnits;
    this.words[word + STATE] = own.getUint8(command.MARKET_STATE_AT);
    this.words[word + BASE_ASSET] = assets.find(this.words[word + RULE_BASE]!);
    this.words[word + QUOTE_ASSET] = assets.find(this.words[word + RULE_QUOTE]!);
    this.words[word + PPM_MAX] = Math.max(
      this.words[word + RULE_MAKER_PPM]!,
      this.words[word + RULE_TAKER_PPM]!,
    );
    this.index.add(id, slot);
    return slot;
  }

  /** Writes the market's 88 bytes as they would open it now. */
  write(slot: number, into: DataView, at: number): void {
    const word = slot << MARKET_SHIFT;
    for (let i = 0; i < RULE_WORDS; i++) into.setUint32(at + 4 * i, this.words[word + i]!, true);
    into.setUint8(at + command.MARKET_STATE_AT, this.state(slot));
  }

  /** Slots by rising id. */
  slotsById(): number[] {
    const slots = Array.from({ length: this.count }, (_, i) => i + 1);
    return slots.sort((a, b) => this.id(a) - this.id(b));
  }
}

/** The command of one market out of a range: count 1, its own id and symbol. */
function ownCommand(view: DataView, at: number, id: number): DataView {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, command.MARKET_OPEN_SIZE).slice();
  const own = new DataView(bytes.buffer);
  const symbol = command.marketSymbol(command.readSymbol(own, command.MARKET_SYMBOL), id);
  own.setUint32(command.MARKET_ID, id, true);
  own.setUint32(command.MARKET_COUNT, 1, true);
  for (let i = 0; i < command.SYMBOL_SIZE; i++) {
    own.setUint8(command.MARKET_SYMBOL + i, i < symbol.length ? symbol.charCodeAt(i) : 0);
  }
  return own;
}
