/**
 * Random commands of operators and of the directory, and the key that signs each of them.
 *
 * The shard is kept alive: markets that are not open are mostly opened again, suspended accounts
 * mostly released, the first operator key is never revoked, and the last market is never closed.
 */
import * as codes from "../../src/protocol/codes.ts";
import { encodeClear } from "../../src/protocol/clear.ts";
import * as encode from "../../src/protocol/commands.ts";
import { encodeUpgrade } from "../../src/protocol/governing.ts";
import type { NaiveKey, NaiveMarket } from "../../src/naive/naive-state.ts";
import { carry, shardOpen } from "./grammar-carry.ts";
import { drawMarket } from "./grammar-markets.ts";
import type { Kind } from "./grammar-profiles.ts";
import { clampAmount } from "./grammar-numbers.ts";
import { isSpared } from "./grammar-spared.ts";
import type { GrammarWorld } from "./grammar-world.ts";

export const OPERATOR_KINDS = [
  "asset_open",
  "market_open",
  "market_state",
  "account_state",
  "deposit",
  "shard_open",
  "carry",
  "upgrade",
  "clear",
] as const satisfies readonly Kind[];
export type OperatorKind = (typeof OPERATOR_KINDS)[number];

export const SCOPE_OF: Readonly<Record<OperatorKind, number>> = {
  asset_open: codes.SCOPE_MARKETS,
  market_open: codes.SCOPE_MARKETS,
  market_state: codes.SCOPE_HALT,
  account_state: codes.SCOPE_ACCOUNTS,
  deposit: codes.SCOPE_CUSTODY,
  shard_open: codes.SCOPE_MARKETS,
  carry: codes.SCOPE_CARRY,
  upgrade: codes.SCOPE_RULES,
  clear: codes.SCOPE_HALT,
};

/** `ahead`: commands before this one in its frame, whose effect the state does not show yet. */
export function operatorCommand(
  world: GrammarWorld,
  kind: OperatorKind,
  key: NaiveKey,
  ahead: number,
): Uint8Array<ArrayBuffer> {
  switch (kind) {
    case "asset_open":
      return assetOpen(world);
    case "market_open":
      return marketOpen(world);
    case "market_state":
      return marketState(world);
    case "account_state":
      return accountState(world);
    case "deposit":
      return deposit(world, key, ahead);
    case "shard_open":
      return shardOpen(world);
    case "carry":
      return carry(world, ahead);
    case "upgrade":
      return upgrade(world);
    case "clear":
      return clear(world);
  }
}

/** From where nobody comes, for only one version is released; or refused. */
function upgrade({ prng, state }: GrammarWorld): Uint8Array<ArrayBuffer> {
  const far = state.position + codes.UPGRADE_AHEAD_MAX;
  const from = prng.pick([1, state.position, state.position + 1, far, far, far + 1, far + 2]);
  return encodeUpgrade({ version: prng.pick([1, 2, 2, 65_535]), from: Math.max(1, from) });
}

function assetOpen({ prng, state }: GrammarWorld): Uint8Array<ArrayBuffer> {
  const taken = prng.chance(20);
  const id = taken ? prng.pick([...state.assets.keys()]) : prng.between(4, 2_000);
  return encode.encodeAssetOpen(id, prng.below(16), `ASSET-${id}`);
}

/** One market or a range of up to five, sometimes one that reaches into ids that are taken. */
function marketOpen({ prng, state }: GrammarWorld): Uint8Array<ArrayBuffer> {
  const count = prng.pick([1, 1, 1, 2, 5]);
  const ids = [...state.markets.keys()];
  const near = Math.max(1, prng.pick(ids) - prng.below(count));
  const market = prng.chance(20) ? near : Math.max(...ids) + prng.between(1, 4);
  const rules = drawMarket(prng, Math.min(market, 1_000_000));
  const strange = prng.chance(15) ? prng.between(5_000, 6_000) : 0;
  return encode.encodeMarketOpen({
    ...rules,
    count: prng.chance(3) ? 3_000_000_000 : count,
    base: strange !== 0 && prng.chance(50) ? strange : rules.base,
    quote: strange === 0 ? rules.quote : strange + 1,
    symbol: "#-RANGE",
  });
}

function marketState(world: GrammarWorld): Uint8Array<ArrayBuffer> {
  const { prng } = world;
  const living = world.markets().filter(({ state }) => state !== codes.STATE_CLOSED);
  const unopened = living.filter(({ state }) => state !== codes.STATE_OPEN);
  const all = world.markets();
  if (prng.chance(10)) return encode.encodeMarketState(prng.pick([0, 5_000_000]), 1);
  if (prng.chance(10)) return encode.encodeMarketState(prng.pick(all).id, prng.between(1, 4));
  if (unopened.length > 0 && prng.chance(80)) {
    return encode.encodeMarketState(prng.pick(unopened).id, codes.STATE_OPEN);
  }
  const market: NaiveMarket = prng.pick(living.length > 0 ? living : all);
  const mayClose = living.length > 2 && market.state !== codes.STATE_OPEN && prng.chance(10);
  const next = mayClose ? codes.STATE_CLOSED : prng.between(2, 4);
  return encode.encodeMarketState(market.id, next);
}

