/**
 * AdminApply: `clob admin apply config.toml`: what the config has and the venue has not, as a
 * plan, and on
 * --yes as signed commands.
 *
 *   new assets -> AssetOpen    new markets -> MarketOpen, ranges as ranges    another state ->
 * MarketState    shards that do not know each other -> ShardOpen
 *
 * Each shard is asked for itself: it knows all assets, and its own markets.
 *
 * What can't change while a market lives (its steps, fees, bounds) is said and left alone: such a
 * market is closed, and a new one opened.
 */
import type { AssetJson, MarketJson } from "../client/http-json.ts";
import type { OperatorClient } from "../client/operator.ts";
import type { Config, MarketConfig } from "../edges/config.ts";
import { marketRules } from "../edges/config-genesis.ts";
import { formatConfigError } from "../edges/config-errors.ts";
import { readConfig } from "../edges/config-read.ts";
import { marketSymbol } from "../protocol/command-layout.ts";
import type { Cli } from "./cli.ts";
import {
  type Answer,
  type Args,
  type CommandSpec,
  type OptionSpecs,
  UsageError,
} from "./command.ts";

interface Step {
  readonly text: string;
  /** Null: it can only be said. */
  readonly apply: ((operator: OperatorClient) => Promise<unknown>) | null;
  /** Whose operator does it. */
  readonly shard: number;
}

export function applyCommand(options: OptionSpecs): CommandSpec {
  return {
    name: "admin apply",
    about: "Show what a config asks for beyond the venue, and with --yes do it",
    args: [{ name: "FILE", help: "a config, such as config.toml" }],
    options: { yes: { help: "do it" }, ...options },
    examples: ["clob admin apply config.toml", "clob admin apply config.toml --yes"],
    run: apply,
  };
}

async function apply(cli: Cli, args: Args): Promise<Answer> {
  const read = readConfig({ file: args.at(0), env: cli.io.env, flags: {} });
  if (!read.ok) throw new UsageError(read.errors.map(formatConfigError).join("\n"));
  const steps = await planOf(cli, read.config);
  const todo = steps.filter(({ apply: act }) => act !== null);
  const isYes = args.flag("yes");
  const desks = new Map<number, OperatorClient>();
  const done: string[] = [];
  for (const { text, apply: act, shard } of isYes ? todo : []) {
    if (act === null) continue;
    const desk = desks.get(shard) ?? cli.operator(shard);
    desks.set(shard, desk);
    await act(desk);
    done.push(text);
    cli.note(`done: ${text}`);
  }
  const plan = steps.map((step) => ({ text: step.text, possible: step.apply !== null }));
  return { data: { plan, applied: done.length }, text: planText(steps, isYes) };
}

/** What was done has been said as it was done. */
function planText(steps: readonly Step[], isYes: boolean): string {
  if (steps.length === 0) return "the venue has all that the config asks for";
  const said = isYes ? steps.filter((step) => step.apply === null) : steps;
  const lines = said.map(({ text, apply: act }) =>
    act === null ? `  can't: ${text}` : `  ${text}`,
  );
  const isIdle = steps.every((step) => step.apply === null);
  if (isIdle) return lines.join("\n");
  const last = isYes ? "all done" : "nothing was changed; do it with --yes";
  return [...lines, last].join("\n");
}

async function planOf(cli: Cli, config: Config): Promise<Step[]> {
  const [markets, status] = await Promise.all([cli.http.markets(), cli.http.status()]);
  const ids = status.shards.map(({ shard }) => shard);
  const steps: Step[] = [];
  for (const { shard, links } of status.shards) {
    const assets = await cli.http.onShard(shard).assets();
    const where = ids.length === 1 ? "" : ` on shard ${shard}`;
    steps.push(...assetSteps(config, assets, { shard, where }));
    const known = new Set([shard, ...links.map((link) => link.shard)]);
    steps.push(...ids.filter((id) => !known.has(id)).map((id) => linkStep(shard, id)));
  }
  const byId = new Map(markets.map((market) => [market.id, market]));
  for (const { id } of config.shards) if (!ids.includes(id)) steps.push(absentShard(id));
  for (const market of config.markets) {
    if (ids.includes(market.shard)) steps.push(...marketSteps(market, byId));
  }
  return steps;
}

function absentShard(shard: number): Step {
  const text = `shard ${shard} is not there; see: clob init --shard ${shard}`;
  return { text, apply: null, shard };
}

function linkStep(shard: number, other: number): Step {
  const text = `let funds go from shard ${shard} to shard ${other}`;
  return { text, apply: (operator) => operator.openShard(other), shard };
}

function assetSteps(
  config: Config,
  assets: readonly AssetJson[],
  { shard, where }: { readonly shard: number; readonly where: string },
): Step[] {
  const steps: Step[] = [];
  for (const asset of config.assets) {
    const known = assets.find(({ id }) => id === asset.id);
    const { id, symbol, decimals } = asset;
    if (known === undefined) {
      const act = (operator: OperatorClient) => operator.openAsset(id, decimals, symbol);
      const text = `open asset ${id} ${symbol} with ${decimals} decimals${where}`;
      steps.push({ text, apply: act, shard });
    } else if (known.symbol !== symbol || known.decimals !== decimals) {
      const is = `${known.symbol} with ${known.decimals} decimals`;
      const text = `asset ${id} is ${is} for ever${where}`;
      steps.push({ text, apply: null, shard });
    }
  }
  return steps;
}

/** A range may be there in part: what is missing is opened in runs. */
function marketSteps(market: MarketConfig, known: ReadonlyMap<number, MarketJson>): Step[] {
  const steps: Step[] = [];
  let first = 0;
  const end = market.id + market.count;
  for (let id = market.id; id <= end; id++) {
    const there = id < end ? known.get(id) : undefined;
    const isMissing = id < end && there === undefined;
    if (isMissing && first === 0) first = id;
    if (!isMissing && first !== 0) {
      steps.push(openStep(market, first, id - first));
      first = 0;
    }
    if (there !== undefined) steps.push(...changes(market, there));
  }
  return steps;
}

function openStep(market: MarketConfig, id: number, count: number): Step {
  const rules = { ...marketRules(market), market: id, count };
  const name = marketSymbol(market.symbol, id);
  const text =
    count === 1
      ? `open market ${id} ${name}`
      : `open ${count} markets ${name} to ${marketSymbol(market.symbol, id + count - 1)}`;
  return { text, apply: (operator) => operator.openMarket(rules), shard: market.shard };
}

function changes(market: MarketConfig, there: MarketJson): Step[] {
  const rules = marketRules(market);
  const steps: Step[] = [];
  const isSame =
    there.tick_value === market.tickValue &&
    there.lot_units === market.lotUnits &&
    there.maker_fee_ppm === market.makerFeePpm &&
    there.taker_fee_ppm === market.takerFeePpm &&
    there.open_orders_max === market.openOrdersMax &&
    there.base.id === market.base &&
    there.quote.id === market.quote &&
    there.shard === market.shard;
  if (!isSame) {
    const text = `the rules of ${there.symbol} differ; close it and open a market of another id`;
    steps.push({ text, apply: null, shard: market.shard });
  }
  if (there.state !== market.state) {
    const text = `set ${there.symbol} from ${there.state} to ${market.state}`;
    const act = (operator: OperatorClient) => operator.setMarketState(there.id, rules.state);
    steps.push({ text, apply: act, shard: there.shard });
  }
  return steps;
}
