/**
 * The dashboard's files as texts in memory: one page, its scripts, its style. Nothing is fetched
 * from elsewhere, and a compiled program carries them.
 */
/* oxlint-disable import/default -- a file that is imported as a text is the text */
import { assert } from "../base/assert.ts";
import bookScript from "./dashboard/book.js" with { type: "text" };
import drawScript from "./dashboard/draw.js" with { type: "text" };
import feedScript from "./dashboard/feed.js" with { type: "text" };
import icon from "./dashboard/icon.svg" with { type: "text" };
import ladderScript from "./dashboard/ladder.js" with { type: "text" };
import listScript from "./dashboard/market-list.js" with { type: "text" };
import style from "./dashboard/page.css" with { type: "text" };
import page from "./dashboard/page.html" with { type: "text" };
import pageScript from "./dashboard/page.js" with { type: "text" };
import sparkScript from "./dashboard/spark.js" with { type: "text" };

export interface DashboardFile {
  readonly path: string;
  readonly type: string;
  readonly body: string;
}

/** Where the types know an HTML import only as a bundle. */
function textOf(imported: unknown): string {
  assert(typeof imported === "string", "the page is imported as a text");
  return imported;
}

const SCRIPT = "text/javascript; charset=utf-8";

/** Paths are those of the files here, so that their imports of each other hold in both places. */
export const DASHBOARD_FILES: readonly DashboardFile[] = [
  { path: "/", type: "text/html; charset=utf-8", body: textOf(page) },
  { path: "/dashboard/page.css", type: "text/css; charset=utf-8", body: style },
  { path: "/dashboard/icon.svg", type: "image/svg+xml", body: icon },
  { path: "/dashboard/page.js", type: SCRIPT, body: pageScript },
  { path: "/dashboard/book.js", type: SCRIPT, body: bookScript },
  { path: "/dashboard/draw.js", type: SCRIPT, body: drawScript },
  { path: "/dashboard/feed.js", type: SCRIPT, body: feedScript },
  { path: "/dashboard/ladder.js", type: SCRIPT, body: ladderScript },
  { path: "/dashboard/market-list.js", type: SCRIPT, body: listScript },
  { path: "/dashboard/spark.js", type: SCRIPT, body: sparkScript },
];
