/**
 * One venue of three shards, as a trader sees it: accounts, funds and orders over all of them,
 * while settlement, which carries between them, is killed in the middle of it.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { VenueClient } from "../../src/client/venue-client.ts";
import { signerFromSeed } from "../../src/edges/keys.ts";
import { SCOPE_READ } from "../../src/protocol/codes.ts";
import { encodeTransfer } from "../../src/protocol/commands.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { ShardsConfig } from "../support/shards-config.ts";
import { ShardsStand } from "./shards-stand.ts";
import { VenueProcess } from "../support/venue-process.ts";

const USD = 1;
const BTC = 2;
const SHARDS = [1, 2, 3];
const ROUNDS = 12;
const EACH = 20;
/**
 * What the buyer owns behind its three trades of 0.1 BTC at 100 USD, fees of 500 ppm paid. Not read
 * from settlement, which may be behind the report of the last of them.
 */
const OWNED = ["9969.985000", "0.30000000"];

const out = mkdtempSync(join(tmpdir(), "clob-shards-out-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

interface Death {
  kill(): Promise<void>;
  revive(): Promise<void>;
  /** Whether orders and transfers go on meanwhile. */
  readonly othersLive: boolean;
}

/** Trades, transfers and a kill; everything is there once in the end. */
async function story(stand: ShardsStand, name: string, death: Death): Promise<void> {
  const ana = await stand.open(signerFromSeed(new Uint8Array(32).fill(41)), [
    [USD, 10_000_000_000],
  ]);
  const bo = await stand.open(signerFromSeed(new Uint8Array(32).fill(42)), [[BTC, 1_000_000_000]]);
  const buyer = stand.trade(ana, { autoTransfer: new Map([[USD, 3_000_000_000]]) });
  const seller = stand.trade(bo, { autoTransfer: new Map([[BTC, 1_000_000_000]]) });
  await tradeEverywhere(buyer, seller);
  await refuseBeyondLimit(buyer);

  // Funds go round between all pairs of shards; in the middle of it the carrier dies.
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(SHARDS.map((from) => sendOut(buyer, from, EACH)));
    if (round !== Math.floor(ROUNDS / 2)) continue;
    await death.kill();
    if (!death.othersLive) await death.revive();
    else await goOnWithout(stand, { buyer, death });
  }
  await stand.untilArrived();
  expect([await stand.total(buyer, USD), await stand.total(buyer, BTC)]).toEqual(OWNED);
  const status = await stand.http.status();
  const entries = death.othersLive ? 3 : 2;
  expect(status.shards.map(({ directory }) => directory)).toEqual(SHARDS.map(() => entries));
  for (const { shard } of status.shards) {
    for (const { net } of await stand.http.onShard(shard).assets()) expect(net).toMatch(/^-?\d/);
  }
  await conserved(stand);
  await stand.verify(join(out, name), ROUNDS * EACH);
}

/** An order on every shard meets one of the other account; what it lacks is brought. */
async function tradeEverywhere(buyer: VenueClient, seller: VenueClient): Promise<void> {
  for (const market of SHARDS) {
    const ask = await seller.place({ market, side: "sell", price: 10_000, quantity: 1000 });
    expect([market, ask.state, ask.error?.message ?? ""]).toEqual([market, "open", ""]);
    const bid = await buyer.place({ market, side: "buy", price: 10_000, quantity: 1000 });
    expect([market, bid.state, bid.order?.state]).toEqual([market, "done", "filled"]);
    expect(bid.moved > 0).toBe(market !== 1);
  }
}

/** A limit is a limit: the reject says where the funds lie. */
async function refuseBeyondLimit(buyer: VenueClient): Promise<void> {
  const request = { market: 2, side: "buy", price: 10_000, quantity: 900_000 } as const;
  const result = await buyer.place(request);
  expect(result).toMatchObject({ state: "rejected", moved: 0 });
  expect(result.elsewhere.map(({ shard }) => shard)).toContain(1);
  expect(result.error?.code).toBe("insufficient_funds");
  expect(result.error?.message).toContain("on shard 1");
}

/** Nothing is carried: funds leave, and a new key is not known elsewhere, until it is revived. */
async function goOnWithout(
  stand: ShardsStand,
  { buyer, death }: { buyer: VenueClient; death: Death },
): Promise<void> {
  await Promise.all(SHARDS.map((from) => sendOut(buyer, from, EACH)));
  const signer = signerFromSeed(new Uint8Array(32).fill(43));
  const request = { publicKey: signer.publicKey, scopes: SCOPE_READ };
  const added = await (await buyer.on(1)).addKey(request);
  // In key_added the key id stands where others have the cumulative quantity.
  const who = { signer, account: buyer.account, key: added.reports[0]?.cumulative ?? 0 };
  const hasty = stand.trade(who, { directoryMsMax: 100 }).on(2);
  expect(await hasty.catch((error: unknown) => error)).toMatchObject({ code: "unknown_key" });
  const opening = stand.trade(who).on(2);
  await death.revive();
  expect((await opening).isLive).toBe(true);
}

/** Small transfers to both other shards; those that lack funds are refused, and change nothing. */
async function sendOut(client: VenueClient, from: number, count: number): Promise<void> {
  const connection = await client.on(from);
  const others = SHARDS.filter((shard) => shard !== from);
  const commands = Array.from({ length: count }, (_, i) => {
    return encodeTransfer(others[i % others.length]!, USD, 1 + i);
  });
  const results = await connection.send(commands);
  const states = new Set(results.map(({ state, error }) => error?.code ?? state));
  expect([...states].filter((one) => one !== "done" && one !== "insufficient_funds")).toEqual([]);
}

/** With nothing on its way the nets of all shards add up to nothing. */
async function conserved(stand: ShardsStand): Promise<void> {
  const sums = new Map<string, bigint>();
  for (const shard of SHARDS) {
    for (const { symbol, net } of await stand.http.onShard(shard).assets()) {
      sums.set(symbol, (sums.get(symbol) ?? 0n) + BigInt(net.replace(".", "")));
    }
  }
  expect([...sums]).toEqual([
    ["USD", 0n],
    ["BTC", 0n],
  ]);
}

describe("three shards", () => {
  test(
    "in one process on the embedded log, which is killed",
    async () => {
      using config = new ShardsConfig();
      await using venue = await VenueProcess.start({ flags: ["--config", config.path] });
      const stand = new ShardsStand(venue, config.path);
      try {
        const kill = () => venue.kill();
        const revive = () => venue.launch();
        await story(stand, "embedded", { kill, revive, othersLive: false });
        await theCommandSaysIt(stand);
        config.addShard();
        await venue.kill();
        await venue.launch();
        await tradeOnAddedShard(stand);
      } finally {
        stand.close();
      }
    },
    { timeout: 120_000 },
  );

  test.skipIf(!redisAvailable())(
    "in three processes on Redis, of which settlement is killed",
    async () => {
      using config = new ShardsConfig();
      await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "always" });
      await using venue = await VenueProcess.start({
        redis: redis.port,
        services: "three",
        flags: ["--config", config.path],
      });
      const stand = new ShardsStand(venue, config.path);
      try {
        await linkShards(stand);
        const kill = () => venue.killSettlement();
        const revive = () => venue.launchSettlement();
        await story(stand, "redis", { kill, revive, othersLive: true });
      } finally {
        stand.close();
      }
    },
    { timeout: 120_000 },
  );
});

