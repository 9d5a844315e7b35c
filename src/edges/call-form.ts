/**
 * CallForm: how the one who reads a hint runs our commands, so that what we print can be pasted.
 *
 *   npm start, npm run ...   npm run -s clob -- ...   npm start
 *   bun start, bun run ...   bun run clob ...         bun start
 *   an executable            clob ...                 npm start
 *
 * npm and Bun both say in npm_config_user_agent who runs the script; without -s npm would write two
 * lines of its own before ours.
 */

export interface CallForm {
  /** In front of a command's words: "bun run clob". */
  readonly clob: string;
  readonly start: string;
}

export function callForm(env: Readonly<Record<string, string | undefined>>): CallForm {
  if (env["npm_lifecycle_event"] === undefined) return { clob: "clob", start: "npm start" };
  const isBun = env["npm_config_user_agent"]?.startsWith("bun/") === true;
  return isBun
    ? { clob: "bun run clob", start: "bun start" }
    : { clob: "npm run -s clob --", start: "npm start" };
}
