/**
 * Client: what users of the SDK hold. One account on one shard, over a connection that heals
 * itself.
 *
 *   const client = await connect({ host, port, signer, account: 7, key: 9 });
 *   const [result] = await client.send([placeCommand({ ... })]);
 *   for await (const report of client.reports()) ...
 *
 * A promise of a command resolves with what became of it, a reject included; it rejects with a
 * ClientError when nothing happened, or with `unknown_outcome` when that can't be known here. A
 * lost connection is neither: the client connects again and finds out.
 */
import * as codes from "../protocol/codes.ts";
import { encodeKey, encodeKeyRevoke, encodeWithdraw } from "../protocol/commands.ts";
import { signFrame } from "../protocol/frame.ts";
import type { Report } from "../protocol/report.ts";
import type { AccountSession } from "./account-session.ts";
import { aborted, ClientError, refusedBy, unknownOutcome } from "./errors.ts";
import type { CommandResult } from "./frame-tracker.ts";
import { type ClientJournal, MemoryJournal } from "./journal.ts";
import { Link } from "./link.ts";
import type { Identity } from "./logon.ts";
import { type OrderOutcome, orderOutcome } from "./order-outcome.ts";
import * as requests from "./order-request.ts";
import { ReportQueue } from "./report-queue.ts";

export interface AccountOptions extends Identity {
  /** Every numbered report in order, each once in the life of this client. */
  readonly onReport?: (report: Report) => void;
  /** Reports that can't be had any more. */
  readonly onGap?: (from: number, to: number) => void;
  /** The key's highest nonce so far, if it is known; else the logon finds it. */
  readonly nonceHigh?: number;
}

export interface ConnectOptions extends AccountOptions {
  readonly host: string;
  readonly port: number;
  /** 0 or absent: the lowest. */
  readonly shard?: number;
  /** Hex; the client refuses any other venue. */
  readonly venue?: string;
  /** Where frames are recorded before they leave; in memory if absent. */
  readonly journal?: ClientJournal;
  readonly signal?: AbortSignal;
  /** How long to try again after a lost connection. */
  readonly reconnectMsMax?: number;
  readonly heartbeatMs?: number;
  readonly silentMsMax?: number;
  readonly outBytesMax?: number;
  readonly onState?: (state: "up" | "down", error: ClientError | null) => void;
}

export interface SendOptions {
  /** Log time in microseconds after which the venue refuses the frame. */
  readonly expiry?: number;
  /** Stops waiting; what was sent stays sent. */
  readonly signal?: AbortSignal;
}

/** Of a command about one order. */
export interface OrderResult extends CommandResult {
  /** Null when it was rejected, or its reports can't be had any more. */
  readonly order: OrderOutcome | null;
}

const RECONNECT_MS_MAX = 600_000;
const REPORTS_WAITING_MAX = 65_536;
/** Frames of one account whose outcome is not known. */
export const PENDING_FRAMES_MAX = 65_536;

export async function connect(options: ConnectOptions): Promise<Client> {
  const { host, port, shard, heartbeatMs, silentMsMax, outBytesMax } = options;
  const asked = { shard, heartbeatMs, silentMsMax, outBytesMax };
  const given = Object.fromEntries(
    Object.entries(asked).filter(([, value]) => value !== undefined),
  );
  const link = new Link({
    connection: { host, port, ...given },
    journal: options.journal ?? new MemoryJournal(),
    venue: options.venue ?? null,
    reconnectMsMax: options.reconnectMsMax ?? RECONNECT_MS_MAX,
    onState: options.onState,
  });
  const { signal } = options;
  signal?.addEventListener("abort", () => link.close(aborted(signal)));
  try {
    await link.start(signal);
    return await Client.open(link, options);
  } catch (error) {
    link.close();
    throw error;
  }
}

export class Client {
  readonly account: number;
  readonly key: number;
  /** Frames that an earlier process recorded and whose outcome it did not learn. */
  readonly recovered: readonly { frame: Uint8Array; results: Promise<CommandResult[]> }[];
  private readonly link: Link;
  private readonly who: Identity;
  private readonly session: AccountSession;
  private readonly queues = new Set<ReportQueue>();

  private constructor(link: Link, options: AccountOptions) {
    const { account, key, signer, onReport, onGap, nonceHigh } = options;
    const { cancelOnDisconnect = false } = options;
    this.link = link;
    this.who = { account, key, signer, cancelOnDisconnect };
    this.account = account;
    this.key = key;
    this.session = link.open(this.who, {
      onReport: (report) => {
        onReport?.(report);
        for (const queue of this.queues) queue.push(report);
      },
      onGap: (from, to) => onGap?.(from, to),
      handled: () => this.handled,
      onFail: (error) => {
        for (const queue of this.queues) queue.finish(error.code === "closed" ? "done" : error);
      },
    });
    if (nonceHigh !== undefined) this.session.raiseNonce(nonceHigh);
    this.recovered = this.session.pending.list();
  }

  /** Logs an account on; see `connect` and `addAccount`. */
  static async open(link: Link, options: AccountOptions): Promise<Client> {
    const client = new Client(link, options);
    await client.session.whenLive;
    return client;
  }

  /** One more account over the same connection. */
  addAccount(options: AccountOptions): Promise<Client> {
    return Client.open(this.link, options);
  }

  /** The venue id, hex. */
  get venue(): string {
    return this.link.hello.venue.toHex();
  }

