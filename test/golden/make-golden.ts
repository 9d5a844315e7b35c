/**
 * MakeGolden: the golden logs of the newest released rules version, from fixed seeds and keys.
 *
 *   bun test/golden/make-golden.ts      once, when a version is released
 *
 * Logs that are there are never made again: a version of the rules is what they say. What may be
 * added is a snapshot, where its layout has changed; the older ones stay.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../src/base/hash.ts";
import { SNAPSHOT_VERSION } from "../../src/engine/snapshot.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { Carry } from "../../src/protocol/commands.ts";
import { type Profile, profileOf } from "../support/grammar-profiles.ts";
import {
  decodeGolden,
  encodeGolden,
  type GoldenLogFacts,
  type GoldenShardFacts,
} from "./golden-log.ts";
import { GoldenShard } from "./golden-shard.ts";
import { replayGolden, sealGolden, snapshotBehind } from "./replay-golden.ts";

const RECORDS_ALONE = 260;
const STEPS_FLEET = 420;
const CARRY_MOST = 6;
/** Whoever carries is the fleet, and nobody else: a made-up entry is a lie to the verifier. */
const NO_CARRIER = { carry: 0, shard_open: 0 };

/** No kind of command is as rare as chance may have it, and time goes on while little happens. */
const LIVELY = {
  batchMax: 6,
  spoilPercent: 6,
  spoilFramePercent: 4,
  stopPercent: 15,
  timedPercent: 25,
  budgetPercent: 40,
  goodTillSpan: 2_000_000,
  pace: [1, 1_000, 60_000, 400_000],
};
const WEIGHT_LEAST = 5;

function profile(seed: number, changes: Partial<Profile>): Profile {
  const base = profileOf(seed);
  const rare = Object.entries(base.weights).map(([kind, weight]) => {
    return [kind, Math.max(weight, WEIGHT_LEAST)] as const;
  });
  const drawn = Object.fromEntries(rare) as Profile["weights"];
  const weights = { ...drawn, ...changes.weights, ...NO_CARRIER };
  return { ...base, ...LIVELY, ...changes, weights };
}

/** Swarms of one shard: two mixtures, so that each kind of command is in one of them. */
function alone(seed: number): GoldenShard[] {
  const shard = new GoldenShard(profile(seed, { accounts: 4, shard: 1 }), null);
  while (shard.records.length < RECORDS_ALONE) shard.step();
  return [shard];
}

function fleet(seed: number): GoldenShard[] {
  const base = profileOf(seed);
  const weights = { ...base.weights, transfer: 120, key_add: 30, upgrade: 0 };
  const follower = { ...weights, account_open: 0, key_add: 0, key_revoke: 0, deposit: 2 };
  const lead = new GoldenShard(profile(seed, { accounts: 5, shard: 1, weights }), null);
  const others = [2, 3].map((shard) => {
    const terms = profile(seed, { accounts: 0, shard, weights: follower, seed: seed + shard });
    return new GoldenShard(terms, lead.venue);
  });
  const all = [lead, ...others];
  for (const shard of all) shard.step();
  for (const from of all) {
    for (const to of all) if (to.shard !== from.shard && to.shard !== 1) from.openShard(to.shard);
  }
  const brought = new Map<string, number>();
  const carry = (): void => {
    for (const from of all) for (const to of all) if (from !== to) bring(from, to, brought);
  };
  for (let i = 0; i < STEPS_FLEET; i++) {
    // Followers have nobody to act before the directory has told them.
    const at = i < 60 ? 0 : i % all.length;
    all[at]!.step();
    if (i % 7 === 0) carry();
  }
  for (let i = 0; i < 40; i++) carry();
  return all;
}

/** The next few entries that one owes the other, the directory's before the credits. */
function bring(from: GoldenShard, to: GoldenShard, brought: Map<string, number>): void {
  for (const isCredit of [false, true]) {
    const name = `${from.shard} ${to.shard} ${isCredit}`;
    const mine = ({ to: shard, carry }: { to: number; carry: Carry }): boolean =>
      (carry.entry === codes.ENTRY_CREDIT) === isCredit &&
      (isCredit ? shard === to.shard : from.shard === 1);
    const all = from.owed.filter(mine).map(({ carry }) => carry);
    const done = brought.get(name) ?? 0;
    const next = all.slice(done, done + CARRY_MOST);
    if (next.length > 0) to.bring(next);
    brought.set(name, done + next.length);
  }
}

async function write(dir: string, name: string, shards: GoldenShard[]): Promise<GoldenLogFacts> {
  const venue = shards[0]!.venue;
  const sealed = await sealGolden(shards, venue);
  for (const verdict of sealed.verdicts) if (!verdict.ok) throw new Error(verdict.sentence);
  const [verdict] = sealed.verdicts;
  const facts = shards.map(({ shard, records }, i): GoldenShardFacts => {
    const file = `${name}-${shard}.in`;
    const bytes = encodeGolden(records, shard, venue);
    writeFileSync(join(dir, file), bytes);
    const checkpoints = verdict?.ok === true ? verdict.shards[i]!.checkpoints : 0;
    const { chain, reports, roots } = replayGolden(records, "naive");
    const sum = sha256(bytes).toHex();
    const notes = sealed.notes[i]!;
    const count = records.length;
    return { shard, file, sum, records: count, chain, reports, roots, checkpoints, notes };
  });
  return { name, venue: venue.toHex(), shards: facts };
}

/** Of the layout that this build writes, behind the first golden log of version 1. */
function writeSnapshot(): void {
  const first = join(import.meta.dir, "rules-1");
  const path = join(first, `snapshot-${SNAPSHOT_VERSION}.bin`);
  if (existsSync(path)) return;
  const records = decodeGolden(new Uint8Array(readFileSync(join(first, "swarm-1.in"))));
  writeFileSync(path, snapshotBehind(records).snapshot);
}

const dir = join(import.meta.dir, `rules-${codes.RULES_VERSION}`);
if (existsSync(dir)) {
  writeSnapshot();
  console.error(`${dir} is there: golden logs are never made again`);
  process.exit(1);
}
mkdirSync(dir);
const logs = [
  await write(dir, "swarm", alone(4)),
  await write(dir, "low", alone(9)),
  await write(dir, "fleet", fleet(12)),
];
writeFileSync(join(dir, "golden.json"), `${JSON.stringify(logs, null, 2)}\n`);
writeSnapshot();
