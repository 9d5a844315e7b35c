/**
 * The clob command against a real venue: a user's and an operator's way through all of it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { readKeyFile } from "../../src/edges/keys.ts";
import { untilSettled } from "../client/stand.ts";
import { VenueProcess } from "../support/venue-process.ts";
import { clob, type Said } from "./capture.ts";

let venue: VenueProcess;
let http: HttpClient;
let env: Record<string, string> = {};
const file = (name: string): string => join(venue.dir, name);

beforeAll(async () => {
  venue = await VenueProcess.start();
  const { host, port, ingress, settlement } = venue.address;
  http = new HttpClient(venue.address);
  await untilSettled(http, 1);
  env = {
    CLOB_TCP: `${host}:${port}`,
    CLOB_INGRESS: ingress,
    CLOB_SETTLEMENT: settlement,
    CLOB_DATA: venue.dir,
    CLOB_KEY: file("me.pem"),
  };
}, 30_000);
afterAll(() => venue.stop());

async function said(line: string): Promise<Said> {
  return clob(line.split(" "), env);
}

/** The data of a call that must succeed. */
async function data(line: string) {
  const { code, out, err } = await said(`${line} -o json`);
  expect([line, code, code === 0 ? "" : out + err]).toEqual([line, 0, ""]);
  return JSON.parse(out);
}

/** Code and name of the error of a call that must be refused. */
async function refused(line: string): Promise<string> {
  const { code, out } = await said(`${line} -o json`);
  return `${code} ${JSON.parse(out).error.code}`;
}

/** Settlement answers queries, a moment behind the matcher. */
async function settled(position: number): Promise<void> {
  await untilSettled(http, position);
}