  get shard(): number {
    return this.link.hello.shard;
  }

  /** Logged on, and all earlier reports are here. */
  get isLive(): boolean {
    return this.session.isLive;
  }

  /** Number of the newest report seen. */
  get lastReport(): number {
    return this.session.last;
  }

  /** Every report from now on. Leave the loop, or return(), to stop it. */
  reports(): ReportQueue {
    const queue: ReportQueue = new ReportQueue({
      max: REPORTS_WAITING_MAX,
      handled: this.session.last,
      onReturn: () => this.queues.delete(queue),
    });
    this.queues.add(queue);
    return queue;
  }

  place(request: requests.PlaceRequest, options?: SendOptions): Promise<OrderResult> {
    return this.order(() => requests.placeCommand(request), options);
  }

  cancel(request: requests.OrderRef, options?: SendOptions): Promise<CommandResult> {
    return this.one(requests.cancelCommand(request), options);
  }

  replace(request: requests.ReplaceRequest, options?: SendOptions): Promise<OrderResult> {
    return this.order(() => requests.replaceCommand(request), options);
  }

  reduce(request: requests.ReduceRequest, options?: SendOptions): Promise<OrderResult> {
    return this.order(() => requests.reduceCommand(request), options);
  }

  cancelAll(
    request: requests.CancelAllRequest = {},
    options?: SendOptions,
  ): Promise<CommandResult> {
    return this.one(requests.cancelAllCommand(request), options);
  }

  /**
   * Arms the dead-man timer: unless it is armed anew, the venue cancels all the account's open
   * orders `timeoutMs` (at most a day) after it took this. 0 disarms. It outlives this client.
   */
  async deadMan(timeoutMs: number, options?: SendOptions): Promise<CommandResult> {
    return this.one(requests.deadManCommand(timeoutMs), options);
  }

  /** `amount` in units of the asset; `destination`: 32 bytes that the custodian understands. */
  withdraw(
    request: { asset: number; amount: number; destination: Uint8Array },
    options?: SendOptions,
  ): Promise<CommandResult> {
    const { asset, amount, destination } = request;
    return this.one(encodeWithdraw(asset, amount, destination), options);
  }

  /** One more key for this account; `expiry` in log time, 0 never. */
  addKey(
    request: { publicKey: Uint8Array; scopes: number; expiry?: number },
    options?: SendOptions,
  ): Promise<CommandResult> {
    const { publicKey, scopes, expiry = 0 } = request;
    const command = encodeKey(codes.COMMAND_KEY_ADD, publicKey, scopes, expiry);
    return this.one(command, options, codes.FRAME_DIRECTORY);
  }

  revokeKey(key: number, options?: SendOptions): Promise<CommandResult> {
    return this.one(encodeKeyRevoke(key), options, codes.FRAME_DIRECTORY);
  }

  /** 1 to 256 commands in one frame: applied in order, uninterrupted, each with its own result. */
  send(commands: readonly Uint8Array[], options: SendOptions = {}): Promise<CommandResult[]> {
    return this.submit(codes.FRAME_TRADER, commands, options);
  }

  /**
   * Says goodbye. What left and is pending rejects as `unknown_outcome` and stays in the journal;
   * what had not left rejects as `closed` and never will.
   */
  close(): void {
    this.link.close();
  }

  private get handled(): number {
    let handled = Number.MAX_SAFE_INTEGER;
    for (const queue of this.queues) handled = Math.min(handled, queue.handled);
    return handled;
  }

  private async order(makeCommand: () => Uint8Array, options?: SendOptions): Promise<OrderResult> {
    const command = makeCommand();
    const result = await this.one(command, options);
    return { ...result, order: orderOutcome(command, result.reports) };
  }

  private async one(
    command: Uint8Array,
    options: SendOptions = {},
    kind: number = codes.FRAME_TRADER,
  ): Promise<CommandResult> {
    const [result] = await this.submit(kind, [command], options);
    if (result === undefined) throw unknownOutcome("a frame of one command has one result");
    return result;
  }

  private sign(kind: number, commands: readonly Uint8Array[], expiry: number): Uint8Array {
    const { hello } = this.link;
    const { account, key, signer } = this.who;
    const shard = kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : hello.shard;
    const nonce = this.session.takeNonce();
    const header = { kind, shard, venue: hello.venue, account, key, nonce, expiry };
    return signFrame(header, commands, (message) => signer.sign(message));
  }

  private async submit(
    kind: number,
    commands: readonly Uint8Array[],
    { signal, expiry = 0 }: SendOptions,
  ): Promise<CommandResult[]> {
    if (signal?.aborted === true) throw aborted(signal);
    if (commands.length < 1 || commands.length > codes.BATCH_COUNT_MAX) {
      throw refusedBy(codes.REJECT_BATCH_COUNT, `${commands.length} given`);
    }
    if (this.session.pending.size >= PENDING_FRAMES_MAX) {
      const message = `${PENDING_FRAMES_MAX} frames wait for their outcome`;
      throw new ClientError({ code: "pending_max", message, retryable: true });
    }
    const { results } = this.session.submit(this.sign(kind, commands, expiry));
    if (signal === undefined) return results;
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(unknownOutcome("the caller stopped waiting"));
    signal.addEventListener("abort", onAbort);
    try {
      return await Promise.race([results, promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}
