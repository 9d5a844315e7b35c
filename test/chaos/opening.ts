/**
 * Opening: the venue of one round before any of its services runs: config, keys, genesis of every
 * shard, accounts, money, and which shards know each other. Written to the log directly.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../src/edges/config.ts";
import { readConfig } from "../../src/edges/config-read.ts";
import { readKeyFile, type Signer, signerFromSeed } from "../../src/edges/keys.ts";
import { openLog } from "../../src/edges/open-log.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeDeposit, encodeKey, encodeShardOpen } from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { initShards, OPERATOR_KEY } from "../../src/venue/init.ts";
import { BTC_USD_TERMS, USD_AND_BTC } from "../support/config-parts.ts";
import type { ChaosSetup } from "./setup.ts";

export const ASSETS = [1, 2];
/** Of each asset to each trader, and all of it that ever enters. */
export const FUNDS = 10_000_000_000;
/** Key 1 is the operator's, key 2 the carrier's. */
const FIRST_KEY = 3;
export const MARKETS_PER_SHARD = 2;

export interface Opened {
  readonly venueId: string;
  readonly configPath: string;
  readonly keysDir: string;
}

export interface Who {
  readonly account: number;
  readonly key: number;
  readonly signer: Signer;
}

export function whoIs(seed: number, account: number): Who {
  const bytes = new Uint8Array(32).fill(account);
  new DataView(bytes.buffer).setUint32(0, seed);
  return { account, key: FIRST_KEY + account - 1, signer: signerFromSeed(bytes) };
}

export function shardsOf({ shards }: Pick<ChaosSetup, "shards">): number[] {
  return Array.from({ length: shards }, (_, i) => i + 1);
}

export function marketsOf(shard: number): number[] {
  return Array.from(
    { length: MARKETS_PER_SHARD },
    (_, i) => (shard - 1) * MARKETS_PER_SHARD + i + 1,
  );
}

export async function openVenue(dir: string, setup: ChaosSetup, port: number): Promise<Opened> {
  const configPath = join(dir, "config.toml");
  writeFileSync(configPath, configText(setup.shards));
  const keysDir = join(dir, "keys");
  const config = configOf({ configPath, keysDir }, { data: join(dir, "data", "opening"), port });
  const [first] = await initShards(config);
  const operator = readKeyFile(join(keysDir, OPERATOR_KEY));
  const venueId = first?.venueId ?? "";
  for (const shard of shardsOf(setup)) {
    const log = await openLog(config, shard);
    const writer = await log.openInputWriter();
    const frames = openingFrames(setup, { shard, operator, venue: Uint8Array.fromHex(venueId) });
    if (frames.length > 0) await writer.append(frames);
    await writer.close();
    await log.close();
  }
  return { venueId, configPath, keysDir };
}

/** As the processes read it, but straight to one Redis. */
export function configOf(
  { configPath, keysDir }: Pick<Opened, "configPath" | "keysDir">,
  { data, port }: { readonly data: string; readonly port: number },
): Config {
  const flags = { data, "venue-keys-dir": keysDir };
  const env = { CLOB_LOG: "redis", REDIS_ADDR: `127.0.0.1:${port}`, CLOB_INGRESS_SLOT: "opening" };
  const read = readConfig({ file: configPath, env, flags });
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return read.config;
}

function openingFrames(
  setup: ChaosSetup,
  { shard, operator, venue }: { shard: number; operator: Signer; venue: Uint8Array },
): Uint8Array[] {
  let nonce = 0;
  const sign = (kind: number, command: Uint8Array): Uint8Array => {
    const where = kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : shard;
    const header = { kind, shard: where, venue, account: 0, key: 1, nonce: ++nonce, expiry: 0 };
    return signFrame(header, [command], (message) => operator.sign(message));
  };
  const others = shardsOf(setup).filter((other) => other !== shard);
  const frames = others.map((other) => sign(codes.FRAME_OPERATOR, encodeShardOpen(other)));
  if (shard !== 1) return frames;
  for (let account = 1; account <= setup.traders; account++) {
    const { signer } = whoIs(setup.seed, account);
    const type = codes.COMMAND_ACCOUNT_OPEN;
    const open = encodeKey(type, signer.publicKey, codes.SCOPES_TRADER, 0);
    frames.push(sign(codes.FRAME_DIRECTORY, open));
    for (const [i, asset] of ASSETS.entries()) {
      const reference = account * ASSETS.length + i;
      frames.push(sign(codes.FRAME_OPERATOR, encodeDeposit(asset, account, FUNDS, reference)));
    }
  }
  return frames;
}

function configText(shards: number): string {
  const own = shardsOf({ shards }).map((id) => {
    const markets = marketsOf(id);
    return `[[shard]]\nid = ${id}\nmarkets = "${markets[0]}-${markets.at(-1)}"\n`;
  });
  return `
[venue]
name = "chaos"

${USD_AND_BTC}
[[market]]
id = 1
count = ${shards * MARKETS_PER_SHARD}
symbol = "M#-USD"
${BTC_USD_TERMS}maker_fee_ppm = 200
taker_fee_ppm = 500

${own.join("\n")}`;
}
