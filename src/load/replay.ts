/**
 * Replay: a public order flow through a running venue, and whether its report stream is the one
 * that everybody else gets.
 *
 *   market and accounts of its own -> funds -> all frames signed -> one connection -> reports
 *     -> canonical stream -> SHA-256
 *
 * Each replay opens its own market and accounts, so that it can be repeated at will on a venue that
 * does other things as well. With a journal an interrupted one goes on where its record ends.
 */
import { ClientError } from "../client/errors.ts";
import { HttpClient } from "../client/http.ts";
import type { ShardStatusJson } from "../client/http-json.ts";
import type { Signer } from "../edges/keys.ts";
import { viewOf } from "../base/bytes.ts";
import { REPORT_SIZE } from "../protocol/report.ts";
import { fundsFor } from "./flow-commands.ts";
import { type DeskKey, OperatorDesk } from "./operator-desk.ts";
import { type Percentiles, percentilesOf } from "./percentiles.ts";
import { ReplayJournal } from "./replay-journal.ts";
import { ReplayRun } from "./replay-run.ts";
import { ReportStore } from "./report-store.ts";
import { SignedFlow } from "./signed-flow.ts";
import type { LoadedWorkload } from "./workload-file.ts";

export interface VenueAddress {
  readonly host: string;
  readonly port: number;
  /** Such as "http://127.0.0.1:9090". */
  readonly ingress: string;
  readonly settlement: string;
  /** Absent: the lowest. */
  readonly shard?: number;
}

export interface ReplayOptions {
  readonly venue: VenueAddress;
  readonly operator: Signer;
  /** Commands per frame, at most. */
  readonly batch: number;
  /** One account fills batches better; two are what the public benchmark knows. */
  readonly accounts: 1 | 2;
  /** Commands per second; 0: as fast as answers come. */
  readonly rate: number;
  /** Commands on their way, at most. */
  readonly window: number;
  readonly keepBook: boolean;
  /** Null: the record of the run is in memory only. */
  readonly journalDir: string | null;
  readonly reconnectMsMax: number;
}

export interface ReplayResult {
  readonly messages: number;
  readonly frames: number;
  readonly market: number;
  readonly accounts: readonly number[];
  readonly seconds: number;
  readonly messages_per_second: number;
  /** From the intended send time with a rate, else from the moment of sending. */
  readonly latency_ms: Percentiles | null;
  readonly reports: number;
  readonly reconnects: number;
  readonly frames_resent: number;
  readonly report_sha256: string;
}

const SETTLED_POLL_MS = 20;

export async function replay(
  { workload, fileHash }: LoadedWorkload,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const { venue, operator, batch, accounts, keepBook } = options;
  const http = new HttpClient({
    settlement: venue.settlement,
    ingress: venue.ingress,
    ...(venue.shard === undefined ? {} : { shard: venue.shard }),
  });
  const desk = await OperatorDesk.open(http, operator);
  const journal = ReplayJournal.open(options.journalDir, {
    venue: desk.place.venue.toHex(),
    workload_sha256: fileHash,
    batch,
    accounts,
    keep_book: keepBook,
  });
  if (typeof journal === "string") throw new ClientError({ code: "journal", message: journal });
  // What an interrupted run did must be seen before it is done again.
  if (journal.isOld) await untilSettled(venue.settlement);
  const market = await desk.openMarket(journal.symbol);
  const seats = await openSeats(desk, journal, accounts);
  // What trading has taken from an account since its funding is not to be paid again.
  if (journal.sentBefore() === 0) await fundSeats(desk, seats, fundsFor(workload));
  const [first, second = first] = seats;
  if (first === undefined || second === undefined) throw new RangeError("a replay has accounts");
  const traders = [first.trader, second.trader] as const;
  const { place } = desk;
  const flow = new SignedFlow(workload, { place, market, traders, batchMax: batch, keepBook });
  if (flow.isAmbiguous) {
    throw new ClientError({ code: "tag", message: "two frames share a tag; run it once more" });
  }
  const store = storeOf(flow, journal);
  const answeredBefore = store.answered;
  const run = new ReplayRun({
    host: venue.host,
    port: venue.port,
    shard: place.shard,
    logons: seats.map((seat) => seat.logon),
    flow,
    store,
    journal,
    window: Math.max(1, Math.floor(options.window / batch)),
    rate: options.rate / batch,
    reconnectMsMax: options.reconnectMsMax,
  });
  try {
    const times = await run.run();
    const owners = seats.map((seat) => seat.trader.account);
    return { market, accounts: owners, ...resultOf(flow, store, times, answeredBefore) };
  } finally {
    journal.close();
  }
}

