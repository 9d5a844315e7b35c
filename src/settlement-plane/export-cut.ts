/**
 * ExportCut: the newest checkpoints of several shards such that what one took from another is
 * covered by the other's too.
 *
 * Shards are checkpointed each for itself. A copy in which a credit has arrived that its source
 * has not yet sent proves nothing, so one waits the moment until the checkpoints agree.
 */
import { readU64, viewOf } from "../base/bytes.ts";
import { LogFault } from "../edges/log.ts";
import { decodeCommitment, LINK_SIZE } from "../proofs/commitment.ts";
import { type Published, readPublished } from "./commitment-file.ts";

export interface CutShard {
  readonly shard: number;
  readonly settlementDir: string;
}

interface Head {
  readonly shard: number;
  readonly directoryOrigin: number;
  readonly directory: number;
  readonly out: ReadonlyMap<number, number>;
  readonly in: ReadonlyMap<number, number>;
}

const WAIT_MS = 20;
/** A shard has a checkpoint every second or so, unless its settlement stands. */
const TRIES = 250;

/** Throws LogFault when they don't come to agree, which they do while the venue runs. */
export async function readCut(shards: readonly CutShard[]): Promise<Map<number, Published>> {
  let why = "";
  for (let i = 0; i < TRIES; i++) {
    const cut = new Map<number, Published>();
    for (const { shard, settlementDir } of shards) {
      const published = await readPublished(settlementDir);
      if (published === null) throw new LogFault(`shard ${shard} has no checkpoint yet`);
      cut.set(shard, published);
    }
    why = whyNot([...cut.values()].map(headOf));
    if (why === "") return cut;
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
  throw new LogFault(`${why}; export again while the venue runs`);
}

function headOf({ entries }: Published): Head {
  const last = entries.at(-1);
  const commitment = last === undefined ? "there is none" : decodeCommitment(last);
  if (typeof commitment === "string") throw new LogFault(`commitment: ${commitment}`);
  const { shard, directoryOrigin, directory, links } = commitment;
  const view = viewOf(links);
  const out = new Map<number, number>();
  const applied = new Map<number, number>();
  for (let at = 0; at < links.length; at += LINK_SIZE) {
    const other = view.getUint16(at, true);
    out.set(other, readU64(view, at + 8));
    applied.set(other, readU64(view, at + 16));
  }
  return { shard, directoryOrigin, directory, out, in: applied };
}

/** "" if nobody is ahead of whom it took from; shards that are not here say nothing. */
function whyNot(heads: readonly Head[]): string {
  const byShard = new Map(heads.map((head) => [head.shard, head]));
  for (const head of heads) {
    const { shard } = head;
    const lead = byShard.get(head.directoryOrigin);
    if (lead !== undefined && head.directory > lead.directory) return ahead(shard, lead.shard);
    for (const [source, count] of head.in) {
      const from = byShard.get(source);
      if (from !== undefined && count > (from.out.get(shard) ?? 0)) return ahead(shard, source);
    }
  }
  return "";
}

function ahead(shard: number, source: number): string {
  return `the checkpoint of shard ${shard} covers entries that shard ${source}'s does not`;
}
