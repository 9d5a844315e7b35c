/**
 * AdminUpgrade: `clob admin upgrade --rules N --from POSITION`: another version of the rules from
 * a position on, as a plan for each shard, and on --yes as one signed command each. Of a halted
 * shard the position is that of the record which halts it: admin-cure.ts.
 *
 * Every build that runs must know the version before its position comes, so one that settlement
 * does not know is refused here, unless the operator says that it is meant.
 */
import { ClientError } from "../client/errors.ts";
import type { ShardStatusJson } from "../client/http-json.ts";
import type { Upgrade } from "../protocol/governing.ts";
import { clearNext, cureShard, poisonOf } from "./admin-cure.ts";
import type { Cli } from "./cli.ts";
import {
  type Answer,
  type Args,
  type CommandSpec,
  integerOf,
  type OptionSpecs,
  UsageError,
} from "./command.ts";

export function upgradeCommand(options: OptionSpecs): CommandSpec {
  return {
    name: "admin upgrade",
    about: "Show what another version of the rules would govern, or cure, and with --yes sign it",
    args: [],
    options: {
      rules: { value: "N", help: "the version, known to every build that runs" },
      from: {
        value: "POSITION",
        help: "first position that it governs; +N: so many ahead; of a halted shard the record \
that halts it",
      },
      unknown: { help: "also one that settlement's build does not know: its shard stops there" },
      yes: { help: "do it" },
      ...options,
    },
    examples: [
      "clob admin upgrade --rules 2 --from +100000",
      "clob admin upgrade --rules 2 --from 5000000 --shard 1 --yes",
      "clob admin upgrade --rules 2 --from 4711 --shard 1",
    ],
    run: upgrade,
  };
}

interface Step {
  readonly shard: number;
  readonly from: number;
  readonly isCure: boolean;
  readonly text: string;
}

async function upgrade(cli: Cli, args: Args): Promise<Answer> {
  const version = args.integer("rules", 1);
  const from = args.text("from");
  if (version === undefined || from === undefined) {
    throw new UsageError("admin upgrade needs --rules N and --from POSITION");
  }
  const { shards, rules_known: known } = await cli.http.status();
  if (!known.includes(version) && !args.flag("unknown")) {
    const message = `settlement's build knows rules ${known.join(", ")}, not ${version}`;
    throw new ClientError({ code: "unknown_rules", message: `${message}; roll the builds first` });
  }
  const only = cli.args.integer("shard", 1);
  const chosen = shards.filter(({ shard }) => only === undefined || shard === only);
  const steps: Step[] = [];
  for (const shard of chosen) {
    steps.push(
      shard.halted === null
        ? stepOf(shard, version, from)
        : await cureOf(cli, shard, { version, from: integerOf("--from", from, 1) }),
    );
  }
  const isYes = args.flag("yes");
  for (const step of isYes ? steps : []) {
    const to = { version, from: step.from };
    if (step.isCure) await cureShard(cli, step.shard, to);
    else await cli.operator(step.shard).upgrade(to);
    cli.note(step.isCure ? clearNext(cli, step.shard, to) : `done: ${step.text}`);
  }
  const plan = steps.map(({ shard, from: position }) => ({ shard, version, from: position }));
  const last = isYes ? "all done" : "nothing was changed; do it with --yes";
  const text = isYes ? last : [...steps.map((step) => `  ${step.text}`), last].join("\n");
  return { data: { plan, applied: isYes ? steps.length : 0 }, text };
}

function stepOf(status: ShardStatusJson, version: number, from: string): Step {
  const { shard, rules, matched_position: matched, position } = status;
  const now = Math.max(matched, position);
  const ahead = from.startsWith("+") ? now : 0;
  const at = ahead + integerOf("--from", from.replace("+", ""), 1);
  const text =
    `shard ${shard}: rules version ${version} from position ${at}` +
    ` (now at ${now}, under version ${rules.version})`;
  return { shard, from: at, isCure: false, text };
}

async function cureOf(
  cli: Cli,
  { shard, rules }: ShardStatusJson,
  { version, from }: Upgrade,
): Promise<Step> {
  const { reasons } = await poisonOf(cli, shard, from);
  const text =
    `shard ${shard}: rules version ${version} from record ${from}, which version ` +
    `${rules.version} has no answer for; it is halted: ${reasons.join(" | ")}`;
  return { shard, from, isCure: true, text };
}
