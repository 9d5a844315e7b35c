/**
 * Desk: the operators' client. One frame at a time, the same bytes again until its outcome is
 * known; over the same TCP as the traders, without the SDK.
 */
import { FRAME_DIRECTORY, SHARD_DIRECTORY } from "../../src/protocol/codes.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { deliver, type Letter } from "./delivery.ts";
import { signerFor } from "./signers.ts";
import type { Venue } from "./venue.ts";
import type { Workload } from "./workload.ts";
import type { Process } from "./world.ts";

const AGAIN_MS = 250;

export class Desk {
  private readonly venue: Venue;
  private readonly workload: Workload;
  /** By shard and key. */
  private readonly nonces = new Map<string, number>();
  private left: number;
  isDone = false;

  constructor(venue: Venue, workload: Workload) {
    this.venue = venue;
    this.workload = workload;
    this.left = venue.setup.operatorFrames;
  }

  start(): void {
    const process = this.venue.world.spawn("desk.1");
    this.venue.world.enter(process, () => void this.work(process));
  }

  private async work(process: Process): Promise<void> {
    for (; this.left > 0; this.left--) {
      await Bun.sleep(this.venue.gapMs(process.prng));
      const letter = this.draw(process);
      if (letter === null) continue;
      while (!(await deliver(this.venue, process, letter)).isKnown) await Bun.sleep(AGAIN_MS);
    }
    this.isDone = true;
  }

  private draw(process: Process): Letter | null {
    const { venue } = this;
    const to = process.prng.pick(venue.shards);
    const drawn = this.workload.operatorFrame(process.prng, to);
    const signer = drawn === null ? undefined : signerFor(drawn.key.publicKey);
    if (drawn === null || signer === undefined) return null;
    const { kind, account, key, command } = drawn;
    const name = `${to} ${key.id}`;
    const nonce = Math.max(key.high, this.nonces.get(name) ?? 0) + 1;
    this.nonces.set(name, nonce);
    const shard = kind === FRAME_DIRECTORY ? SHARD_DIRECTORY : to;
    const header = { kind, shard, venue: venue.venueId, account, key: key.id, nonce, expiry: 0 };
    const frame = signFrame(header, [command], (message) => signer.sign(message));
    return { shard: to, frame };
  }
}
