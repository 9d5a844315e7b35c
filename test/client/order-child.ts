/**
 * A client process of its own, to be killed: places orders with rising ids as fast as it can, and
 * learns at its start what became of those that its journal knows. Run by venue-e2e.test.ts.
 */
import { connect } from "../../src/client/client.ts";
import { FileJournal } from "../../src/client/journal-file.ts";
import { placeCommand } from "../../src/client/order-request.ts";
import { readKeyFile } from "../../src/edges/keys.ts";
import * as codes from "../../src/protocol/codes.ts";
import { COMMAND_CLIENT_ID } from "../../src/protocol/command-layout.ts";
import { FRAME_HEADER_SIZE } from "../../src/protocol/frame.ts";
import type { Report } from "../../src/protocol/report.ts";

const { port, file, account, key, journal } = JSON.parse(process.argv[2]!);
const isForever = process.argv[3] === "forever";

const counts = { recovered: 0, confirmed: 0, unknown: 0, position: 0 };
let newest = 0;
const see = (report: Report): void => {
  counts.position = report.position;
  if (report.kind === codes.REPORT_ACCEPTED)
    newest = Math.max(newest, Number(report.clientOrderId));
};
const client = await connect({
  host: "127.0.0.1",
  port,
  signer: readKeyFile(file),
  account,
  key,
  journal: new FileJournal(journal),
  onReport: see,
});
for (const { frame, results } of client.recovered) {
  const view = new DataView(frame.buffer, frame.byteOffset);
  newest = Math.max(newest, Number(view.getBigUint64(FRAME_HEADER_SIZE + COMMAND_CLIENT_ID, true)));
  const [result] = await results.catch(() => []);
  if (result?.state === "open") counts.recovered++;
  else counts.unknown++;
}
const placed: Promise<unknown>[] = [];
const place = (): void => {
  const clientOrderId = BigInt(++newest);
  const order = { market: 1, side: "buy", price: 5_000_000, quantity: 1, clientOrderId } as const;
  placed.push(client.send([placeCommand(order)]).then(() => counts.confirmed++));
};
place();
await placed[0];
if (isForever) process.stdout.write("placing\n");
const more = isForever ? 900 : 0;
for (let i = 0; i < more; i++) {
  place();
  await new Promise(setImmediate);
}
if (isForever) await new Promise(() => undefined);
await Promise.all(placed);
client.close();
process.stdout.write(JSON.stringify(counts));
