/**
 * Draw: fixed rows of cells whose texts are set when they change, so that nothing jumps or is
 * rebuilt.
 */
import { textOf, units } from "./book.js";

export function byId(id) {
  return document.getElementById(id);
}

/** Sets a text only where it differs. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setById(id, text) {
  setText(byId(id), text);
}

/** A body of `count` rows with `cells` cells each; gives the cells by row. */
export function makeRows(body, count, cells) {
  return Array.from({ length: count }, () => {
    const row = document.createElement("tr");
    for (let i = 0; i < cells; i++) row.append(document.createElement("td"));
    body.append(row);
    return { row, cells: [...row.children] };
  });
}

/** "60000.50" with its thousands apart: "60,000.50". */
export function grouped(text) {
  const [whole, part] = String(text).split(".");
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return part === undefined ? groups : `${groups}.${part}`;
}

/** "12:30:01.250" of microseconds since 1970. */
export function clockText(timeUs, digits = 3) {
  return new Date(timeUs / 1000).toISOString().slice(11, digits === 0 ? 19 : 20 + digits);
}

export function ageText(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 3_600_000 ? `${Math.floor(ms / 60_000)} min` : `${Math.floor(ms / 3_600_000)} h`;
}

/** What lies between best bid and best ask: as a text, and in hundredths of a percent. */
export function spreadOf(bid, ask) {
  if (bid === undefined || ask === undefined) return null;
  const gap = units(ask) - units(bid);
  const middle = Number(units(ask) + units(bid)) / 2;
  return { text: textOf(gap, ask), basisPoints: (Number(gap) / middle) * 10_000 };
}

/** Levels of one side with the running totals, worst total for the bars. */
export function withTotals(levels, count) {
  let total = 0n;
  return levels.slice(0, count).map(([price, size]) => {
    total += units(size);
    return { price, size, total };
  });
}
