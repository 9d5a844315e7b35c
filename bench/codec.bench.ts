/**
 * codec.bench: what it costs to write, check, cut and read the bytes, per piece.
 *
 *   bun bench/codec.bench.ts [smoke|full]
 *
 * Back of the envelope: at 1 M orders/s a single's frame of 168 bytes is 168 MB/s, and checks of
 * some fifty fields at 1 ns each are 5 % of a core. Each body returns a checksum of its work, which
 * is printed: the compiler cannot take the work away, and a change that alters an answer shows.
 */
import { viewOf } from "../src/base/bytes.ts";
import { sha256 } from "../src/base/hash.ts";
import { checkFrame } from "../src/protocol/check-frame.ts";
import * as codes from "../src/protocol/codes.ts";
import { encodeNewOrder } from "../src/protocol/commands.ts";
import * as frames from "../src/protocol/frame.ts";
import { encodePack, readRecord, RecordView } from "../src/protocol/record.ts";
import { readReport, REPORT_SIZE, ReportBatch, writeReport } from "../src/protocol/report.ts";
import { encodePacket, PacketCutter, SOUP_SEQUENCED, writePacket } from "../src/protocol/soup.ts";

const ROUNDS = { smoke: 1, full: 9 };
const TURNS = { smoke: 64, full: 400_000 };
type Size = keyof typeof ROUNDS;

const SHARD = 1;
const BATCH = 64;
const venue = new Uint8Array(frames.VENUE_SIZE).fill(7);
const scope = { venue, shard: SHARD, directoryOrigin: SHARD };
const record = { shard: SHARD, rulesVersion: 1, directoryOrigin: SHARD, logTime: 1_000_000 };
const unsigned = (): Uint8Array => new Uint8Array(frames.SIGNATURE_SIZE);

export function run(size: Size): void {
  const single = frameOf(1);
  const batch = frameOf(BATCH);
  const line = (name: string, per: number, body: (turns: number) => number): void =>
    measure({ name, per, size, body });
  line("encode a NewOrder and its frame", 1, (turns) => {
    let sum = 0;
    for (let i = 0; i < turns; i++) sum += frameOf(1, i + 1)[frames.FRAME_NONCE_AT]!;
    return sum;
  });
  line("check a frame of 1", 1, (turns) => checkAll(single, turns));
  line(`check a frame of ${BATCH}, per command`, BATCH, (turns) => checkAll(batch, turns));
  line("tag of a frame of 1 (SHA-256)", 1, (turns) => {
    let sum = 0;
    for (let i = 0; i < turns; i++) sum += sha256(single)[0]!;
    return sum;
  });
  line("write a record into a pack", BATCH, (turns) => {
    const all = Array.from({ length: BATCH }, () => single);
    let sum = 0;
    for (let i = 0; i < turns; i++) sum += encodePack(record, all).length;
    return sum;
  });
  line("read a record of a pack", BATCH, (turns) => readAll(single, turns));
  line("write a report into a batch", 1, writeReports);
  line("read a report as an object", 1, readReports);
  line("write a packet", 1, writePackets);
  line("cut a packet from the stream", BATCH, cutPackets);
}

function frameOf(count: number, nonce = 1): Uint8Array<ArrayBuffer> {
  const commands = Array.from({ length: count }, (_, i) =>
    encodeNewOrder({
      market: 1,
      side: codes.SIDE_BUY,
      type: codes.TYPE_LIMIT,
      tif: codes.TIF_GTC,
      clientOrderId: BigInt(i + 1),
      price: 33_504,
      quantity: 7,
      stp: codes.STP_NONE,
      postOnly: codes.POST_ONLY_OFF,
    }),
  );
  const header = { kind: codes.FRAME_TRADER, shard: SHARD, venue, account: 1, key: 2, expiry: 0 };
  return frames.signFrame({ ...header, nonce }, commands, unsigned);
}

function checkAll(frame: Uint8Array, turns: number): number {
  let sum = 0;
  for (let i = 0; i < turns; i++) sum += checkFrame(frame, scope) + 1;
  return sum;
}

function readAll(frame: Uint8Array, turns: number): number {
  const pack = encodePack(
    record,
    Array.from({ length: BATCH }, () => frame),
  );
  const view = viewOf(pack);
  const into = new RecordView();
  let sum = 0;
  for (let i = 0; i < turns; i++) {
    for (let at = 0; at < pack.length; at = into.end) {
      if (readRecord(view, at, into) !== "") throw new Error("a record that was written is read");
      sum += into.frameSize;
    }
  }
  return sum;
}

function sampleReport(): { bytes: Uint8Array<ArrayBuffer>; view: DataView<ArrayBuffer> } {
  const bytes = new Uint8Array(REPORT_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, codes.REPORT_ACCEPTED);
  view.setUint32(72, 33_504, true);
  return { bytes, view };
}

function writeReports(turns: number): number {
  const { view } = sampleReport();
  const report = readReport(view, 0);
  const batch = new ReportBatch(turns);
  for (let i = 0; i < turns; i++) {
    report.price = i;
    const at = batch.add();
    writeReport(batch.view, at, report);
  }
  return batch.view.getUint32((turns - 1) * REPORT_SIZE + 72, true);
}

function readReports(turns: number): number {
  const { view } = sampleReport();
  let sum = 0;
  for (let i = 0; i < turns; i++) sum += readReport(view, 0).price;
  return sum;
}

function writePackets(turns: number): number {
  const { bytes } = sampleReport();
  const packet = new Uint8Array(3 + REPORT_SIZE);
  let sum = 0;
  for (let i = 0; i < turns; i++) {
    sum += writePacket(packet, 0, SOUP_SEQUENCED, bytes) + packet[3]!;
  }
  return sum;
}

/** Chunks of 64 packets that do not end where packets end. */
function cutPackets(turns: number): number {
  const packet = encodePacket(SOUP_SEQUENCED, sampleReport().bytes);
  const chunk = new Uint8Array(packet.length * BATCH);
  for (let i = 0; i < BATCH; i++) chunk.set(packet, i * packet.length);
  const shifted = new Uint8Array([...chunk.subarray(50), ...chunk.subarray(0, 50)]);
  const cutter = new PacketCutter();
  let sum = 0;
  const count = (type: number, payload: Uint8Array): void => {
    sum += type + payload[0]!;
  };
  cutter.push(chunk.subarray(0, 50), count);
  for (let i = 0; i < turns; i++) {
    if (!cutter.push(shifted, count)) throw new Error("packets that were written are cut");
  }
  return sum;
}

interface Line {
  readonly name: string;
  /** Pieces in one turn. */
  readonly per: number;
  readonly size: Size;
  readonly body: (turns: number) => number;
}

/** Median and worst of the rounds, after one to warm up. */
function measure({ name, per, size, body }: Line): void {
  const turns = Math.max(1, Math.ceil(TURNS[size] / per));
  const times: number[] = [];
  let sum = 0;
  for (let round = 0; round <= ROUNDS[size]; round++) {
    const from = performance.now();
    sum = body(turns);
    if (round > 0) times.push(((performance.now() - from) * 1e6) / (turns * per));
  }
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1]!.toFixed(1).padStart(8);
  const worst = times.at(-1)!.toFixed(1).padStart(8);
  console.log(`${name.padEnd(40)} ${median} ns, worst ${worst} ns   sum ${sum}`);
}

if (import.meta.main) run(process.argv[2] === "full" ? "full" : "smoke");
