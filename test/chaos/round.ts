/**
 * Round: one seed from its servers to its verdict.
 *
 *   all start -> traders trade, things go wrong -> all heals -> all drains, or all have halted
 *     -> services end -> audit
 */
import { rmSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HttpClient } from "../../src/client/http.ts";
import { auditGoing, auditHalted } from "./audit.ts";
import { Faults } from "./faults.ts";
import { RIVAL, type Service } from "./fleet.ts";
import { shardsOf } from "./opening.ts";
import { type ChaosSetup, setupText } from "./setup.ts";
import { Stand } from "./stand.ts";
import { Timeline } from "./timeline.ts";

export interface Verdict {
  readonly setup: ChaosSetup;
  /** "" if all held. */
  readonly wrong: string;
  readonly end: "went on" | "halted" | "restored" | "none";
  readonly faults: ReadonlyMap<string, number>;
  readonly records: number;
  readonly reports: number;
  readonly frames: number;
  readonly seconds: number;
  /** Where everything lies that it left, if something was wrong. */
  readonly dir: string;
  readonly timeline: readonly string[];
}

/** Folders of rounds that are not over: a run that is broken off leaves none. */
const open = new Set<string>();
process.once("exit", () => {
  for (const dir of open) rmSync(dir, { recursive: true, force: true });
});

/** Of all but the start. */
const ROUND_MS = 240_000;
/** Generous: a busy machine is no fault. */
const DRAIN_MS = 120_000;
const CALM_MS = 300;
/** Whoever is waited for is named so often. */
const NAMED_MS = 10_000;
/** Behind a restore, before nothing new is sent any more. */
const GOES_ON_MS = 1500;
const STOP_MS = 30_000;
const POLL_MS = 50;

export async function runRound(setup: ChaosSetup, shows = false): Promise<Verdict> {
  const startMs = performance.now();
  const dir = mkdtempSync(join(tmpdir(), `clob-chaos-${setup.seed}-`));
  open.add(dir);
  const timeline = new Timeline(shows);
  timeline.say(setupText(setup));
  let stand: Stand | null = null;
  const result = { ...NOTHING };
  try {
    stand = await Stand.open({ dir, setup, timeline });
    const late = Bun.sleep(ROUND_MS).then(() => {
      throw new Error(`the round is not over after ${ROUND_MS / 1000} s`);
    });
    Object.assign(result, await Promise.race([story(stand), late]));
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    result.wrong = stand?.wrong || text;
  }
  const frames = stand?.traders.reduce((sum, trader) => sum + trader.frames, 0) ?? 0;
  await stand?.stop();
  timeline.say(result.wrong === "" ? `all holds: ${result.end}` : `WRONG: ${result.wrong}`);
  open.delete(dir);
  if (result.wrong === "") rmSync(dir, { recursive: true, force: true });
  else writeFileSync(join(dir, "timeline.txt"), `${timeline.lines.join("\n")}\n`);
  const seconds = Math.round((performance.now() - startMs) / 100) / 10;
  return {
    setup,
    ...result,
    faults: timeline.counts,
    frames,
    seconds,
    dir,
    timeline: timeline.lines,
  };
}

type Result = Pick<Verdict, "wrong" | "end" | "records" | "reports">;

const NOTHING: Result = { wrong: "", end: "none", records: 0, reports: 0 };

async function story(stand: Stand): Promise<Result> {
  const { setup, timeline } = stand;
  const faults = new Faults(stand);
  timeline.say("all is ready");
  const { operator } = faults;
  if (setup.sequel === "restore") await operator.archived();
  await faults.run();
  await faults.heal();
  const held = await operator.lifted();
  stand.fleet.isFenced = false;
  if (held !== "") return { ...NOTHING, wrong: held };
  if (faults.blows.isUnseen) return unseen(stand, faults);
  const end = await drained(stand);
  timeline.say(end === "went on" ? "everything has drained" : "everybody has halted");
  if (stand.wrong !== "") return { ...NOTHING, wrong: stand.wrong, end };
  if (end === "halted") {
    const audited = await auditHalted(stand, faults.blows);
    if (audited.wrong !== "" || setup.sequel !== "restore") return { end, ...audited };
    return restored(stand, faults);
  }
  return atRest(stand, { end, shown: mustHaveHalted(setup, faults) });
}

/** More was lost than the level allows, and only clients know: each of them must be told so. */
async function unseen({ traders, timeline }: Stand, { blows }: Faults): Promise<Result> {
  timeline.say("nobody was there who knew what was lost, but clients");
  const survived = blows.survived?.get(1) ?? 0;
  const untilMs = performance.now() + DRAIN_MS;
  const knows = traders.filter(({ newest }) => newest > survived);
  while (performance.now() < untilMs) {
    const late = knows.find(({ out }) => !out.includes("report_number"));
    if (late === undefined) return { ...NOTHING, end: "went on" };
    await Bun.sleep(POLL_MS);
  }
  return { ...NOTHING, wrong: "a client knew what was lost, and was not told so" };
}

