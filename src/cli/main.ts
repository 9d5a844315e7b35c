#!/usr/bin/env bun
/**
 * clob: the command. This file connects the table to the process; what a command does stands in
 * its group's file.
 */
import { whenAskedToStop } from "../edges/signals.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { runCli } from "./run.ts";

// A key press arrives twice where a runner hands it on: from the terminal and from the runner.
const asked = whenAskedToStop();

// Whoever read us has enough, as in `clob book BTC-USD --watch | head -1`.
process.stdout.on("error", (error: Error) => {
  if ("code" in error && error.code === "EPIPE") process.exit(EXIT_OK);
  throw error;
});

const exitCode = await runCli(COMMANDS, process.argv.slice(2), {
  env: process.env,
  isTerminal: process.stdout.isTTY,
  stop: asked.signal,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
// What was written must have left before the process ends.
await new Promise((resolve) => process.stdout.write("", resolve));
process.exit(exitCode);
