/**
 * SealedVenue: a small venue's records, settled and exported without services: for tests of
 * verdicts.
 *
 * Records are made here, one frame each, with log times that the caller chooses; settlement's own
 * parts turn them into commitments, notes, segments and tiles.
 */
import { join } from "node:path";
import { viewOf } from "../../src/base/bytes.ts";
import { type Signer, signerFromSeed } from "../../src/edges/keys.ts";
import type { InputReader, ShardLog } from "../../src/edges/log.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { RULES, type RuleTable } from "../../src/engine/rules.ts";
import { signCheckpoint } from "../../src/proofs/checkpoint-note.ts";
import { Checkpointer, inputOrigin, statesOrigin } from "../../src/proofs/checkpointer.ts";
import { noteKey } from "../../src/proofs/signed-note.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as commands from "../../src/protocol/commands.ts";
import { ReportChain } from "../../src/protocol/execution.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { decodeGenesis, encodeGenesis, type Genesis, venueOf } from "../../src/protocol/genesis.ts";
import type { Cure } from "../../src/protocol/governing.ts";
import { readRecord, RecordView, writeRecord } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { CommitmentFile } from "../../src/settlement-plane/commitment-file.ts";
import { exportShard } from "../../src/settlement-plane/export.ts";

const START_US = 1_764_000_000_000_000;

/** A signer from one number. */
export function seeded(number: number): Signer {
  return signerFromSeed(new Uint8Array(32).fill(number));
}

export const OPERATOR = seeded(1);
export const CHECKPOINT = seeded(2);
const TRADERS = [seeded(3), seeded(4)];

/** `added`: of a shard that another leads, in this venue. */
export function smallGenesis(
  operator: Signer,
  checkpoint: Signer,
  added: { shard: number; venue: Uint8Array } = { shard: 1, venue: new Uint8Array(32) },
): Uint8Array {
  const market = commands.encodeMarketOpen({
    market: 1,
    state: codes.STATE_OPEN,
    base: 2,
    quote: 1,
    lotUnits: 10_000,
    tickValue: 1,
    openOrdersMax: 100,
    priceMin: 1,
    priceMax: 1_000_000,
    quantityMin: 1,
    quantityMax: 1_000_000,
    makerFeePpm: 100,
    takerFeePpm: 200,
    symbol: "BTC-USD",
    count: 1,
    priceStep: 1,
    quantityStep: 1,
  });
  const genesis: Genesis = {
    shard: added.shard,
    directoryOrigin: 1,
    rulesVersion: codes.RULES_VERSION,
    random: new Uint8Array(16).fill(7),
    checkpointIntervalUs: 1_000_000,
    checkpointCommands: 1000,
    dayStartS: 0,
    limits: {
      accountsMax: 100,
      keysMax: 100,
      ordersMax: 1000,
      marketsMax: 10,
      assetsMax: 10,
      reportsPerRecordMax: 1000,
    },
    checkpointKey: checkpoint.publicKey,
    operators: [{ publicKey: operator.publicKey, scopes: codes.SCOPES_OPERATOR }],
    assets: [commands.encodeAssetOpen(1, 6, "USD"), commands.encodeAssetOpen(2, 8, "BTC")],
    markets: [market],
    venueField: added.venue,
  };
  return encodeGenesis(genesis, (message) => operator.sign(message));
}

/** Records of a short life: accounts, deposits, orders that rest, trade and are canceled; ticks. */
export function smallLife(
  genesisFrame: Uint8Array,
  operator: Signer,
  paceUs = 150_000,
): Uint8Array[] {
  const genesis = decodeGenesis(genesisFrame);
  if (typeof genesis === "string") throw new Error(genesis);
  const venue = venueOf(genesisFrame, genesis);
  const frames: Uint8Array[] = [genesisFrame];
  const nonces = new Map<number, number>();
  const sign = (signer: Signer, kind: number, who: [number, number], command: Uint8Array) => {
    const [account, key] = who;
    const nonce = (nonces.get(key) ?? 0) + 1;
    nonces.set(key, nonce);
    const shard = kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : 1;
    const header = { kind, shard, venue, account, key, nonce, expiry: 0 };
    frames.push(signFrame(header, [command], (message) => signer.sign(message)));
  };
  for (const [i, trader] of TRADERS.entries()) {
    const type = codes.COMMAND_ACCOUNT_OPEN;
    const open = commands.encodeKey(type, trader.publicKey, codes.SCOPES_TRADER, 0);
    sign(operator, codes.FRAME_DIRECTORY, [0, 1], open);
    for (const asset of [1, 2]) {
      const deposit = commands.encodeDeposit(asset, i + 1, 10 ** 12, i * 2 + asset);
      sign(operator, codes.FRAME_OPERATOR, [0, 1], deposit);
    }
  }
  for (let i = 0; i < 30; i++) {
    const who = i % 2;
    const signer = TRADERS[who];
    if (signer === undefined) throw new Error("there are two traders");
    const order = commands.encodeNewOrder({
      market: 1,
      side: who === 0 ? codes.SIDE_BUY : codes.SIDE_SELL,
      type: codes.TYPE_LIMIT,
      tif: codes.TIF_GTC,
      clientOrderId: BigInt(i + 1),
      price: 5000 + ((i * 7) % 5),
      quantity: 1 + (i % 4),
      stp: codes.STP_NONE,
      postOnly: codes.POST_ONLY_OFF,
    });
    sign(signer, codes.FRAME_TRADER, [who + 1, who + 2], order);
    if (i % 5 === 4) frames.push(new Uint8Array(0));
  }
  return frames.map((frame, i) => recordOf(frame, START_US + i * paceUs));
}