/** What the journal has kept of an earlier run's reports, taken up again. */
function storeOf(flow: SignedFlow, journal: ReplayJournal): ReportStore {
  const store = new ReportStore(flow);
  const received = journal.received();
  const view = viewOf(received);
  for (let at = 0; at < received.length; at += REPORT_SIZE) store.take(view, at);
  return store;
}

/** `answeredBefore`: messages that an interrupted run had answers to already. */
function resultOf(
  flow: SignedFlow,
  store: ReportStore,
  times: Awaited<ReturnType<ReplayRun["run"]>>,
  answeredBefore: number,
): Omit<ReplayResult, "market" | "accounts"> {
  const canonical = store.canonical();
  if (typeof canonical === "string") {
    throw new ClientError({ code: "order", message: canonical });
  }
  const before = flow.firsts[answeredBefore] ?? flow.messageCount;
  const messages = flow.messageCount - before;
  return {
    messages: flow.messageCount,
    frames: flow.flowCount,
    seconds: Math.round(times.seconds * 1000) / 1000,
    messages_per_second: times.seconds > 0 ? Math.round(messages / times.seconds) : 0,
    latency_ms: percentilesOf(times.latencies),
    reports: store.count,
    reconnects: times.reconnects,
    frames_resent: times.resent,
    report_sha256: canonical.hash(),
  };
}

/** An account and its two keys: logons use up nonces of one, orders those of the other. */
interface Seat {
  readonly logon: DeskKey;
  readonly trader: DeskKey;
}

const SEAT_NAMES = ["buyer", "seller"] as const;

async function openSeats(
  desk: OperatorDesk,
  journal: ReplayJournal,
  count: 1 | 2,
): Promise<readonly Seat[]> {
  const seats: Seat[] = [];
  for (const name of SEAT_NAMES.slice(0, count)) {
    const logon = await desk.openAccount(journal.key(`${name}-logon`));
    const trader = await desk.addKey(journal.key(`${name}-trade`), logon);
    seats.push({ logon, trader });
  }
  return seats;
}

/** Buys are paid by the first account, sells by the last: the same one, if it is alone. */
async function fundSeats(
  desk: OperatorDesk,
  seats: readonly Seat[],
  funds: { quote: number; base: number },
): Promise<void> {
  const { quote, base } = await desk.assets();
  const buyer = seats[0]?.trader.account ?? 0;
  const seller = seats.at(-1)?.trader.account ?? 0;
  await desk.fund(buyer, quote, funds.quote);
  await desk.fund(seller, base, funds.base);
}

/** Settlement has seen all that is matched. It verifies every signature again, so it may lag. */
export async function untilSettled(settlement: string): Promise<void> {
  const http = new HttpClient({ settlement });
  for (;;) {
    const { shards } = await http.status();
    // 0 says that settlement has just begun and does not know how far the matcher is: a replay
    // that goes on would not find its market, and open another.
    const isSettled = (shard: ShardStatusJson): boolean =>
      shard.matched_position > 0 && shard.position >= shard.matched_position;
    if (shards.every(isSettled)) return;
    await new Promise((resolve) => setTimeout(resolve, SETTLED_POLL_MS));
  }
}
