/**
 * Profiles: what kind of exchange a seed stands for. Swarm testing: each seed switches some kinds
 * of commands off, some up, and draws its own markets, limits, accounts and bad habits, so that
 * all seeds together reach what no single mixture would.
 *
 *   seed --> Profile --> genesis frame --> (engines)
 */
import { Prng } from "../../src/base/prng.ts";
import * as codes from "../../src/protocol/codes.ts";
import {
  encodeAssetOpen,
  encodeMarketOpen,
  type MarketRules,
} from "../../src/protocol/commands.ts";
import { encodeGenesis } from "../../src/protocol/genesis.ts";
import { ASSETS, drawMarket, drawMarkets } from "./grammar-markets.ts";

/** What a frame, or a command of a trader or operator, may be about. */
export const KINDS = [
  "new_order",
  "cancel",
  "replace",
  "reduce",
  "mass_cancel",
  "withdraw",
  "dead_man",
  "transfer",
  "logon",
  "disconnect",
  "account_open",
  "key_add",
  "key_revoke",
  "asset_open",
  "market_open",
  "market_state",
  "account_state",
  "deposit",
  "shard_open",
  "carry",
  "upgrade",
  "clear",
  "tick",
] as const;
export type Kind = (typeof KINDS)[number];

/** How often of 1,000 each kind begins a record, before the swarm has its say. */
const USUAL: Readonly<Record<Kind, number>> = {
  new_order: 560,
  cancel: 120,
  replace: 100,
  reduce: 60,
  mass_cancel: 8,
  withdraw: 20,
  dead_man: 8,
  transfer: 14,
  logon: 16,
  disconnect: 8,
  account_open: 12,
  key_add: 12,
  key_revoke: 8,
  asset_open: 6,
  market_open: 8,
  market_state: 18,
  account_state: 14,
  deposit: 34,
  shard_open: 4,
  carry: 20,
  upgrade: 2,
  clear: 6,
  tick: 10,
};

export interface Profile {
  readonly seed: number;
  readonly name: string;
  /** 1 leads the directory, 2 follows it. */
  readonly shard: number;
  readonly weights: Readonly<Record<Kind, number>>;
  readonly accounts: number;
  /** First deposits, as a share of all there can be; the rest comes later. */
  readonly fundsPercent: number;
  readonly limits: {
    readonly accountsMax: number;
    readonly keysMax: number;
    readonly ordersMax: number;
    readonly marketsMax: number;
    readonly assetsMax: number;
    readonly reportsPerRecordMax: number;
  };
  readonly markets: readonly MarketRules[];
  /** Of a hundred commands, those made wrong on purpose; of a hundred frames likewise. */
  readonly spoilPercent: number;
  readonly spoilFramePercent: number;
  /** Most commands in a batch, and how many of a hundred frames are one. */
  readonly batchMax: number;
  readonly batchPercent: number;
  /** Ticks from the touch within which prices are drawn. */
  readonly spread: number;
  /** Of a hundred orders, those that may trade at once. */
  readonly crossPercent: number;
  /** Which client order ids are taken beside fresh ones. */
  readonly ids: (typeof IDS)[number];
  readonly stpPercent: number;
  /** Of a hundred orders, stops. */
  readonly stopPercent: number;
  /** Of a hundred that may rest or wait, those that do so for a time. */
  readonly timedPercent: number;
  /** Microseconds that most of these have. */
  readonly goodTillSpan: number;
  /** Of a hundred market orders, those with a budget. */
  readonly budgetPercent: number;
  /** Microseconds between records, one of these. */
  readonly pace: readonly number[];
  /** Of a thousand records, those that come a day later. */
  readonly leapPermille: number;
  readonly dayStartS: number;
}

/** What may stand beside fresh client order ids; see GrammarWorld. */
const IDS = ["fresh", "edges", "low words", "falling", "colliding"] as const;
/** Log time of the first record. */
export const START_TIME = 1_700_000_000_000_000;

const OPERATOR_SCOPES = [
  codes.SCOPES_OPERATOR,
  codes.SCOPE_CUSTODY,
  codes.SCOPE_ACCOUNTS,
  codes.SCOPE_MARKETS | codes.SCOPE_HALT,
  codes.SCOPE_CARRY,
];

/**
 * The profile of a seed. Every sixth is a deep book, every sixth a shard with low limits, every
 * third one that follows the directory.
 */
export function profileOf(seed: number): Profile {
  const prng = new Prng(seed);
  if (seed % 6 === 1) return deepProfile(seed, prng);
  const low = seed % 6 === 3;
  const accounts = prng.pick(low ? [2, 3, 6] : [2, 3, 8, 30, 90, 300]);
  const shard = seed % 3 === 2 ? 2 : 1;
  const weights = { ...swarmWeights(prng), ...(shard === 2 ? OF_A_FOLLOWER : {}) };
  // A mass cancel that ends for want of room needs a small record and more than one of these.
  if (low) weights.mass_cancel = 40;
  return {
    seed,
    name: low ? "low limits" : "swarm",
    shard,
    weights,
    accounts,
    fundsPercent: prng.pick([1, 20, 50, 95]),
    limits: low ? lowLimits(prng, accounts) : wideLimits(prng, accounts),
    markets: drawMarkets(prng, prng.between(1, 6), low),
    spoilPercent: prng.pick([0, 3, 10, 30]),
    spoilFramePercent: prng.pick([0, 2, 8, 20]),
    batchMax: prng.pick(low ? [2, 8, 40] : [1, 4, 32, 256]),
    batchPercent: prng.pick([5, 30, 80]),
    spread: prng.pick([2, 10, 100, 10_000]),
    crossPercent: prng.pick([10, 30, 60]),
    ids: prng.pick(["fresh", ...IDS]),
    stpPercent: prng.pick([0, 20, 70, 100]),
    ...drawTimes(prng),
  };
}

