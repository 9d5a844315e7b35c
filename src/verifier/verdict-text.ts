/**
 * VerdictText: a verdict in words.
 */
import type { Verdict } from "./verify-export.ts";
import type { ShardVerdict } from "./verify-shard.ts";

export function verdictText(verdict: Verdict): string {
  if (!verdict.ok) {
    const where = verdict.shard === 0 ? "the export" : `shard ${verdict.shard}`;
    return `no: ${where}: ${verdict.sentence}`;
  }
  const lines = verdict.shards.map(
    (one) =>
      `shard ${one.shard}: ${one.records} records, ${one.commands} commands, ` +
      `${one.signatures} signatures, ${one.checkpoints} checkpoints${restOf(one)}`,
  );
  const venue = verdict.shards[0]?.venue.toHex() ?? "";
  const pinned = verdict.isPinned ? `venue ${venue}` : `unpinned: venue ${venue}, not asked for`;
  if (verdict.shards.length > 1) {
    const { carried, inFlight, ahead } = verdict.crossings;
    const rest = ahead === 0 ? "" : `, ${ahead} of them before their source's records are here`;
    const between = `between shards: ${carried} entries carried${rest}`;
    lines.push(`${between}, ${inFlight} credits on their way`);
  }
  return [`yes, ${pinned}`, ...lines].join("\n");
}

/** What is signed for and cannot be checked yet. */
function restOf({ records, signedRecords }: ShardVerdict): string {
  const rest = signedRecords - records;
  return rest === 0 ? "" : `; ${rest} more records are signed for and not public yet`;
}
