/**
 * Capture: runs `clob` in this process and keeps what it says.
 */
import type { Environment } from "../../src/cli/places.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { runCli } from "../../src/cli/run.ts";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Watching {
  readonly stop: AbortSignal;
  /** All that stands on stdout so far. */
  onOut(text: string): void;
}

export async function clob(
  words: readonly string[],
  env: Environment = {},
  watching?: Watching,
): Promise<Said> {
  let out = "";
  let err = "";
  const code = await runCli(COMMANDS, words, {
    env,
    isTerminal: false,
    stop: watching?.stop ?? new AbortController().signal,
    out: (text) => {
      out += text;
      watching?.onOut(out);
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}