/** Habits about stops, times and budgets: any of them may be off, or all there is. */
function drawTimes(prng: Prng) {
  return {
    stopPercent: prng.pick([0, 10, 40, 60]),
    timedPercent: prng.pick([0, 10, 50]),
    goodTillSpan: prng.pick([1_000, 100_000, 10_000_000]),
    budgetPercent: prng.pick([0, 30, 80]),
    pace: prng.pick([
      [0, 0, 1, 1_000, 100_000],
      [0, 1],
      [0, 50_000, 1_000_000],
    ]),
    leapPermille: prng.pick([0, 0, 1, 10]),
    dayStartS: dayStartBefore(prng.pick([1, 20, 300, 43_200])),
  };
}

/** A day that ends so many seconds after the first record. */
function dayStartBefore(seconds: number): number {
  return (START_TIME / 1_000_000 + seconds) % 86_400;
}

/** What would empty a deep book. */
const NOTHING_SWEEPING = { mass_cancel: 0, dead_man: 0, disconnect: 0 };

/** Accounts and funds come from elsewhere; a directory frame would halt it. */
const OF_A_FOLLOWER = { account_open: 0, key_add: 0, key_revoke: 0, deposit: 3, carry: 60 };

/** Thousands of levels, few limits, hardly anything wrong. */
function deepProfile(seed: number, prng: Prng): Profile {
  const market = { ...drawMarket(prng, 1, "wide"), openOrdersMax: 1_000_000, state: 1 };
  return {
    seed,
    name: "deep book",
    shard: 1,
    weights: { ...swarmWeights(prng), new_order: 900, ...NOTHING_SWEEPING, market_state: 1 },
    accounts: prng.pick([4, 20]),
    fundsPercent: 90,
    limits: { ...wideLimits(prng, 20), ordersMax: 100_000, reportsPerRecordMax: 65_536 },
    markets: [{ ...market, tickValue: 1, lotUnits: 1, priceStep: 1 }],
    spoilPercent: 2,
    spoilFramePercent: 2,
    batchMax: 64,
    batchPercent: 30,
    spread: prng.pick([4_000, 20_000]),
    crossPercent: prng.pick([2, 5]),
    ids: "fresh",
    stpPercent: 30,
    ...drawTimes(prng),
    stopPercent: prng.pick([0, 10, 30]),
    goodTillSpan: 100_000_000,
    leapPermille: 0,
  };
}

function swarmWeights(prng: Prng): Record<Kind, number> {
  const weights = { ...USUAL };
  for (const kind of KINDS) weights[kind] *= prng.pick([0, 0.3, 1, 1, 1, 3]);
  weights.new_order = Math.max(weights.new_order, 160);
  weights.deposit = Math.max(weights.deposit, 10);
  // What was halted or suspended must be able to come back.
  weights.market_state = Math.max(weights.market_state, 4);
  weights.account_state = Math.max(weights.account_state, 4);
  // Without logons every disconnect is refused.
  weights.logon = Math.max(weights.logon, weights.disconnect);
  return weights;
}

function wideLimits(prng: Prng, accounts: number) {
  return {
    accountsMax: accounts + prng.between(1, 20),
    keysMax: 2 * accounts + 60,
    ordersMax: prng.pick([60, 2_000, 100_000]),
    marketsMax: prng.pick([7, 40, 500]),
    assetsMax: prng.pick([3, 5, 40]),
    reportsPerRecordMax: prng.pick([24, 60, 600, 65_536]),
  };
}

function lowLimits(prng: Prng, accounts: number) {
  return {
    accountsMax: accounts,
    keysMax: OPERATOR_SCOPES.length + accounts + prng.between(0, 4),
    ordersMax: prng.pick([5, 12, 40]),
    marketsMax: 6 + prng.below(3),
    assetsMax: 3 + prng.below(2),
    reportsPerRecordMax: prng.pick([4, 6, 7, 8, 9, 12, 14, 25]),
  };
}

/** A genesis frame; its signature is zero, since `apply` leaves signatures to who reads the log. */
export function genesisOf(profile: Profile): Uint8Array<ArrayBuffer> {
  const prng = new Prng(profile.seed ^ 0x5eed);
  const genesis = {
    shard: profile.shard,
    directoryOrigin: 1,
    rulesVersion: codes.RULES_VERSION,
    random: prng.bytes(16),
    checkpointIntervalUs: 1_000_000,
    checkpointCommands: 100_000,
    dayStartS: profile.dayStartS,
    limits: profile.limits,
    checkpointKey: prng.bytes(32),
    operators: OPERATOR_SCOPES.map((scopes) => ({ publicKey: prng.bytes(32), scopes })),
    assets: ASSETS.map((id) => encodeAssetOpen(id, prng.below(16), `A${id}`)),
    markets: profile.markets.map(encodeMarketOpen),
    venueField: profile.shard === 1 ? new Uint8Array(32) : prng.bytes(32),
  };
  return encodeGenesis(genesis, () => new Uint8Array(64));
}
