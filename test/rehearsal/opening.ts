/**
 * Opening: from a venue that runs to traders with money, by the commands of docs/REHEARSAL.md.
 */
import { join } from "node:path";
import { marketsOf } from "../../src/market-matcher/shard-choice.ts";
import { HttpClient } from "../../src/client/http.ts";
import { readKeyFile } from "../../src/edges/keys.ts";
import { OPERATOR_KEY } from "../../src/venue/init.ts";
import { Prng } from "../../src/base/prng.ts";
import { Custodian } from "../chaos/custodian.ts";
import { Load, type TradersTerms } from "./load.ts";
import type { Venue } from "./venue.ts";

/** What each account gets of each asset: in words, and in units of six decimals. */
const FUNDS = "100000";
const FUNDS_UNITS = 100_000_000_000;
const DEPOSIT_GAP_MS = 1000;

export interface Opened {
  readonly load: Load;
  readonly custodian: Custodian;
  readonly accounts: number;
  /** Units of each asset that the desk paid in before trading. */
  readonly paid: ReadonlyMap<number, bigint>;
}

/** Everything runs and is ready, and the shards know each other. */
export async function startServices(venue: Venue): Promise<void> {
  // Whoever comes first leads, so that not all shards are led on one host.
  for (const first of [true, false]) {
    const some = venue.services.filter(({ name }) => /^matcher[12]$/.test(name) === first);
    for (const service of some) venue.start(service);
    for (const service of some) await venue.untilReady(service);
  }
  await venue.until("the load balancer to let us in", async () => {
    return (await venue.tryClob("status")).code === 0;
  });
  await venue.until("shards to know each other", async () => {
    await venue.clob("admin", "apply", venue.configPath, "--yes");
    return true;
  });
}

export async function openAccounts(venue: Venue, venueId: string): Promise<Opened> {
  const { dir, accounts: count, gapMs } = venue.terms;
  const accounts: TradersTerms["accounts"][number][] = [];
  const paid = new Map<number, bigint>();
  for (let n = 0; n <= count; n++) {
    const file = join(dir, `${n === 0 ? "doctor" : `trader-${n}`}.pem`);
    await venue.clob("keygen", file);
    const words = ["account", "open", "--key", file];
    const { account, key } = await venue.clob<{ account: number; key: number }>(...words);
    for (const { id, symbol } of venue.config.assets) {
      await venue.clob("admin", "deposit", `${account}`, symbol, FUNDS);
      paid.set(id, (paid.get(id) ?? 0n) + BigInt(FUNDS_UNITS));
    }
    if (n > 0) accounts.push({ account, key, file });
  }
  const terms: TradersTerms = {
    venueId,
    host: venue.hosts.address("lb"),
    port: 8080,
    accounts,
    shards: venue.config.shards.map(({ id }) => {
      const markets = marketsOf(venue.config, [id]);
      return { id, first: Math.min(...markets), last: Math.max(...markets) };
    }),
    gapMs,
    funds: FUNDS_UNITS,
    journals: join(dir, "journals"),
    histories: join(dir, "histories.json"),
  };
  const load = new Load(venue.hosts, "traders", terms, join(dir, "out", "traders.log"));
  return { load, custodian: custodianOf(venue, accounts.length), accounts: count, paid };
}

/** Pays in while things go wrong, each payment until it is known to be there. */
function custodianOf(venue: Venue, accounts: number): Custodian {
  const { CLOB_INGRESS: ingress = "", CLOB_SETTLEMENT: settlement = "" } = venue.env;
  const keys = join(venue.terms.dir, "data", "desk", "keys");
  return new Custodian({
    http: { ingress: `http://${ingress}`, settlement: `http://${settlement}`, timeoutMs: 2000 },
    operator: readKeyFile(join(keys, OPERATOR_KEY)),
    accounts,
    gapMs: DEPOSIT_GAP_MS,
    prng: new Prng(7),
    // Above those of `clob admin deposit`, which are the time in microseconds.
    firstReference: Date.now() * 1000 + 3_600_000_000,
  });
}

export function httpOf(http: string): HttpClient {
  return new HttpClient({ settlement: `http://${http}`, timeoutMs: 5000 });
}
