/**
 * RandomFleet: three shards of one venue that do random things, and a carrier between them that
 * repeats, drops and reorders. Each shard is the naive engine and another one (comparison.ts).
 *
 *   fleet.step()    a record of some shard, or something carried to one
 *   fleet.heal()    the carrier brings whatever is left, in order
 *
 * After each record: both engines agree, the shard's state explains itself, what was credited is
 * the next that its source owed, and over the venue the sum of net is what is in flight, below
 * zero. Who breaks that is thrown, with the shortest story where the engines differ.
 */
import { Prng } from "../../src/base/prng.ts";
import * as codes from "../../src/protocol/codes.ts";
import { type Carry, encodeCarry, encodeShardOpen } from "../../src/protocol/commands.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { decodeGenesis, venueOf } from "../../src/protocol/genesis.ts";
import { carryOf, outboxDestination } from "../../src/protocol/outbox.ts";
import { encodePack } from "../../src/protocol/record.ts";
import { type Report, readReport, REPORT_SIZE } from "../../src/protocol/report.ts";
import { CommandGrammar } from "./command-grammar.ts";
import { Comparison, type Maker, RESTART } from "./comparison.ts";
import { ASSETS } from "./grammar-markets.ts";
import { genesisOf, type Profile, profileOf } from "./grammar-profiles.ts";
import { whatIsWrong } from "./naive-checks.ts";
import { explain } from "./shrinking.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const SHARDS = [1, 2, 3];
const ACCOUNTS = 6;
/** Seeds whose profiles are of plain shards that lead the directory. */
const PLAIN_SEEDS = 6;
const FRAME_MOST = 8;
const ROUNDS_MAX = 5_000;
/** Of a hundred steps those of the carrier. */
const CARRIES = 30;
const ROOTS_EVERY = 97;

/** Funds that move between shards; ids and links come from this file alone. */
const WEIGHTS = { asset_open: 0, shard_open: 0, carry: 0, transfer: 90, key_add: 20 };
const OF_A_FOLLOWER = { account_open: 0, key_add: 0, key_revoke: 0, deposit: 2 };

function fleetProfile(seed: number, shard: number): Profile {
  const base = profileOf(PLAIN_SEEDS * seed);
  const leads = shard === 1;
  return {
    ...base,
    seed: 4 * seed + shard,
    shard,
    accounts: leads ? ACCOUNTS : 0,
    weights: { ...base.weights, ...WEIGHTS, ...(leads ? {} : OF_A_FOLLOWER) },
  };
}

/** One shard, and all that it has owed so far. */
class FleetShard {
  readonly id: number;
  readonly pair: Comparison;
  readonly grammar: CommandGrammar;
  readonly owed: { readonly to: number; readonly carry: Carry }[] = [];
  private readonly seed: number;
  private readonly make: Maker;
  private readonly genesisFrame: Bytes;
  private readonly venue: Uint8Array;
  private readonly records: Bytes[] = [];

  constructor(seed: number, id: number, make: Maker) {
    const profile = fleetProfile(seed, id);
    this.id = id;
    this.seed = seed;
    this.make = make;
    this.genesisFrame = genesisOf(profile);
    this.pair = new Comparison(this.genesisFrame, make);
    this.grammar = new CommandGrammar(profile, this.pair.naive.state);
    const genesis = decodeGenesis(this.genesisFrame);
    if (typeof genesis === "string") throw new Error(genesis);
    this.venue = venueOf(this.genesisFrame, genesis);
  }

  /** Both engines apply the record, and agree. */
  apply(record: Bytes): Report[] {
    this.records.push(record);
    const { pair } = this;
    const look = pair.naive.position % ROOTS_EVERY === 0;
    const apart = pair.step(record) || (look ? this.lookClosely() : "") || this.wrong();
    if (apart !== "") throw new Error(`shard ${this.id}: ${apart}\n${this.story()}`);
    const { view, count } = pair.reports;
    const said: Report[] = [];
    for (let at = 0; at < count * REPORT_SIZE; at += REPORT_SIZE) {
      const report = readReport(view, at);
      said.push(report);
      if (report.kind !== codes.REPORT_OUTBOX) continue;
      this.owed.push({ to: outboxDestination(view, at), carry: carryOf(view, at, this.id) });
    }
    return said;
  }

  private wrong(): string {
    return whatIsWrong(this.pair.naive.state);
  }

  /** Roots, open orders, and both again of an engine that begins from a snapshot. */
  lookClosely(): string {
    const { pair } = this;
    const apart = pair.compareRoots() || pair.compareOrders();
    if (apart !== "") return apart;
    this.records.push(RESTART);
    return pair.step(RESTART) || pair.compareRoots();
  }

  private story(): string {
    return explain(this.seed, this.genesisFrame, this.records, this.make);
  }

  /** A record with a frame of the first operator key. */
  operate(commands: readonly Bytes[]): Bytes {
    const { state } = this.pair.naive;
    const header = {
      kind: codes.FRAME_OPERATOR,
      shard: this.id,
      venue: this.venue,
      account: 0,
      key: 1,
      nonce: state.keys[0]!.high + 1,
      expiry: 0,
    };
    const terms = { shard: this.id, rulesVersion: codes.RULES_VERSION, directoryOrigin: 1 };
    return encodePack({ ...terms, logTime: state.logTime }, [encodeFrame(header, commands)]);
  }
}

export class RandomFleet {
  readonly shards: readonly FleetShard[];
  /** Reports of credits and refusals of Carry by code, to show that the run was worth it. */
  readonly seen = new Map<string, number>();
  private readonly prng: Prng;
  /** By source and destination: credits that have arrived. */
  private readonly arrived = new Map<string, number>();

