/**
 * Protocol story: a small venue's first second, from fixed seeds. Every command once at least.
 *
 * Who signs what, and when, stands here and nothing else; make-protocol-vectors.ts turns it into
 * bytes, reports and roots. Key ids: 1 the operator, 2 Alice, 3 Bob, 4 Alice's second key.
 */
import { sha256 } from "../../src/base/hash.ts";
import { type Signer, signerFromSeed } from "../../src/edges/keys.ts";
import { encodeClear, reasonHash } from "../../src/protocol/clear.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { encodeUpgrade } from "../../src/protocol/governing.ts";
import { encodeGenesis, type Genesis } from "../../src/protocol/genesis.ts";

export const SHARD = 1;
export const START_US = 1_764_000_000_000_000;
const STEP_US = 10_000;

type Name = "operator" | "checkpoint" | "alice" | "bob" | "alice_2";

export const SEEDS: Readonly<Record<Name, Uint8Array>> = {
  operator: new Uint8Array(32).fill(1),
  checkpoint: new Uint8Array(32).fill(2),
  alice: new Uint8Array(32).fill(3),
  bob: new Uint8Array(32).fill(4),
  alice_2: new Uint8Array(32).fill(5),
};

export const SIGNERS: Readonly<Record<Name, Signer>> = {
  operator: signerFromSeed(SEEDS.operator),
  checkpoint: signerFromSeed(SEEDS.checkpoint),
  alice: signerFromSeed(SEEDS.alice),
  bob: signerFromSeed(SEEDS.bob),
  alice_2: signerFromSeed(SEEDS.alice_2),
};

/** What the hello of Alice's connection says. */
export const CHALLENGE = Uint8Array.from({ length: 32 }, (_, i) => 0xc0 + i);

export interface Told {
  readonly signedBy: Name | null;
  readonly logTime: number;
  /** Empty for a tick. */
  readonly frame: Uint8Array;
}

const MARKET: encode.MarketRules = {
  market: 1,
  state: codes.STATE_OPEN,
  base: 2,
  quote: 1,
  lotUnits: 10_000,
  tickValue: 1,
  openOrdersMax: 4096,
  priceMin: 100_000,
  priceMax: 100_000_000,
  quantityMin: 1,
  quantityMax: 1_000_000,
  makerFeePpm: 200,
  takerFeePpm: 500,
  symbol: "BTC-USD",
  count: 1,
  priceStep: 1,
  quantityStep: 1,
};

export const GENESIS: Genesis = {
  shard: SHARD,
  directoryOrigin: SHARD,
  rulesVersion: codes.RULES_VERSION,
  random: Uint8Array.from({ length: 16 }, (_, i) => i),
  checkpointIntervalUs: 1_000_000,
  checkpointCommands: 100_000,
  dayStartS: 0,
  limits: {
    accountsMax: 65_536,
    keysMax: 65_536,
    ordersMax: 65_536,
    marketsMax: 1024,
    assetsMax: 64,
    reportsPerRecordMax: 65_536,
  },
  checkpointKey: SIGNERS.checkpoint.publicKey,
  operators: [{ publicKey: SIGNERS.operator.publicKey, scopes: codes.SCOPES_OPERATOR }],
  assets: [encode.encodeAssetOpen(1, 6, "USD"), encode.encodeAssetOpen(2, 8, "BTC")],
  markets: [encode.encodeMarketOpen(MARKET)],
  venueField: new Uint8Array(32),
};

export const GENESIS_FRAME = encodeGenesis(GENESIS, SIGNERS.operator.sign);
export const VENUE = sha256(GENESIS_FRAME);

class Teller {
  readonly told: Told[] = [];
  private readonly nonces = new Map<number, number>();

  add(signedBy: Name | null, frame: Uint8Array, waitUs = STEP_US): Uint8Array {
    const logTime = (this.told.at(-1)?.logTime ?? START_US - waitUs) + waitUs;
    this.told.push({ signedBy, logTime, frame });
    return frame;
  }

  operate(...commands: readonly Uint8Array[]): void {
    this.sign("operator", { kind: codes.FRAME_OPERATOR, account: 0, key: 1 }, commands);
  }

