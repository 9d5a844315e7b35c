/**
 * `clob dead-man`: arms the account's dead-man timer, or disarms it.
 */
import { ClientError } from "../client/errors.ts";
import { explainReport } from "../client/explain-report.ts";
import { rejectOf } from "../client/explain.ts";
import type { Cli } from "./cli.ts";
import { type Answer, type CommandSpec, UsageError } from "./command.ts";
import { spanMs } from "./times.ts";

const OFF = "off";
/** Of the protocol. */
const DAY_MS = 86_400_000;

export const DEAD_MAN: CommandSpec = {
  name: "dead-man",
  about: "Have all your open orders canceled unless you say this again in time",
  args: [{ name: "TIME", help: "from now, such as 30s, 15m, at most 1d; or off" }],
  options: {},
  examples: ["clob dead-man 30s", "clob dead-man off"],
  run: (cli, args) => deadMan(cli, args.at(0)),
};

async function deadMan(cli: Cli, text: string): Promise<Answer> {
  const ms = text === OFF ? 0 : spanMs(text);
  if (ms === null || (ms === 0 && text !== OFF)) {
    throw new UsageError(`TIME is a span such as 30s or 15m, or ${OFF}, not "${text}"`);
  }
  if (ms > DAY_MS) throw new UsageError(`TIME is at most 1d, not "${text}"`);
  const venue = cli.venue(await cli.who());
  try {
    const shards = [];
    const lines = new Set<string>();
    const served = await cli.shards();
    for (const shard of served) {
      const { reports, state } = await (await venue.on(shard)).deadMan(ms);
      const [report] = reports;
      if (report === undefined) throw new ClientError({ code: "unknown_outcome", message: state });
      if (state === "rejected") throw rejectOf(report);
      const { first, second, position } = report;
      shards.push({ shard, fires_after_us: first, before_us: second, position });
      // Each shard counts from its own log time; off is off everywhere.
      const where = served.length > 1 && ms > 0 ? `, shard ${shard}` : "";
      lines.add(`account ${venue.account}${where}: ${explainReport(report)}`);
    }
    const data = { account: venue.account, ...shards[0], shards };
    return { data, text: [...lines].join("\n") };
  } finally {
    venue.close();
  }
}
