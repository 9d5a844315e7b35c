/**
 * A client process of its own, to be killed: two orders that rest, and a mass cancel signed for
 * the end of its connection. Run by venue-orders.test.ts.
 */
import { connect } from "../../src/client/client.ts";
import { readKeyFile } from "../../src/edges/keys.ts";

const { port, file, account, key } = JSON.parse(process.argv[2]!);
const signer = readKeyFile(file);
const who = { signer, account, key };
const client = await connect({ host: "127.0.0.1", port, ...who, cancelOnDisconnect: true });
const order = { market: 1, side: "buy", price: 5_000_000, quantity: 1 } as const;
await Promise.all([client.place(order), client.place({ ...order, price: 5_000_100 })]);
process.stdout.write("resting\n");
await new Promise(() => undefined);
