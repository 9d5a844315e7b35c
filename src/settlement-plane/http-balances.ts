/**
 * One balance per asset of an account, over all shards that are settled here, with its split.
 *
 * Shards are settled each at its own pace, so what is on its way between two is in neither.
 */
import { formatDecimal } from "../base/decimal.ts";
import type * as json from "../client/http-json.ts";
import { REJECT_UNKNOWN_ACCOUNT } from "../protocol/codes.ts";
import { accountOf, type Ask, type ReadSide, Refused, shardOf, unknown } from "./http-answer.ts";

interface Part {
  readonly shard: number;
  readonly free: number;
  readonly held: number;
}

interface Sum {
  readonly symbol: string;
  readonly decimals: number;
  readonly parts: Part[];
}

export function balances(side: ReadSide, ask: Ask): json.BalancesJson | Refused {
  const sums = new Map<number, Sum>();
  const positions: { shard: number; position: number }[] = [];
  let account = -1;
  for (const id of [...side.settlements.keys()].sort((a, b) => a - b)) {
    const shard = shardOf(side, id);
    const found = shard instanceof Refused ? -1 : accountOf(shard, ask);
    if (shard instanceof Refused || found < 0) continue;
    account = found;
    const { views } = shard.data;
    positions.push({ shard: id, position: shard.source.engine.position });
    const assets = new Map(views.assets().map((one) => [one.asset, one]));
    for (const { asset, free, held } of views.balancesOf(found)) {
      const { symbol = "", decimals = 0 } = assets.get(asset) ?? {};
      const sum = sums.get(asset) ?? { symbol, decimals, parts: [] };
      sum.parts.push({ shard: id, free, held });
      sums.set(asset, sum);
    }
  }
  if (account < 0) return unknown(REJECT_UNKNOWN_ACCOUNT);
  const rows = [...sums].sort(([a], [b]) => a - b).map(([asset, sum]) => rowOf(asset, sum));
  return { account, balances: rows, positions };
}

function rowOf(asset: number, { symbol, decimals, parts }: Sum): json.VenueBalanceJson {
  const total = (pick: (part: Part) => number): bigint =>
    parts.reduce((sum, part) => sum + BigInt(pick(part)), 0n);
  return {
    asset,
    symbol,
    decimals,
    ...textsOf(
      total(({ free }) => free),
      total(({ held }) => held),
      decimals,
    ),
    shards: parts.map(({ shard, free, held }) => ({
      shard,
      ...textsOf(BigInt(free), BigInt(held), decimals),
    })),
  };
}

function textsOf(free: bigint, held: bigint, decimals: number) {
  return {
    free: formatDecimal(free, decimals),
    held: formatDecimal(held, decimals),
    total: formatDecimal(free + held, decimals),
  };
}
