#!/usr/bin/env bun
/**
 * clob: the command. This file connects the table to the process; what a command does stands in
 * its group's file.
 */
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const exitCode = await runCli(COMMANDS, process.argv.slice(2), {
  env: process.env,
  isTerminal: process.stdout.isTTY,
  stop: stop.signal,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
// What was written must have left before the process ends.
await new Promise((resolve) => process.stdout.write("", resolve));
process.exit(exitCode);
