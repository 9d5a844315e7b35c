/**
 * Setup: what kind of venue a seed stands for: level, sizes, habits, and how much goes wrong.
 */
import { Prng } from "../../src/base/prng.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeAssetOpen, encodeMarketOpen } from "../../src/protocol/commands.ts";
import { encodeGenesis } from "../../src/protocol/genesis.ts";
import { ASSETS } from "../support/grammar-markets.ts";
import { type Profile, profileOf } from "../support/grammar-profiles.ts";
import type { SyncPolicy } from "./redis-file.ts";
import { signerOf } from "./signers.ts";

const LEVELS = ["D0", "D1", "D2", "D3"] as const;
export type Level = (typeof LEVELS)[number];

export function isLevel(text: string): text is Level {
  return LEVELS.some((level) => level === text);
}

export interface Setup {
  readonly seed: number;
  readonly level: Level;
  /** 1 leads the directory; accounts and funds come to the others by the carrier. */
  readonly shards: number;
  readonly policy: SyncPolicy;
  readonly replicas: number;
  /** Two writers, many failovers: two servers may both be written to for a while. */
  readonly isSplit: boolean;
  readonly profile: Profile;
  readonly ingresses: number;
  readonly hasStandbyMatcher: boolean;
  readonly hasSecondSettlement: boolean;
  readonly framesPerTrader: number;
  readonly operatorFrames: number;
  /** Milliseconds between frames of a trader, at most. */
  readonly gapMs: number;
  readonly snapshotRecords: number;
  readonly batchBytesMax: number;
  readonly reportsKept: number;
  readonly packBytesMax: number;
  /** Of one connection at ingress: the smallest is full after a few reports. */
  readonly outQueueBytesMax: number;
  readonly latencyUs: number;
  readonly slotLeaseMs: number;
  readonly matcherLeaseMs: number;
  readonly unreachableMsMax: number;
  /** An operator halts a shard by hand, and lifts that again: fence-operator.ts. */
  readonly hasFence: boolean;
  /** Settlement exports continuously, and the log lets go of what it may: exporting.ts. */
  readonly isExported: boolean;
  readonly retention: RetentionTerms;
  /** Virtual seconds in which things go wrong. */
  readonly faultSeconds: number;
  /** How many of each kind of fault, about. */
  readonly faults: number;
}

/** Of a venue that exports. */
export interface RetentionTerms {
  readonly keepRecords: number;
  readonly keepMs: number;
  readonly trimMs: number;
  readonly consumerSilentMs: number;
  /** Of the export, in log time. */
  readonly stepUs: number;
  readonly publishDelayMs: number;
  /** Records between its snapshots. */
  readonly snapshotRecords: number;
}

export const OPERATOR_SCOPES = [
  codes.SCOPES_OPERATOR,
  codes.SCOPE_CUSTODY,
  codes.SCOPE_ACCOUNTS,
  codes.SCOPE_MARKETS | codes.SCOPE_HALT,
  codes.SCOPE_CARRY,
];
/** Settlement's, of those. */
export const CARRY_SIGNER = OPERATOR_SCOPES.length - 1;
/** Numbers of signers: operators first, then the checkpoint key, then whoever opens an account. */
export const CHECKPOINT_SIGNER = OPERATOR_SCOPES.length;
export const FIRST_TRADER = CHECKPOINT_SIGNER + 1;

/** Bytes that may wait for the log at one ingress. */
export const APPEND_QUEUE_MAX = 65_536;

const FENCE_PERCENT = 15;
const EXPORT_PERCENT = 14;

/** Short enough for runs of seconds. */
const STEPS_US = [1_000_000, 3_000_000];

const SHARDS = [1, 1, 1, 2, 2, 3];

const POLICIES: Readonly<Record<Level, readonly SyncPolicy[]>> = {
  D0: ["none"],
  D1: ["everysec"],
  D2: ["always"],
  D3: ["everysec", "always"],
};

/** What is asked for instead of drawn. */
export interface Wishes {
  readonly level?: Level | undefined;
  readonly shards?: number | undefined;
  /** See Setup.isSplit. */
  readonly split?: boolean | undefined;
  readonly fence?: boolean | undefined;
  readonly export?: boolean | undefined;
  /** A second matcher of shard 1 stands by. */
  readonly standby?: boolean | undefined;
  readonly outQueueBytesMax?: number | undefined;
}

