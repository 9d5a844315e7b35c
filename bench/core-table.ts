/**
 * CoreTable: the rates of all candidates as one table, with goals and verdicts, and what each layer
 * adds.
 */
import { CANDIDATES, hasNative, LAYERS } from "./core-candidates.ts";
import { SCENARIOS } from "./scenarios.ts";

/** By scenario: what the processes of a candidate found, in M messages/s. */
export interface Found {
  readonly rates: number[];
  readonly messages: number;
  readonly sum: number;
}

export type Size = "smoke" | "full";

export type Rates = ReadonlyMap<string, readonly Found[]>;

const APPLY = hasNative ? "apply, C levels" : "apply, TypeScript levels";
/** M messages/s in the worst scenario. */
const GOALS: Readonly<Record<string, number>> = {
  "books alone, C levels": 8,
  "books alone, TypeScript levels": 8,
  "apply, C levels": 3,
  "apply, TypeScript levels": 3,
};
const TIMES_GOAL = 10;
const NAME_WIDTH = 34;
const WIDTH = 13;

export function printTable(table: Rates, size: Size): void {
  const heads = [...SCENARIOS, "worst", "of", "apply is x", "goal"];
  const head = heads.map((word) => word.padStart(WIDTH)).join("");
  console.log(`${"core, M messages/s of core time".padEnd(NAME_WIDTH)}${head}  verdict`);
  for (const [name, found] of table) {
    const medians = found.map(({ rates }) => median(rates));
    const worst = Math.min(...medians);
    const scenario = SCENARIOS[medians.indexOf(worst)] ?? "";
    const times = worstOf(table, APPLY) / worst;
    const goal = goalOf(name, size);
    const words = medians.map((rate) => rateText(rate));
    const cells = [...words, rateText(worst), scenario, times.toFixed(2), goal.text];
    const verdict = goal.holds(worst, times);
    const line = cells.map((word) => word.padStart(WIDTH)).join("");
    console.log(`${name.padEnd(NAME_WIDTH)}${line}  ${verdict}${prefixText(name, found)}`);
  }
}

interface Goal {
  readonly text: string;
  holds(worst: number, times: number): string;
}

function goalOf(name: string, size: Size): Goal {
  const goal = GOALS[name];
  if (goal !== undefined) {
    return { text: `>= ${goal}`, holds: (worst) => verdictOf(worst >= goal, size) };
  }
  if (!name.startsWith("plain book")) return { text: "", holds: () => "" };
  return { text: `${TIMES_GOAL} x`, holds: (_, times) => verdictOf(times >= TIMES_GOAL, size) };
}

/** A small run shows that everything runs, not how fast. */
export function verdictOf(holds: boolean, size: Size): string {
  if (size === "smoke") return "too small to say";
  return holds ? "reached" : "not reached";
}

/** Where a peer ran the beginning of each flow only. */
function prefixText(name: string, found: readonly Found[]): string {
  const messages = CANDIDATES[name]?.messagesMax ?? Infinity;
  if (messages === Infinity) return "";
  return ` (first ${Math.min(...found.map((row) => row.messages))} messages of each flow)`;
}

/** Nanoseconds per message that each layer adds, by scenario. */
export function printLayers(table: Rates): void {
  const head = SCENARIOS.map((name) => name.padStart(WIDTH)).join("");
  console.log(`${"core, ns per message by layer".padEnd(NAME_WIDTH)}${head}`);
  let before = SCENARIOS.map(() => 0);
  for (const [layer, name] of LAYERS) {
    const found = table.get(name);
    if (found === undefined) continue;
    const now = found.map(({ rates }) => 1000 / median(rates));
    const added = now.map((ns, i) => (ns - before[i]!).toFixed(0).padStart(WIDTH)).join("");
    console.log(`${layer.padEnd(NAME_WIDTH)}${added}`);
    before = now;
  }
  console.log(`${"all".padEnd(NAME_WIDTH)}${before.map((ns) => cell(ns)).join("")}`);
}

function cell(ns: number): string {
  return ns.toFixed(0).padStart(WIDTH);
}

function worstOf(table: Rates, name: string): number {
  return Math.min(...(table.get(name) ?? []).map(({ rates }) => median(rates)));
}

/** All books must have done the same trades, all of `apply` the same reports. */
export function checkSums(table: Rates): void {
  for (const [i, scenario] of SCENARIOS.entries()) {
    const known = new Map<string, number>();
    for (const [name, found] of table) {
      const { messages, sum } = found[i]!;
      const kind = `${CANDIDATES[name]?.kind} ${messages}`;
      const expected = known.get(kind) ?? sum;
      known.set(kind, expected);
      if (sum !== expected) throw new Error(`${name} answers otherwise over ${scenario}`);
    }
  }
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

function rateText(rate: number): string {
  return rate >= 1 ? rate.toFixed(2) : rate.toFixed(3);
}