describe("from nothing to a verified trade", () => {
  test("a key, an account, money", async () => {
    expect(await refused("balance")).toBe("1 key_file");
    await data(`keygen ${file("me.pem")}`);
    expect(await refused(`keygen ${file("me.pem")}`)).toBe("1 key_file");
    expect(await refused("order buy BTC-USD 1 --limit 50000")).toBe("1 unknown_key");
    const opened = await data("account open");
    expect(opened).toMatchObject({ account: 1, key: 3, opened: true });
    expect(JSON.parse(readFileSync(opened.noted, "utf8"))).toMatchObject({ account: 1, key: 3 });
    const { publicKey } = readKeyFile(file("me.pem"));
    while ((await http.keyOwner(publicKey)) === null) await new Promise(setImmediate);
    expect((await data("account open")).opened).toBe(false);
    await data("admin deposit 1 USD 100000 --reference 7");
    expect(await refused("admin deposit 1 USD 100000 --reference 7")).toBe("1 reference");
    const { position } = await data("admin deposit 1 BTC 2");
    await settled(position);
    const { balances } = await data("balance");
    const free = balances.map((row: { symbol: string; free: string }) => [row.symbol, row.free]);
    expect(free).toEqual([
      ["USD", "100000.000000"],
      ["BTC", "2.00000000"],
    ]);
  });

  test("orders rest, change, trade and go", async () => {
    const placed = await data("order buy BTC-USD 0.5 --limit 50000 --client-id 7");
    expect(placed).toMatchObject({
      state: "open",
      side: "buy",
      price: "50000.00",
      quantity: "0.5000",
      leaves: "0.5000",
      client_order_id: "7",
    });
    const id: string = placed.order_id;
    await settled(placed.position);
    expect((await data(`order show ${id}`)).leaves).toBe("0.5000");
    expect((await data(`replace ${id} --price 50100 --quantity 0.4`)).price).toBe("50100.00");
    expect((await data(`reduce 7 0.1 --market BTC-USD`)).leaves).toBe("0.3000");
    const sold = await data("order sell BTC-USD 0.2 --slippage 5");
    expect(sold).toMatchObject({ state: "filled", filled: "0.2000", leaves: "0.0000" });
    expect(sold.fills).toMatchObject([
      { price: "50100.00", quantity: "0.2000", fee: "5.010000", liquidity: "taker" },
    ]);
    await settled(sold.position);
    expect((await data("orders")).orders).toMatchObject([{ order_id: id, leaves: "0.1000" }]);
    expect((await said("orders")).out).not.toContain("good till");
    expect((await data("fills --limit 1")).fills).toMatchObject([{ trade_id: 1, side: "sell" }]);
    expect((await data("trades BTC-USD")).trades).toMatchObject([{ id: 1, quantity: "0.2000" }]);
    expect((await data("book BTC-USD")).bids).toEqual([["50100.00", "0.1000"]]);
    expect((await data(`cancel ${id}`)).answers[0].orders).toMatchObject([{ canceled: "0.1000" }]);
    expect(await refused("cancel 7 --market BTC-USD")).toBe("1 unknown_order");
    await data("order sell BTC-USD 0.1 --limit 70000");
    await data("order sell BTC-USD 0.1 --limit 71000");
    expect((await data("cancel-all --side sell")).canceled).toBe(2);
    expect((await data("cancel-all")).canceled).toBe(0);
  });

  test("orders wait, slide, end with a budget, and have a time", async () => {
    const stop = await data("order sell BTC-USD 0.1 --stop 40000 --slippage 5 --gtd 1h");
    const its = { state: "waiting", stop_price: "40000.00", price: "38000.00", triggered: false };
    expect(stop).toMatchObject(its);
    const sell = await data("order sell BTC-USD 0.1 --limit 45000 --day --stp decrement");
    expect(sell).toMatchObject({ state: "open", stop_price: null, price_asked: null });
    const slid = await data("order buy BTC-USD 0.2 --limit 45001 --post-only=slide");
    expect(slid).toMatchObject({ price: "44999.99", price_asked: "45001.00" });
    await settled(slid.position);
    const [waits, rests, third] = (await data("orders")).orders;
    expect([waits.state, rests.state, third.post_only]).toEqual(["waiting", "open", "slide"]);
    expect(waits.good_till_us - stop.log_time_us).toBeGreaterThan(3_500_000_000);
    const { out } = await said("orders");
    for (const words of ["stop", "40000.00", "waiting", "good till (UTC)", "post-only slide"]) {
      expect(out).toContain(words);
    }
    const spent = await data("order buy BTC-USD max --budget 1000");
    expect(spent).toMatchObject({ state: "canceled", reason: "budget", filled: "0.0222" });
    expect(spent.others).toMatchObject([{ order_id: sell.order_id }]);
    expect(await refused("order buy BTC-USD 1 --limit 2000 --gtd 2020-01-01T00:00Z")).toBe(
      "1 order_expired",
    );
    const dry = await data("order buy BTC-USD 1 --stop 50000 --limit 50001 --day --dry-run");
    expect(dry).toMatchObject({ type: "stop_limit", time_in_force: "day", stop_price: "50000.00" });
    const timer = await data("dead-man 1h");
    expect(timer).toMatchObject({ account: 1, before_us: 0 });
    await settled(timer.position);
    expect((await said("account show")).out).toContain("dead-man timer: fires after 20");
    const off = await data("dead-man off");
    expect([off.before_us, off.fires_after_us]).toEqual([timer.fires_after_us, 0]);
    expect((await data("cancel-all")).canceled).toBe(3);
  });

  test("what can't be is refused, with the rule and the numbers", async () => {
    const refusals: readonly (readonly [string, string])[] = [
      ["order buy BTC-USD 0.00001 --limit 50000", "lot 0.0001 of BTC-USD"],
      [
        "order buy BTC-USD 1 --limit 50000.001",
        "price 50000.001 is not a multiple of the tick 0.01",
      ],
      ["order buy BTC-USD 1 --limit 500", "(price 500.00, bound 1000.00)"],
      ["order buy BTC-USD 3 --limit 50000", "(needed 150075.000000 USD, free "],
      ["order buy NO-SUCH 3 --limit 50000", "unknown_market: there is no market NO-SUCH; see"],
      ["trades BTCUSD", 'there is no market BTCUSD (did you mean "BTC-USD"?); see: clob markets'],
      ["order buy ETH-USD 1", "nobody sells in ETH-USD; give a price with --limit"],
      ["order show 9-9-9", "unknown_order"],
      [`withdraw USD 1000000 --to ${"00".repeat(32)}`, "(needed 1000000.000000 USD, free "],
      ["transfer USD 1 --to 7", "there is no shard 7; this venue has: 1"],
      ["transfer USD 1 --to 1", "has no USD on another shard than 1"],
      ["withdraw UDS 1 --to " + "00".repeat(32), 'there is no asset UDS (did you mean "USD"?)'],
    ];
    for (const [line, words] of refusals) {
      const { code, err, out } = await said(line);
      expect([line, code, out, err.includes(words) ? words : err]).toEqual([line, 1, "", words]);
    }
    const dry = await data("order buy BTC-USD 0.5 --limit 60000 --post-only --dry-run");
    expect(dry).toMatchObject({ price_ticks: 6_000_000, quantity_lots: 5000, post_only: "reject" });
  });

  test("operators halt, resume and suspend; apply brings new markets", async () => {
    await data("admin market halt ETH-USD");
    expect(await refused("order buy ETH-USD 1 --limit 3000")).toBe("1 market_state");
    await data("admin market resume ETH-USD");
    await data("admin account suspend 1");
    expect(await refused("order buy ETH-USD 1 --limit 3000")).toBe("1 account_suspended");
    await settled((await data("admin account resume 1")).position);
    const more = readFileSync("config.toml", "utf8").replace('state = "open"', "");
    const market = /\[\[market\]\]\nid = 4\n[^]*?\n\n/.exec(more)![0];
    const range = market.replace("id = 4", "id = 50\ncount = 20").replace("DOGE-USD", "D#-USD");
    writeFileSync(file("more.toml"), more.replace(market, `${market}${range}`));
    const plan = await data(`admin apply ${file("more.toml")}`);
    expect(plan).toMatchObject({
      applied: 0,
      plan: [{ text: "open 20 markets D50-USD to D69-USD" }],
    });
    expect((await data(`admin apply ${file("more.toml")} --yes`)).applied).toBe(1);
    while ((await said("trades D69-USD")).code !== 0) await new Promise(setImmediate);
    const { position } = await data("order buy D69-USD 1 --limit 0.1");
    await settled(position);
    expect((await data("admin market list")).markets.length).toBe(24);
    expect((await data(`admin apply ${file("more.toml")} --yes`)).plan).toEqual([]);
  });

  test("an export that a stranger says yes to, and no to when a byte is changed", async () => {
    const withdrawn = await data(`withdraw USD 5 --to ${"ab".repeat(32)}`);
    while (((await http.status()).shards[0]!.checkpoint?.position ?? 0) < withdrawn.position) {
      await new Promise(setImmediate);
    }
    const exported = await data(
      `export ${file("export")} --config config.toml --data ${venue.dir}`,
    );
    const { venue: id } = await http.status();
    expect(exported.venue).toBe(id);
    for (const engine of ["fast", "naive"]) {
      const verdict = await data(`verify ${file("export")} --venue ${id} --engine ${engine}`);
      expect(verdict).toMatchObject({ ok: true, pinned: true });
      const { records, commands, signatures, checkpoints, ...names } = verdict.shards[0];
      const ends = { signed_records: records, is_cut: true };
      expect(names).toEqual({ shard: 1, venue: id, rules_version: 1, ...ends });
      expect(Math.min(commands, signatures, checkpoints)).toBeGreaterThan(0);
      expect(records).toBeGreaterThanOrEqual(withdrawn.position);
    }
    await settled((await data("order buy BTC-USD 0.1 --limit 50000")).position);
    while ((await http.status()).shards[0]!.checkpoint!.position < withdrawn.position + 2) {
      await new Promise(setImmediate);
    }
    const again = await data(`export ${file("export")} --config config.toml --data ${venue.dir}`);
    expect(again.shards[0].records).toBeGreaterThan(exported.shards[0].records);
    const more = await data(`verify ${file("export")} --venue ${id}`);
    expect(more.shards[0].records).toBe(again.shards[0].records);
    const other = await said(`verify ${file("export")} --venue ${"12".repeat(32)}`);
    expect([other.code, other.out.startsWith("no: shard 1: record 1:")]).toEqual([4, true]);
    const segment = join(file("export"), "shard-1", "in", "00000000000000000001.zst");
    const bytes = readFileSync(segment);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(segment, bytes);
    const { code, out } = await said(`verify ${file("export")} --venue ${id} -o json`);
    expect([code, JSON.parse(out).ok]).toEqual([4, false]);
  }, 30_000);
});

