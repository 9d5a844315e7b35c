/**
 * Config scale: the integers behind a market's decimal texts.
 *
 *   lot_units  = lot * 10^base_decimals                 units of base in one lot
 *   tick_value = tick * lot * 10^quote_decimals         units of quote in 1 tick x 1 lot
 *
 * Both must be whole, so that price x quantity x tick_value is an exact amount and money never
 * needs rounding except for fees. If not, the error says which of tick, lot and decimals to change.
 */
import { formatSteps, parseStep, parseSteps, SCALE_MAX, type Step } from "../base/decimal.ts";

export interface ScaleInputs {
  readonly tick: string;
  readonly lot: string;
  readonly base: { readonly symbol: string; readonly decimals: number };
  readonly quote: { readonly symbol: string; readonly decimals: number };
}

export interface MarketScale {
  readonly tick: Step;
  readonly lot: Step;
  readonly lotUnits: number;
  readonly tickValue: number;
}

/** What is wrong with one key of a market. */
export interface MarketFault {
  readonly key: string;
  readonly problem: string;
  readonly allowed: string;
}

const U32_MAX = 4_294_967_295;

export function deriveScale(inputs: ScaleInputs): MarketScale | MarketFault {
  const tick = parseStep(inputs.tick);
  if (typeof tick === "string") return notAStep("tick", inputs.tick);
  const lot = parseStep(inputs.lot);
  if (typeof lot === "string") return notAStep("lot", inputs.lot);
  const lotUnits = unitsOf([lot], inputs.base.decimals);
  if (lotUnits === null) return lotTooFine(inputs);
  if (lotUnits > BigInt(Number.MAX_SAFE_INTEGER)) {
    const problem = `"${inputs.lot}" is more than 2^53-1 units of ${inputs.base.symbol}`;
    return { key: "lot", problem, allowed: `a smaller lot, or fewer ${decimalsOf(inputs.base)}` };
  }
  const tickValue = unitsOf([tick, lot], inputs.quote.decimals);
  if (tickValue === null) return tickTooFine(inputs, tick, lot);
  if (tickValue > BigInt(U32_MAX)) {
    const what = `1 tick x 1 lot is ${tickValue} units of ${inputs.quote.symbol}`;
    const problem = `${what}, more than ${U32_MAX}`;
    const allowed = `a smaller tick or lot, or fewer ${decimalsOf(inputs.quote)}`;
    return { key: "tick", problem, allowed };
  }
  return { tick, lot, lotUnits: Number(lotUnits), tickValue: Number(tickValue) };
}

export interface Steps {
  readonly unit: "lot" | "tick";
  readonly step: Step;
}

/** Lots or ticks of a text, 1 to 2^32-1, or the fault. `unit` is "lot" or "tick". */
export function countSteps(key: string, text: string, of: Steps): number | MarketFault {
  const { unit, step } = of;
  const count = parseSteps(text, step);
  const size = formatSteps(1, step);
  if (count === "not_a_multiple") {
    return fault(key, `"${text}" is not a multiple of the ${unit}`, `multiples of ${size}`);
  }
  if (typeof count === "string" || count > U32_MAX) {
    return fault(key, `"${text}" is more than ${U32_MAX} ${unit}s`, `a larger ${unit}, or less`);
  }
  return count === 0 ? fault(key, `"${text}" is zero`, `at least one ${unit}`) : count;
}

/** Exact product of the steps in units of 10^-decimals, or null if that is no integer. */
function unitsOf(steps: readonly Step[], decimals: number): bigint | null {
  let digits = 10n ** BigInt(decimals);
  let scale = 0;
  for (const step of steps) {
    digits *= BigInt(step.digits);
    scale += step.scale;
  }
  const divisor = 10n ** BigInt(scale);
  return digits % divisor === 0n ? digits / divisor : null;
}

function lotTooFine(inputs: ScaleInputs): MarketFault {
  const { base, lot } = inputs;
  const problem = `"${lot}" is not a whole number of units of ${base.symbol}`;
  return fault("lot", problem, `a larger lot, or more ${decimalsOf(base)}`);
}

function tickTooFine(inputs: ScaleInputs, tick: Step, lot: Step): MarketFault {
  const { quote } = inputs;
  let enough = quote.decimals;
  while (enough <= SCALE_MAX && unitsOf([tick, lot], enough) === null) enough++;
  const more = enough > SCALE_MAX ? "" : `, or ${quote.symbol} with ${enough} decimals`;
  const problem = `1 tick x 1 lot is not a whole number of units of ${quote.symbol}`;
  const now = `${quote.symbol} has ${quote.decimals} decimals`;
  return fault("tick", `${problem} (${now})`, `a larger tick or lot${more}`);
}

function notAStep(key: string, text: string): MarketFault {
  return fault(key, `"${text}" is no step`, "a decimal above zero");
}

function decimalsOf(asset: { symbol: string; decimals: number }): string {
  return `decimals of ${asset.symbol} than ${asset.decimals}`;
}

function fault(key: string, problem: string, allowed: string): MarketFault {
  return { key, problem, allowed };
}
