/**
 * The dashboard: connects the stream to what is drawn, at most once per frame.
 *
 *   stream -> Feed (books, checked) -> what changed -> next frame: markets, ladder, tape, figures
 */
import { ageText, byId, clockText, grouped, makeRows, setById, setText } from "./draw.js";
import { Feed } from "./feed.js";
import { Ladder } from "./ladder.js";
import { MarketList } from "./market-list.js";
import { Spark } from "./spark.js";

const TAPE_ROWS = 21;
const CHECKPOINT_ROWS = 8;
const CHECKPOINT_LATE_MS = 3000;
const UP = { sign: "▲", className: "buy" };
const DOWN = { sign: "▼", className: "sell" };
const SAME = { sign: " ", className: "" };

const only = new URLSearchParams(location.search).get("markets");
const markets = new Map();
const lasts = new Map();
const tapes = new Map();
const changed = new Set();
const checkpoints = [];
const ladder = new Ladder();
const spark = new Spark(byId("spark"));
const tapeRows = makeRows(byId("tape"), TAPE_ROWS, 4);
const checkpointRows = makeRows(byId("checkpoints"), CHECKPOINT_ROWS, 4);
const list = new MarketList(show);
let isAsked = false;
let feed = null;
let venueId = "";
let wasLost = false;

async function get(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function begin() {
  const [status, answer] = await Promise.all([get("/v1/status"), get("/v1/markets?limit=64")]);
  const wanted = only?.split(",");
  for (const market of answer.markets) {
    if (wanted && !wanted.includes(market.symbol) && !wanted.includes(String(market.id))) continue;
    markets.set(market.symbol, market);
    list.add(market);
    if (market.last_price !== null) lasts.set(market.symbol, { price: market.last_price, ...SAME });
  }
  showVenue(status, answer.next !== null);
  const [first] = markets.keys();
  if (first !== undefined) list.choose(first);
  for (const symbol of markets.keys()) changed.add(symbol);
  connect();
}

function showVenue(status, hasMore) {
  const { venue, name, version, protocol_version, rules_version, shards } = status;
  venueId = venue;
  setById("venue-name", name);
  setById("venue-id", `${venue.slice(0, 16)}…`);
  byId("venue-id").parentElement.title = `venue id ${venue}`;
  document.title = `CLOB ${name}`;
  const rules = `protocol ${protocol_version}, rules ${rules_version}`;
  setById("about", `version ${version} · ${rules} · log ${shards[0].log}`);
  const count = shards.reduce((sum, shard) => sum + shard.markets, 0);
  setById("markets-note", hasMore ? `${markets.size} of ${grouped(count)}` : String(markets.size));
  setById("accounts", grouped(shards.reduce((sum, shard) => sum + shard.accounts, 0)));
  for (const { shard, checkpoint } of shards) {
    if (checkpoint === null) continue;
    addCheckpoint({ ...checkpoint, shard, at: performance.now() - checkpoint.age_ms });
  }
}

/** Another market is chosen. */
function show(symbol) {
  const { base, quote, state } = markets.get(symbol);
  setById("book-symbol", symbol);
  setById("book-state", state === "open" ? "" : state.replace("_", " "));
  setById("unit-price", quote.symbol);
  setById("unit-size", base.symbol);
  setById("unit-total", base.symbol);
  ladder.reset();
  changed.add(symbol);
  if (!tapes.has(symbol)) fillTape(symbol);
  ask();
}

/** The newest trades so far; those of the stream come before them. */
function fillTape(symbol) {
  const path = `/v1/markets/${encodeURIComponent(symbol)}/trades?limit=${TAPE_ROWS}`;
  get(path).then(
    ({ trades }) => mergeTape(symbol, trades),
    () => tapes.delete(symbol),
  );
}

function mergeTape(symbol, trades) {
  const newer = (tapes.get(symbol) ?? []).filter(({ id }) => id > (trades[0]?.id ?? 0));
  tapes.set(symbol, [...newer, ...trades].slice(0, TAPE_ROWS));
  changed.add(symbol);
  ask();
}

function addTrade(trade) {
  const before = lasts.get(trade.market);
  const price = Number(trade.price) - Number(before?.price ?? trade.price);
  const sign = price > 0 ? UP : price < 0 ? DOWN : (before ?? SAME);
  lasts.set(trade.market, { ...sign, price: trade.price });
  const tape = tapes.get(trade.market);
  if (tape === undefined) return;
  if (tape.length > 0 && trade.id !== tape[0].id + 1) {
    fillTape(trade.market);
    return;
  }
  tape.unshift(trade);
  tape.length = Math.min(tape.length, TAPE_ROWS);
}

/** One that the first answer told may come again by the stream. */
function addCheckpoint(checkpoint) {
  const { shard, number } = checkpoint;
  const isKnown = checkpoints.some((known) => known.shard === shard && known.number >= number);
  if (isKnown) return;
  checkpoints.unshift({ at: performance.now(), ...checkpoint });
  checkpoints.length = Math.min(checkpoints.length, CHECKPOINT_ROWS);
}

function ask() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(draw);
}

