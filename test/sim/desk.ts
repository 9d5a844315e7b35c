/**
 * Desk: the operators' client. One frame at a time, the same bytes again until its outcome is
 * known; over the same TCP as the traders, without the SDK.
 */
import { Connection } from "../../src/client/connection.ts";
import {
  FRAME_DIRECTORY,
  rejectCode,
  REPORT_ACCEPTED,
  SHARD_DIRECTORY,
} from "../../src/protocol/codes.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { readReport, REPORT_TAG_AT } from "../../src/protocol/report.ts";
import { decodeDone, decodeRefused } from "../../src/protocol/session.ts";
import { viewOf } from "../../src/base/bytes.ts";
import { signerFor } from "./signers.ts";
import type { Venue } from "./venue.ts";
import type { Workload } from "./workload.ts";
import type { Process } from "./world.ts";

const AGAIN_MS = 250;
const ANSWER_MS = 5000;

export class Desk {
  private readonly venue: Venue;
  private readonly workload: Workload;
  private readonly venueId: Uint8Array;
  private readonly nonces = new Map<number, number>();
  private left: number;
  isDone = false;

  constructor(venue: Venue, workload: Workload, venueId: Uint8Array) {
    this.venue = venue;
    this.workload = workload;
    this.venueId = venueId;
    this.left = venue.setup.operatorFrames;
  }

  start(): void {
    const process = this.venue.world.spawn("desk.1");
    this.venue.world.enter(process, () => void this.work(process));
  }

  private async work(process: Process): Promise<void> {
    for (; this.left > 0; this.left--) {
      await Bun.sleep(process.prng.between(0, this.venue.setup.gapMs));
      const frame = this.draw(process);
      if (frame === null) continue;
      while (!(await this.send(process, frame))) await Bun.sleep(AGAIN_MS);
    }
    this.isDone = true;
  }

  private draw(process: Process): Uint8Array | null {
    const drawn = this.workload.operatorFrame(process.prng);
    const signer = drawn === null ? undefined : signerFor(drawn.key.publicKey);
    if (drawn === null || signer === undefined) return null;
    const { kind, account, key, command } = drawn;
    const nonce = Math.max(key.high, this.nonces.get(key.id) ?? 0) + 1;
    this.nonces.set(key.id, nonce);
    const shard = kind === FRAME_DIRECTORY ? SHARD_DIRECTORY : 1;
    const header = { kind, shard, venue: this.venueId, account, key: key.id, nonce, expiry: 0 };
    return signFrame(header, [command], (message) => signer.sign(message));
  }

  /** True once it is known that it was executed, or never will be. */
  private async send(process: Process, frame: Uint8Array): Promise<boolean> {
    const tag = new Bun.CryptoHasher("sha256")
      .update(frame)
      .digest()
      .subarray(0, 8)
      .toString("hex");
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const host = `ingress${process.prng.between(1, this.venue.setup.ingresses)}`;
    const dial = this.venue.net.dialOf(process);
    const times = { connectTimeoutMs: 1000, silentMsMax: 3000 };
    const connection = new Connection(
      { host, port: 1, dial, ...times },
      {
        onMessage: (message) => {
          const outcome = outcomeOf(message, tag);
          if (outcome !== null) resolve(outcome);
        },
        onClose: () => resolve(false),
      },
    );
    connection.hello.then(
      () => connection.send(frame),
      () => resolve(false),
    );
    const over = setTimeout(() => resolve(false), ANSWER_MS);
    const isKnown = await promise;
    clearTimeout(over);
    connection.end();
    return isKnown;
  }
}

/** Whether this message settles the frame: true for good, false to be sent again, null for no. */
function outcomeOf(message: Uint8Array, tag: string): boolean | null {
  const done = decodeDone(message);
  if (done !== null) return done.tag.toHex() === tag ? true : null;
  const refused = decodeRefused(message);
  if (refused !== null) {
    return refused.tag.toHex() === tag ? !rejectCode(refused.code).retry : null;
  }
  if ((message[0] ?? 0) < REPORT_ACCEPTED) return null;
  if (message.subarray(REPORT_TAG_AT, REPORT_TAG_AT + 8).toHex() !== tag) return null;
  // An unnumbered one refuses a nonce that was used: by this very frame, for nobody else has it.
  return readReport(viewOf(message), 0).number === 0 ? true : null;
}
