/**
 * The takeover run: how long a venue on Redis with two matchers and two settlements stands when the
 * one that leads is killed, paused or asked to stop.
 *
 *   bun bench/takeover-run.ts --kills 100 --pauses 20 --stops 20 --settlements 100 [--out FILE]
 *
 * Of a matcher: from the signal to the report of the first order that was sent after it. Of a
 * settlement: from the signal to the other's first signed checkpoint that covers an order sent
 * after it; a checkpoint a second is usual. Real processes on one machine, a Redis that syncs
 * every append, one trader who sends one order after the other. Each is brought back, and is near
 * the tip, before the next. A killed owner whose pid is gone from this machine is known to be dead
 * at once; a paused one shows what the lease alone does.
 */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { HttpClient } from "../src/client/http.ts";
import { OperatorClient } from "../src/client/operator.ts";
import { connectVenue, type VenueClient } from "../src/client/venue-client.ts";
import { signerFromSeed } from "../src/edges/keys.ts";
import { percentilesOf } from "../src/load/percentiles.ts";
import { SCOPES_TRADER } from "../src/protocol/codes.ts";
import { until } from "../test/support/kill-fleet.ts";
import { RedisServer, redisAvailable } from "../test/support/redis-server.ts";
import { type Role, StandbyFleet } from "../test/support/standby-fleet.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "3" },
    pauses: { type: "string", default: "1" },
    stops: { type: "string", default: "1" },
    settlements: { type: "string", default: "3" },
    out: { type: "string", default: "" },
  },
});

const FUNDS = 1_000_000_000_000;
/** Of one lot, within the demo market's band; nobody sells. */
const PRICE_TICKS = 200_000;
const started = performance.now();

type Way = "SIGKILL" | "SIGSTOP" | "SIGTERM";

/** What was measured in one way, milliseconds, in the order of the run. */
interface Series {
  readonly what: string;
  readonly ms: number[];
}

class Run {
  private readonly pair: StandbyFleet;
  private readonly trader: VenueClient;
  private readonly market: number;

  private constructor(pair: StandbyFleet, trader: VenueClient, market: number) {
    this.pair = pair;
    this.trader = trader;
    this.market = market;
  }

  static async begin(pair: StandbyFleet): Promise<Run> {
    const address = await pair.client();
    const http = new HttpClient(address);
    const operator = new OperatorClient(http, pair.fleet.operator);
    const signer = signerFromSeed(new Uint8Array(32).fill(7));
    const terms = { scopes: SCOPES_TRADER };
    const { account, key } = await operator.openAccount(signer.publicKey, terms);
    const [market] = await http.markets();
    if (market === undefined) throw new Error("the venue has a market");
    const deposit = { asset: market.quote.id, account, amount: FUNDS, reference: 1 };
    await operator.deposit(deposit);
    const { host, port, settlement } = address;
    const trader = connectVenue({ account, key, signer, host, port, settlement });
    return new Run(pair, trader, market.id);
  }

  /** One order that rests nowhere; resolves when its report is here, with its position. */
  async order(): Promise<number> {
    const terms = { side: "buy", type: "limit", timeInForce: "ioc" } as const;
    const order = { market: this.market, price: PRICE_TICKS, quantity: 1 };
    const result = await this.trader.place({ ...terms, ...order });
    if (result.state === "rejected" || result.state === "unknown") {
      throw new Error(`an order was ${result.state}: ${JSON.stringify(result.error)}`);
    }
    return result.reports.at(-1)?.position ?? 0;
  }

  async matcher(way: Way): Promise<number> {
    const { pair } = this;
    const leader = await pair.untilLed("matcher");
    await this.order();
    const from = performance.now();
    const gone = this.strike(leader, way);
    await this.order();
    const ms = performance.now() - from;
    await this.recover("matcher", { leader, way, gone });
    return ms;
  }

