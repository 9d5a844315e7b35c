/**
 * The dashboard in a real browser over a moving venue: what is there within 5 seconds, at 1280 and
 * at
 * 390 pixels, by keyboard, and after the connection was lost.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { SIDE_BUY, SIDE_SELL } from "../../src/protocol/codes.ts";
import { encodeCancel } from "../../src/protocol/commands.ts";
import { FedServer } from "../http/fed-server.ts";
import { limit, marketRules } from "../http/fed-shard.ts";
import { Browser, chromiumPath } from "./browser.ts";

const path = chromiumPath();
const SYMBOLS = ["BTC-USD", "ETH-USD", "SOL-USD", "DOGE-USD"];
const STEP_MS = 20;
const CHECKPOINT_STEPS = 50;

/** Orders of both sides in four markets, fifty a second, and a checkpoint each second. */
class MovingVenue {
  readonly server = new FedServer({
    markets: SYMBOLS.map((symbol, i) => marketRules({ market: i + 1, symbol })),
  });
  private readonly prng = new Prng(17);
  private readonly timer: ReturnType<typeof setInterval>;
  private steps = 0;

  constructor() {
    for (let i = 0; i < 400; i++) this.order();
    this.timer = setInterval(() => this.step(), STEP_MS);
  }

  private step(): void {
    const { shard } = this.server;
    shard.nowMs = Date.now();
    this.order();
    if (++this.steps % CHECKPOINT_STEPS === 0) shard.checkpoint();
  }

  private order(): void {
    const { prng } = this;
    const id = BigInt(prng.between(1, 400));
    const isBuy = prng.chance(50);
    const order = {
      market: prng.between(1, 4),
      side: isBuy ? SIDE_BUY : SIDE_SELL,
      price: 6_000_000 + prng.between(-900, 300) * (isBuy ? 1 : -1),
      quantity: prng.between(1, 3000),
      clientOrderId: id,
    };
    const command = prng.chance(20) ? encodeCancel(order.market, id) : limit(order);
    this.server.shard.trade(prng.between(1, 3), command);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.server.close();
  }
}

/** What the page shows, read from what stands in it. */
const SHOWN = `(() => {
  const texts = (selector) => [...document.querySelectorAll(selector)]
    .filter((element) => element.offsetParent !== null).map((element) => element.textContent);
  return {
    prices: texts("#markets .price"),
    asks: texts("#asks td:nth-child(2)").filter((text) => text !== ""),
    bids: texts("#bids td:nth-child(2)").filter((text) => text !== ""),
    tape: texts("#tape td:nth-child(2)"),
    checkpoint: parseFloat(document.getElementById("checkpoint-age").textContent),
    state: document.getElementById("link-state").textContent,
    gaps: document.getElementById("link-gaps").textContent,
    width: document.documentElement.scrollWidth,
  };
})()`;

interface Shown {
  prices: string[];
  asks: string[];
  bids: string[];
  tape: string[];
  checkpoint: number;
  state: string;
  gaps: string;
  width: number;
}

describe.skipIf(path === null)("the dashboard", () => {
  let venue: MovingVenue;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    venue = new MovingVenue();
    url = `http://127.0.0.1:${venue.server.port}/`;
    browser = await Browser.open(path!);
  });
  afterAll(async () => {
    await browser.close();
    await venue.close();
  });

  const shown = async (): Promise<Shown> => (await browser.read(SHOWN)) as Shown;
  const isThere = (levels: number): string => `(() => {
    const { prices, asks, bids, tape, checkpoint, state } = ${SHOWN};
    return prices.length === 4 && prices.every((price) => /[0-9]/.test(price)) && tape.length > 5
      && asks.length >= ${levels} && bids.length >= ${levels} && checkpoint < 3 && state === "Live";
  })()`;

  test.each([
    [1280, 800],
    [390, 844],
  ])("at %d x %d shows four moving markets within 5 seconds", async (width, height) => {
    await browser.resize(width, height);
    await browser.visit(url);
    await browser.untilTrue(isThere(5));
    const first = await shown();
    expect(first).toMatchObject({ gaps: "0", width });
    expect(first.tape.every((side) => side === "▲ buy" || side === "▼ sell")).toBe(true);
    const before = JSON.stringify(first.prices);
    await browser.untilTrue(`JSON.stringify(${SHOWN}.prices) !== ${JSON.stringify(before)}`);
    expect(browser.complaints).toEqual([]);
  });

  test("a market is chosen by arrow keys", async () => {
    const chosen = `document.getElementById("book-symbol").textContent`;
    await browser.read(`document.querySelector("#markets [aria-current=true]").focus()`);
    await browser.key("ArrowDown");
    expect(await browser.read(chosen)).toBe("ETH-USD");
    await browser.key("End");
    expect(await browser.read(chosen)).toBe("DOGE-USD");
    await browser.untilTrue(isThere(5));
    expect(await browser.read("document.activeElement.getAttribute('aria-current')")).toBe("true");
  });

  test("after a lost connection it begins again by itself", async () => {
    venue.server.closeReaders();
    await browser.untilTrue(`document.getElementById("link").dataset.state === "lost"`);
    // What was traded stays true; the book is not to be trusted.
    expect((await shown()).tape.length).toBeGreaterThan(5);
    await browser.untilTrue(isThere(5));
    expect(browser.complaints).toEqual([]);
  });
});