  /** Alice is account 1 with key 2, Bob account 2 with key 3. */
  trade(who: "alice" | "bob", commands: readonly Uint8Array[], expiry = 0): Uint8Array {
    return this.sign(who, { kind: codes.FRAME_TRADER, ...TRADERS[who], expiry }, commands);
  }

  sign(
    who: Name,
    fields: { kind: number; account: number; key: number; expiry?: number },
    commands: readonly Uint8Array[],
  ): Uint8Array {
    const isNew = fields.kind !== codes.FRAME_DISCONNECT;
    const nonce = isNew ? (this.nonces.get(fields.key) ?? 0) + 1 : LOGON_NONCE;
    if (isNew) this.nonces.set(fields.key, nonce);
    const isDirectory = fields.kind === codes.FRAME_DIRECTORY;
    const shard = isDirectory ? codes.SHARD_DIRECTORY : SHARD;
    const header = { expiry: 0, ...fields, shard, venue: VENUE, nonce };
    return this.add(who, signFrame(header, commands, SIGNERS[who].sign));
  }
}

/** Report chain after the record that is resent, which the vectors of that record show too. */
const CHAIN = Uint8Array.fromHex(
  "368020d0716e7e7f7be968d27347db4ee17de3e2ffa7db066cfac1cb4eeef33e",
);

/** Alice's logon is the first that she signs. */
const LOGON_NONCE = 1;
const TRADERS = { alice: { account: 1, key: 2 }, bob: { account: 2, key: 3 } };

const LIMIT: encode.NewOrder = {
  market: 1,
  side: codes.SIDE_BUY,
  type: codes.TYPE_LIMIT,
  tif: codes.TIF_GTC,
  clientOrderId: 1n,
  price: 6_000_000,
  quantity: 10,
  stp: codes.STP_NONE,
  postOnly: codes.POST_ONLY_OFF,
};

/** The records in order, the genesis first. */
export function tellStory(): Told[] {
  const teller = new Teller();
  teller.add("operator", GENESIS_FRAME);
  openAccounts(teller);
  const directory = { kind: codes.FRAME_DIRECTORY, ...TRADERS.alice };
  const logon = { kind: codes.FRAME_LOGON, ...TRADERS.alice };
  teller.sign("alice", logon, [encode.encodeLogon(1, CHALLENGE)]);
  trade(teller);
  tradeWithStops(teller);
  teller.trade("alice", [encode.encodeWithdraw(1, 5_000_000, new Uint8Array(32).fill(0xdd))]);
  const { publicKey } = SIGNERS.alice_2;
  const scopes = codes.SCOPE_CANCEL + codes.SCOPE_READ;
  const expiry = START_US + 86_400_000_000;
  teller.sign("alice", directory, [
    encode.encodeKey(codes.COMMAND_KEY_ADD, publicKey, scopes, expiry),
  ]);
  teller.sign("alice", directory, [encode.encodeKeyRevoke(4)]);
  teller.operate(
    encode.encodeAssetOpen(3, 8, "ETH"),
    encode.encodeMarketOpen({ ...MARKET, market: 101, base: 3, symbol: "M#-USD", count: 3 }),
    encode.encodeMarketState(101, codes.STATE_HALTED),
    encode.encodeAccountState(2, 1),
  );
  goElsewhere(teller);
  const tooLarge = encode.encodeNewOrder({ ...LIMIT, clientOrderId: 9n, quantity: 1_000_000 });
  const refused = teller.trade("alice", [tooLarge]);
  teller.add("alice", refused);
  const reason = reasonHash("a drill");
  teller.operate(encodeClear({ position: teller.told.length, chain: CHAIN, reason }));
  teller.add(null, new Uint8Array(0), 1_000_000);
  return teller.told;
}

/** Funds that leave for shard 2, and some of them that come back. */
function goElsewhere(teller: Teller): void {
  teller.operate(encode.encodeShardOpen(2));
  teller.trade("alice", [encode.encodeTransfer(2, 1, 7_000_000)]);
  const credit = {
    entry: codes.ENTRY_CREDIT,
    source: 2,
    account: 1,
    number: 1,
    key: 1,
    scopes: 0,
    expiry: 2_500_000,
    directory: 4,
    publicKey: new Uint8Array(32),
  };
  teller.operate(encode.encodeCarry(credit));
  teller.operate(encodeUpgrade({ version: 2, from: 1_000 }));
}

