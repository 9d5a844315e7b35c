/**
 * The dashboard's files as they are served, and its book against the one that the SDK keeps.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { BookMirror } from "../../src/client/book-mirror.ts";
import type { DeltaMessage, SnapshotMessage } from "../../src/client/stream-json.ts";
import { SIDE_BUY, SIDE_SELL } from "../../src/protocol/codes.ts";
import { encodeCancel } from "../../src/protocol/commands.ts";
import { DASHBOARD_FILES } from "../../src/settlement-plane/http-dashboard.ts";
import { FedShard, limit } from "../http/fed-shard.ts";

/** The browser's own files are imported by a name that the types do not follow. */
const BOOK_FILE = "../../src/settlement-plane/dashboard/book.js";
const DRAW_FILE = "../../src/settlement-plane/dashboard/draw.js";

interface PageBook {
  bids: [string, string][];
  asks: [string, string][];
  apply(delta: DeltaMessage): string;
  check(checksum: number): string;
}
interface BookModule {
  Book: new (snapshot: SnapshotMessage) => PageBook;
  crc32: (text: string) => number;
  units: (text: string) => bigint;
  textOf: (amount: bigint, like: string) => string;
}
interface DrawModule {
  grouped: (text: string) => string;
  ageText: (ms: number) => string;
  clockText: (timeUs: number, digits?: number) => string;
  spreadOf: (bid?: string, ask?: string) => { text: string; basisPoints: number } | null;
}

const page = (await import(BOOK_FILE)) as BookModule;
const draw = (await import(DRAW_FILE)) as DrawModule;

describe("the files", () => {
  test("name each other and nothing else, and have no inline script or style", async () => {
    const paths = new Set(DASHBOARD_FILES.map(({ path }) => path));
    const named: string[] = [];
    for (const { path, body } of DASHBOARD_FILES) {
      const base = new URL(path, "http://here");
      const links = body.matchAll(/(?:src|href)="([^"]*)"|from "([^"]*)"|url\(([^)]*)\)/g);
      for (const [, attribute, module, url] of links) {
        named.push(new URL(attribute ?? module ?? url ?? "", base).pathname);
      }
      expect(body).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)|<style| style="|\son\w+="/);
    }
    const answers = new Set([...paths, "/v1/status", "/metrics", "/v1/checkpoints/latest"]);
    expect(named.filter((path) => !answers.has(path))).toEqual([]);
    expect([...paths].filter((path) => path !== "/" && !named.includes(path))).toEqual([]);
  });

  test("are served with their types", async () => {
    const shard = new FedShard();
    for (const { path, body, type } of DASHBOARD_FILES) {
      const answer = await shard.app.request(path);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, type]);
      expect(await answer.text()).toBe(body);
    }
    shard.close();
  });

  test("every id that a script asks for stands in the page", () => {
    const html = DASHBOARD_FILES.find(({ path }) => path === "/")?.body ?? "";
    const scripts = DASHBOARD_FILES.filter(({ path }) => path.endsWith(".js"));
    const asked = scripts.flatMap(({ body }) =>
      [...body.matchAll(/(?:byId|setById)\(\s*"([^"]+)"/g)].map(([, id]) => id),
    );
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((id) => !html.includes(`id="${id}"`))).toEqual([]);
  });
});

/** What a reader of the stream is sent while orders of all kinds come and go. */
function record(): (SnapshotMessage | DeltaMessage)[] {
  const shard = new FedShard();
  const messages: (SnapshotMessage | DeltaMessage)[] = [];
  const reader = { send: (text: string) => messages.push(JSON.parse(text)) };
  const market = shard.marketData.directory.find("BTC-USD")!;
  const prng = new Prng(3);
  shard.marketData.subscribe(reader, [market]);
  for (let i = 0; i < 1500; i++) {
    const id = BigInt(prng.between(1, 300));
    const isBuy = prng.chance(50);
    const price = 9_999_950 + prng.between(-90, 80) * (isBuy ? 1 : -1);
    const side = isBuy ? SIDE_BUY : SIDE_SELL;
    const order = limit({ side, price, quantity: prng.between(1, 9), clientOrderId: id });
    shard.trade(prng.between(1, 3), prng.chance(30) ? encodeCancel(1, id) : order);
    // Who joins brings the feed up to date, without waiting for its pace.
    shard.marketData.subscribe({ send: () => undefined }, [market]);
  }
  shard.close();
  return messages;
}

describe("the page's book", () => {
  // Prices of 99999.50 and 100000.10: texts of different length.
  const messages = record().filter(({ type }) => type === "snapshot" || type === "delta");

  test("is the book that the SDK keeps, at every message", () => {
    const mirror = new BookMirror("BTC-USD");
    let book: PageBook | null = null;
    let deltas = 0;
    for (const message of messages) {
      if (message.type === "snapshot") {
        expect(mirror.begin(message)).toBe("");
        book = new page.Book({ ...message, bids: [...message.bids], asks: [...message.asks] });
        expect(book.check(message.checksum)).toBe("");
        continue;
      }
      deltas++;
      expect([mirror.apply(message), book?.apply(message)]).toEqual(["", ""]);
      expect(book && [book.bids, book.asks]).toEqual([[...mirror.bids], [...mirror.asks]] as never);
    }
    expect(deltas).toBeGreaterThan(500);
  });

  test("is not to be trusted after a gap or a wrong checksum", () => {
    const [snapshot, first, second] = messages as [SnapshotMessage, DeltaMessage, DeltaMessage];
    const begin = () =>
      new page.Book({ ...snapshot, bids: [...snapshot.bids], asks: [...snapshot.asks] });
    expect(begin().apply(second)).toBe(`changes 1 to ${first.last} did not come`);
    const sum = first.checksum;
    expect(begin().apply({ ...first, checksum: 7 })).toBe(`checksum ${sum} here, 7 there`);
    expect(begin().apply(first)).toBe("");
  });

  test("its sum is that of zlib", () => {
    for (const text of ["", "|", "59999.00:0.5000|60001.00:0.2000", "x".repeat(1000)]) {
      expect(page.crc32(text)).toBe(Bun.hash.crc32(text));
    }
  });
});

describe("numbers in the page", () => {
  test("go to exact units and back", () => {
    expect([page.units("0.0500"), page.units("60000"), page.units("1.25")]).toEqual([
      500n,
      60000n,
      125n,
    ]);
    expect([page.textOf(5n, "0.0100"), page.textOf(12345n, "1.00"), page.textOf(7n, "9")]).toEqual([
      "0.0005",
      "123.45",
      "7",
    ]);
  });

  test("are shown with their thousands apart", () => {
    const texts = ["0.5", "999.00", "1000.00", "1234567.8901", "100", "123456"];
    expect(texts.map(draw.grouped)).toEqual([
      "0.5",
      "999.00",
      "1,000.00",
      "1,234,567.8901",
      "100",
      "123,456",
    ]);
  });

  test("times, ages and spreads", () => {
    expect(draw.clockText(1_764_000_000_012_345)).toBe("16:00:00.012");
    expect(draw.clockText(1_764_000_000_012_345, 0)).toBe("16:00:00");
    expect([940, 59_999, 61_000, 7_200_000].map(draw.ageText)).toEqual([
      "0.9 s",
      "60.0 s",
      "1 min",
      "2 h",
    ]);
    expect(draw.spreadOf("99.50", "100.50")).toEqual({ text: "1.00", basisPoints: 100 });
    expect(draw.spreadOf(undefined, "100.50")).toBeNull();
  });
});
