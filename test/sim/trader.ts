/**
 * Trader: a client with the real SDK's link and session, a journal that outlives its process, and
 * an exact memory of what it was told. The memory is the test's: it does not die.
 *
 *   told      every numbered report, dense from 1, never again otherwise
 *   outcomes  what the SDK said of each frame; compared with the log at the end
 */
import type { Prng } from "../../src/base/prng.ts";
import type { AccountSession } from "../../src/client/account-session.ts";
import { ClientError } from "../../src/client/errors.ts";
import { Link } from "../../src/client/link.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { Report } from "../../src/protocol/report.ts";
import { type Oracle, reportText, Violation } from "./oracle.ts";
import type { Signer } from "../../src/edges/keys.ts";
import { JournalStore } from "./sim-journal.ts";
import type { Venue } from "./venue.ts";
import type { Workload } from "./workload.ts";
import { MS, type Process } from "./world.ts";

export interface TraderParts {
  readonly venue: Venue;
  readonly workload: Workload;
  readonly account: number;
  /** Where it trades. */
  readonly shard: number;
  readonly key: number;
  readonly signer: Signer;
}

const PENDING_MAX = 6;
const RETRY_MS = 300;
/** Who may not send more looks again after this. */
const PATIENCE_MS = 25;

export class Trader {
  readonly told: string[] = [];
  /** By tag: "executed", or the code of the error. */
  readonly outcomes = new Map<string, string>();
  /** Why the venue does not take it any more; "" while it does. */
  out = "";
  private readonly parts: TraderParts;
  private readonly store: JournalStore;
  private process: Process | null = null;
  private session: AccountSession | null = null;
  private left: number;
  private starts = 0;

  constructor(parts: TraderParts) {
    this.parts = parts;
    this.store = new JournalStore(parts.account);
    this.left = parts.venue.setup.framesPerTrader;
  }

  get role(): string {
    return `trader${this.parts.account}`;
  }

  get oracle(): Oracle {
    return this.parts.venue.oracleOf(this.parts.shard);
  }

  start(): void {
    const { world } = this.parts.venue;
    const process = world.spawn(`${this.role}.${++this.starts}`);
    this.process = process;
    this.session = null;
    world.enter(process, () => void this.live(process));
  }

  crash(): void {
    const { world } = this.parts.venue;
    if (this.process?.isAlive !== true) return;
    world.kill(this.process, "a client is killed");
    world.at(world.nature.prng.between(1, 800) * MS, world.nature, "", () => this.start());
  }

  /** What it still has to send or to learn; "" for nothing. */
  get lacks(): string {
    const { session, left, told } = this;
    if (this.out !== "") return "";
    if (session?.isLive !== true) return `${this.role} is not live`;
    if (left > 0) return `${this.role} has ${left} frames to send`;
    if (session.pending.size > 0) return `${this.role} waits for ${session.pending.size} frames`;
    const all = this.oracle.reports.get(this.parts.account)?.length ?? 0;
    return told.length === all ? "" : `${this.role} was told ${told.length} reports of ${all}`;
  }

  private async live(process: Process): Promise<void> {
    const { venue } = this.parts;
    while (process.isAlive && this.out === "") {
      const link = this.openLink(process);
      try {
        await link.start();
      } catch {
        link.close();
        await Bun.sleep(RETRY_MS);
        continue;
      }
      const session = link.open(this.identity, {
        onReport: (report) => venue.guard(() => this.hear(report)),
        onGap: (from, to) => venue.fail(new Violation(`${this.role}: no reports ${from} to ${to}`)),
        handled: () => session.last,
        onFail: (error) => this.onFail(process, error),
      });
      this.session = session;
      this.watchDone(session, process);
      for (const { frame, results } of session.pending.list()) this.follow(frame, results);
      await session.whenLive.catch(() => undefined);
      while (process.isAlive && this.out === "" && this.left > 0) await this.trade(session);
      return;
    }
  }

