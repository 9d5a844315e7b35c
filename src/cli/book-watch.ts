/**
 * BookWatch: `clob book --watch`. On a terminal one picture that changes in place, elsewhere a
 * line for each change; with -o json each line is a JSON value.
 */
import type { BookMirror } from "../client/book-mirror.ts";
import { MarketStream } from "../client/stream.ts";
import { bookText } from "./book-text.ts";
import type { Cli } from "./cli.ts";
import type { Answer } from "./command.ts";

const DRAW_MS = 100;
/** Home, clear; the other screen and no cursor while we draw, and back. */
const DRAW = "\x1b[H\x1b[J";
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

export async function watchBook(cli: Cli, market: string, depth: number): Promise<Answer> {
  const { io, isJson } = cli;
  const isPicture = io.isTerminal && !isJson;
  let lastText = "";
  let isDue = false;
  const stream = new MarketStream(
    { settlement: cli.places.settlement, markets: [market] },
    {
      onBook: (book) => {
        if (isPicture) isDue = true;
        else io.out(`${isJson ? JSON.stringify(dataOf(book, depth)) : lineOf(book)}\n`);
      },
      onLost: (error) => {
        isDue = true;
        lastText = `${market}: ${error.message}; connecting again`;
        if (!isPicture) cli.note(lastText);
      },
    },
  );
  const draw = (): void => {
    if (!isDue) return;
    isDue = false;
    const book = stream.book(market);
    if (book !== undefined) lastText = bookText(book, depth);
    io.out(`${DRAW}${lastText}\n\nCtrl-C ends\n`);
  };
  if (isPicture) io.out(ENTER);
  const timer = isPicture ? setInterval(draw, DRAW_MS) : undefined;
  if (!io.stop.aborted) {
    await new Promise((resolve) => io.stop.addEventListener("abort", resolve));
  }
  clearInterval(timer);
  stream.close();
  if (isPicture) io.out(LEAVE);
  return { data: { watched: market }, text: isPicture ? lastText : "" };
}

function dataOf(book: BookMirror, depth: number): object {
  const { market, position, sequence, bids, asks } = book;
  return { market, position, sequence, bids: bids.slice(0, depth), asks: asks.slice(0, depth) };
}

function lineOf(book: BookMirror): string {
  const [bid, ask] = [book.bids[0], book.asks[0]];
  const show = (level: readonly [string, string] | undefined): string =>
    level === undefined ? "-" : `${level[1]} @ ${level[0]}`;
  return `${book.market}  ${book.sequence}  bid ${show(bid)}  ask ${show(ask)}`;
}
