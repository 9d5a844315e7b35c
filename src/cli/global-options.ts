/**
 * Global options: those that every command takes, and the variables behind them.
 */
import type { OptionSpecs } from "./command.ts";

export const GLOBAL_OPTIONS: OptionSpecs = {
  output: {
    value: "FORM",
    short: "o",
    among: ["text", "json"],
    help: "text for people (default), or json: always valid on stdout, errors too",
  },
  config: { value: "FILE", help: "where addresses and directories stand [config.toml]" },
  data: {
    value: "DIR",
    help: "the venue's data directory, with keys in it [CLOB_DATA, or of the config]",
  },
  tcp: { value: "HOST:PORT", help: "order entry [CLOB_TCP, or of the config]" },
  ingress: { value: "URL", help: "HTTP of ingress [CLOB_INGRESS, or of the config]" },
  settlement: { value: "URL", help: "HTTP of settlement [CLOB_SETTLEMENT, or of the config]" },
  key: { value: "FILE", short: "k", help: "private key, PEM [CLOB_KEY, or the demo trader's]" },
  shard: { value: "N", help: "which shard [the lowest]" },
  timeout: { value: "MS", help: "how long to wait for an answer [10000]" },
  help: { short: "h", help: "show help" },
};

/** Environment variables, for the page. */
export const VARIABLES: readonly (readonly [string, string])[] = [
  ["CLOB_KEY", "the private key file, if --key is absent"],
  ["CLOB_TCP, CLOB_INGRESS, CLOB_SETTLEMENT", "addresses, if the option is absent"],
  ["CLOB_DATA", "the data directory, if --data is absent"],
  ["CLOB_CONFIG", "the config file, if --config is absent"],
  ["NO_COLOR", "no colors"],
];
