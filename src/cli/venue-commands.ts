/**
 * Venue commands: how it goes, what it is made of, making one, and the shell's help.
 */
import { timeText } from "../client/explain.ts";
import type { HaltedJson } from "../client/halted-json.ts";
import type { ShardStatusJson, StatusJson } from "../client/http-json.ts";
import type { Config } from "../edges/config.ts";
import { printConfig } from "../edges/config-print.ts";
import { runLoad } from "../load/run-load.ts";
import { initShards, type Made } from "../venue/init.ts";
import type { CommandSpec } from "./command.ts";
import { completionScript, SHELLS } from "./completion.ts";
import { textTable } from "./text-table.ts";
import { UsageError } from "./command.ts";

export const VENUE_COMMANDS: readonly CommandSpec[] = [
  {
    name: "status",
    about: "Show how the venue is: shards, positions, checkpoints",
    args: [],
    options: {},
    examples: ["clob status", "clob status -o json"],
    run: async (cli) => {
      const status = await cli.http.status();
      return { data: status, text: statusText(status) };
    },
  },
  {
    name: "init",
    about: "Make the logs of a new venue: keys and genesis; what is there stays as it is",
    args: [],
    options: {},
    takesConfig: true,
    examples: ["clob init", "clob init --config config.toml --data ./data", "clob init --shard 2"],
    run: async (cli) => {
      const { config } = cli;
      const only = cli.args.integer("shard", 1);
      if (only !== undefined && !config.shards.some(({ id }) => id === only)) {
        const ids = config.shards.map(({ id }) => id).join(", ");
        throw new UsageError(`${config.file} has no shard ${only}; it has: ${ids}`);
      }
      const made = await initShards(config, only);
      return {
        data: { shards: made.map(madeJson), keys_dir: config.venue.keysDir },
        text: madeText(made, config),
      };
    },
  },
  {
    name: "config show",
    about: "Show the configuration in force, each value with where it comes from",
    args: [],
    options: {},
    takesConfig: true,
    examples: ["clob config show", "clob config show --config other.toml"],
    run: (cli) => {
      const { config, values } = cli.configRead;
      const text = printConfig(values).trimEnd();
      return Promise.resolve({ data: { file: config.file, toml: text }, text });
    },
  },
  {
    name: "load",
    about: "The load generator: replay and make order flows (see: clob load --help)",
    args: [
      { name: "ARGUMENT", help: "goes to the load generator as it is", many: true, optional: true },
    ],
    options: {},
    examples: ["clob load replay FILE", "clob load make SHAPE SEED N FILE"],
    isRaw: true,
    run: async (_cli, args) => {
      return { data: {}, text: "", exitCode: await runLoad(args.positionals) };
    },
  },
];

/** Its table is handed in, since it is part of it. */
export function completionCommand(table: () => readonly CommandSpec[]): CommandSpec {
  return {
    name: "completion",
    about: "Print the completion script of a shell",
    args: [{ name: "SHELL", help: SHELLS.join(", ") }],
    options: {},
    examples: ["source <(clob completion bash)", "clob completion fish | source"],
    run: (_cli, args) => {
      const shell = SHELLS.find((one) => one === args.at(0));
      if (shell === undefined) {
        throw new UsageError(`SHELL is one of ${SHELLS.join(", ")}, not "${args.at(0)}"`);
      }
      const script = completionScript(shell, table());
      return Promise.resolve({ data: { shell, script }, text: script.trimEnd() });
    },
  };
}

function statusText(status: StatusJson): string {
  const { venue, name, version, rules_version, shards } = status;
  const heads = [
    "shard",
    ">position",
    ">matched",
    ">archived",
    ">orders/s",
    ">trades",
    ">open",
    "checkpoint",
  ];
  const rows = shards.map((shard) => [
    String(shard.shard),
    String(shard.position),
    String(shard.matched_position),
    shard.export === null ? "-" : String(shard.export.archived_position),
    String(shard.orders_per_s),
    String(shard.trades),
    String(shard.open_orders),
    checkpointText(shard),
  ]);
  const logs = shards.map((shard) => {
    const matched = shard.matcher === null ? "" : `, matched by ${shard.matcher}`;
    return `shard ${shard.shard}: ${shard.log}${matched}${rulesText(shard)}`;
  });
  const waiting = shards.flatMap(({ shard, export: exported }) => {
    const waits = exported?.waits ?? null;
    return waits === null ? [] : [`shard ${shard}: the export waits: ${waits}`];
  });
  const newest = Math.max(...shards.map((shard) => shard.log_time_us));
  return [
    `${name}, version ${version}, rules ${rules_version}`,
    `venue ${venue}`,
    `asked the settlement that is ${status.role === "leader" ? "leading" : "following"}`,
    ...logs,
    ...waiting,
    `log time ${timeText(newest)}`,
    "",
    textTable(heads, rows),
  ].join("\n");
}

/** Nothing where the rules are those of genesis. */
function rulesText({ rules }: ShardStatusJson): string {
  const { version, from, next } = rules;
  const since = from > 1 ? `, rules ${version} since ${from}` : "";
  return next === null ? since : `${since}, rules ${next.version} from ${next.from}`;
}

function checkpointText({ checkpoint, halted }: ShardStatusJson): string {
  if (halted !== null) return haltText(halted);
  if (checkpoint === null) return "none yet";
  const age = (checkpoint.age_ms / 1000).toFixed(1);
  return `#${checkpoint.number} at ${checkpoint.position}, ${age} s old`;
}

function haltText({ position, reason, reasons, recomputed }: HaltedJson): string {
  const more = reasons.length === 1 ? "" : ` (and ${reasons.length - 1} more)`;
  const said = `HALTED at ${position}: ${reason}${more}`;
  if (recomputed === null) return `${said}; being executed once more`;
  if (recomputed.poison !== 0) return `${said}; see: clob admin clear`;
  if (recomputed.wrong !== "") return `${said}; has ended: ${recomputed.wrong}`;
  return `${said}; may be lifted, see: clob admin clear`;
}

function madeJson({ shard, venueId, created }: Made) {
  return { shard, venue: venueId, created };
}

function madeText(made: readonly Made[], config: Config): string {
  const lines = made.map(({ shard, venueId, created }) =>
    created
      ? `made shard ${shard} of venue ${venueId}`
      : `shard ${shard} is there: venue ${venueId}`,
  );
  if (config.shards.length > 1 && made.some(({ created }) => created)) {
    lines.push(`shards learn of each other, once all run: clob admin apply ${config.file} --yes`);
  }
  return lines.join("\n");
}
