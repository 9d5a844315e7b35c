/**
 * MarketTerms: what never changes of a market once it is open, with its numbers as decimals.
 *
 * Made when somebody asks for the market, so that 21,000 quiet ones cost their rows in the engine
 * only.
 */
import { formatSteps, type Step } from "../base/decimal.ts";
import { viewOf } from "../base/bytes.ts";
import { lotStep, stepText, tickStep } from "../client/market-rules.ts";
import type { Engine } from "../engine/engine.ts";
import * as markets from "../engine/markets.ts";
import * as command from "../protocol/command-layout.ts";

export interface AssetTerms {
  readonly id: number;
  readonly symbol: string;
  readonly decimals: number;
}

/** Prices of a market whose tick is no finite decimal are whole ticks. */
const WHOLE: Step = { digits: 1, scale: 0 };

export class MarketTerms {
  readonly shard: number;
  /** In the engine of its shard. */
  readonly slot: number;
  readonly id: number;
  readonly symbol: string;
  readonly base: AssetTerms;
  readonly quote: AssetTerms;
  readonly lotUnits: number;
  readonly tickValue: number;
  /** Null where the tick is no finite decimal. */
  readonly tickText: string | null;
  readonly lotText: string;
  private readonly tick: Step;
  private readonly lot: Step;

  constructor(engine: Engine, slot: number) {
    const { state } = engine;
    const rule = (word: number): number => state.markets.rule(slot, word);
    this.shard = state.shard;
    this.slot = slot;
    this.id = state.markets.id(slot);
    this.symbol = marketSymbolOf(engine, slot);
    this.base = assetTerms(engine, rule(markets.BASE_ASSET));
    this.quote = assetTerms(engine, rule(markets.QUOTE_ASSET));
    this.lotUnits = state.markets.lotUnits(slot);
    this.tickValue = rule(markets.RULE_TICK_VALUE);
    const scale = {
      lotUnits: this.lotUnits,
      tickValue: this.tickValue,
      baseDecimals: this.base.decimals,
      quoteDecimals: this.quote.decimals,
    };
    const tick = tickStep(scale);
    this.tick = tick ?? WHOLE;
    this.tickText = tick === null ? null : stepText(tick);
    this.lot = lotStep(scale);
    this.lotText = stepText(this.lot);
  }

  price(ticks: number): string {
    return formatSteps(ticks, this.tick);
  }

  quantity(lots: number): string {
    return formatSteps(lots, this.lot);
  }
}

/** By the slot of the asset. */
export function assetTerms(engine: Engine, slot: number): AssetTerms {
  const rules = viewOf(engine.state.assets.rulesOf(slot));
  return {
    id: rules.getUint32(command.ASSET_ID, true),
    symbol: command.readSymbol(rules, command.ASSET_SYMBOL),
    decimals: rules.getUint8(command.ASSET_DECIMALS),
  };
}

const SYMBOL_WORD = command.MARKET_SYMBOL / 4;
const SYMBOL_WORDS = command.SYMBOL_SIZE / 4;

/** Read from the market's row alone, since all symbols of a shard are read at its start. */
export function marketSymbolOf(engine: Engine, slot: number): string {
  let text = "";
  for (let i = 0; i < SYMBOL_WORDS; i++) {
    let word = engine.state.markets.rule(slot, SYMBOL_WORD + i);
    for (; word !== 0; word >>>= 8) text += String.fromCharCode(word & 0xff);
  }
  return text;
}
