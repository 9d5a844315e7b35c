/**
 * The dashboard's files as texts in memory: one page, its scripts, its style. Nothing is fetched
 * from
 * elsewhere, and a compiled program carries them.
 */
/* oxlint-disable import/default -- a file that is imported as a text is the text */
import { assert } from "../base/assert.ts";
import bookScript from "./dashboard/book.js" with { type: "text" };
import drawScript from "./dashboard/draw.js" with { type: "text" };
import style from "./dashboard/page.css" with { type: "text" };
import page from "./dashboard/page.html" with { type: "text" };
import script from "./dashboard/page.js" with { type: "text" };

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

export const DASHBOARD_FILES: readonly DashboardFile[] = [
  { path: "/", type: "text/html; charset=utf-8", body: textOf(page) },
  { path: "/dashboard.css", type: "text/css; charset=utf-8", body: style },
  { path: "/dashboard.js", type: SCRIPT, body: script },
  { path: "/dashboard/book.js", type: SCRIPT, body: bookScript },
  { path: "/dashboard/draw.js", type: SCRIPT, body: drawScript },
];
