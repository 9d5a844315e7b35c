/**
 * Ladder: the order book as rows of price, size and running total; asks above, best ones in the
 * middle.
 */
import { textOf } from "./book.js";
import { byId, grouped, makeRows, setById, setText, spreadOf, withTotals } from "./draw.js";

export const LADDER_LEVELS = 10;

export class Ladder {
  constructor() {
    // The best ask is the last row of its body.
    this.asks = makeRows(byId("asks"), LADDER_LEVELS, 4).reverse();
    this.bids = makeRows(byId("bids"), LADDER_LEVELS, 4);
    this.shown = new Map();
  }

  /** Another market is shown from now on: nothing is new about its rows. */
  reset() {
    this.shown = new Map();
  }

  draw(book) {
    const asks = withTotals(book.asks, LADDER_LEVELS);
    const bids = withTotals(book.bids, LADDER_LEVELS);
    const last = [asks.at(-1)?.total ?? 0n, bids.at(-1)?.total ?? 0n];
    const most = Number(last[0] > last[1] ? last[0] : last[1]);
    const shown = new Map();
    this.drawSide(this.asks, { name: "ask", levels: asks, most, shown });
    this.drawSide(this.bids, { name: "bid", levels: bids, most, shown });
    this.shown = shown;
    const spread = spreadOf(bids[0]?.price, asks[0]?.price);
    setById("spread", spread === null ? "–" : grouped(spread.text));
    setById("spread-bp", spread === null ? "" : `${spread.basisPoints.toFixed(1)} bp`);
  }

  drawSide(rows, { name, levels, most, shown }) {
    for (const [i, { row, cells }] of rows.entries()) {
      const level = levels[i];
      setText(cells[0], level === undefined ? "" : `${name} ${i + 1}`);
      setText(cells[1], level === undefined ? "" : grouped(level.price));
      setText(cells[2], level === undefined ? "" : level.size);
      setText(cells[3], level === undefined ? "" : textOf(level.total, level.size));
      const part = level === undefined ? 0 : (Number(level.total) / most) * 100;
      row.style.setProperty("--part", `${part.toFixed(1)}%`);
      if (level === undefined) continue;
      const key = name + level.price;
      shown.set(key, level.size);
      if (this.shown.size > 0 && this.shown.get(key) !== level.size) flash(cells[2]);
    }
  }
}

/** Begins the animation anew, also where it still runs. */
function flash(cell) {
  cell.classList.remove("new");
  for (const animation of cell.getAnimations()) animation.cancel();
  requestAnimationFrame(() => cell.classList.add("new"));
}
