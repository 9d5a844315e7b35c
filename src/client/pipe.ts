/**
 * Pipe: the fast way in and out, for load generators. Frames are signed beforehand, reports are
 * bytes.
 *
 *   submit(frame) -> false: full, wait for whenRoom      onReport(view, at): 104 bytes at `at`, on
 * loan
 *
 * No objects, no journal, no resending: whoever uses it keeps its own record. One connection, any
 * number of accounts, each logged on before `open` returns. Logons use up nonces of their key; let
 * accounts log on by one key and trade by another, and the nonces of frames signed beforehand stay
 * undisturbed.
 */
import { viewOf } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import {
  REPORT_ACCOUNT_AT,
  REPORT_NUMBER_AT,
  REPORT_SIZE,
  REPORT_TAG_AT,
  readReport,
} from "../protocol/report.ts";
import {
  decodeRefused,
  decodeResume,
  type Hello,
  type Refused,
  type Resume,
} from "../protocol/session.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { aborted, type ClientError, refusedBy, unreachable, violation } from "./errors.ts";
import { rejectOf } from "./explain.ts";
import { highestNonce, type Identity, logonFrame, tagOf } from "./logon.ts";

export interface PipeAccount extends Identity {
  /** First report number wanted; absent or 0: only new ones. */
  readonly nextReport?: number;
  /** Highest nonce that the key has used, if known; else the logon finds it. */
  readonly nonceHigh?: number;
}

export interface PipeOptions extends ConnectionOptions {
  readonly accounts: readonly PipeAccount[];
  /** Numbered and unnumbered reports of all accounts, logons apart. On loan until it returns. */
  readonly onReport: (view: DataView, at: number) => void;
  readonly onRefused: (refused: Refused) => void;
  /** All messages of one chunk from the network have been shown. */
  readonly onTurn?: () => void;
  /** Once; what was on its way has an unknown outcome. */
  readonly onClose: (error: ClientError) => void;
  readonly signal?: AbortSignal;
}

/** Of one connection; whoever opens a pipe has its key alone. */
const LOGON_TRIES_MAX = 8;

/** A logon on its way. */
interface Attempt {
  readonly who: PipeAccount;
  nonce: number;
  tries: number;
  tag: string;
  readonly done: PromiseWithResolvers<Resume>;
}

export class Pipe {
  readonly hello: Hello;
  private readonly connection: Connection;
  private readonly state: PipeState;

  private constructor(connection: Connection, hello: Hello, state: PipeState) {
    this.connection = connection;
    this.hello = hello;
    this.state = state;
  }

  /** Connects and logs every account on, one after the other; throws a ClientError. */
  static async open(options: PipeOptions): Promise<Pipe> {
    const { signal } = options;
    const state = new PipeState(options);
    const { connection, hello } = await Connection.open(options, state, signal);
    const onAbort = (): void => connection.fail(aborted(signal));
    signal?.addEventListener("abort", onAbort);
    state.logOn = (attempt) => {
      const { who, nonce } = attempt;
      const { venue, shard, challenge } = hello;
      const terms = { venue, shard, challenge, nonce, nextReport: who.nextReport ?? 0 };
      const frame = logonFrame(who, terms);
      attempt.tag = tagOf(frame);
      connection.send(frame);
    };
    try {
      for (const who of options.accounts) await state.begin(who);
    } catch (error) {
      connection.end();
      throw error;
    }
    return new Pipe(connection, hello, state);
  }

  /** What the venue said to an account's logon: its reports begin behind `first`. */
  resumeOf(account: number): Resume | undefined {
    return this.state.resumes.get(account);
  }

  /** Queues the frame's bytes. False: not taken, the pipe is full or closed. */
  submit(frame: Uint8Array): boolean {
    return this.connection.send(frame);
  }

  /** Resolves when there is room, or the connection is gone. */
  whenRoom(): Promise<void> {
    return this.connection.whenRoom();
  }

  get isOpen(): boolean {
    return this.connection.isOpen;
  }

  close(): void {
    this.connection.end();
  }
}

/** Routes messages: to the logon on its way, or out. */
class PipeState {
  readonly resumes = new Map<number, Resume>();
  logOn: (attempt: Attempt) => void = () => undefined;
  private readonly options: PipeOptions;
  private attempt: Attempt | null = null;
  private buffer: ArrayBufferLike = new ArrayBuffer(0);
  private view = new DataView(this.buffer);

  constructor(options: PipeOptions) {
    this.options = options;
  }

  async begin(who: PipeAccount): Promise<void> {
    const nonce = (who.nonceHigh ?? 0) + 1;
    const attempt = { who, nonce, tries: 1, tag: "", done: Promise.withResolvers<Resume>() };
    this.attempt = attempt;
    this.logOn(attempt);
    this.resumes.set(who.account, await attempt.done.promise);
  }

  onMessage(message: Uint8Array): void {
    if ((message[0] ?? 0) < codes.REPORT_ACCEPTED) {
      this.onControl(message);
      return;
    }
    // The cutter lends the same buffer again and again: one view serves all.
    if (message.buffer !== this.buffer) {
      this.buffer = message.buffer;
      this.view = new DataView(this.buffer);
    }
    const at = message.byteOffset;
    if (message.length !== REPORT_SIZE) this.onClose(violation("a report has another size"));
    else if (this.attempt === null || !this.isLogonReject(message)) {
      this.options.onReport(this.view, at);
    }
  }

  onTurn(): void {
    this.options.onTurn?.();
  }

  onClose(error: ClientError): void {
    if (this.attempt === null) {
      this.options.onClose(error);
      return;
    }
    this.attempt.done.reject(unreachable(`lost during a logon: ${error.message}`));
    this.attempt = null;
  }

  private onControl(message: Uint8Array): void {
    const { attempt } = this;
    const refused = decodeRefused(message);
    if (refused !== null) {
      const isOurs = attempt !== null && refused.tag.toHex() === attempt.tag;
      if (!isOurs) this.options.onRefused(refused);
      else this.end(attempt, refusedBy(refused.code));
    }
    const resume = decodeResume(message);
    if (resume === null || resume.account !== attempt?.who.account) return;
    if (resume.code === codes.REJECT_REPORT_NUMBER) this.end(attempt, refusedBy(resume.code));
    else this.end(attempt, resume);
  }

  /** Takes the reject of the logon on its way; a used nonce leads to the next try. */
  private isLogonReject(message: Uint8Array): boolean {
    const { attempt } = this;
    if (attempt === null || message[0] !== codes.REPORT_REJECTED) return false;
    if (message.subarray(REPORT_TAG_AT, REPORT_TAG_AT + 8).toHex() !== attempt.tag) return false;
    const view = viewOf(message);
    if (view.getUint32(REPORT_ACCOUNT_AT, true) !== attempt.who.account) return false;
    const report = readReport(view, 0);
    const high = view.getUint32(REPORT_NUMBER_AT, true) === 0 ? highestNonce(report) : null;
    if (high === null || attempt.tries >= LOGON_TRIES_MAX) {
      this.end(attempt, rejectOf(report));
      return true;
    }
    attempt.tries++;
    attempt.nonce = high + 1;
    this.logOn(attempt);
    return true;
  }

  private end(attempt: Attempt, outcome: Resume | ClientError): void {
    this.attempt = null;
    if (outcome instanceof Error) attempt.done.reject(outcome);
    else attempt.done.resolve(outcome);
  }
}