  async settlement(way: Way): Promise<number> {
    const { pair } = this;
    const leader = await pair.untilLed("settlement");
    const other = pair.other("settlement", leader);
    const http = new HttpClient({ settlement: pair.http(other) });
    const covered = async (): Promise<number> =>
      (await http.status()).shards[0]?.checkpoint?.position ?? 0;
    await this.order();
    const from = performance.now();
    const gone = this.strike(leader, way);
    const position = await this.order();
    await until(async () => (await covered()) >= position, "a checkpoint that covers it");
    const ms = performance.now() - from;
    await this.recover("settlement", { leader, way, gone });
    return ms;
  }

  private async strike(name: string, way: Way): Promise<unknown> {
    if (way === "SIGKILL") return this.pair.fleet.kill(name);
    if (way === "SIGTERM") return this.pair.fleet.terminate(name);
    return this.pair.fleet.signal(name, "SIGSTOP");
  }

  /** The other leads, and this one is its standby again. */
  private async recover(
    role: Role,
    { leader, way, gone }: { leader: string; way: Way; gone: Promise<unknown> },
  ): Promise<void> {
    const { pair } = this;
    await gone;
    const other = pair.other(role, leader);
    await until(() => pair.leads(other), `${other} to lead`);
    if (way === "SIGSTOP") {
      pair.fleet.signal(leader, "SIGCONT");
      await until(async () => (await pair.ready(leader))?.role !== "leader", "it to be told");
      await pair.untilReady(leader);
    } else await pair.bringBack(leader);
  }
}

async function series(
  what: string,
  count: number,
  measure: () => Promise<number>,
): Promise<Series> {
  const ms: number[] = [];
  for (let i = 0; i < count; i++) {
    const took = Math.round(await measure());
    ms.push(took);
    console.log(`${seconds()} s  ${what} ${i + 1}: ${took} ms`);
  }
  return { what, ms };
}

function seconds(): number {
  return Math.round((performance.now() - started) / 1000);
}

async function report(all: readonly Series[]): Promise<void> {
  const git = Bun.spawn(["git", "describe", "--always", "--dirty", "--abbrev=40"]);
  const result = {
    commit: (await new Response(git.stdout).text()).trim(),
    command: `bun bench/takeover-run.ts ${process.argv.slice(2).join(" ")}`,
    date: new Date().toISOString().slice(0, 10),
    leases_ms: { matcher: 1000, settlement: 1500 },
    goals_ms: { matcher: 2000, settlement: 5000 },
    load_average: loadavg().map((one) => Math.round(one * 10) / 10),
    series: all.map(({ what, ms }) => ({
      what,
      count: ms.length,
      ...percentilesOf(new Float64Array(ms)),
      ms,
    })),
    duration_s: seconds(),
    machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Bun ${Bun.version}`,
  };
  const text = `${JSON.stringify(result, null, 1)
    .replaceAll(/\n {4}(\d+,?)/g, " $1")
    .replaceAll(/\n {3}\]/g, " ]")}\n`;
  console.log(text);
  if (values.out !== "") await Bun.write(values.out, text);
}

if (!redisAvailable()) throw new Error("no redis-server here; npm test fetches it");
await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "always" });
await using pair = await StandbyFleet.start({ redis: redis.port });
const run = await Run.begin(pair);
try {
  const matcher = (way: Way) => (): Promise<number> => run.matcher(way);
  await report([
    await series("matcher, kill -9", Number(values.kills), matcher("SIGKILL")),
    await series("matcher, SIGSTOP", Number(values.pauses), matcher("SIGSTOP")),
    await series("matcher, SIGTERM", Number(values.stops), matcher("SIGTERM")),
    await series("settlement, kill -9", Number(values.settlements), () =>
      run.settlement("SIGKILL"),
    ),
    await series("settlement, SIGSTOP", Number(values.pauses), () => run.settlement("SIGSTOP")),
  ]);
} catch (error) {
  console.error(pair.fleet.lastWords());
  throw error;
}
process.exit(0);