describe("looking on", () => {
  test("status, markets, account, doctor and config speak of this venue", async () => {
    const { venue: id, shards } = await data("status");
    expect([id.length, shards[0].shard]).toEqual([64, 1]);
    expect((await said("status")).out).toContain(id);
    expect((await said("markets")).out).toContain("BTC-USD");
    expect((await said("account show")).out).toContain("trade,cancel,withdraw,read,keys");
    const doctor = await said(`doctor -o json --data ${venue.dir}`);
    const checks: { name: string; state: string }[] = JSON.parse(doctor.out).checks;
    const states = new Map(checks.map(({ name, state }) => [name, state]));
    for (const name of ["log", "order entry", "ingress", "settlement", "clock"]) {
      expect([name, states.get(name)]).toEqual([name, "ok"]);
    }
    expect((await said(`config show --log-tick-ms 123`)).out).toContain("tick_ms = 123");
  });

  test("book --watch follows until it is stopped, one JSON value a line", async () => {
    const stop = new AbortController();
    const onOut = (text: string): void => {
      if (text.includes('["69000.00","0.2000"]')) stop.abort();
    };
    const words = "book BTC-USD --watch -o json".split(" ");
    const watching = clob(words, env, { stop: stop.signal, onOut });
    await data("order sell BTC-USD 0.1 --limit 69000");
    await data("order sell BTC-USD 0.1 --limit 69000");
    const { code, out } = await watching;
    const values = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(values.at(-2)).toMatchObject({ market: "BTC-USD", asks: [["69000.00", "0.2000"]] });
    expect(values.at(-1)).toEqual({ watched: "BTC-USD" });
  });
});

