/**
 * A client process of its own, to be killed: places orders with rising ids as fast as it can, and
 * learns at its start what became of those that its journal knows. Its journal is of frames and not
 * of ids, so it asks the venue which ids are open. Run by venue-e2e.test.ts.
 */
import { connect } from "../../src/client/client.ts";
import type { CommandResult } from "../../src/client/frame-tracker.ts";
import { HttpClient } from "../../src/client/http.ts";
import { FileJournal } from "../../src/client/journal-file.ts";
import { placeCommand } from "../../src/client/order-request.ts";
import { readKeyFile } from "../../src/edges/keys.ts";

const { port, settlement, file, account, key, journal } = JSON.parse(process.argv[2]!);
const isForever = process.argv[3] === "forever";

const counts = { recovered: 0, confirmed: 0, unknown: 0, refused: 0, position: 0 };
const client = await connect({
  host: "127.0.0.1",
  port,
  signer: readKeyFile(file),
  account,
  key,
  journal: new FileJournal(journal),
  onReport: ({ position }) => (counts.position = position),
});
for (const { results } of client.recovered) {
  const [result] = await results.catch(() => []);
  if (result?.state === "open") counts.recovered++;
  else counts.unknown++;
}
const http = new HttpClient({ settlement });
while ((await http.status()).shards[0]!.position < counts.position) {
  await new Promise(setImmediate);
}
const { orders } = await http.orders(account, { limit: 1000 });
let newest = Math.max(0, ...orders.map((order) => Number(order.client_order_id)));
const placed: Promise<unknown>[] = [];
const count = ([result]: CommandResult[]): unknown =>
  result?.state === "open" ? counts.confirmed++ : counts.refused++;
const place = (): void => {
  const clientOrderId = BigInt(++newest);
  const order = { market: 1, side: "buy", price: 5_000_000, quantity: 1, clientOrderId } as const;
  placed.push(client.send([placeCommand(order)]).then(count));
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
