/**
 * Audit: when all is at rest, everything that is left of a round against everything that was told.
 *
 *   went on   cold replay of every shard, histories, money, snapshots, export and both verdicts
 *   halted    what was told against what has survived and against the log just before the blow
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { clob } from "../cli/capture.ts";
import type { Blows } from "./blows.ts";
import { ColdReplay } from "./cold-replay.ts";
import { FINAL, type Service } from "./fleet.ts";
import { judgeHistory, judgeMoney, judgePrefix } from "./judge.ts";
import { hostOf } from "../log/redis-stand.ts";
import { whole } from "./export-head.ts";
import { type Copy, copyLog } from "./log-copy.ts";
import { FUNDS, shardsOf } from "./opening.ts";
import { envOf } from "./operator.ts";
import { dataOf, SHARED, type Stand } from "./stand.ts";

export interface Audited {
  readonly wrong: string;
  readonly records: number;
  readonly reports: number;
}

const ENGINES = ["fast", "naive"];

export async function auditGoing(stand: Stand): Promise<Audited> {
  const copies = await copyLog(hostOf(stand.nodes.port), shardsOf(stand.setup));
  const halted = copies.find((copy) => copy.halted !== "");
  const verdict = halted === undefined ? await verify(stand) : "";
  if (verdict !== "") return { wrong: verdict, records: 0, reports: 0 };
  const replays: ColdReplay[] = [];
  for (const copy of copies) replays.push(new ColdReplay(await whole(stand, copy)));
  const sum = sumOf(replays);
  if (halted !== undefined) return { ...sum, wrong: `shard ${halted.shard}: ${halted.halted}` };
  for (const replay of replays) checkSnapshots(stand, replay);
  const broken = replays.find(({ wrong }) => wrong !== "");
  if (broken !== undefined) return { ...sum, wrong: broken.wrong };
  for (const trader of stand.traders) {
    const wrong = judgeHistory(trader, replays.find(({ shard }) => shard === trader.shard)!);
    if (wrong !== "") return { ...sum, wrong };
  }
  const opening = BigInt(FUNDS) * BigInt(stand.setup.traders);
  const entered = new Map([...stand.custodian.paid].map(([id, paid]) => [id, opening + paid]));
  const wrong = judgeMoney(replays, entered) || brokenService(stand);
  return { ...sum, wrong };
}

export async function auditHalted(stand: Stand, blows: Blows): Promise<Audited> {
  const { setup, nodes, traders } = stand;
  const copies = await copyLog(hostOf(nodes.port), shardsOf(setup));
  // Of a log that has let go of its first records the rest can't be replayed alone.
  const isWhole = ({ from, records }: Copy): boolean => from === 1 && records.length > 0;
  const mirror = (blows.mirror ?? []).filter(isWhole);
  const before = mirror.map((copy) => new ColdReplay(copy));
  const sum = sumOf(before);
  const services = [...stand.fleet.services.values()];
  const words = services.map((service) => FINAL.exec(service.said())?.input ?? "").join("\n");
  if (setup.end === "on") {
    const line = words.split("\n").findLast((text) => FINAL.test(text)) ?? "no words";
    return { ...sum, wrong: `the level held, and all have halted: ${line}` };
  }
  for (const copy of copies) {
    if (setup.end === "lost" && !copy.isGone) {
      return { ...sum, wrong: `shard ${copy.shard} was made again from nothing` };
    }
    if (!copy.isGone && isWhole(copy)) before.push(new ColdReplay(copy));
  }
  const broken = before.find((replay) => replay.wrong !== "");
  if (broken !== undefined) return { ...sum, wrong: broken.wrong };
  for (const trader of traders) {
    for (const replay of before) {
      const wrong = replay.shard === trader.shard ? judgePrefix(trader, replay) : "";
      if (wrong !== "") return { ...sum, wrong };
    }
  }
  return { ...sum, wrong: brokenService(stand) };
}

function sumOf(replays: readonly ColdReplay[]): Pick<Audited, "records" | "reports"> {
  const reports = replays.flatMap((one) => [...one.reports.values()].map(({ length }) => length));
  return {
    records: replays.reduce((all, { tip }) => all + tip, 0),
    reports: reports.reduce((all, count) => all + count, 0),
  };
}

function checkSnapshots(stand: Stand, replay: ColdReplay): void {
  for (const service of stand.fleet.services.values()) {
    const base = join(dataOf(stand, service), `shard-${replay.shard}`);
    const matcher = join(base, "snapshots");
    const settlement = join(base, "settlement", "snapshots");
    if (existsSync(matcher)) replay.checkSnapshots(matcher, "matcher");
    if (existsSync(settlement)) replay.checkSnapshots(settlement, "settlement");
  }
}

/** A service may end for a reason, and says it in a sentence; a trace is a fault of ours. */
function brokenService({ fleet }: Stand): string {
  for (const service of fleet.services.values()) {
    const trace = /^.*\n\s+at .*\.ts:\d+.*$/m.exec(service.said())?.[0];
    if (trace !== undefined) return `${service.name} broke: ${trace}`;
  }
  return "";
}

/** What an operator would do: `clob export`, then `clob verify` by either engine. */
async function verify(stand: Stand): Promise<string> {
  for (const [i, settlement] of stand.fleet.ofRole("settlement").entries()) {
    const wrong = await verifyOne(stand, settlement, i === 0 ? ENGINES : ENGINES.slice(0, 1));
    if (wrong !== "") return wrong;
  }
  return verifyContinuous(stand);
}

/** What settlement exported meanwhile, if a border of its steps lay in this round. */
async function verifyContinuous(stand: Stand): Promise<string> {
  const own = stand.fleet.ofRole("settlement").map((one) => join(dataOf(stand, one), "export"));
  for (const dir of stand.setup.sharesExport ? [join(stand.dir, SHARED)] : own) {
    if (!existsSync(dir)) continue;
    const words = ["verify", dir, "--venue", stand.opened.venueId, "-o", "json"];
    const { code, out, err } = await clob(words, {});
    const said = `${out}${err}`;
    const isEmpty = said.includes("holds no shard") || said.includes("no checkpoint yet");
    stand.timeline.say(`continuous export: ${code === 0 ? "yes" : "none yet"}`);
    if (code !== 0 && !isEmpty) return `clob verify of the continuous export ${dir}: ${said}`;
  }
  return "";
}

async function verifyOne(
  stand: Stand,
  settlement: Service,
  engines: readonly string[],
): Promise<string> {
  const { dir, opened } = stand;
  const out = join(dir, `export-of-${settlement.name}`);
  const env = envOf(stand, dataOf(stand, settlement));
  const copied = await clob(["export", out, "-o", "json"], env);
  if (copied.code !== 0) return `clob export of ${settlement.name}: ${copied.out}${copied.err}`;
  for (const engine of engines) {
    const words = ["verify", out, "--venue", opened.venueId, "--engine", engine, "-o", "json"];
    const said = await clob(words, env);
    const verdict = said.code === 0 ? JSON.parse(said.out) : {};
    if (verdict.ok !== true || verdict.pinned !== true) {
      return `clob verify by the ${engine} engine: ${said.out}${said.err}`;
    }
    if (verdict.shards.length !== stand.setup.shards) return "clob verify has seen too few shards";
  }
  return "";
}