function openAccounts(teller: Teller): void {
  const directory = { kind: codes.FRAME_DIRECTORY, account: 0, key: 1 };
  for (const who of ["alice", "bob"] as const) {
    const { publicKey } = SIGNERS[who];
    const open = encode.encodeKey(codes.COMMAND_ACCOUNT_OPEN, publicKey, codes.SCOPES_TRADER, 0);
    teller.sign("operator", directory, [open]);
  }
  teller.operate(
    encode.encodeDeposit(1, 1, 1_000_000_000, 1),
    encode.encodeDeposit(2, 2, 100_000_000, 2),
  );
}

function trade(teller: Teller): void {
  const sell = { ...LIMIT, side: codes.SIDE_SELL, clientOrderId: 2n ** 63n + 1n };
  teller.trade("bob", [encode.encodeNewOrder(sell)]);
  const take = { ...LIMIT, tif: codes.TIF_IOC, clientOrderId: 42n, price: 6_000_100, quantity: 4 };
  const expiry = START_US + 60_000_000;
  teller.trade("alice", [encode.encodeNewOrder(take)], expiry);
  const bid = { ...LIMIT, clientOrderId: 43n, price: 5_990_000, postOnly: codes.POST_ONLY_REJECT };
  teller.trade("alice", [
    encode.encodeNewOrder({ ...bid, stp: codes.STP_CANCEL_MAKER }),
    encode.encodeReplace(1, 43n, 5_991_000, 8),
    encode.encodeReduce(1, 43n, 3),
    encode.encodeCancel(1, 43n),
  ]);
  teller.trade("bob", [encode.encodeMassCancel(0, 0)]);
}

/** Stops, times, a slide, a decrement, a budget, and what cancels when nobody is there. */
function tradeWithStops(teller: Teller): void {
  const sell = { ...LIMIT, side: codes.SIDE_SELL };
  const goodTill = { tif: codes.TIF_GTD, goodTill: START_US + 500_000 };
  teller.trade("bob", [
    encode.encodeNewOrder({ ...sell, clientOrderId: 50n }),
    encode.encodeNewOrder({ ...sell, clientOrderId: 51n, price: 6_010_000, quantity: 5 }),
    encode.encodeNewOrder({ ...sell, clientOrderId: 52n, price: 6_020_000, ...goodTill }),
    // One tick below his own best offer, which it would cross.
    encode.encodeNewOrder({ ...LIMIT, clientOrderId: 53n, quantity: 1, postOnly: 2 }),
  ]);
  const stop = { ...LIMIT, type: codes.TYPE_STOP, tif: codes.TIF_DAY, quantity: 3 };
  const stopLimit = { ...sell, type: codes.TYPE_STOP_LIMIT, price: 5_940_000, quantity: 1 };
  teller.trade("alice", [
    encode.encodeNewOrder({ ...stop, clientOrderId: 60n, price: 6_050_000, stopPrice: 6_005_000 }),
    encode.encodeNewOrder({ ...stopLimit, clientOrderId: 61n, stopPrice: 5_950_000 }),
  ]);
  teller.trade("bob", [
    encode.encodeNewOrder({ ...stopLimit, clientOrderId: 54n, stopPrice: 5_945_000 }),
  ]);
  // Ten lots at 6,000,000 and one at 6,010,000, which triggers her stop.
  const market = { ...LIMIT, type: codes.TYPE_MARKET, tif: codes.TIF_IOC, price: 0 };
  teller.trade("alice", [
    encode.encodeNewOrder({ ...market, clientOrderId: 62n, quantity: 50, budget: 66_100_000 }),
  ]);
  const against = { ...LIMIT, clientOrderId: 55n, price: 6_010_000, quantity: 3 };
  teller.trade("bob", [encode.encodeNewOrder({ ...against, stp: codes.STP_DECREMENT })]);
  const disconnect = { kind: codes.FRAME_DISCONNECT, ...TRADERS.alice };
  teller.sign("alice", disconnect, [encode.encodeMassCancel(0, 0)]);
  const last = { ...LIMIT, clientOrderId: 63n, price: 5_900_000, quantity: 1 };
  teller.trade("alice", [encode.encodeDeadMan(600_000), encode.encodeNewOrder(last)]);
}
