/**
 * GenesisState: what record 1 makes of nothing: account 0 with its keys, the assets, the markets,
 * and the link to the shard that leads the directory.
 */
import { viewOf } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { Operators } from "./operators.ts";
import type { State } from "./state.ts";

/** Fills an empty state; "" or why this genesis begins no shard. */
export function beginShard(genesis: Genesis, state: State, operators: Operators): string {
  if (!state.leadsDirectory) state.links.open(state.directoryOrigin);
  return (
    addOperatorKeys(genesis, state) ||
    openAssets(genesis, state, operators) ||
    openMarkets(genesis, operators)
  );
}

function addOperatorKeys(genesis: Genesis, state: State): string {
  const { keys, accounts } = state;
  for (const operator of genesis.operators) {
    if (keys.find(operator.publicKey) !== 0) return "genesis names a public key twice";
    if (keys.count >= keys.max) return "genesis names more operator keys than keys_max";
    const key = keys.add(accounts, 0, operator.publicKey);
    keys.scopes[key] = operator.scopes;
  }
  state.changes.account(0);
  return "";
}

function openAssets(genesis: Genesis, state: State, operators: Operators): string {
  for (const entry of genesis.assets) {
    const view = viewOf(entry);
    const code = operators.whyNoAsset(view, 0);
    if (code !== codes.ACCEPTED) return `an asset of genesis: ${codes.rejectCode(code).says}`;
    state.assets.open(view, 0);
  }
  return "";
}

function openMarkets(genesis: Genesis, operators: Operators): string {
  for (const entry of genesis.markets) {
    const view = viewOf(entry);
    const code = operators.whyNoMarket(view, 0);
    if (code !== codes.ACCEPTED) return `a market of genesis: ${codes.rejectCode(code).says}`;
    operators.openRange(view, 0);
  }
  return "";
}