  constructor(seed: number, make: Maker) {
    this.prng = new Prng(seed ^ 0xf1ee7);
    this.shards = SHARDS.map((id) => new FleetShard(seed, id, make));
    for (const shard of this.shards) {
      this.follow(shard, shard.apply(shard.grammar.next()));
      for (const other of SHARDS) {
        const isKnown = other === shard.id || other === 1;
        if (!isKnown) this.follow(shard, shard.apply(shard.operate([encodeShardOpen(other)])));
      }
    }
  }

  step(): void {
    const { prng } = this;
    const shard = prng.pick(this.shards);
    if (!prng.chance(CARRIES)) {
      this.follow(shard, shard.apply(shard.grammar.next()));
      return;
    }
    const from = prng.pick(this.shards.filter((other) => other !== shard));
    const all = this.owed(from, shard);
    const next = all.length - this.left(from, shard).length;
    const start = Math.max(0, next + prng.pick([-3, -1, 0, 0, 0, 1]));
    let some = all.slice(start, start + prng.between(1, FRAME_MOST));
    if (prng.chance(15)) some = some.filter(() => !prng.chance(30));
    if (prng.chance(15)) some = [...some, ...some].slice(0, FRAME_MOST);
    if (prng.chance(15)) some.sort(() => prng.below(3) - 1);
    this.bring(shard, some);
  }

  /** Everything that is owed arrives. */
  heal(): void {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      let isDone = true;
      for (const to of this.shards) {
        for (const from of this.shards) {
          const left = from === to ? [] : this.left(from, to);
          if (left.length > 0) isDone = false;
          this.bring(to, left.slice(0, FRAME_MOST));
        }
      }
      if (isDone) return;
    }
    throw new Error(`after ${ROUNDS_MAX} rounds something is still owed`);
  }

  /** "" if all shards know the same accounts and keys, and nothing is under way. */
  compareShards(): string {
    const [first = "", ...more] = this.shards.map(({ pair }) => {
      const { accounts, keys, directory } = pair.naive.state;
      const rows = keys.map(({ account, publicKey, scopes, expiry, revoked }) => [
        account,
        account === 0 ? "" : publicKey.toHex(),
        scopes,
        expiry,
        revoked,
      ]);
      return JSON.stringify([accounts.length, directory, rows]);
    });
    const other = more.findIndex((directory) => directory !== first);
    if (other >= 0) return `shard ${other + 2} has another directory`;
    for (const from of this.shards) {
      for (const to of this.shards) {
        const out = from.pair.naive.state.links.get(to.id)?.out ?? 0;
        const back = to.pair.naive.state.links.get(from.id)?.in ?? 0;
        if (out !== back) return `of ${out} credits from ${from.id} to ${to.id} ${back} arrived`;
      }
    }
    return this.shards.map((shard) => shard.lookClosely()).join("");
  }

  private bring(to: FleetShard, some: readonly Carry[]): void {
    if (some.length > 0) this.follow(to, to.apply(to.operate(some.map(encodeCarry))));
  }

  private owed(from: FleetShard, to: FleetShard): Carry[] {
    return from.owed
      .filter((one) => one.to === to.id || one.to === codes.SHARD_ALL)
      .map(({ carry }) => carry);
  }

  private left(from: FleetShard, to: FleetShard): Carry[] {
    const credits = this.arrived.get(pairName(from.id, to.id)) ?? 0;
    const { directory } = to.pair.naive.state;
    return this.owed(from, to).filter(
      ({ entry, number }) => number > (entry === codes.ENTRY_CREDIT ? credits : directory),
    );
  }

  /** What a shard said: each credit is the next one owed; refusals of Carry are counted. */
  private follow(to: FleetShard, said: readonly Report[]): void {
    for (const report of said) {
      const isCarry = report.reason === codes.COMMAND_CARRY;
      if (report.kind === codes.REPORT_REJECTED && isCarry) {
        this.count(codes.rejectCode(report.code).name);
      }
      if (report.kind === codes.REPORT_CREDITED) this.followCredit(to, report);
    }
    this.checkFlight(to);
  }

  private followCredit(to: FleetShard, report: Report): void {
    this.count("credited");
    const from = this.shards.find(({ id }) => id === report.last)!;
    const name = pairName(from.id, to.id);
    const number = (this.arrived.get(name) ?? 0) + 1;
    this.arrived.set(name, number);
    const owed = this.owed(from, to).find(
      (carry) => carry.entry === codes.ENTRY_CREDIT && carry.number === number,
    );
    const isIt =
      owed?.account === report.account &&
      owed.key === report.subject &&
      owed.expiry === report.first;
    if (!isIt) throw new Error(`credit ${number} from ${from.id} to ${to.id} is not what was owed`);
  }

  /** The venue's money is on its shards or between them. */
  private checkFlight(last: FleetShard): void {
    const flying = new Map<number, bigint>();
    for (const to of this.shards) {
      for (const from of this.shards.filter((other) => other !== to)) {
        for (const { entry, key, expiry } of this.left(from, to)) {
          if (entry === codes.ENTRY_CREDIT) {
            flying.set(key, (flying.get(key) ?? 0n) + BigInt(expiry));
          }
        }
      }
    }
    for (const asset of ASSETS) {
      let sum = flying.get(asset) ?? 0n;
      for (const { pair } of this.shards) sum += pair.naive.state.assets.get(asset)?.net ?? 0n;
      const where = `after record ${last.pair.naive.position} of shard ${last.id}`;
      if (sum !== 0n) throw new Error(`${where} ${sum} of asset ${asset} came from nowhere`);
    }
  }

  private count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }
}

function pairName(from: number, to: number): string {
  return `${from} to ${to}`;
}
