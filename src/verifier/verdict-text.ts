/**
 * VerdictText: a verdict in words.
 */
import type { Verdict } from "./verify-export.ts";

export function verdictText(verdict: Verdict): string {
  if (!verdict.ok) {
    const where = verdict.shard === 0 ? "the export" : `shard ${verdict.shard}`;
    return `no: ${where}: ${verdict.sentence}`;
  }
  const lines = verdict.shards.map(
    (one) =>
      `shard ${one.shard}: ${one.records} records, ${one.commands} commands, ` +
      `${one.signatures} signatures, ${one.checkpoints} checkpoints`,
  );
  const venue = verdict.shards[0]?.venue.toHex() ?? "";
  const pinned = verdict.isPinned ? `venue ${venue}` : `unpinned: venue ${venue}, not asked for`;
  if (verdict.shards.length > 1) {
    const { carried, inFlight } = verdict.crossings;
    lines.push(`between shards: ${carried} entries carried, ${inFlight} credits on their way`);
  }
  return [`yes, ${pinned}`, ...lines].join("\n");
}
