/**
 * Delivery: one frame of an operator over TCP, without the SDK, and what became of it. The desk
 * sends by it, and settlement's carrier where production takes HTTP.
 */
import { viewOf } from "../../src/base/bytes.ts";
import { Connection } from "../../src/client/connection.ts";
import { rejectCode, REPORT_ACCEPTED, REPORT_REJECTED } from "../../src/protocol/codes.ts";
import { readReport, REPORT_TAG_AT } from "../../src/protocol/report.ts";
import { decodeDone, decodeRefused, type Done } from "../../src/protocol/session.ts";
import type { Delivery } from "../../src/settlement-plane/carry-desk.ts";
import type { Venue } from "./venue.ts";
import type { Process } from "./world.ts";

const ANSWER_MS = 5000;

export interface Delivered extends Delivery {
  /** It was executed, or never will be: nobody needs to send it again. */
  readonly isKnown: boolean;
}

export interface Letter {
  readonly shard: number;
  readonly frame: Uint8Array;
}

export async function deliver(
  venue: Venue,
  process: Process,
  { shard, frame }: Letter,
): Promise<Delivered> {
  const tag = new Bun.CryptoHasher("sha256").update(frame).digest().subarray(0, 8).toString("hex");
  const { promise, resolve } = Promise.withResolvers<Delivered>();
  const rejects = new Map<number, string>();
  const end = (isKnown: boolean, problem: string, nonceHigh = 0): void =>
    resolve({ isKnown, problem, nonceHigh, rejects });
  const checkDone = (done: Done): void =>
    venue.guard(() => venue.oracleOf(shard).showDone(done, process.name));
  const host = `ingress${process.prng.between(1, venue.setup.ingresses)}`;
  const dial = venue.net.dialOf(process);
  const connection = new Connection(
    { host, port: 1, shard, dial, connectTimeoutMs: 1000, silentMsMax: 3000 },
    {
      onMessage: (message) => hear(message, { tag, rejects, checkDone, end }),
      onClose: () => end(false, "the connection is gone"),
    },
  );
  connection.hello.then(
    () => connection.send(frame),
    () => end(false, "there is no ingress"),
  );
  const over = setTimeout(() => end(false, "there is no answer"), ANSWER_MS);
  const delivered = await promise;
  clearTimeout(over);
  connection.end();
  return delivered;
}

interface Ear {
  readonly tag: string;
  readonly rejects: Map<number, string>;
  checkDone(done: Done): void;
  end(isKnown: boolean, problem: string, nonceHigh?: number): void;
}

function hear(message: Uint8Array, { tag, rejects, checkDone, end }: Ear): void {
  const done = decodeDone(message);
  if (done !== null) {
    if (done.tag.toHex() !== tag) return;
    checkDone(done);
    end(true, "");
    return;
  }
  const refused = decodeRefused(message);
  if (refused !== null) {
    const { name, retry } = rejectCode(refused.code);
    if (refused.tag.toHex() === tag) end(!retry, name);
    return;
  }
  if ((message[0] ?? 0) < REPORT_ACCEPTED) return;
  if (message.subarray(REPORT_TAG_AT, REPORT_TAG_AT + 8).toHex() !== tag) return;
  const report = readReport(viewOf(message), 0);
  const isRejected = report.kind === REPORT_REJECTED;
  const name = isRejected ? rejectCode(report.code).name : "";
  // An unnumbered one refuses a nonce that was used: by this very frame, or by another carrier's.
  if (report.number === 0) end(true, name, report.second);
  else if (isRejected) rejects.set(report.index, name);
}
