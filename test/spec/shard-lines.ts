/**
 * Shard lines: what can be said in a play of other shards, and the words for what is owed to them.
 *
 *   transfers 5 USD to s2            opens shard 2
 *   brings credit 1 from s2: 5 USD to ana [after entry 3]
 *   brings entry 1 from s1: account 1, key 3 [for trade] [until 90] [with key 5]
 *   brings entry 2 from s1: key 4 of 1 [for trade] [until 90] [with key 5]
 *   brings entry 3 from s1: end of key 4 of 1
 */
import * as codes from "../../src/protocol/codes.ts";
import * as command from "../../src/protocol/commands.ts";
import {
  accountOf,
  assetOf,
  type Context,
  type Groups,
  line,
  type Row,
  SCOPE_LIST,
  scopesOf,
} from "./line-parts.ts";
import type { Stated } from "./engines.ts";
import type { Owed } from "./stage-checks.ts";
import { ASSETS, publicKeyOf } from "./stage-genesis.ts";

const OPERATOR = codes.FRAME_OPERATOR;
const NO_KEY = new Uint8Array(32);
const ENTRY = "brings entry (?<number>\\d+) from s(?<source>\\d+): ";
const TERMS = `(?: for ${SCOPE_LIST})?(?: until (?<until>\\d+))?(?: with key (?<like>\\d+))?`;

export const SHARD_ROWS: readonly Row[] = [
  [
    line("transfers (?<amount>\\d+) (?<asset>\\w+) to s(?<shard>\\d+)"),
    codes.FRAME_TRADER,
    (g) => command.encodeTransfer(Number(g["shard"]), assetOf(g), Number(g["amount"])),
  ],
  [
    line("opens shard (?<shard>\\d+)"),
    OPERATOR,
    (g) => command.encodeShardOpen(Number(g["shard"])),
  ],
  [
    line(
      "brings credit (?<number>\\d+) from s(?<source>\\d+): (?<amount>\\d+) (?<asset>\\w+)" +
        " to (?<who>\\w+)(?: after entry (?<directory>\\d+))?",
    ),
    OPERATOR,
    credit,
  ],
  [
    line(`${ENTRY}account (?<account>\\d+), key (?<key>\\d+)${TERMS}`),
    OPERATOR,
    (g) => keyEntry(g, codes.ENTRY_ACCOUNT_OPEN),
  ],
  [
    line(`${ENTRY}key (?<key>\\d+) of (?<account>\\d+)${TERMS}`),
    OPERATOR,
    (g) => keyEntry(g, codes.ENTRY_KEY_ADD),
  ],
  [
    line(`${ENTRY}end of key (?<key>\\d+) of (?<account>\\d+)`),
    OPERATOR,
    (g) => command.encodeCarry({ ...begin(g), entry: codes.ENTRY_KEY_REVOKE }),
  ],
];

function begin(groups: Groups): command.Carry {
  return {
    entry: 0,
    source: Number(groups["source"]),
    account: Number(groups["account"] ?? 0),
    number: Number(groups["number"]),
    key: Number(groups["key"] ?? 0),
    scopes: 0,
    expiry: 0,
    directory: 0,
    publicKey: NO_KEY,
  };
}

function credit(groups: Groups, context: Context): Uint8Array {
  return command.encodeCarry({
    ...begin(groups),
    entry: codes.ENTRY_CREDIT,
    account: accountOf(groups, context),
    key: assetOf(groups),
    expiry: Number(groups["amount"]),
    directory: Number(groups["directory"] ?? 0),
  });
}

function keyEntry(groups: Groups, entry: number): Uint8Array {
  return command.encodeCarry({
    ...begin(groups),
    entry,
    scopes: scopesOf(groups),
    expiry: Number(groups["until"] ?? 0),
    publicKey: publicKeyOf(Number(groups["like"] ?? groups["key"])),
  });
}

/** What a record owes to other shards. */
export function wordsOfOwed(owes: readonly Owed[]): string {
  if (owes.length === 0) return "nothing";
  return owes.map((owed) => `${wordsOfEntry(owed)} to ${shardName(owed.to)}`).join(", ");
}

function wordsOfEntry({ carry }: Owed): string {
  const { entry, number, account, key, expiry } = carry;
  const until = expiry === 0 ? "" : ` until ${expiry}`;
  switch (entry) {
    case codes.ENTRY_ACCOUNT_OPEN:
      return `entry ${number}: account ${account}, key ${key}${until}`;
    case codes.ENTRY_KEY_ADD:
      return `entry ${number}: key ${key} of ${account}${until}`;
    case codes.ENTRY_KEY_REVOKE:
      return `entry ${number}: end of key ${key} of ${account}`;
    default: {
      const asset = Object.keys(ASSETS).find((name) => ASSETS[name] === key) ?? `asset${key}`;
      const what = `${expiry} ${asset} of account ${account}`;
      return `credit ${number}: ${what} after entry ${carry.directory}`;
    }
  }
}

function shardName(shard: number): string {
  return shard === codes.SHARD_ALL ? "all" : `s${shard}`;
}

/** What a commitment would state of other shards. */
export function wordsOfLinks({ directory, links }: Stated): string {
  const known = links.map(([shard, out, back]) => `, s${shard} out ${out} in ${back}`);
  return `directory ${directory}${known.join("")}`;
}
