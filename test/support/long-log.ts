/**
 * LongLog: millions of signed commands into the log of a fleet of one shard, faster than clients
 * would send them.
 *
 * What ingress does with frames that were admitted: packs of them through the log's own writer,
 * while ingress is not there. Matcher and settlement do with them what they always do. Making a
 * command costs more than executing it, so a flow is made once and played over and over: each pass
 * gives its frames new nonces, new signatures, and its orders new ids.
 */
import { Prng } from "../../src/base/prng.ts";
import type { Config } from "../../src/edges/config.ts";
import { openLog } from "../../src/edges/open-log.ts";
import { FRAME_TRADER } from "../../src/protocol/codes.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { COMMAND_CLIENT_ID } from "../../src/protocol/command-layout.ts";
import { MarketFlow } from "./market-flow.ts";
import type { LoadShard, Trader } from "./market-load.ts";

export interface LongLogTerms {
  readonly config: Config;
  readonly venue: Uint8Array;
  readonly shard: LoadShard;
  readonly traders: readonly Trader[];
  readonly seed: number;
  readonly commands: number;
  /** Commands of a frame. */
  readonly batch: number;
  /** Resolves once those behind are near enough to go on. */
  readonly room: (tip: number) => Promise<void>;
}

const FRAMES_PER_PACK = 32;
const FRAMES_PER_PASS = 2048;
/** Nonces that the accounts' other frames may have used. */
const NONCE_FIRST = 100;
/** The byte of a client id that says the pass; those below it count orders. */
const PASS_AT = COMMAND_CLIENT_ID + 5;

/** Position of the last record. */
export async function fillLog(terms: LongLogTerms): Promise<number> {
  const { config, venue, shard, traders, seed, commands, batch, room } = terms;
  const flow = new MarketFlow(new Prng(seed), shard.markets);
  const frames = Array.from({ length: FRAMES_PER_PASS }, () => flow.next(batch));
  const log = await openLog(config, shard.shard);
  const writer = await log.openInputWriter();
  const frameCount = Math.ceil(commands / batch);
  let pack: Uint8Array[] = [];
  for (let number = 0; number < frameCount; number++) {
    const { account: index, commands: list } = frames[number % FRAMES_PER_PASS]!;
    const pass = Math.floor(number / FRAMES_PER_PASS);
    for (const command of list) command[PASS_AT] = pass;
    const { account, key, signer } = traders[index]!;
    const header = { kind: FRAME_TRADER, shard: shard.shard, venue, account, key, expiry: 0 };
    const sign = (message: Uint8Array): Uint8Array => signer.sign(message);
    pack.push(signFrame({ ...header, nonce: NONCE_FIRST + number }, list, sign));
    if (pack.length < FRAMES_PER_PACK && number < frameCount - 1) continue;
    await writer.append(pack);
    await room(writer.tip());
    pack = [];
  }
  const tip = writer.tip();
  await writer.close();
  await log.close();
  return tip;
}
