/**
 * Routes about the venue as a whole: status, time, assets, the newest checkpoint.
 */
import { assert } from "../base/assert.ts";
import { formatDecimal } from "../base/decimal.ts";
import type { ExportJson, KeptJson } from "../client/export-json.ts";
import type { HaltedJson, RecomputedJson } from "../client/halted-json.ts";
import { reasonsOf } from "../edges/halt-mark.ts";
import type { Retention } from "../edges/log.ts";
import type * as json from "../client/http-json.ts";
import { VERSION } from "../edges/version.ts";
import { RULES } from "../engine/rules.ts";
import { parseCheckpoint } from "../proofs/checkpoint-note.ts";
import { PROTOCOL_VERSION, RULES_VERSION } from "../protocol/codes.ts";
import type { ExportProgress } from "./exporter.ts";
import {
  notFound,
  pickShard,
  type ReadSide,
  Refused,
  roleText,
  type Route,
  type Shard,
  shardOf,
} from "./http-answer.ts";
import type { Query } from "./http-query.ts";
import { shardNumbers } from "./market-data.ts";
import type { PublishedCheckpoint } from "./checkpoint-notes.ts";
import type { Recomputed } from "./recompute.ts";
import type { ShardSource } from "./shard-source.ts";

export function statusRoutes(side: ReadSide): Route[] {
  return [
    { path: "/v1/status", query: [], answer: () => status(side) },
    { path: "/v1/time", query: [], answer: () => time(side) },
    { path: "/v1/assets", query: ["shard"], answer: ({ query }) => onShard(side, query, assets) },
    {
      path: "/v1/checkpoints/latest",
      query: ["shard"],
      answer: ({ query }) => onShard(side, query, (shard) => latestCheckpoint(side, shard)),
    },
  ];
}

function onShard(side: ReadSide, query: Query, answer: (shard: Shard) => object): object {
  const shard = pickShard(side, query);
  return shard instanceof Refused ? shard : answer(shard);
}

async function status(side: ReadSide): Promise<json.StatusJson> {
  const [first] = side.settlements.values();
  const shards: json.ShardStatusJson[] = [];
  for (const id of [...side.settlements.keys()].sort((a, b) => a - b)) {
    const shard = shardOf(side, id);
    if (!(shard instanceof Refused)) shards.push(await shardStatus(side, shard));
  }
  return {
    venue: first?.parts.venue.toHex() ?? "",
    name: side.venueName,
    version: VERSION,
    protocol_version: PROTOCOL_VERSION,
    rules_version: RULES_VERSION,
    rules_known: [...RULES.keys()],
    directory_shard: first?.parts.genesis.directoryOrigin ?? 0,
    role: roleText(side.leadership),
    shards,
  };
}

async function shardStatus(
  side: ReadSide,
  { id, source, data }: Shard,
): Promise<json.ShardStatusJson> {
  const { engine, latest, parts } = source;
  const [halted, matcher] = await Promise.all([parts.log.halted(), parts.log.writerOfExecutions()]);
  return {
    shard: id,
    log: parts.log.describe,
    matcher,
    ...shardNumbers(source, data),
    log_time_us: engine.logTime,
    accounts: engine.state.accounts.count,
    markets: engine.state.markets.count,
    directory: data.views.directory,
    links: data.views.links(),
    rules: { ...engine.governing.current, next: engine.governing.next },
    halted: halted === null ? null : haltedJson(halted, source),
    checkpoint: latest === null ? null : checkpointHead(side, latest),
    export: source.exported === null ? null : exportJson(source.exported, source),
    kept: data.retention === null ? null : keptJson(data.retention),
  };
}

function keptJson({ trimmed, consumers }: Retention): KeptJson {
  return {
    trimmed_position: trimmed,
    consumers: consumers.map(({ name, position, silentMs }) => {
      return { name, position, silent_ms: silentMs };
    }),
  };
}

function exportJson(progress: ExportProgress, { latest }: ShardSource): ExportJson {
  const { archived, archivedTime, place, why } = progress;
  return {
    archived_position: archived,
    archived_time_us: archivedTime,
    lag_records: Math.max(0, (latest?.position ?? archived) - archived),
    to: place,
    waits: why === "" ? null : why,
  };
}

/** The mark holds what Halt says of itself, mostly. */
function haltedJson(mark: string, source: Shard["source"]): HaltedJson {
  const reasons = reasonsOf(mark);
  const founds = reasons.map((one) => /\brecord (\d+) has no successor state: (.*)$/s.exec(one));
  const found = founds.find((one) => one !== null);
  const position = Number(found?.[1] ?? source.engine.position);
  const again = source.recompute?.found ?? null;
  const recomputed = again === null ? null : recomputedJson(again);
  const reason = found?.[2] ?? reasons[0] ?? mark;
  return { reason, reasons, position, mark, recomputed };
}

function recomputedJson(found: Recomputed): RecomputedJson {
  const operators = found.operators.map(({ key, publicKey, high }) => ({
    key,
    public_key: publicKey.toHex(),
    nonce_high: high,
  }));
  return { ...found, chain: found.chain.toHex(), operators };
}

function checkpointHead(side: ReadSide, checkpoint: PublishedCheckpoint): json.CheckpointAgeJson {
  const { number, position, logTime } = checkpoint;
  // By what it covers, not by when it was signed: a settlement that is behind looks behind.
  const age = Math.max(0, Math.floor(side.wallMs() - logTime / 1000));
  return { number, position, log_time_us: logTime, age_ms: age };
}

function time(side: ReadSide): json.TimeJson {
  let logTime = 0;
  for (const { engine } of side.settlements.values()) logTime = Math.max(logTime, engine.logTime);
  return { time_us: side.wallMs() * 1000, log_time_us: logTime };
}

function assets({ data }: Shard): { assets: json.AssetTotalsJson[] } {
  return {
    assets: data.views.assets().map((asset) => ({
      id: asset.asset,
      symbol: asset.symbol,
      decimals: asset.decimals,
      deposits: formatDecimal(asset.deposits, asset.decimals),
      withdrawals: formatDecimal(asset.withdrawals, asset.decimals),
      fees: formatDecimal(asset.fees, asset.decimals),
      net: signedDecimal(asset.net, asset.decimals),
    })),
  };
}

function signedDecimal(units: number, decimals: number): string {
  return `${units < 0 ? "-" : ""}${formatDecimal(Math.abs(units), decimals)}`;
}

function latestCheckpoint(side: ReadSide, { id, source }: Shard): json.CheckpointJson | Refused {
  const { latest } = source;
  if (latest === null) return notFound("there is no checkpoint yet");
  return {
    shard: id,
    ...checkpointHead(side, latest),
    input: noteJson(latest.inputNote),
    state: noteJson(latest.stateNote),
  };
}

/** The note as text, and what it says, read from the note itself. */
function noteJson(bytes: Uint8Array): json.TreeHeadJson {
  const note = new TextDecoder().decode(bytes);
  const parsed = parseCheckpoint(note.slice(0, note.indexOf("\n\n") + 1));
  assert(parsed.ok, "a note that was signed here is a checkpoint");
  const { origin, size, root } = parsed.checkpoint;
  return { origin, size, root: root.toHex(), note };
}