test("init makes a venue once, and an added shard of it", async () => {
  const dir = file("other");
  const made = await data(`init --data ${dir}`);
  expect(made.shards).toMatchObject([{ shard: 1, created: true }]);
  expect(existsSync(join(dir, "keys", "operator.pem"))).toBe(true);
  const [again] = (await data(`init --data ${dir}`)).shards;
  expect(again).toEqual({ ...made.shards[0], created: false });
  const two = `${readFileSync("config.toml", "utf8")}\n[[shard]]\nid = 2\nmarkets = "101-200"\n`;
  writeFileSync(file("two.toml"), two);
  expect((await said(`init --data ${dir} --config ${file("two.toml")} --shard 3`)).code).toBe(2);
  const added = await data(`init --data ${dir} --config ${file("two.toml")} --shard 2`);
  expect(added.shards).toEqual([{ shard: 2, venue: made.shards[0].venue, created: true }]);
});

test("the program itself: exit code, JSON on stdout, nothing else", async () => {
  const run = (...words: string[]) =>
    Bun.spawnSync([process.execPath, "src/cli/main.ts", ...words], {
      env: { ...process.env, ...env },
    });
  const status = run("status", "-o", "json");
  expect([status.exitCode, status.stderr.toString()]).toEqual([0, ""]);
  expect(JSON.parse(status.stdout.toString()).name).toBe("demo");
  const refusal = run("order", "buy", "NO-SUCH", "1", "--limit", "5", "-o", "json");
  expect([refusal.exitCode, refusal.stderr.toString()]).toEqual([1, ""]);
  expect(JSON.parse(refusal.stdout.toString()).error.code).toBe("unknown_market");
});
