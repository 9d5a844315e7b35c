/**
 * DueFlow: random records of four traders in two markets that wait, slide, expire, have timers and
 * budgets, with so few reports per record that cascades and expiries are often cut off.
 *
 *   const flow = new DueFlow(seed)      flow.genesisFrame, flow.setup: accounts with money
 *   flow.next()                         a record; log time goes on by itself
 */
import { sha256 } from "../../src/base/hash.ts";
import { Prng } from "../../src/base/prng.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as command from "../../src/protocol/commands.ts";
import { encodeFrame, SIGNATURE_SIZE } from "../../src/protocol/frame.ts";
import { encodeGenesis } from "../../src/protocol/genesis.ts";
import { encodePack } from "../../src/protocol/record.ts";
import { PLAIN_MARKET } from "../spec/stage-genesis.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const TRADERS = 4;
const MARKETS = [2, 1];
const MIDDLE = 1000;
const FUNDS = 10 ** 12;

export class DueFlow {
  readonly genesisFrame: Bytes;
  readonly setup: readonly Bytes[];
  private readonly prng: Prng;
  private readonly venue: Uint8Array;
  private readonly nonces = new Map<number, number>();
  private time = 1_000_000;

  constructor(seed: number, reportsPerRecordMax: number) {
    this.prng = new Prng(seed);
    const fees = { makerFeePpm: 1500, takerFeePpm: 2500, priceStep: 5, quantityStep: 2 };
    this.genesisFrame = encodeGenesis(
      {
        shard: 1,
        directoryOrigin: 1,
        rulesVersion: codes.RULES_VERSION,
        random: new Uint8Array(16),
        checkpointIntervalUs: 1,
        checkpointCommands: 1,
        dayStartS: 7,
        limits: {
          accountsMax: TRADERS,
          keysMax: TRADERS + 1,
          ordersMax: 600,
          marketsMax: MARKETS.length,
          assetsMax: 2,
          reportsPerRecordMax,
        },
        checkpointKey: new Uint8Array(32),
        operators: [{ publicKey: new Uint8Array(32).fill(9), scopes: codes.SCOPES_OPERATOR }],
        assets: [command.encodeAssetOpen(1, 2, "USD"), command.encodeAssetOpen(2, 8, "BTC")],
        markets: MARKETS.map((market) =>
          command.encodeMarketOpen({ ...PLAIN_MARKET, ...fees, market, openOrdersMax: 300 }),
        ),
        venueField: new Uint8Array(32),
      },
      () => new Uint8Array(SIGNATURE_SIZE),
    );
    this.venue = sha256(this.genesisFrame);
    this.setup = this.writeSetup();
  }

  private writeSetup(): Bytes[] {
    const records = [this.record(this.genesisFrame)];
    for (let account = 1; account <= TRADERS; account++) {
      const key = new Uint8Array(32).fill(account);
      const open = command.encodeKey(codes.COMMAND_ACCOUNT_OPEN, key, codes.SCOPES_TRADER, 0);
      records.push(this.frame(codes.FRAME_DIRECTORY, 0, [open]));
      const deposits = [1, 2].map((asset) =>
        command.encodeDeposit(asset, account, FUNDS, 2 * account + asset),
      );
      records.push(this.frame(codes.FRAME_OPERATOR, 0, deposits));
    }
    return records;
  }

  private record(frame: Uint8Array): Bytes {
    const header = { shard: 1, rulesVersion: 1, directoryOrigin: 1, logTime: this.time };
    return encodePack(header, [frame]);
  }

  private frame(kind: number, account: number, commands: readonly Uint8Array[]): Bytes {
    const key = account + 1;
    const nonce = (this.nonces.get(key) ?? 0) + 1;
    this.nonces.set(key, nonce);
    const shard = kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : 1;
    const header = { kind, shard, venue: this.venue, account, key, nonce, expiry: 0 };
    return this.record(encodeFrame(header, commands));
  }

  /** A tick, or a trader's commands. */
  next(): Bytes {
    const { prng } = this;
    this.time += prng.pick([0, 1, 20, 300]);
    if (prng.chance(5)) return this.record(new Uint8Array(0));
    const commands = Array.from({ length: prng.between(1, 3) }, () => this.command());
    return this.frame(codes.FRAME_TRADER, prng.between(1, TRADERS), commands);
  }

  private command(): Bytes {
    const { prng } = this;
    const market = prng.pick(MARKETS);
    const id = BigInt(prng.between(1, 400));
    if (prng.chance(88)) return command.encodeNewOrder(this.order(market, id));
    if (prng.chance(40)) return command.encodeReplace(market, id, this.price(), 2 * this.lots());
    if (prng.chance(40)) return command.encodeCancel(market, id);
    if (prng.chance(60)) return command.encodeReduce(market, id, 2);
    if (prng.chance(10)) return command.encodeMassCancel(0, 0);
    return command.encodeDeadMan(prng.pick([0, 200, 5000, 1_000_000]));
  }

  private price(): number {
    return MIDDLE + 5 * (this.prng.below(21) - 10);
  }

  private lots(): number {
    return this.prng.between(1, 10);
  }

  private order(market: number, clientOrderId: bigint): command.NewOrder {
    const { prng } = this;
    const plain = {
      market,
      clientOrderId,
      side: prng.between(codes.SIDE_BUY, codes.SIDE_SELL),
      type: codes.TYPE_LIMIT,
      tif: prng.pick([codes.TIF_GTC, codes.TIF_GTC, codes.TIF_DAY, codes.TIF_IOC]),
      price: this.price(),
      quantity: 2 * this.lots(),
      stp: prng.below(codes.STP_DECREMENT + 1),
      postOnly: codes.POST_ONLY_OFF,
    };
    const timed = { tif: codes.TIF_GTD, goodTill: this.time + prng.pick([0, 100, 5000, 10 ** 9]) };
    const stop = { ...timed, type: codes.TYPE_STOP + prng.below(2), stopPrice: this.price() };
    if (prng.chance(40)) return { ...plain, ...stop };
    if (prng.chance(20)) return { ...plain, ...timed };
    if (prng.chance(15)) return { ...plain, tif: codes.TIF_GTC, postOnly: codes.POST_ONLY_SLIDE };
    if (prng.chance(85)) return plain;
    const budget = prng.between(1, 30_000);
    return { ...plain, type: codes.TYPE_MARKET, tif: codes.TIF_IOC, price: 0, budget };
  }
}