export function recordOf(frame: Uint8Array, logTime: number, shard = 1): Uint8Array {
  const bytes = new Uint8Array(24 + frame.length);
  const header = { shard, rulesVersion: codes.RULES_VERSION, directoryOrigin: 1, logTime };
  writeRecord(bytes, 0, header, frame);
  return bytes;
}

/** What a settlement believes, rightly or not: its versions of the rules, and a cure. */
export interface Beliefs {
  readonly rules: RuleTable;
  readonly cure: Cure;
}

/**
 * Settles the records as a settlement with this checkpoint key would, and exports them to `out`.
 */
export async function sealVenue(
  records: readonly Uint8Array[],
  checkpoint: Signer,
  out: string,
  beliefs?: Beliefs,
): Promise<Uint8Array> {
  const genesisFrame = records[0]?.slice(24) ?? new Uint8Array(0);
  const genesis = decodeGenesis(genesisFrame);
  if (typeof genesis === "string") throw new Error(genesis);
  const venue = venueOf(genesisFrame, genesis);
  const settlementDir = join(out, "settlement");
  settle(records, genesis, { venue, checkpoint, settlementDir, genesisFrame, beliefs });
  await exportShard({ log: listLog(records, genesis.shard), venue, settlementDir, out });
  return venue;
}

interface SealParts {
  readonly venue: Uint8Array;
  readonly checkpoint: Signer;
  readonly settlementDir: string;
  readonly genesisFrame: Uint8Array;
  readonly beliefs: Beliefs | undefined;
}

function settle(records: readonly Uint8Array[], genesis: Genesis, parts: SealParts): void {
  const { cure, rules = RULES } = parts.beliefs ?? {};
  const engine = new Engine(parts.genesisFrame, { levels: createLevels, roots: true, rules });
  const chain = new ReportChain();
  engine.followChain(chain);
  const reports = new ReportBatch();
  const record = new RecordView();
  const file = new CommitmentFile(parts.settlementDir);
  const checkpointer = new Checkpointer({
    shard: genesis.shard,
    directoryOrigin: 1,
    intervalUs: genesis.checkpointIntervalUs,
    commandsMax: genesis.checkpointCommands,
  });
  const commit = (): void => {
    file.add(checkpointer.count, checkpointer.commit(engine.roots(), chain.value));
  };
  for (const bytes of records) {
    const view = viewOf(bytes);
    const wrong = readRecord(view, 0, record);
    if (wrong !== "") throw new Error(wrong);
    if (checkpointer.endsBefore(record.logTime) && !engine.isCuring) commit();
    reports.clear();
    if (cure?.from === engine.position + 1) engine.cure(cure);
    engine.apply(view, record, reports);
    chain.step(reports.slice(0));
    const count = record.frameSize === 0 ? 0 : view.getUint16(24 + 64, true);
    const isFull = checkpointer.follow(bytes, record.logTime, count);
    if (isFull && !engine.isCuring) commit();
  }
  if (checkpointer.committedPosition < checkpointer.position) commit();
  writeNotes(file, checkpointer, { ...parts, shard: genesis.shard });
  file.close();
}

function writeNotes(
  file: CommitmentFile,
  checkpointer: Checkpointer,
  parts: SealParts & { shard: number },
): void {
  const venueHex = parts.venue.toHex();
  const key = noteKey(venueHex, parts.checkpoint.publicKey);
  const sign = (message: Uint8Array): Uint8Array => parts.checkpoint.sign(message);
  const note = (origin: string, size: number, root: Uint8Array): Uint8Array =>
    signCheckpoint({ origin, size, root }, key, sign);
  file.writeNotes({
    input: note(inputOrigin(venueHex, parts.shard), checkpointer.position, checkpointer.inputRoot),
    state: note(statesOrigin(venueHex, parts.shard), checkpointer.count, checkpointer.statesRoot),
  });
}

/** A shard's log that is these records, for whoever only reads. */
export function listLog(records: readonly Uint8Array[], shard: number): ShardLog {
  const reader: InputReader = {
    read: async (after) => {
      const bytes = records[after] ?? new Uint8Array(0);
      return { first: after + 1, count: 1, bytes };
    },
    tip: async () => records.length,
    close: async () => {},
  };
  const absent = (): never => {
    throw new Error("this log is only read");
  };
  return {
    shard,
    describe: "a list",
    genesis: async () => records[0] ?? null,
    create: absent,
    rules: async () => [],
    openInputWriter: absent,
    openInputReader: async () => reader,
    openRestReader: async () => reader,
    openExecutionWriter: absent,
    hasStandbys: false,
    writerOfExecutions: absent,
    takeTurn: absent,
    sayCommitment: absent,
    openExecutionReader: absent,
    halt: absent,
    standBy: () => {},
    recoverLoss: absent,
    restore: absent,
    consume: absent,
    cover: absent,
    trim: absent,
    retention: absent,
    reaches: async (position) => position <= records.length,
    fullness: async () => null,
    halted: async () => null,
    close: async () => {},
  };
}
