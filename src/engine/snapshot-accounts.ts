/**
 * SnapshotAccounts: the accounts of a snapshot, with their keys and balances, into an empty state.
 */
import { readU64, SAFE_LIMIT } from "../base/bytes.ts";
import { DEPOSITS, FEES, NET, WITHDRAWALS } from "../ledger/assets.ts";
import { type Cursor, has } from "./snapshot-cursor.ts";
import type { State } from "./state.ts";
import * as bytes from "./state-bytes.ts";

const PUBLIC_KEY_SIZE = 32;

/** `count` says account 0 too. "" or what is wrong. */
export function readAccounts(cursor: Cursor, count: number, state: State): string {
  if (count > state.limits.accountsMax + 1) return "snapshot has more accounts than genesis allows";
  let keys = 0;
  for (let account = 0; account < count; account++) {
    if (!has(cursor, bytes.ACCOUNT_HEAD_SIZE)) return "snapshot's accounts are cut";
    const { view, at } = cursor;
    const keyCount = view.getUint32(at + 24, true);
    const wrong = readHead(cursor, account, state);
    if (wrong !== "") return wrong;
    keys += keyCount;
  }
  state.accounts.count = Math.max(0, count - 1);
  if (keys !== state.keys.count) return "the keys of the snapshot are not dense";
  return checkMoney(state);
}

function readHead(cursor: Cursor, account: number, state: State): string {
  const { view, at } = cursor;
  const { accounts } = state;
  const suspended = view.getUint32(at + 4, true);
  const number = readU64(view, at + 8);
  const timer = readU64(view, at + 16);
  const keyCount = view.getUint32(at + 24, true);
  const balanceCount = view.getUint32(at + 28, true);
  const isLegal =
    view.getUint32(at, true) === account &&
    suspended <= 1 &&
    number < SAFE_LIMIT &&
    timer < SAFE_LIMIT &&
    (timer === 0 || account !== 0);
  if (!isLegal) return `account ${account} of the snapshot is not one`;
  accounts.suspended[account] = suspended;
  accounts.number[account] = number;
  state.timers.at[account] = timer;
  if (timer !== 0) state.timers.put(account, account);
  state.changes.account(account);
  cursor.at += bytes.ACCOUNT_HEAD_SIZE;
  if (!has(cursor, keyCount * bytes.KEY_STATE_SIZE + balanceCount * bytes.BALANCE_STATE_SIZE)) {
    return "snapshot's accounts are cut";
  }
  return (
    readKeys(cursor, account, keyCount, state) || readBalances(cursor, account, balanceCount, state)
  );
}

function readKeys(cursor: Cursor, account: number, count: number, state: State): string {
  const { view } = cursor;
  const { keys } = state;
  let before = 0;
  for (let i = 0; i < count; i++, cursor.at += bytes.KEY_STATE_SIZE) {
    const at = cursor.at;
    const key = view.getUint32(at, true);
    const publicKey = cursor.bytes.subarray(at + 16, at + 16 + PUBLIC_KEY_SIZE);
    const numbers = [8, 48, 56, 64].map((more) => readU64(view, at + more));
    const isLegal =
      key > before &&
      key <= keys.max &&
      keys.find(publicKey) === 0 &&
      keys.scopes[key] === 0 && // Set once, below: the id is not taken.
      view.getUint32(at + 4, true) !== 0 &&
      numbers.every((number) => number < SAFE_LIMIT) &&
      view.getUint32(at + 72, true) <= 1 &&
      view.getUint32(at + 76, true) === 0;
    if (!isLegal) return `key ${key} of the snapshot is not one`;
    before = key;
    keys.place(state.accounts, account, key, publicKey);
    const [expiry = 0, high = 0, reference = 0, logon = 0] = numbers;
    keys.scopes[key] = view.getUint32(at + 4, true);
    keys.expiry[key] = expiry;
    keys.high[key] = high;
    keys.reference[key] = reference;
    keys.logon[key] = logon;
    keys.revoked[key] = view.getUint32(at + 72, true);
    const words = bytes.WINDOW_SIZE / 4;
    for (let w = 0; w < words; w++) {
      keys.window[key * words + w] = view.getUint32(at + 80 + 4 * w, true);
    }
  }
  return "";
}

function readBalances(cursor: Cursor, account: number, count: number, state: State): string {
  const { view } = cursor;
  const { balances, assets } = state;
  let before = 0;
  for (let i = 0; i < count; i++, cursor.at += bytes.BALANCE_STATE_SIZE) {
    const at = cursor.at;
    const asset = view.getUint32(at, true);
    const free = readU64(view, at + 8);
    const held = readU64(view, at + 16);
    const isLegal =
      asset > before &&
      assets.find(asset) !== 0 &&
      view.getUint32(at + 4, true) === 0 &&
      free + held > 0 &&
      free + held < SAFE_LIMIT;
    if (!isLegal) return `a balance of account ${account} is not possible`;
    before = asset;
    const slot = balances.open(account, asset);
    balances.credit(slot, free + held);
    balances.hold(slot, held);
  }
  return "";
}

/** Per asset: free + held + fees = deposits - withdrawals + net. */
function checkMoney(state: State): string {
  const { assets, balances } = state;
  const sums = new Float64Array(assets.count + 1);
  for (let account = 0; account <= state.accounts.count; account++) {
    for (let slot = balances.first[account]!; slot !== 0; slot = balances.next[slot]!) {
      const asset = assets.find(balances.asset[slot]!);
      sums[asset] = sums[asset]! + balances.free(slot) + balances.held(slot);
    }
  }
  for (let slot = 1; slot <= assets.count; slot++) {
    const inward = assets.total(slot, DEPOSITS) + assets.total(slot, NET);
    const there = inward - assets.total(slot, WITHDRAWALS);
    if (sums[slot]! + assets.total(slot, FEES) !== there) {
      return `asset ${assets.id[slot]}: balances, fees and deposits of the snapshot do not add up`;
    }
  }
  return "";
}
