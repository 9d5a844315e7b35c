/**
 * NaiveCarry: what another shard owes this one, as the carrier brings it (RULES.md section 11).
 *
 *   scope --> source known? --> the next number? --> early? --> room --> does it fit? --> applied
 *
 * Entries of the directory come from the shard that leads it, and have one number for all; credits
 * come from any known shard, and each pair of shards has its own.
 */
import * as codes from "../protocol/codes.ts";
import * as fields from "../protocol/command-layout.ts";
import {
  addKey,
  checkAccountsFull,
  checkKeysFull,
  isKeyTaken,
  openAccount,
} from "./naive-directory.ts";
import { AMOUNT_LAST, freeOf, move } from "./naive-ledger.ts";
import { traderOf } from "./naive-operators.ts";
import { checkScope } from "./naive-order-checks.ts";
import { leadsDirectory, type NaiveLink } from "./naive-state.ts";
import { type Answer, type NaiveTurn, refuse } from "./naive-turn.ts";

/** The fields of a Carry, each where its entry has one. */
interface Entry {
  readonly entry: number;
  readonly account: number;
  readonly number: number;
  /** Key id; of a credit the asset id. */
  readonly key: number;
  readonly scopes: number;
  readonly expiry: number;
  readonly amount: bigint;
  readonly directory: number;
  readonly publicKey: Uint8Array;
}

export function carry(turn: NaiveTurn): Answer {
  const refusal = checkScope(turn, codes.SCOPE_CARRY);
  if (refusal !== null) return refusal;
  const entry = readEntry(turn);
  const { links, genesis } = turn.state;
  const source = turn.u16(fields.CARRY_SHARD);
  const link = links.get(source);
  const isCredit = entry.entry === codes.ENTRY_CREDIT;
  if (link === undefined || (!isCredit && source !== genesis.directoryOrigin)) {
    return refuse(codes.REJECT_UNKNOWN_SHARD, source, genesis.shard);
  }
  return isCredit ? applyCredit(turn, entry, link) : applyDirectory(turn, entry);
}

function readEntry(turn: NaiveTurn): Entry {
  const expiry = turn.u64(fields.CARRY_EXPIRY);
  return {
    entry: turn.u8(fields.CARRY_ENTRY),
    account: turn.u32(fields.CARRY_ACCOUNT),
    number: Number(turn.u64(fields.CARRY_NUMBER)),
    key: turn.u32(fields.CARRY_KEY),
    scopes: turn.u32(fields.CARRY_SCOPES),
    expiry: Number(expiry),
    amount: expiry,
    directory: Number(turn.u64(fields.CARRY_DIRECTORY)),
    publicKey: turn.bytes(fields.CARRY_PUBLIC, 32),
  };
}

function applyDirectory(turn: NaiveTurn, entry: Entry): Answer {
  const { state } = turn;
  const next = state.directory + 1;
  const opens = entry.entry === codes.ENTRY_ACCOUNT_OPEN;
  const adds = entry.entry === codes.ENTRY_KEY_ADD;
  const refusal =
    (entry.number === next ? null : refuse(codes.REJECT_CARRY_NUMBER, entry.number, next)) ??
    (opens ? checkAccountsFull(state) : null) ??
    (opens || adds ? checkKeysFull(state) : null) ??
    (follows(turn, entry) ? null : refuse(codes.REJECT_CARRY_ENTRY, entry.account, entry.key));
  if (refusal !== null) return refusal;

  state.directory = next;
  const owner = state.accounts[entry.account];
  if (opens) openAccount(turn, entry);
  else if (adds) turn.sayKey(owner!, codes.REPORT_KEY_ADDED, addKey(state, owner!.id, entry));
  else {
    state.keys[entry.key - 1]!.revoked = true;
    turn.say(owner!, codes.REPORT_KEY_REVOKED, { subject: entry.key });
  }
  return null;
}

/** Whether the entry is about the account and the key that come next here. */
function follows({ state }: NaiveTurn, { entry, account, key, publicKey }: Entry): boolean {
  const { accounts, keys } = state;
  if (entry === codes.ENTRY_KEY_REVOKE) {
    const target = keys[key - 1];
    return target !== undefined && target.account === account && !target.revoked;
  }
  const isNext = key === keys.length + 1 && !isKeyTaken(state, publicKey);
  if (entry === codes.ENTRY_ACCOUNT_OPEN) return isNext && account === accounts.length;
  return isNext && traderOf(state, account) !== undefined;
}

function applyCredit(turn: NaiveTurn, entry: Entry, link: NaiveLink): Answer {
  const { state } = turn;
  const next = link.in + 1;
  if (entry.number !== next) return refuse(codes.REJECT_CARRY_NUMBER, entry.number, next);
  const leads = leadsDirectory(state);
  if (!leads && entry.directory > state.directory) {
    return refuse(codes.REJECT_CARRY_EARLY, entry.directory, state.directory);
  }
  const asset = state.assets.get(entry.key);
  if (asset === undefined) return refuse(codes.REJECT_UNKNOWN_ASSET, entry.key);
  const account = traderOf(state, entry.account);
  if (account === undefined) return refuse(codes.REJECT_CARRY_ENTRY, entry.account, entry.key);
  const most = (leads ? 0n : AMOUNT_LAST) - asset.net;
  if (entry.amount > most) return refuse(codes.REJECT_CARRY_AMOUNT, entry.amount, most);

  link.in = next;
  asset.net += entry.amount;
  move(account, asset.id, { free: entry.amount });
  turn.say(account, codes.REPORT_CREDITED, {
    subject: asset.id,
    last: link.shard,
    first: Number(entry.amount),
    second: Number(freeOf(account, asset.id)),
  });
  return null;
}
