/**
 * Verdict: when nobody trades any more, all that is left against all that was told.
 *
 *   clob export, the continuous export     the compiled judge says yes, pinned; of the first
 *                                          by both engines
 *   SIGTERM to all                         exit code 0
 *   the log, replayed cold by both         each client's reports are exactly those of the log, each
 *                                          acknowledged frame is there once, a refused one not;
 *                                          money paid in is there, once; snapshots agree
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HttpClient } from "../../src/client/http.ts";
import { ColdReplay } from "../chaos/cold-replay.ts";
import { judgeHistory, judgeMoney } from "../chaos/judge.ts";
import { copyLog } from "../chaos/log-copy.ts";
import type { Load, Told, TraderHistory } from "./load.ts";
import { httpOf, type Opened } from "./opening.ts";
import type { Venue } from "./venue.ts";

export interface Judged {
  readonly wrong: string;
  readonly records: number;
  readonly reports: number;
  readonly verdicts: Readonly<Record<string, string>>;
}

/** Every settlement has it all, under checkpoints; nothing is between shards; all is archived. */
export async function untilSettled(venue: Venue, load: Load): Promise<void> {
  const settlements = venue.ofRole("settlement").map(({ http }) => httpOf(http));
  await venue.until("all to be settled and told", async () => {
    const told = await load.told();
    return holds(await Promise.all(settlements.map((http) => lacksReports(http, told))));
  });
  const border = new Map<number, number>();
  await venue.until("all to be under checkpoints and archived", async () => {
    return holds(await Promise.all(settlements.map((http) => lacksArchive(http, border))));
  });
}

/** Throws the first sentence that says what is lacking. */
function holds(sentences: readonly string[]): true {
  const lacks = sentences.find((sentence) => sentence !== "");
  if (lacks !== undefined) throw new Error(lacks);
  return true;
}

async function lacksReports(http: HttpClient, all: readonly Told[]): Promise<string> {
  const { shards } = await http.status();
  for (const { shard, links } of shards) {
    for (const link of links) {
      const back = shards
        .find((one) => one.shard === link.shard)
        ?.links.find((one) => one.shard === shard);
      if (back?.in !== link.out) return `credits from shard ${shard} to ${link.shard}`;
    }
  }
  const found = await Promise.all(
    all.map(async ({ name, shard, account, told }) => {
      const { reports } = await http.onShard(shard).account(account);
      return reports === told ? "" : `${name}: ${told} of ${reports} reports`;
    }),
  );
  return found.find((lacks) => lacks !== "") ?? "";
}

/** `border`: where each shard was when this was asked first. */
async function lacksArchive(http: HttpClient, border: Map<number, number>): Promise<string> {
  const { shards } = await http.status();
  for (const { shard, position, checkpoint, export: exported } of shards) {
    if (!border.has(shard)) border.set(shard, position);
    const from = border.get(shard)!;
    if ((checkpoint?.position ?? 0) < from) return `the checkpoint of shard ${shard}`;
    if ((exported?.archived_position ?? 0) < from) return `the export of shard ${shard}`;
  }
  return "";
}

/** "" or what one of the judges says. */
export async function verifyExports(
  venue: Venue,
  venueId: string,
): Promise<Record<string, string>> {
  const { dir } = venue.terms;
  const copy = join(dir, "copy");
  const [settlement] = venue.ofRole("settlement");
  const data = join(dir, "data", settlement?.name ?? "");
  const keys = ["--venue-keys-dir", join(dir, "data", "desk", "keys")];
  await venue.clob("export", copy, "--data", data, ...keys);
  const verdicts: Record<string, string> = {};
  for (const [name, from, engine] of [
    ["clob export", copy, "fast"],
    ["clob export", copy, "naive"],
    // The same objects; the naive engine needs minutes for 21,000 markets.
    ["continuous export", join(dir, "export"), "fast"],
  ] as const) {
    const pin = ["--venue", venueId, "--engine", engine];
    const { code, out, err } = await venue.verifier(from, ...pin);
    const isYes = code === 0 && !out.includes("unpinned");
    verdicts[`${name}, ${engine}`] = isYes ? "yes" : `exit ${code}: ${out}${err}`;
  }
  return verdicts;
}

export async function judge(
  venue: Venue,
  { opened, histories }: { opened: Opened; histories: readonly TraderHistory[] },
): Promise<Omit<Judged, "verdicts">> {
  const primary = { host: venue.hosts.address("redis1"), port: 6379 };
  const copies = await copyLog(
    primary,
    venue.config.shards.map(({ id }) => id),
  );
  const gone = copies.find(({ from, halted }) => from !== 1 || halted !== "");
  if (gone !== undefined) {
    const wrong = `shard ${gone.shard} begins at ${gone.from}, halted: "${gone.halted}"`;
    return { wrong, records: 0, reports: 0 };
  }
  const replays = copies.map((copy) => new ColdReplay(copy));
  for (const replay of replays) checkSnapshots(venue, replay);
  const reports = replays.flatMap((one) => [...one.reports.values()].map(({ length }) => length));
  const sum = {
    records: replays.reduce((all, { tip }) => all + tip, 0),
    reports: reports.reduce((all, count) => all + count, 0),
  };
  const entered = new Map(
    [...opened.paid].map(([id, paid]) => [id, paid + (opened.custodian.paid.get(id) ?? 0n)]),
  );
  const wrong =
    replays.find((one) => one.wrong !== "")?.wrong ||
    wrongHistory(histories, replays) ||
    judgeMoney(replays, entered) ||
    brokenService(venue);
  return { ...sum, wrong };
}

function wrongHistory(histories: readonly TraderHistory[], replays: readonly ColdReplay[]): string {
  for (const one of histories) {
    const history = { ...one, outcomes: new Map(one.outcomes) };
    const replay = replays.find(({ shard }) => shard === one.shard)!;
    const all = replay.reports.get(one.account)?.length ?? 0;
    if (all !== one.told.length) return `${one.name} was told ${one.told.length} of ${all} reports`;
    const wrong = judgeHistory(history, replay);
    if (wrong !== "") return wrong;
  }
  return "";
}

function checkSnapshots(venue: Venue, replay: ColdReplay): void {
  for (const { name } of venue.services) {
    const base = join(venue.terms.dir, "data", name, `shard-${replay.shard}`);
    const matcher = join(base, "snapshots");
    const settlement = join(base, "settlement", "snapshots");
    if (existsSync(matcher)) replay.checkSnapshots(matcher, "matcher");
    if (existsSync(settlement)) replay.checkSnapshots(settlement, "settlement");
  }
}

/** A service may end for a reason, and says it in a sentence; a trace is a fault of ours. */
function brokenService(venue: Venue): string {
  for (const { name, program } of venue.services) {
    const trace = /^.*\n\s+at .*(?:\.ts:\d+|\/\$bunfs\/).*$/m.exec(program.said())?.[0];
    if (trace !== undefined) return `${name} broke: ${trace}`;
  }
  return "";
}
