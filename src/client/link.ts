/**
 * Link: keeps one connection to the venue alive for any number of accounts, and routes what comes.
 *
 *   connect -> (lost) -> wait 50 ms, 100, 200 ... 2 s, each with jitter -> connect ...
 *
 * The venue id is pinned: by the caller, by the journal, or by the first hello. Another one is
 * refused, for frames signed for one venue mean nothing at another.
 */
import { fromHex, toHex, viewOf } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import { REPORT_ACCOUNT_AT, REPORT_SIZE } from "../protocol/report.ts";
import { decodeDone, decodeRefused, decodeResume, type Hello } from "../protocol/session.ts";
import { AccountSession, type Carrier, type SessionEvents } from "./account-session.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { asClientError, ClientError, closed, unreachable, violation } from "./errors.ts";
import type { ClientJournal, JournalState } from "./journal.ts";
import type { Identity } from "./logon.ts";

export interface LinkOptions {
  readonly connection: ConnectionOptions;
  readonly journal: ClientJournal;
  /** Hex; null takes the journal's, or that of the first hello. */
  readonly venue: string | null;
  /** How long to try before giving up, once the connection is lost. */
  readonly reconnectMsMax: number;
  readonly onState?: ((state: "up" | "down", error: ClientError | null) => void) | undefined;
}

const FIRST_WAIT_MS = 50;
const WAIT_MS_MAX = 2000;

export class Link implements Carrier {
  readonly journal: ClientJournal;
  readonly record: JournalState;
  private readonly options: LinkOptions;
  private readonly sessions = new Map<number, AccountSession>();
  private readonly stop = new AbortController();
  private connection: Connection | null = null;
  private venue: string | null;
  private current: Hello | null = null;
  private waitMs = FIRST_WAIT_MS;

  constructor(options: LinkOptions) {
    this.options = options;
    this.journal = options.journal;
    this.record = options.journal.load();
    this.venue = options.venue ?? this.record.venue;
  }

  /** The hello of the newest connection. */
  get hello(): Hello {
    if (this.current === null) throw closed();
    return this.current;
  }

  /** The first connection; throws a ClientError when there is none to be had. */
  async start(signal?: AbortSignal): Promise<void> {
    await this.connect(signal);
  }

  open(who: Identity, events: SessionEvents): AccountSession {
    if (this.sessions.has(who.account)) {
      const message = `account ${who.account} is already on this connection`;
      throw new ClientError({ code: "account_open", message });
    }
    const session = new AccountSession(who, this, {
      ...events,
      onFail: (error) => {
        this.sessions.delete(who.account);
        events.onFail(error);
      },
    });
    this.sessions.set(who.account, session);
    if (this.connection?.isOpen === true) session.onUp(this.hello);
    return session;
  }

  send(frame: Uint8Array): boolean {
    return this.connection?.send(frame) ?? false;
  }

  whenRoom(): Promise<void> {
    return this.connection?.whenRoom() ?? Promise.resolve();
  }

  /** An account got through its logon: the next loss is waited for from the start. */
  onLive(): void {
    this.waitMs = FIRST_WAIT_MS;
  }

  renew(error: ClientError): void {
    this.connection?.fail(error);
  }

  /** Ends every session with this error. What is pending stays in the journal. */
  close(error: ClientError = closed()): void {
    if (this.stop.signal.aborted) return;
    this.stop.abort();
    for (const session of this.sessions.values()) session.fail(error);
    this.connection?.end();
    this.journal.close();
  }

  private async connect(signal?: AbortSignal): Promise<void> {
    const stop = this.stop.signal;
    const { connection, hello } = await Connection.open(
      this.options.connection,
      {
        onMessage: (message) => this.onMessage(message),
        onTurn: () => this.onTurn(),
        onFlush: () => this.journal.flush(),
        onClose: (error) => this.onClose(error),
      },
      signal === undefined ? stop : AbortSignal.any([stop, signal]),
    );
    this.pin(hello, connection);
    this.connection = connection;
    this.current = { ...hello };
    this.options.onState?.("up", null);
    for (const session of this.sessions.values()) session.onUp(hello);
  }

  private pin(hello: Hello, connection: Connection): void {
    const venue = toHex(hello.venue);
    const isSame = this.venue === null || fromHex(this.venue)?.toHex() === venue;
    if (!isSame) {
      const message = `this is venue ${venue}, not ${this.venue ?? "none"}`;
      const error = new ClientError({ code: "venue", message });
      connection.fail(error);
      throw error;
    }
    this.venue = venue;
    if (this.record.venue !== venue) this.journal.setVenue(venue);
  }

  private onClose(error: ClientError): void {
    this.connection = null;
    if (this.stop.signal.aborted) return;
    for (const session of this.sessions.values()) session.onDown();
    this.options.onState?.("down", error);
    void this.reconnect(error);
  }

  private async reconnect(lost: ClientError): Promise<void> {
    const { reconnectMsMax } = this.options;
    const since = performance.now();
    let error = lost;
    while (performance.now() - since < reconnectMsMax) {
      await this.pause(this.waitMs * (0.5 + Math.random()));
      this.waitMs = Math.min(this.waitMs * 2, WAIT_MS_MAX);
      if (this.stop.signal.aborted) return;
      try {
        await this.connect();
        return;
      } catch (caught) {
        error = asClientError(caught);
        if (!error.retryable) break;
      }
    }
    if (!error.retryable) this.close(error);
    else this.close(unreachable(`${error.message}; gave up after ${reconnectMsMax} ms`));
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.stop.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private onTurn(): void {
    for (const session of this.sessions.values()) session.onTurn();
  }

  private onMessage(message: Uint8Array): void {
    const kind = message[0] ?? 0;
    if (kind >= codes.REPORT_ACCEPTED) {
      if (message.length !== REPORT_SIZE) {
        this.renew(violation("a report has another size"));
        return;
      }
      const view = viewOf(message);
      this.sessions.get(view.getUint32(REPORT_ACCOUNT_AT, true))?.onReport(view, 0);
      return;
    }
    const refused = decodeRefused(message);
    if (refused !== null) this.sessions.get(refused.account)?.onRefused(refused);
    const resume = decodeResume(message);
    if (resume !== null) this.sessions.get(resume.account)?.onResume(resume);
    const done = decodeDone(message);
    if (done !== null) this.sessions.get(done.account)?.onDone(done);
  }
}