function draw() {
  isAsked = false;
  for (const symbol of changed) {
    const book = feed?.books.get(symbol);
    list.draw(symbol, lasts.get(symbol), book);
    if (symbol === list.chosen) drawChosen(symbol, book);
  }
  changed.clear();
}

function drawChosen(symbol, book) {
  if (book !== undefined) ladder.draw(book);
  byId("book").classList.toggle("void", book === undefined);
  setById("link-sequence", book === undefined ? "–" : grouped(book.sequence));
  const last = lasts.get(symbol);
  setById("last", last === undefined ? "–" : grouped(last.price));
  setById("last-sign", last?.sign ?? "");
  byId("last").parentElement.className = `last ${last?.className ?? ""}`;
  const tape = tapes.get(symbol) ?? [];
  byId("tape-empty").hidden = tape.length > 0;
  for (const [i, { row, cells }] of tapeRows.entries()) drawTrade(row, cells, tape[i]);
}

function drawTrade(row, cells, trade) {
  row.hidden = trade === undefined;
  if (trade === undefined) return;
  const { sign, className } = trade.taker_side === "buy" ? UP : DOWN;
  setText(cells[0], clockText(trade.log_time_us));
  setText(cells[1], `${sign} ${trade.taker_side}`);
  setText(cells[2], grouped(trade.price));
  setText(cells[3], trade.quantity);
  cells[1].className = className;
  cells[2].className = className;
}

function drawCheckpoints() {
  const [newest] = checkpoints;
  const now = performance.now();
  for (const [i, { row, cells }] of checkpointRows.entries()) {
    const checkpoint = checkpoints[i];
    row.hidden = checkpoint === undefined;
    if (checkpoint === undefined) continue;
    setText(cells[0], `✓ ${grouped(checkpoint.number)}`);
    setText(cells[1], grouped(checkpoint.position));
    setText(cells[2], clockText(checkpoint.log_time_us, 0));
    setText(cells[3], ageText(now - checkpoint.at));
  }
  if (newest === undefined) return;
  const age = now - newest.at;
  const isLate = age > CHECKPOINT_LATE_MS;
  byId("checkpoint-card").dataset.state = isLate ? "late" : "fresh";
  setById("checkpoint-age", ageText(age));
  setById("checkpoint-word", isLate ? "ago, late" : "ago");
  setById("checkpoint-number", grouped(newest.number));
}

function drawStats({ shards }) {
  const sum = (name) => shards.reduce((total, shard) => total + shard[name], 0);
  setById("rate", grouped(sum("orders_per_s")));
  spark.add(sum("orders_per_s"));
  setById("trades", grouped(sum("trades")));
  setById("commands", grouped(sum("commands")));
  setById("open-orders", grouped(sum("open_orders")));
  const [verified, matched] = [sum("position"), sum("matched_position")];
  setById("verified", grouped(verified));
  const behind = matched - verified;
  setById("lag", behind === 0 ? "✓ all that was matched" : `${grouped(behind)} behind the matcher`);
}

const STATE_WORDS = { wait: "Connecting", live: "Live", stale: "Stale", lost: "Reconnecting" };

/** Opens the stream, and starts the clocks. */
function connect() {
  feed = new Feed(only, { message: onMessage, lost: onLost });
  setInterval(tick, 200);
  tick();
}

function onMessage(message) {
  const { market } = message;
  if (message.type === "snapshot") beginAgain(market);
  if (message.type === "trade") addTrade(message);
  if (message.type === "checkpoint") addCheckpoint(message);
  if (message.type === "stats") drawStats(message);
  if (market === undefined) return;
  changed.add(market);
  ask();
}

/** A market's first message: what its tape missed is fetched, now or when it is chosen. */
function beginAgain(market) {
  if (market === list.chosen) fillTape(market);
  else tapes.delete(market);
  if (wasLost) get("/v1/status").then(reloadIfOther, () => {});
  wasLost = false;
}

/** Behind the same address there may be another venue now. */
function reloadIfOther({ venue }) {
  if (venue !== venueId) location.reload();
}

/** Books are void until new snapshots come. Trades that were missed meanwhile are fetched. */
function onLost() {
  wasLost = true;
  for (const symbol of markets.keys()) changed.add(symbol);
  ladder.reset();
  ask();
}

function tick() {
  const { state, gaps, checksums } = feed;
  byId("link").dataset.state = state;
  setById("link-state", STATE_WORDS[state]);
  setById("link-gaps", String(gaps));
  setById("link-sums", `${grouped(checksums)} ✓`);
  drawCheckpoints();
}

/** Until the server answers. */
async function start() {
  try {
    await begin();
  } catch {
    setById("link-state", "Unreachable");
    setTimeout(start, 1000);
  }
}

void start();
