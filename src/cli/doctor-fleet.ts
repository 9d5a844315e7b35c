/**
 * Doctor of a fleet: asks every service by its HTTP address, and says what a fleet must have: each
 * one alive and ready, one matcher of each shard that leads and one that stands by, one settlement
 * that leads, the same log and level everywhere, and one order that is placed and canceled.
 *
 * What a service is shows in the names of its metrics, so that a list of addresses is enough.
 */
import { randomOrderId } from "../client/order-request.ts";
import type { MarketJson } from "../client/http-json.ts";
import type { Cli } from "./cli.ts";
import type { Finding } from "./doctor-finding.ts";
import { UsageError } from "./command.ts";

const ROLES = ["ingress", "matcher", "settlement"] as const;
type Role = (typeof ROLES)[number];

interface Seen {
  readonly address: string;
  readonly role: Role;
  readonly isReady: boolean;
  /** Whether it leads, by shard; 0 for all of them. */
  readonly leads: ReadonlyMap<number, boolean>;
}

const ANSWER_MS_MAX = 3000;

/** `list`: HOST:PORT with commas between. */
export async function lookAtFleet(cli: Cli, list: string): Promise<Finding[]> {
  const addresses = list.split(",").map((text) => text.trim());
  const wrong = addresses.find((text) => !/^[\w.[\]:-]+:\d{1,5}$/.test(text));
  if (wrong !== undefined) {
    throw new UsageError(`--fleet takes HOST:PORT,HOST:PORT ..., not "${wrong}"`);
  }
  const looks = await Promise.all(addresses.map(lookAt));
  const seen = looks.filter((look): look is Seen => !("state" in look));
  const closed = looks.filter((look): look is Finding => "state" in look);
  return [
    ...closed,
    ...seen.map(readiness),
    ...roles(seen),
    ...matchers(seen),
    settlements(seen),
    await level(cli),
    ...(await exported(cli)),
    await order(cli),
  ];
}

async function ask(address: string, path: string): Promise<{ status: number; text: string }> {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const answer = await fetch(`http://${address}${path}`, { signal });
  return { status: answer.status, text: await answer.text() };
}

async function lookAt(address: string): Promise<Seen | Finding> {
  try {
    const [ready, metrics] = await Promise.all([ask(address, "/readyz"), ask(address, "/metrics")]);
    const role = ROLES.find((one) => metrics.text.includes(`\nclob_${one}_`));
    if (role === undefined) return bad(address, "answers, and is no service of ours", ADDRESS_FIX);
    const leads = new Map<number, boolean>();
    const leader = `^clob_${role}_is_leader(?:\\{shard="(\\d+)"\\})? ([01])$`;
    for (const [, shard, value] of metrics.text.matchAll(new RegExp(leader, "gm"))) {
      leads.set(Number(shard ?? 0), value === "1");
    }
    return { address, role, isReady: ready.status === 200, leads };
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0]! : "no answer";
    return bad(address, `does not answer: ${why}`, "start it, or mend the way to it (firewall)");
  }
}

const ADDRESS_FIX = "HTTP of ingress is 9090, of settlement 9091, of matchers 9092 and up";

function bad(name: string, found: string, fix: string): Finding {
  return { name, state: "wrong", found, fix };
}

function good(name: string, found: string): Finding {
  return { name, state: "ok", found, fix: "" };
}

function readiness({ address, role, isReady }: Seen): Finding {
  if (isReady) return good(address, `${role}, ready`);
  return bad(address, `${role}, alive and not ready`, "it recovers, or look at its log lines");
}

/** A fleet without one of the three trades, or settles, nothing. */
function roles(seen: readonly Seen[]): Finding[] {
  const missing = ROLES.filter((role) => !seen.some((one) => one.role === role));
  return missing.map((role) => bad(role, "none answers", `start one, and name it in --fleet`));
}

