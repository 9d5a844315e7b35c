/**
 * Opening: as `clob init` and an operator would: the genesis of each shard, accounts, links between
 * shards, deposits, and each trader's funds on the way to the shard where it trades.
 */
import { openRedisLog } from "../../src/edges/redis-log.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { encodePack } from "../../src/protocol/record.ts";
import { ASSETS } from "../support/grammar-markets.ts";
import { FIRST_TRADER, OPERATOR_SCOPES, type Setup } from "./setup.ts";
import { signerOf } from "./signers.ts";
import type { Venue } from "./venue.ts";
import { START_US } from "./world.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Of its funds, what goes with a trader to another shard. */
const SENT_PERCENT = 60;

export function shardOfTrader({ shards }: Setup, account: number): number {
  return 1 + (account % shards);
}

export function keyOfTrader(account: number): number {
  return OPERATOR_SCOPES.length + account;
}

export async function openVenue(venue: Venue): Promise<void> {
  for (const shard of venue.shards) {
    const log = await openRedisLog({
      shard,
      access: venue.accessOf(venue.world.current),
      unreachableMsMax: 5000,
      clockDifferenceMsMax: 5000,
      owner: "setup:0:0",
      replicas: 0,
      slot: "setup",
    });
    const header = { shard, rulesVersion: codes.RULES_VERSION, directoryOrigin: 1 };
    const genesisFrame = venue.genesisFrames.get(shard)!;
    await log.create(encodePack({ ...header, logTime: START_US }, [genesisFrame]));
    const frames = shard === 1 ? leadFrames(venue) : linkFrames(venue, shard);
    if (frames.length > 0) {
      const writer = await log.openInputWriter();
      await writer.append(frames);
      await writer.close();
    }
    await log.close();
  }
}

/** Frames of operator key 1 on one shard. */
function operatorOn(venue: Venue, shard: number): (kind: number, command: Uint8Array) => Bytes {
  let nonce = 0;
  return (kind, command) => {
    const to = kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : shard;
    const who = { venue: venue.venueId, account: 0, key: 1, nonce: ++nonce, expiry: 0 };
    const sign = (message: Uint8Array): Uint8Array => signerOf(0).sign(message);
    return signFrame({ kind, shard: to, ...who }, [command], sign);
  };
}

/** The shard that leads the directory is known to every other one from genesis on. */
function linkFrames(venue: Venue, shard: number): Bytes[] {
  const sign = operatorOn(venue, shard);
  const others = venue.shards.filter((other) => other !== shard && other !== 1);
  return others.map((other) => sign(codes.FRAME_OPERATOR, encode.encodeShardOpen(other)));
}

function leadFrames(venue: Venue): Bytes[] {
  const { accounts, fundsPercent } = venue.setup.profile;
  const sign = operatorOn(venue, 1);
  const each = Math.floor(codes.AMOUNT_MAX / accounts / 100) * fundsPercent;
  const frames: Bytes[] = [];
  for (const other of venue.shards.slice(1)) {
    frames.push(sign(codes.FRAME_OPERATOR, encode.encodeShardOpen(other)));
  }
  for (let account = 1; account <= accounts; account++) {
    const { publicKey } = signerOf(FIRST_TRADER + account);
    const type = codes.COMMAND_ACCOUNT_OPEN;
    const open = encode.encodeKey(type, publicKey, codes.SCOPES_TRADER, 0);
    frames.push(sign(codes.FRAME_DIRECTORY, open));
    for (const [i, asset] of ASSETS.entries()) {
      const reference = account * ASSETS.length + i;
      const deposit = encode.encodeDeposit(asset, account, each, reference);
      frames.push(sign(codes.FRAME_OPERATOR, deposit));
    }
    const home = shardOfTrader(venue.setup, account);
    if (home !== 1) frames.push(moveFrame(venue, account, home, each));
  }
  return frames;
}

/** Of the trader itself, in one frame; on this shard it signs nothing else. */
function moveFrame(venue: Venue, account: number, to: number, each: number): Bytes {
  const amount = Math.floor(each / 100) * SENT_PERCENT;
  const signer = signerOf(FIRST_TRADER + account);
  const header = {
    kind: codes.FRAME_TRADER,
    shard: 1,
    venue: venue.venueId,
    account,
    key: keyOfTrader(account),
    nonce: 1,
    expiry: 0,
  };
  const transfers = ASSETS.map((asset) => encode.encodeTransfer(to, asset, amount));
  return signFrame(header, transfers, (message) => signer.sign(message));
}