/** A fleet's shards know each other once the operator has said so; a second time there is nothing. */
async function linkShards(stand: ShardsStand): Promise<void> {
  await stand.until("genesis is settled", async () => {
    const { shards } = await stand.http.status();
    return shards.length === SHARDS.length && shards.every(({ position }) => position > 0);
  });
  const plan = await stand.clob(`admin apply ${stand.configPath} --yes -o json`);
  expect([plan.code, JSON.parse(plan.out).applied]).toEqual([0, 4]);
  await stand.until("all know all", async () => {
    const { shards } = await stand.http.status();
    return shards.every(({ links }) => links.length === SHARDS.length - 1);
  });
  const again = await stand.clob(`admin apply ${stand.configPath} --yes`);
  expect(again.out).toContain("the venue has all that the config asks for");
}

/** A shard that comes later learns of every account, and its orders find the funds elsewhere. */
async function tradeOnAddedShard(stand: ShardsStand): Promise<void> {
  // Behind a start settlement first reads what it knew before.
  await stand.untilArrived();
  const signer = signerFromSeed(new Uint8Array(32).fill(41));
  const owner = await stand.http.keyOwner(signer.publicKey);
  const client = stand.trade(
    { signer, account: owner?.account ?? 0, key: owner?.key ?? 0 },
    { autoTransfer: new Map([[USD, 1_000_000]]) },
  );
  const bid = await client.place({ market: 11, side: "buy", price: 100, quantity: 5000 });
  expect([bid.state, bid.error?.message ?? "", bid.moved > 0]).toEqual(["open", "", true]);
  await stand.untilArrived();
  const { shards } = await stand.http.status();
  expect(shards.map(({ shard, directory }) => [shard, directory])).toEqual(
    [1, 2, 3, 4].map((shard) => [shard, 3]),
  );
}

/** The command: one balance with its split, a transfer, and where missing funds lie. */
async function theCommandSaysIt(stand: ShardsStand): Promise<void> {
  const key = join(out, "me.pem");
  const call = async (line: string) => {
    const said = await stand.clob(`${line} --key ${key} -o json`);
    return { code: said.code, data: JSON.parse(said.out === "" ? "{}" : said.out) };
  };
  await stand.clob(`keygen ${key}`);
  const { data: opened } = await call("account open");
  await call(`admin deposit ${opened.account} USD 100 --reference 1000`);
  await stand.until("the deposit is settled", async () => {
    return (await call("balance")).data.balances?.[0]?.total === "100.000000";
  });
  const short = await call("order buy M2-USD 1 --limit 20");
  expect([short.code, short.data.error.code]).toEqual([1, "insufficient_funds"]);
  expect(short.data.error.message).toContain("free elsewhere: 100.000000 USD on shard 1");
  expect((await call("order buy M2-USD 1 --limit 20 --move 30")).data.state).toBe("open");
  const moved = await call("transfer USD 5 --to 3");
  expect(moved.data).toMatchObject({ from: 1, to: 3, credited: { kind: "credited" } });
  await stand.until("balance", async () => {
    const { data } = await call("balance");
    const [usd] = data.balances;
    return usd.total === "100.000000" && usd.shards.length === 3;
  });
  expect((await stand.clob(`account show --key ${key}`)).out).toMatch(/\n {2}shard 3 +5\.000000/);
  await stand.until("its order", async () => (await call("orders")).data.orders.length === 1);
  expect((await call("cancel-all")).data.canceled).toBe(1);
}