/** The export is enough to go on from, with all that was archived. */
async function restored(stand: Stand, { blows, operator }: Faults): Promise<Result> {
  const lost = blows.mirror?.[0];
  if (lost === undefined) return { ...NOTHING, wrong: "nothing is known of the log that was lost" };
  const wrong = await operator.restore(lost, blows.archived);
  if (wrong !== "") return { ...NOTHING, wrong };
  await Bun.sleep(GOES_ON_MS);
  const end = await drained(stand);
  if (end === "halted") return { ...NOTHING, wrong: "restored, and all have halted again" };
  return atRest(stand, { end: "restored", shown: stand.wrong });
}

/** All has drained: services end, and what is left is judged. */
async function atRest(
  stand: Stand,
  { end, shown }: { end: Verdict["end"]; shown: string },
): Promise<Result> {
  for (const trader of stand.traders) trader.close();
  const codes = await stand.fleet.terminate(STOP_MS);
  const bad = [...codes].filter(([, code]) => code !== 0).map((one) => one.join(" "));
  const audited = await auditGoing(stand);
  const ended = bad.length === 0 ? "" : `asked to stop they ended with exit ${bad.join(", ")}`;
  return { ...audited, end, wrong: stand.wrong || shown || audited.wrong || ended };
}

/** Who has lost what was told may not go on. */
function mustHaveHalted({ end, blow }: ChaosSetup, { blows }: Faults): string {
  if (end === "lost") return `${blow}, and they went on`;
  const survived = blows.survived?.get(1) ?? Number.MAX_SAFE_INTEGER;
  if (end === "on" || blows.told <= survived) return "";
  return `told up to ${blows.told}, only ${survived} survived, and they went on`;
}

/** Until nothing waits any more, or everybody has refused to go on. */
async function drained(stand: Stand): Promise<"went on" | "halted"> {
  const untilMs = performance.now() + DRAIN_MS;
  const calmMs = performance.now() + CALM_MS;
  let lacks = "";
  let nameMs = performance.now() + NAMED_MS;
  const borders = stand.https.map((http) => ({ http, border: new Map<number, number>() }));
  while (performance.now() < untilMs) {
    if (stand.wrong !== "") return "went on";
    if (isHalted(stand)) return "halted";
    if (performance.now() > calmMs) {
      for (const trader of stand.traders) trader.finish();
      stand.custodian.finish();
    }
    lacks = servicesLack(stand);
    for (const { http, border } of borders) {
      if (lacks !== "") break;
      lacks = await settlementLacks(stand, http, border).catch((error: unknown) => String(error));
    }
    if (lacks === "") return "went on";
    if (performance.now() > nameMs) {
      nameMs += NAMED_MS;
      stand.timeline.say(`not yet: ${lacks}`);
    }
    await Bun.sleep(POLL_MS);
  }
  throw new Error(`not within ${DRAIN_MS / 1000} s: ${lacks}`);
}

/** All that serve have ended with a sentence that ends it, twice, or stand by what is halted. */
function isHalted({ fleet, setup }: Stand): boolean {
  const own = [...fleet.services.values()].filter(({ name }) => name !== RIVAL);
  const shards = shardsOf(setup).length;
  // A fence that was lifted was stood by, too.
  const mayStand = setup.sequel !== "clear";
  const isEnded = ({ isOut, isAlive, finals }: Service): boolean =>
    isOut && !isAlive && finals >= 2;
  return own.every((one) => isEnded(one) || (mayStand && one.standsBy >= shards));
}

function servicesLack(stand: Stand): string {
  const trader = stand.traders.find(({ lacks }) => lacks !== "");
  if (trader !== undefined) return trader.lacks;
  if (stand.custodian.lacks !== "") return stand.custodian.lacks;
  const dead = [...stand.fleet.services.values()].find((one) => !one.isReady && !one.isOut);
  return dead === undefined ? "" : `${dead.name} is not ready: ${dead.said(true).slice(-300)}`;
}

/** `border`: where each shard was when this was asked first; a checkpoint must cover that. */
async function settlementLacks(
  stand: Stand,
  http: HttpClient,
  border: Map<number, number>,
): Promise<string> {
  const { shards } = await http.status();
  if (shards.length < shardsOf(stand.setup).length) return `${shards.length} shards are served`;
  for (const { shard, links } of shards) {
    for (const link of links) {
      const other = shards.find((one) => one.shard === link.shard);
      const back = other?.links.find((one) => one.shard === shard);
      if (back?.in !== link.out) return `credits from shard ${shard} to ${link.shard}`;
    }
  }
  for (const { shard, account, told } of stand.traders) {
    const { reports } = await http.onShard(shard).account(account);
    if (reports !== told.length)
      return `account ${account} on ${shard}: ${told.length} of ${reports}`;
  }
  for (const { shard, position, checkpoint } of shards) {
    if (!border.has(shard)) border.set(shard, position);
    const covered = checkpoint?.position ?? 0;
    if (covered < border.get(shard)!) return `the checkpoint of shard ${shard} is at ${covered}`;
  }
  return "";
}
