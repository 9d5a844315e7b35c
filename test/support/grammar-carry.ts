/**
 * Random commands about other shards: ShardOpen, Transfer, and Carry as a carrier would bring it,
 * or one that lies. A shard that leads the directory is brought credits only.
 */
import { freeOf } from "../../src/naive/naive-ledger.ts";
import type { NaiveLink, NaiveState } from "../../src/naive/naive-state.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { clampAmount } from "./grammar-numbers.ts";
import { isSpared } from "./grammar-spared.ts";
import type { GrammarWorld } from "./grammar-world.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const NO_KEY = new Uint8Array(32);
const STRANGE_SHARDS = [1, 2, 9_999, codes.SHARD_MAX];

export function shardOpen({ prng }: GrammarWorld): Bytes {
  return encode.encodeShardOpen(prng.pick([1, 2, 3, 4, prng.between(1, codes.SHARD_MAX)]));
}

export function transfer(world: GrammarWorld, account: number): Bytes {
  const { prng, state } = world;
  const links = [...state.links.keys()];
  const isStrange = links.length === 0 || world.spoils();
  const to = isStrange ? prng.pick(STRANGE_SHARDS) : prng.pick(links);
  const asset = world.spoils() ? 9_999 : prng.pick([...state.assets.keys()]);
  const owner = state.accounts[account];
  const free = owner === undefined ? 0 : Number(freeOf(owner, asset));
  const part = prng.pick([1, 1_000, Math.floor(free / 1_000)]);
  const amount = world.spoils() ? prng.pick([free, free + 1, codes.AMOUNT_MAX]) : part;
  return encode.encodeTransfer(to, asset, clampAmount(amount));
}

/** `ahead`: commands before this one in its frame, all of them such as this one. */
export function carry(world: GrammarWorld, ahead: number): Bytes {
  const { state, profile } = world;
  const links = [...state.links.values()];
  const link = links[state.position % Math.max(1, links.length)];
  const leads = profile.shard === 1;
  // The directory and credits by turns, so that all of a frame is of one sort.
  if (!leads && state.position % 3 === 0) return spoiled(world, entryOf(world, ahead));
  return spoiled(world, creditOf(world, link, ahead));
}

/** The account that comes next on a shard that follows the directory. */
export function openedElsewhere(state: NaiveState, publicKey: Uint8Array): Bytes {
  return encode.encodeCarry({
    entry: codes.ENTRY_ACCOUNT_OPEN,
    source: 1,
    account: state.accounts.length,
    number: state.directory + 1,
    key: state.keys.length + 1,
    scopes: codes.SCOPES_TRADER,
    expiry: 0,
    directory: 0,
    publicKey,
  });
}

/** Funds from the shard that leads the directory. */
export function sentFromElsewhere(
  state: NaiveState,
  asset: number,
  account: number,
  amount: number,
): Bytes {
  return encode.encodeCarry({
    entry: codes.ENTRY_CREDIT,
    source: 1,
    account,
    number: (state.links.get(1)?.in ?? 0) + 1,
    key: asset,
    scopes: 0,
    expiry: amount,
    directory: state.directory,
    publicKey: NO_KEY,
  });
}

function creditOf(world: GrammarWorld, link: NaiveLink | undefined, ahead: number): encode.Carry {
  const { prng, state, profile } = world;
  const asset = prng.pick([...state.assets.values()]);
  const leads = profile.shard === 1;
  const most = (leads ? 0 : codes.AMOUNT_MAX) - Number(asset.net);
  const amount = prng.pick([1, 5_000, Math.floor(most / 1_000), Math.floor(most / 50)]);
  return {
    entry: codes.ENTRY_CREDIT,
    source: link?.shard ?? prng.pick(STRANGE_SHARDS),
    account: prng.between(1, Math.max(1, state.accounts.length - 1)),
    number: (link?.in ?? 0) + 1 + ahead,
    key: asset.id,
    scopes: 0,
    expiry: clampAmount(world.spoils() ? prng.pick([most, most + 1, codes.AMOUNT_MAX]) : amount),
    directory: world.spoils() ? state.directory + prng.below(3) : state.directory,
    publicKey: NO_KEY,
  };
}

/** Of the directory, as the shard that leads it would number it. */
function entryOf(world: GrammarWorld, ahead: number): encode.Carry {
  const { prng, state } = world;
  const entry = 1 + (Math.floor(state.position / 3) % 3);
  const isRevocation = entry === codes.ENTRY_KEY_REVOKE;
  const fresh = {
    entry,
    source: 1,
    account: state.accounts.length + ahead,
    number: state.directory + 1 + ahead,
    key: state.keys.length + 1 + ahead,
    scopes: isRevocation ? 0 : prng.pick([codes.SCOPES_TRADER, prng.between(1, 31)]),
    expiry: isRevocation || prng.chance(85) ? 0 : world.logTime + prng.below(60_000_000),
    directory: 0,
    publicKey: isRevocation ? NO_KEY : world.publicKey(),
  };
  if (entry === codes.ENTRY_ACCOUNT_OPEN) return fresh;
  if (!isRevocation) return { ...fresh, account: prng.between(1, state.accounts.length - 1) };
  const target = prng.pick(state.keys);
  if (isSpared(world, target)) return { ...fresh, account: 0, key: prng.pick([0, 1_000_000]) };
  return { ...fresh, account: target.account, key: target.id };
}

/** The same, or with one field that is not what follows. */
function spoiled(world: GrammarWorld, right: encode.Carry): Bytes {
  const { prng, state } = world;
  if (!world.spoils()) return encode.encodeCarry(right);
  const isKey = right.entry <= codes.ENTRY_KEY_ADD;
  const number = clampAmount(right.number + prng.pick([-1, 1, 5]));
  const changes: Partial<encode.Carry>[] = [
    { number },
    { source: prng.pick(STRANGE_SHARDS) },
    { account: prng.pick([0, right.account + 1, 1_000_000]) },
    { key: prng.pick([0, right.key + 1, 1_000_000]) },
    isKey ? { publicKey: prng.pick(state.keys).publicKey } : { number },
  ];
  return encode.encodeCarry({ ...right, ...prng.pick(changes) });
}
