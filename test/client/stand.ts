/**
 * Stand: what tests of clients share: a venue that is stopped behind the test, clients on it, and
 * results as short lines.
 */
import { afterEach } from "bun:test";
import { randomBytes } from "node:crypto";
import { type Client, connect, type ConnectOptions } from "../../src/client/client.ts";
import { ClientError } from "../../src/client/errors.ts";
import type { CommandResult } from "../../src/client/frame-tracker.ts";
import type { HttpClient } from "../../src/client/http.ts";
import type { PlaceRequest } from "../../src/client/order-request.ts";
import { signerFromSeed } from "../../src/edges/keys.ts";
import { reportKindName } from "../../src/protocol/report-json.ts";
import { MARKET } from "../support/small-shard.ts";
import { SoupVenue } from "./soup-venue.ts";

export const signer = signerFromSeed(new Uint8Array(randomBytes(32)));
const venues: SoupVenue[] = [];
const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const venue of venues.splice(0)) await venue.stop();
});

export async function start(): Promise<SoupVenue> {
  const venue = await SoupVenue.start();
  venues.push(venue);
  return venue;
}

/** Account 1 by key 2, unless told otherwise. */
export async function join(
  venue: SoupVenue,
  options: Partial<ConnectOptions> = {},
): Promise<Client> {
  const { port } = venue;
  const who = { signer, account: 1, key: 2 };
  const client = await connect({ host: "127.0.0.1", port, ...who, ...options });
  clients.push(client);
  return client;
}

export const buy = (fields: Partial<PlaceRequest> = {}): PlaceRequest => ({
  market: MARKET,
  side: "buy",
  price: 100,
  quantity: 5,
  ...fields,
});

export const sell = (fields: Partial<PlaceRequest> = {}): PlaceRequest =>
  buy({ side: "sell", ...fields });

/** `state, kind last/leaves, ..., error` */
export function said(result: CommandResult): string {
  const reports = result.reports.map(
    ({ kind, last, leaves }) => `${reportKindName(kind)} ${last}/${leaves}`,
  );
  const error = result.error === null ? [] : [result.error.code];
  return [result.state, ...reports, ...error].join(", ");
}

export async function errorOf(promise: Promise<unknown>): Promise<ClientError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
  }
  throw new Error("it should have been refused");
}

/** Waits until settlement has executed what lies at this position. */
export async function untilSettled(http: HttpClient, position: number): Promise<void> {
  while ((await http.status()).shards[0]!.position < position) {
    await new Promise(setImmediate);
  }
}
