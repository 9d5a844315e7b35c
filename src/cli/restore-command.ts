/**
 * `clob restore`: a shard's log made anew from the export, and what that costs said in positions.
 */
import { restoreShard, type RestoredShard } from "../venue/restore.ts";
import { type CommandSpec, UsageError } from "./command.ts";

export const RESTORE: CommandSpec = {
  name: "restore",
  about: "Make a shard's log anew from the export, when Redis or the disk has lost it",
  args: [],
  options: { venue: { value: "ID", help: "the venue id, 64 hex digits [that of checkpoint.pem]" } },
  takesConfig: true,
  examples: ["clob restore --shard 1", "clob restore --shard 1 --venue ID"],
  run: async (cli, args) => {
    const { config } = cli;
    const shard = args.integer("shard", 1);
    if (shard === undefined || !config.shards.some(({ id }) => id === shard)) {
      const ids = config.shards.map(({ id }) => id).join(", ");
      throw new UsageError(`say which shard with --shard N; ${config.file} has: ${ids}`);
    }
    const restored = await restoreShard(config, shard, args.text("venue"));
    const { venueId: venue, ...rest } = restored;
    const { position, generation, made, isExportBeyond: exportBeyond, untold, aside } = rest;
    const data = { shard, venue, position, generation, made, exportBeyond, untold, aside };
    return { data, text: textOf(restored) };
  },
};

function textOf(restored: RestoredShard): string {
  const { shard, venueId, position, generation, made, isExportBeyond, untold, aside } = restored;
  const lines = [
    made
      ? `shard ${shard} of venue ${venueId} ends at position ${position} again`
      : `the log of shard ${shard} was restored before, up to position ${position}`,
    `lost is every record above ${position}, acknowledged or not: it was not exported`,
    `generation ${generation}: whoever knew more ends, and says so`,
  ];
  if (aside.length > 0) {
    lines.push(`put aside in shard-${shard}/lost-${generation}: ${aside.join(", ")}`);
  }
  if (isExportBeyond) {
    lines.push(
      "the export holds lost records, too, and cannot go on there; once there is a checkpoint:",
      "  clob export DIR, then settlement.export_dir = DIR for all services",
    );
  }
  if (untold !== "") {
    lines.push(
      `the export could not be told: ${untold}`,
      "  a later restore on another machine needs a clock that is right",
    );
  }
  lines.push(
    "run this on every machine with a data directory of this shard, then start the services",
  );
  return lines.join("\n");
}