/** One leads each shard, another stands by. */
function matchers(seen: readonly Seen[]): Finding[] {
  const all = seen.filter(({ role }) => role === "matcher");
  const shards = new Set(all.flatMap(({ leads }) => [...leads.keys()]));
  return [...shards]
    .sort((a, b) => a - b)
    .map((shard) => {
      const own = all.filter(({ leads }) => leads.has(shard));
      const leading = own.filter(({ leads }) => leads.get(shard) === true);
      const name = `shard ${shard}`;
      const [leader] = leading;
      if (leader === undefined) {
        const fix = "after matcher.lease_ms a standby leads; if none does, its log lines say why";
        return bad(name, `${own.length} matchers stand by and none leads`, fix);
      }
      if (leading.length > 1) {
        const places = leading.map(({ address }) => address).join(" and ");
        return bad(name, `led by ${places}`, "ask again: one of them is about to learn it");
      }
      if (own.length > 1) return good(name, `led by ${leader.address}, ${own.length - 1} stand by`);
      const fix = "start a second matcher for it on another machine";
      return { name, state: "warning", found: `led by ${leader.address}, none stands by`, fix };
    });
}

function settlements(seen: readonly Seen[]): Finding {
  const all = seen.filter(({ role }) => role === "settlement");
  const leading = all.filter(({ leads }) => [...leads.values()].some((is) => is));
  const name = "settlement pair";
  const [leader] = leading;
  const isSaid = all.some(({ leads }) => leads.size > 0);
  if (isSaid && leader === undefined) {
    return bad(name, "none leads", "look at the log lines of both");
  }
  const found = leader === undefined ? "" : `led by ${leader.address}, `;
  if (all.length > 1) return good(name, `${found}${all.length} of them`);
  const fix = "start a second one on another machine";
  return { name, state: "warning", found: `${found}${all.length} of them`, fix };
}

/** What the log is and how safe an answer, as settlement opened it; all shards the same. */
async function level(cli: Cli): Promise<Finding> {
  const name = "log level";
  try {
    const { shards } = await cli.http.status();
    const found = new Set(shards.map(({ log }) => log.replace(/shard \d+/, "each shard")));
    const halted = shards.filter((one) => one.halted !== null).map(({ shard }) => shard);
    if (halted.length > 0) {
      return bad(name, `halted: ${halted.join(", ")}`, "see docs/OPERATE.md, A halted shard");
    }
    const [text = "no shard"] = found;
    if (found.size === 1) return good(name, text);
    return bad(name, [...found].join(" | "), "shards on different logs: look at redis.address");
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0]! : "no answer";
    return bad(name, why, "settlement is asked at --settlement");
  }
}

/** Whether the store of the export is waited for; nothing where nothing is exported. */
async function exported(cli: Cli): Promise<Finding[]> {
  const name = "export";
  try {
    const { shards } = await cli.http.status();
    const all = shards.filter((one) => one.export !== null);
    const [waiting] = all.filter((one) => one.export?.waits !== null);
    if (waiting === undefined)
      return all.slice(0, 1).map(({ export: to }) => good(name, `${to?.to}`));
    const carried = shards.length > 1 ? "; nothing of it is carried to other shards meanwhile" : "";
    const found = `shard ${waiting.shard}: ${waiting.export?.waits}${carried}`;
    const fix = "make room in the store, or bring it back; see docs/RUNBOOK.md, ExportBehind";
    return [{ name, state: "warning", found, fix }];
  } catch {
    return []; // That settlement does not answer stands in the line above.
  }
}

/** As small and as far from trading as the market allows; canceled at once. */
async function order(cli: Cli): Promise<Finding> {
  const name = "one order";
  let market: MarketJson | undefined;
  try {
    const who = await cli.who();
    market = (await cli.http.markets()).find(({ state }) => state === "open");
    if (market === undefined) {
      return { name, state: "warning", found: "no market is open", fix: "clob admin market list" };
    }
    const { rules } = await cli.market(market.symbol);
    const clientOrderId = randomOrderId();
    const venue = cli.venue(who);
    try {
      const since = performance.now();
      const placed = await venue.place({
        market: rules.id,
        clientOrderId,
        side: "buy",
        price: rules.ticks(market.price_min),
        quantity: rules.lots(market.quantity_min),
        postOnly: "reject",
      });
      if (placed.state !== "open") throw placed.error ?? new Error(`the order is ${placed.state}`);
      const canceled = await venue.cancel({ market: rules.id, clientOrderId });
      if (canceled.state !== "done") throw canceled.error ?? new Error("its cancel is unknown");
      const ms = (performance.now() - since).toFixed(1);
      return good(name, `${rules.symbol}: placed and canceled in ${ms} ms`);
    } finally {
      venue.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0]! : "no answer";
    const at = market === undefined ? "" : `${market.symbol}: `;
    const fix = "a trader's --key with funds in that market's quote, and --tcp of an ingress";
    return bad(name, `${at}${why}`, fix);
  }
}
