/**
 * docs/RUNBOOK.md: its commands, word for word and in order, on a venue of processes over a real
 * Redis that trades meanwhile. What each procedure is to bring about is looked at behind it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { REHOMED, THREE, TWO } from "../support/runbook-config.ts";
import { linesOf, procedures, RunbookFleet } from "../support/runbook-fleet.ts";
import { RunbookLoad } from "../support/runbook-load.ts";

const MS_MAX = 240_000;
const DURABLE = { appendonly: "yes", appendfsync: "always", "maxmemory-policy": "noeviction" };
const MATCHERS = ["market-matcher@1", "market-matcher@2"] as const;
const POLL_MS = 20;

describe.skipIf(!redisAvailable())("RUNBOOK.md", () => {
  let redis: RedisServer;
  let fleet: RunbookFleet;
  let http: HttpClient;

  beforeAll(async () => {
    redis = await RedisServer.start(DURABLE);
    fleet = new RunbookFleet(redis.port, TWO);
    fleet.addMatcher(MATCHERS[0], "HOST:9092", "1-10");
    fleet.addMatcher(MATCHERS[1], "HOST:9093", "1-10");
    fleet.addMatcher("market-matcher@3", "HOST:9094", "11-20");
    await fleet.run("clob init");
    const parts = [...MATCHERS, "settlement-plane", "ingress-verifier"];
    for (const unit of parts) await fleet.systemctl("start", unit);
    const { CLOB_SETTLEMENT: settlement = "", CLOB_INGRESS: ingress = "" } = fleet.shell.env;
    http = new HttpClient({ settlement, ingress });
    await fleet.run("clob admin apply ./config.toml --yes");
    await fleet.run("clob keygen ./me.pem");
    await fleet.run("clob account open --key ./me.pem");
    await fleet.run("clob admin deposit 1 USD 100000");
  }, MS_MAX);
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]();
    await redis.stop();
  });

  async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const from = performance.now();
    while (!(await isSo().catch(() => false))) {
      if (performance.now() - from > MS_MAX / 4) throw new Error(`in vain: ${what}`);
      await Bun.sleep(POLL_MS);
    }
  }

  async function order(words: string, key = "me"): Promise<{ state: string }> {
    return JSON.parse(await fleet.run(`clob order ${words} --key ./${key}.pem -o json`));
  }

  test("look first", () => fleet.follow(""), MS_MAX);

  test(
    "Upgrade, role by role: no order is lost, none is unknown",
    async () => {
      await using load = await RunbookLoad.begin(fleet);
      await fleet.follow("Upgrade, role by role", () => load.more(20));
      await load.more(20);
      expect(await load.outcome()).toEqual(["open"]);
    },
    MS_MAX,
  );

  test(
    "a matcher that is gone, and then both: who is started leads, and what waited is done",
    async () => {
      await using load = await RunbookLoad.begin(fleet);
      await fleet.kill(MATCHERS[0]);
      await load.more(5);
      await fleet.kill(MATCHERS[1]);
      const late = load.place();
      await fleet.systemctl("start", MATCHERS[1]);
      expect(await late).toBe("open");
      await fleet.systemctl("start", MATCHERS[0]);
      expect(await load.outcome()).toEqual(["open"]);
    },
    MS_MAX,
  );

  test(
    "Add a shard: accounts and keys arrive there, and its market trades",
    async () => {
      fleet.configure(THREE);
      await fleet.follow("Add a shard");
      await until("shard 3 knows the account", async () => {
        const { state } = await order("buy M11-USD 0.001 --limit 10 --move 100");
        return state === "open";
      });
    },
    MS_MAX,
  );

  test(
    "Re-home a market: the old one is closed for ever, its funds are where the new one is",
    async () => {
      fleet.configure(REHOMED);
      expect((await order("buy M1-USD 0.001 --limit 10")).state).toBe("open");
      await fleet.follow("Re-home a market");
      await until("the new market trades", async () => {
        return (await order("buy M12-USD 0.001 --limit 10")).state === "open";
      });
      const markets = await http.markets();
      const states = markets.map(({ symbol, state }) => `${symbol} ${state}`);
      expect(states).toContain("M1-USD closed");
      expect(states).toContain("M12-USD open");
    },
    MS_MAX,
  );

  test(
    "Rotate keys: the new one trades, the old one does no more",
    async () => {
      await fleet.follow("Rotate keys");
      expect((await order("buy M2-USD 0.001 --limit 10 --move 100", "new")).state).toBe("open");
      await until("the old key is refused", () =>
        order("buy M2-USD 0.001 --limit 10").then(
          () => false,
          () => true,
        ),
      );
    },
    MS_MAX,
  );

  test(
    "ShardHalted: the evidence is true, the mark is lifted, and all goes on",
    async () => {
      await fleet.run("clob admin fence drill --shard 1");
      const parts = [...fleet.units.keys()].filter((unit) => unit !== "market-matcher@3");
      for (const unit of parts) expect([unit, (await fleet.endOf(unit)).code]).toEqual([unit, 1]);
      for (const unit of parts) await fleet.systemctl("start", unit);
      await until("a second execution", async () => {
        const line = "clob admin clear --shard 1 -o json";
        return (await fleet.run(line)) !== "";
      });
      const operator = fleet.shell.env["CLOB_DATA"]!;
      await fleet.follow("ShardHalted", async (line) => {
        // From the machine with settlement's data.
        const isExport = line.startsWith("clob export");
        const data = isExport ? join(fleet.shell.dir, "settlement-plane") : operator;
        fleet.shell.env["CLOB_DATA"] = data;
      });
      await until("shard 1 goes on", async () => {
        const { shards } = await http.status();
        return shards.every(({ halted }) => halted === null);
      });
      await until("shard 1 takes commands", () =>
        fleet.run("clob admin deposit 1 USD 5").then(() => true),
      );
    },
    MS_MAX,
  );

  test("has no command that was not run here", () => {
    const lines = ["", ...procedures()].flatMap((heading) => linesOf(heading));
    // That one takes minutes, and has tests of its own: test/ship/build.long.test.ts.
    expect(lines.filter((line) => !fleet.done.has(line))).toEqual(["bun run build"]);
  });
});
