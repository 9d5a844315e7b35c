/**
 * Export: records/s that an exporter reads, hashes, compresses and writes to a directory, and bytes
 * per order in the log and in the export.
 *
 * Signed orders, alone and in batches of 64, over four markets, 200 prices and 1000 quantities, as
 * they come at 20,000 orders/s; the log lies in memory, the directory on the disk. A third of the
 * clock may be the disk's: each object is synced.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../src/base/prng.ts";
import { viewOf } from "../src/base/bytes.ts";
import type { InputReader, ShardLog } from "../src/edges/log.ts";
import { signCheckpoint } from "../src/proofs/checkpoint-note.ts";
import { Checkpointer, inputOrigin, statesOrigin } from "../src/proofs/checkpointer.ts";
import { noteKey } from "../src/proofs/signed-note.ts";
import * as codes from "../src/protocol/codes.ts";
import { encodeNewOrder } from "../src/protocol/commands.ts";
import { signFrame } from "../src/protocol/frame.ts";
import { decodeGenesis, venueOf } from "../src/protocol/genesis.ts";
import { NaiveEngine } from "../src/naive/naive-engine.ts";
import type { Published } from "../src/settlement-plane/commitment-file.ts";
import { exportShard } from "../src/settlement-plane/export.ts";
import {
  CHECKPOINT,
  listLog,
  OPERATOR,
  recordOf,
  seeded,
  smallGenesis,
} from "../test/support/sealed-venue.ts";

const isFull = process.env["BENCH"] === "full";
const ROUNDS = isFull ? 5 : 1;
const START_US = 1_764_000_000_000_000;
const ORDERS_PER_SECOND = 20_000;

const genesisFrame = smallGenesis(OPERATOR, CHECKPOINT);
const genesis = decodeGenesis(genesisFrame);
if (typeof genesis === "string") throw new Error(genesis);
const venue = venueOf(genesisFrame, genesis);
const dir = mkdtempSync(join(tmpdir(), "clob-export-bench-"));

try {
  await measure(1, isFull ? 100_000 : 500);
  await measure(64, isFull ? 1_000_000 : 6400);
} finally {
  rmSync(dir, { recursive: true, force: true });
}

async function measure(batch: number, orders: number): Promise<void> {
  const records = makeRecords(batch, orders);
  const published = publish(records, batch);
  const rates: number[] = [];
  const cpu: number[] = [];
  let written = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const out = join(dir, `${batch}-${round}`);
    const used = process.cpuUsage();
    const begun = performance.now();
    const log = logOf(records);
    const { bytes } = await exportShard({ log, venue, settlementDir: "", published, out });
    rates.push(records.length / ((performance.now() - begun) / 1000));
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / records.length);
    written = bytes;
  }
  const inLog = records.reduce((sum, record) => sum + record.length, 0);
  const median = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1] ?? 0;
  const rate = median(rates);
  const what = batch === 1 ? "single orders" : `batches of ${batch}`;
  console.log(
    `${what}: ${kilo(rate)} k records/s, ${kilo(rate * batch)} k orders/s, ` +
      `${median(cpu).toFixed(1)} us of processor per record`,
  );
  console.log(
    `${what}, bytes per order: ` +
      `${(inLog / orders).toFixed(1)} in the log, ${(written / orders).toFixed(1)} in the export`,
  );
}

function kilo(rate: number): string {
  return (rate / 1000).toFixed(1);
}

function makeRecords(batch: number, orders: number): Uint8Array[] {
  const random = new Prng(3);
  const trader = seeded(3);
  const records = [recordOf(genesisFrame, START_US)];
  for (let made = 0; made < orders; made += batch) {
    const commands = Array.from({ length: batch }, (_, i) =>
      encodeNewOrder({
        market: 1 + random.below(4),
        side: random.below(2) === 0 ? codes.SIDE_BUY : codes.SIDE_SELL,
        type: codes.TYPE_LIMIT,
        tif: random.below(3) === 0 ? codes.TIF_GTC : codes.TIF_IOC,
        clientOrderId: BigInt(made + i + 1),
        price: 5000 + random.below(200),
        quantity: 1 + random.below(1000),
        stp: codes.STP_NONE,
        postOnly: codes.POST_ONLY_OFF,
      }),
    );
    const nonce = made / batch + 1;
    const who = { kind: codes.FRAME_TRADER, shard: 1, venue, account: 1, key: 2 };
    const header = { ...who, nonce, expiry: 0 };
    const frame = signFrame(header, commands, (message) => trader.sign(message));
    records.push(recordOf(frame, START_US + Math.floor((made / ORDERS_PER_SECOND) * 1e6) + 1));
  }
  return records;
}

/** Commitments where settlement would make them. Of one and the same state: nobody looks at it. */
function publish(records: readonly Uint8Array[], batch: number): Published {
  const roots = new NaiveEngine(genesisFrame).roots();
  const checkpointer = new Checkpointer({
    shard: 1,
    directoryOrigin: 1,
    intervalUs: 1_000_000,
    commandsMax: 100_000,
  });
  const entries: Uint8Array[] = [];
  const commit = (): void => {
    entries.push(checkpointer.commit(roots, new Uint8Array(32)));
  };
  for (const record of records) {
    const logTime = Number(viewOf(record).getBigUint64(8, true));
    if (checkpointer.endsBefore(logTime)) commit();
    if (checkpointer.follow(record, logTime, batch)) commit();
  }
  if (checkpointer.committedPosition < checkpointer.position) commit();
  const venueHex = venue.toHex();
  const key = noteKey(venueHex, CHECKPOINT.publicKey);
  const note = (origin: string, size: number, root: Uint8Array): Uint8Array =>
    signCheckpoint({ origin, size, root }, key, (message) => CHECKPOINT.sign(message));
  const { position, inputRoot, count, statesRoot } = checkpointer;
  const notes = {
    input: note(inputOrigin(venueHex, 1), position, inputRoot),
    state: note(statesOrigin(venueHex, 1), count, statesRoot),
  };
  return { bytes: new Uint8Array(0), entries, notes };
}

/** The log in memory, read in batches as from a real one. */
function logOf(records: readonly Uint8Array[]): ShardLog {
  const reader: InputReader = {
    read: (after, bytesMax) => {
      const parts: Uint8Array[] = [];
      let size = 0;
      for (let i = after; i < records.length && (size < bytesMax || i === after); i++) {
        parts.push(records[i]!);
        size += records[i]!.length;
      }
      const bytes = new Uint8Array(Buffer.concat(parts));
      return Promise.resolve({ first: after + 1, count: parts.length, bytes });
    },
    tip: () => Promise.resolve(records.length),
    close: () => Promise.resolve(),
  };
  return { ...listLog(records, 1), openRestReader: () => Promise.resolve(reader) };
}
