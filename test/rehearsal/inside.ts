/**
 * The rehearsal inside its namespaces, as process 1 there: when this process ends, by whatever
 * cause, the kernel ends all others, and hosts, bridge and cables are gone.
 *
 * Its stdin is a pipe of the process outside: when that is gone, so is this one.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { marketsOf } from "../../src/market-matcher/shard-choice.ts";
import { Hosts } from "./hosts.ts";
import { type Opened, openAccounts, startServices } from "./opening.ts";
import { Phases } from "./phases.ts";
import { smallerConfig } from "./smaller-config.ts";
import type { RehearsalResult, RehearsalTerms } from "./terms.ts";
import { judge, untilSettled, verifyExports } from "./verdict.ts";
import { Venue } from "./venue.ts";

if (process.pid !== 1) {
  console.error("this is the inner half of: bun run rehearsal");
  process.exit(2);
}
process.stdin.on("end", () => process.exit(130));
process.stdin.resume();

const startMs = performance.now();
const terms: RehearsalTerms = JSON.parse(process.argv[2] ?? "");
const result = await rehearse();
writeFileSync(join(terms.dir, "result.json"), JSON.stringify(result));
process.exit(0);

type Ending = Omit<
  RehearsalResult,
  "shards" | "markets" | "sessions" | "versions" | "phases" | "ended" | "seconds"
>;

async function rehearse(): Promise<RehearsalResult> {
  const { smaller, dir } = terms;
  const configPath = smaller === null ? terms.config : join(dir, "config.toml");
  if (smaller !== null) writeFileSync(configPath, smallerConfig(terms.config, smaller));
  const venue = new Venue(terms, new Hosts(), configPath);
  const shards = venue.config.shards.length;
  const markets = marketsOf(
    venue.config,
    venue.config.shards.map(({ id }) => id),
  ).length;
  const venueId = await venue.begin();
  say(`venue ${venueId}: ${markets} markets on ${shards} shards`);
  await startServices(venue);
  say(`${venue.services.length} services are ready`);
  const opened = await openAccounts(venue, venueId);
  const phases = new Phases(venue, opened.load);
  let ending: Ending;
  try {
    opened.custodian.start();
    await phases.run();
    ending = await end(venue, { opened, phases, venueId });
  } catch (error) {
    const wrong = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const counts = { frames: 0, orders_acknowledged: 0, deposits: 0, records: 0, reports: 0 };
    ending = { wrong, verdicts: {}, ...counts };
  }
  const ended = venue.services.flatMap(({ name, program }) =>
    program.ends.map((how) => `${name}: ${how}`),
  );
  return {
    shards,
    markets,
    sessions: opened.accounts * shards,
    versions: await versionsOf(venue),
    phases: phases.done,
    ...ending,
    ended,
    seconds: Math.round((performance.now() - startMs) / 1000),
  };
}

async function end(
  venue: Venue,
  parts: { readonly opened: Opened; readonly phases: Phases; readonly venueId: string },
): Promise<Ending> {
  const { opened, phases, venueId } = parts;
  opened.custodian.finish();
  await venue.until("every payment to be there", async () => opened.custodian.lacks === "");
  await opened.load.rest();
  say("every trader has every answer");
  await untilSettled(venue, opened.load);
  const histories = await opened.load.finish();
  say("all is settled, told, under checkpoints, and archived");
  const verdicts = await verifyExports(venue, venueId);
  for (const [name, verdict] of Object.entries(verdicts)) say(`${name}: ${verdict}`);
  const exits = await Promise.all(
    venue.services.map(async ({ name, program }) => [name, await program.stop()] as const),
  );
  const bad = exits.filter(([, code]) => code !== 0).map((one) => one.join(" "));
  const judged = await judge(venue, { opened, histories });
  say(judged.wrong || "told, logged and paid agree");
  const no = Object.entries(verdicts).find(([, verdict]) => verdict !== "yes");
  const ended = bad.length === 0 ? "" : `asked to stop they ended with exit ${bad.join(", ")}`;
  return {
    ...judged,
    verdicts,
    wrong: judged.wrong || no?.join(": ") || ended,
    deposits: opened.custodian.payments,
    frames: histories.reduce((all, { frames }) => all + frames, 0),
    orders_acknowledged: phases.done.reduce((all, one) => all + one.orders_acknowledged, 0),
  };
}

async function versionsOf({
  redis,
  terms: { haproxy },
}: Venue): Promise<{ redis: string; haproxy: string }> {
  const version = (text: string): string => /\d+\.\d+\.\d+/.exec(text)?.[0] ?? "";
  const balancer = Bun.spawnSync([haproxy, "-v"]).stdout.toString();
  return { redis: version(redis.redis1.said()), haproxy: version(balancer) };
}

function say(text: string): void {
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${seconds.padStart(6)} s  ${text}`);
}
