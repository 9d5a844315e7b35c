/**
 * MarketList: one button per market; click, or arrow keys, Home and End, choose the one that is
 * shown.
 */
import { byId, grouped, setText, spreadOf } from "./draw.js";

const PARTS = ["symbol", "price", "quotes", "width"];

export class MarketList {
  constructor(onChoose) {
    this.list = byId("markets");
    this.rows = new Map();
    this.onChoose = onChoose;
    this.chosen = null;
    this.list.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** `market` as /v1/markets tells it. */
  add(market) {
    const button = document.createElement("button");
    button.type = "button";
    const cells = PARTS.map((name) => {
      const cell = document.createElement("span");
      cell.className = name;
      button.append(cell);
      return cell;
    });
    const state = document.createElement("small");
    cells[0].append(market.symbol, state);
    const quotes = [document.createElement("span"), document.createElement("span")];
    cells[2].append(...quotes);
    button.addEventListener("click", () => this.choose(market.symbol));
    const item = document.createElement("li");
    item.append(button);
    this.list.append(item);
    this.rows.set(market.symbol, { button, state, price: cells[1], quotes, width: cells[3] });
    setText(state, market.state === "open" ? "open" : market.state.replace("_", " "));
    button.tabIndex = -1;
  }

  choose(symbol) {
    this.chosen = symbol;
    for (const [name, { button }] of this.rows) {
      button.setAttribute("aria-current", String(name === symbol));
      button.tabIndex = name === symbol ? 0 : -1;
    }
    this.onChoose(symbol);
  }

  onKey(event) {
    const names = [...this.rows.keys()];
    const at = names.indexOf(this.chosen);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const name = names[Math.min(Math.max(to, 0), names.length - 1)];
    this.choose(name);
    this.rows.get(name).button.focus();
  }

  /** `last`: { price, sign } or undefined; `book` may be missing. */
  draw(symbol, last, book) {
    const row = this.rows.get(symbol);
    if (row === undefined) return;
    setText(row.price, last === undefined ? "–" : `${grouped(last.price)} ${last.sign}`);
    row.price.className = `price ${last?.className ?? ""}`;
    const bid = book?.bids[0]?.[0];
    const ask = book?.asks[0]?.[0];
    setText(row.quotes[0], bid === undefined ? "–" : grouped(bid));
    setText(row.quotes[1], ask === undefined ? "–" : grouped(ask));
    const spread = spreadOf(bid, ask);
    setText(row.width, spread === null ? "–" : `${spread.basisPoints.toFixed(1)} bp`);
  }
}