function accountState({ prng, state }: GrammarWorld): Uint8Array<ArrayBuffer> {
  if (prng.chance(10)) return encode.encodeAccountState(prng.pick([0, 1_000_000]), 1);
  const suspended = state.accounts.filter((account) => account.suspended);
  if (suspended.length > 0 && prng.chance(85)) {
    return encode.encodeAccountState(prng.pick(suspended).id, 0);
  }
  const last = Math.max(1, state.accounts.length - 1);
  return encode.encodeAccountState(prng.between(1, last), 1);
}

function deposit(world: GrammarWorld, key: NaiveKey, ahead: number): Uint8Array<ArrayBuffer> {
  const { prng, state } = world;
  const assets = [...state.assets.values()];
  const asset = prng.pick(assets);
  const left = codes.AMOUNT_MAX - Number(asset.deposits);
  const account = prng.between(1, Math.max(1, state.accounts.length - 1));
  const amount = prng.pick([1, 5_000, Math.floor(left / 1_000), Math.floor(left / 50)]);
  const id = world.spoils() ? prng.pick([0, 9_999]) : asset.id;
  return encode.encodeDeposit(
    id,
    world.spoils() ? prng.pick([0, 1_000_000]) : account,
    clampAmount(world.spoils() ? prng.pick([left, left + 1, codes.AMOUNT_MAX]) : amount),
    world.spoils() ? clampAmount(key.reference - prng.below(2)) : key.reference + 1 + ahead,
  );
}

/** As it must be, mostly: of the record before, which the state is still at. */
function clear({ prng, state }: GrammarWorld): Uint8Array<ArrayBuffer> {
  const isRight = prng.chance(60);
  const chain = state.reportChain.slice();
  if (!isRight && prng.chance(50)) chain[prng.below(chain.length)]! ^= 1 << prng.below(8);
  const odd = Math.max(1, state.position + prng.pick([-1, 0, 1]));
  const position = isRight ? state.position : prng.pick([odd, 1, codes.AMOUNT_MAX]);
  return encodeClear({ position, chain, reason: prng.bytes(32) });
}

/** Who signs a directory command, and its bytes. */
export interface DirectoryCommand {
  readonly account: number;
  readonly key: NaiveKey | undefined;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function directoryCommand(
  world: GrammarWorld,
  kind: "account_open" | "key_add" | "key_revoke",
): DirectoryCommand {
  if (kind === "account_open") {
    // Sometimes a trader asks, who may not.
    const account = world.prng.chance(5) ? world.pickAccount() : 0;
    const key = signer(world, account, codes.SCOPE_ACCOUNTS);
    return { account, key, bytes: freshKey(world, codes.COMMAND_ACCOUNT_OPEN) };
  }
  if (kind === "key_add") {
    const account = world.prng.chance(3) ? 0 : world.pickAccount();
    const key = signer(world, account, codes.SCOPE_KEYS);
    return { account, key, bytes: freshKey(world, codes.COMMAND_KEY_ADD) };
  }
  return keyRevoke(world);
}

/** A key of the account that may do it, or now and then any. */
export function signer(world: GrammarWorld, account: number, scope: number): NaiveKey | undefined {
  const { prng } = world;
  const keys = world.keysOf(account);
  const able = prng.chance(world.profile.spoilFramePercent)
    ? undefined
    : world.pickKey(account, scope);
  return able ?? (keys.length === 0 ? undefined : prng.pick(keys));
}

function freshKey(world: GrammarWorld, type: number): Uint8Array<ArrayBuffer> {
  const { prng, state } = world;
  const taken = prng.chance(10);
  const publicKey = taken ? prng.pick(state.keys).publicKey : world.publicKey();
  const some = prng.between(1, codes.SCOPES_TRADER);
  const scopes = prng.chance(80) ? codes.SCOPES_TRADER : some;
  const soon = world.logTime + prng.pick([0, 1, 1_000_000, 60_000_000]);
  return encode.encodeKey(type, publicKey, scopes, prng.chance(15) ? soon : 0);
}

function keyRevoke(world: GrammarWorld): DirectoryCommand {
  const { prng, state } = world;
  const byOperator = prng.chance(40);
  const account = byOperator ? 0 : world.pickAccount();
  const own = world.keysOf(account).filter((key) => !key.revoked);
  const target = prng.pick(byOperator || own.length === 0 || prng.chance(20) ? state.keys : own);
  const key = signer(world, account, byOperator ? codes.SCOPE_ACCOUNTS : codes.SCOPE_KEYS);
  const none = isSpared(world, target) || prng.chance(10);
  const bytes = encode.encodeKeyRevoke(none ? prng.pick([0, 1_000_000]) : target.id);
  return { account, key, bytes };
}