  /** The SDK goes by reports alone; what it is told beside them must be true, too. */
  private watchDone(session: AccountSession, process: Process): void {
    const told = session.onDone.bind(session);
    session.onDone = (done) => {
      const check = (): void => this.oracle.showDone(done, this.role);
      if (process.isAlive) this.parts.venue.guard(check);
      told(done);
    };
  }

  private get identity() {
    const { account, key, signer, venue } = this.parts;
    const cancelOnDisconnect = (venue.setup.seed + account) % 3 === 0;
    return { account, key, signer, cancelOnDisconnect };
  }

  private openLink(process: Process): Link {
    const { venue, shard } = this.parts;
    const host = `ingress${process.prng.between(1, venue.setup.ingresses)}`;
    const dial = venue.net.dialOf(process);
    const times = { connectTimeoutMs: 2000, heartbeatMs: 1000, silentMsMax: 5000 };
    return new Link({
      connection: { host, port: 1, shard, dial, ...times },
      journal: this.store.open(process, venue.weather),
      venue: venue.venueId.toHex(),
      reconnectMsMax: 600_000,
    });
  }

  /** One frame, after a while. */
  private async trade(session: AccountSession): Promise<void> {
    const { venue, workload, account, shard, key, signer } = this.parts;
    const prng = this.process!.prng;
    await Bun.sleep(venue.gapMs(prng));
    if (session.pending.size >= PENDING_MAX) await Bun.sleep(PATIENCE_MS);
    if (this.out !== "" || session.pending.size >= PENDING_MAX) return;
    this.left--;
    const header = {
      kind: codes.FRAME_TRADER,
      shard,
      venue: venue.venueId,
      account,
      key,
      nonce: session.takeNonce(),
      expiry: expiryOf(prng),
    };
    const commands = workload.traderCommands(shard, account, prng);
    const frame = signFrame(header, commands, (message) => signer.sign(message));
    // Now and then one that nobody may take.
    if (prng.chance(2)) frame[frame.length - 1]! ^= 1;
    try {
      const tracker = session.submit(frame);
      this.follow(frame, tracker.results, tracker.tag);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
    }
  }

  private follow(frame: Uint8Array, results: Promise<unknown>, tag = tagOf(frame)): void {
    const owner = this.process;
    const note = (outcome: string): void => {
      if (owner?.isAlive === true) this.outcomes.set(tag, outcome);
    };
    results.then(
      () => note("executed"),
      (error: unknown) => note(error instanceof ClientError ? error.code : String(error)),
    );
  }

  /** Dense and never otherwise; what an earlier process was told may come again. */
  private hear(report: Report): void {
    if (this.process?.isAlive !== true) return;
    const text = reportText(report);
    const { oracle } = this;
    oracle.show(report.position, this.role);
    const known = this.told[report.number - 1];
    if (known !== undefined && known !== text) {
      throw new Violation(`${this.role}: report ${report.number} was ${known} and is ${text}`);
    }
    if (known === undefined && report.number !== this.told.length + 1) {
      throw new Violation(`${this.role}: report ${report.number} behind ${this.told.length}`);
    }
    this.told[report.number - 1] = text;
    const ours = oracle.reports.get(report.account)?.[report.number - 1];
    if (ours !== text && !oracle.isExceeded) {
      throw new Violation(`${this.role} was told ${text}, and the log says ${ours}`);
    }
  }

  private onFail(process: Process, error: ClientError): void {
    if (!process.isAlive) return;
    this.parts.venue.world.say(process.name, `is out: ${error.code}`);
    this.out = error.code;
  }
}

/** Mostly none; some are over before they leave, some perhaps before they come a second time. */
function expiryOf(prng: Prng): number {
  if (prng.chance(2)) return 1;
  return prng.chance(15) ? (Date.now() + prng.between(5, 1000)) * MS : 0;
}

function tagOf(frame: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(frame).digest().subarray(0, 8).toString("hex");
}
