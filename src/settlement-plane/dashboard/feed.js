/**
 * Feed: the stream in the browser. Keeps a Book per market and begins again when anything is wrong.
 *
 *   connect -> snapshots -> deltas, trades, checkpoints, stats
 *           -> a gap, a wrong checksum, 5 s of silence, a close: all books go, connect again
 */
import { Book } from "./book.js";

const SILENT_MS_MAX = 5000;
const STALE_MS = 2500;
const WAIT_MS = 250;
const WAIT_MS_MAX = 4000;

export class Feed {
  /** `events`: message(message), lost(why). */
  constructor(markets, events) {
    this.markets = markets;
    this.events = events;
    this.books = new Map();
    this.gaps = 0;
    this.checksums = 0;
    this.heardAt = performance.now();
    this.socket = null;
    this.waitMs = WAIT_MS;
    setInterval(() => this.watch(), 500);
    this.connect();
  }

  /** "wait" before the first snapshot, "live", "stale", or "lost". */
  get state() {
    if (this.socket === null) return "lost";
    if (this.books.size === 0) return "wait";
    return performance.now() - this.heardAt > STALE_MS ? "stale" : "live";
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const query = this.markets === null ? "" : `?markets=${encodeURIComponent(this.markets)}`;
    const socket = new WebSocket(`${scheme}//${location.host}/v1/stream${query}`);
    this.socket = socket;
    this.heardAt = performance.now();
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.socket) this.take(JSON.parse(data));
    });
    socket.addEventListener("close", () => {
      if (socket === this.socket) this.lose("the connection closed");
    });
  }

  watch() {
    if (this.socket === null || performance.now() - this.heardAt < SILENT_MS_MAX) return;
    this.lose("nothing came for 5 seconds");
  }

  take(message) {
    this.heardAt = performance.now();
    const wrong = this.follow(message);
    if (wrong === "") {
      this.events.message(message);
      return;
    }
    this.gaps++;
    this.lose(`${message.market}: ${wrong}`);
  }

  /** "" or why the books must go. */
  follow(message) {
    if (message.type === "snapshot") {
      const book = new Book(message);
      this.books.set(message.market, book);
      this.waitMs = WAIT_MS;
      return this.count(book.check(message.checksum));
    }
    if (message.type !== "delta") return "";
    const book = this.books.get(message.market);
    return book === undefined ? "no snapshot" : this.count(book.apply(message));
  }

  count(wrong) {
    if (wrong === "") this.checksums++;
    return wrong;
  }

  lose(why) {
    const { socket } = this;
    this.socket = null;
    this.books.clear();
    socket.close();
    this.events.lost(why);
    setTimeout(() => this.connect(), this.waitMs);
    this.waitMs = Math.min(this.waitMs * 2, WAIT_MS_MAX);
  }
}