export function setupOf(seed: number, wishes: Wishes = {}): Setup {
  const prng = new Prng(seed ^ 0x5_1_4);
  const more = new Prng(seed ^ 0x5a_7d);
  const shards = drawnOr(wishes.shards, more.pick(SHARDS));
  const outQueueBytesMax = drawnOr(wishes.outQueueBytesMax, more.pick([1024, 8192, 65_536]));
  const hasFence = drawnOr(wishes.fence, more.chance(FENCE_PERCENT));
  const isExported = drawnOr(wishes.export, more.chance(EXPORT_PERCENT));
  const level = drawnOr(wishes.level, prng.pick<Level>(["D0", "D1", "D2", "D2", "D3", "D3", "D3"]));
  const profile = smallProfile(seed, prng);
  const framesPerTrader = prng.pick([4, 8, 16]);
  const faultSeconds = prng.pick([1, 3, 6]);
  // Mostly such that frames are sent all the while that things go wrong.
  const evenly = Math.ceil((2000 * faultSeconds) / framesPerTrader);
  const isSplit = drawnOr(wishes.split, level === "D3" && prng.chance(30));
  return {
    seed,
    level,
    shards,
    outQueueBytesMax,
    hasFence,
    isExported,
    retention: retentionOf(more),
    policy: prng.pick(POLICIES[level]),
    replicas: level === "D3" ? 1 : 0,
    isSplit,
    profile,
    ingresses: isSplit ? 2 : prng.pick([1, 1, 2]),
    hasStandbyMatcher: drawnOr(wishes.standby, prng.chance(50)),
    hasSecondSettlement: prng.chance(50),
    framesPerTrader,
    operatorFrames: prng.pick([0, 3, 8]),
    gapMs: prng.pick([1, evenly, evenly]),
    snapshotRecords: prng.pick([2, 10, 1000]),
    batchBytesMax: prng.pick([200, 4096, 1 << 18]),
    reportsKept: prng.pick([8, 64, 1024]),
    packBytesMax: prng.pick([300, 4096, 1 << 16]),
    latencyUs: prng.pick([30, 100, 1000]),
    slotLeaseMs: prng.pick([200, 1000, 3000]),
    matcherLeaseMs: prng.pick([200, 1000]),
    unreachableMsMax: prng.pick([2000, 5000, 20_000]),
    faultSeconds,
    faults: isSplit ? 5 : prng.pick([0, 1, 2, 4]),
  };
}

/** Drawn in any case, so that a wish changes nothing else. */
function drawnOr<T>(wish: T | undefined, drawn: T): T {
  return wish ?? drawn;
}

function retentionOf(prng: Prng): RetentionTerms {
  return {
    keepRecords: prng.pick([0, 3, 20]),
    keepMs: prng.pick([0, 0, 0, 1500]),
    trimMs: prng.pick([1000, 2500]),
    consumerSilentMs: prng.pick([4000, 10_000]),
    stepUs: prng.pick(STEPS_US),
    publishDelayMs: prng.pick([0, 0, 0, 400]),
    snapshotRecords: prng.pick([5, 50]),
  };
}

/** The grammar's own profile, made small: many seeds tell more than many orders. */
function smallProfile(seed: number, prng: Prng): Profile {
  const profile = profileOf(seed % 6 === 1 ? seed + 1 : seed);
  const accounts = Math.min(profile.accounts, prng.pick([2, 3, 4]));
  const { limits } = profile;
  return {
    ...profile,
    accounts,
    batchMax: Math.min(profile.batchMax, 8),
    fundsPercent: Math.max(profile.fundsPercent, 20),
    limits: {
      accountsMax: accounts + 4,
      keysMax: OPERATOR_SCOPES.length + accounts + 12,
      ordersMax: Math.min(limits.ordersMax, 200),
      marketsMax: Math.min(limits.marketsMax, 20),
      assetsMax: Math.min(limits.assetsMax, 10),
      reportsPerRecordMax: Math.max(24, Math.min(limits.reportsPerRecordMax, 1_000)),
    },
  };
}

/** `venue`: of a shard beside the first, which gives the venue its id. */
export function genesisFrameOf(
  { profile, seed }: Setup,
  shard = 1,
  venue = new Uint8Array(32),
): Uint8Array<ArrayBuffer> {
  const prng = new Prng(seed ^ 0x6e5);
  const operator = signerOf(0);
  return encodeGenesis(
    {
      shard,
      directoryOrigin: 1,
      rulesVersion: codes.RULES_VERSION,
      random: prng.bytes(16),
      checkpointIntervalUs: 1_000_000,
      checkpointCommands: prng.pick([3, 20, 1000]),
      dayStartS: profile.dayStartS,
      limits: profile.limits,
      checkpointKey: signerOf(CHECKPOINT_SIGNER).publicKey,
      operators: OPERATOR_SCOPES.map((scopes, i) => ({
        publicKey: signerOf(i).publicKey,
        scopes,
      })),
      assets: ASSETS.map((id) => encodeAssetOpen(id, prng.below(16), `A${id}`)),
      markets: profile.markets.map(encodeMarketOpen),
      venueField: venue,
    },
    (message) => operator.sign(message),
  );
}
