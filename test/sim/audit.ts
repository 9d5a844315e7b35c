/**
 * Audit: at the end of a run, when all is at rest: does everybody say the same?
 *
 *   clients       every report of their accounts, each once; every outcome is what the log says
 *   snapshots     roots of matcher and settlement = those of a cold replay, fast and naive
 *   commitments   those that each settlement computed, and signed = those recomputed
 *   export        the verifier says yes, and its heads are those of that replay
 */
import { toHex, viewOf } from "../../src/base/bytes.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { Checkpointer, type StateRoots } from "../../src/proofs/checkpointer.ts";
import { auditExport, type ColdTrees } from "./export-audit.ts";
import { frameCountOf } from "./frame-count.ts";
import { textOf } from "./resp.ts";
import { ReportChain } from "../../src/protocol/execution.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { splitCommitments } from "../../src/settlement-plane/commitment-file.ts";
import { Violation } from "./oracle.ts";
import { matcherRole, shardDir } from "./services.ts";
import { settlementDir } from "./settlement-service.ts";
import type { SimDisk } from "./sim-files.ts";
import type { Trader } from "./trader.ts";
import { genesisIn, type Venue } from "./venue.ts";

/** Of these the SDK says that nobody can know. */
const UNKNOWN = new Set(["unknown_outcome", "closed", "unreachable", "aborted"]);

export function audit(venue: Venue, traders: readonly Trader[]): void {
  for (const trader of traders) checkTrader(trader);
  venue.crossings.checkEnd();
  const cold = new Map<number, ColdTrees>();
  for (const shard of venue.shards) {
    checkGeneration(venue, shard);
    const replayed = replay(venue, shard);
    const { roots } = replayed;
    cold.set(shard, replayed);
    const dir = settlementDir(shard);
    const matchers = shard === 1 ? ["standby", matcherRole(1)] : [matcherRole(shard)];
    for (const role of matchers) {
      checkSnapshots(venue.diskOf(role), {
        venue,
        shard,
        dir: `${shardDir(shard)}/snapshots`,
        roots,
      });
    }
    for (const role of ["settlement", "settlement2"]) {
      const files = venue.diskOf(role);
      checkSnapshots(files, { venue, shard, dir: `${dir}/snapshots`, roots });
      checkCommitments(files, dir, replayed);
    }
  }
  auditExport(venue, cold);
}

/** Nobody takes anything for a loss where no server has failed. */
function checkGeneration({ primary, upheavals, fence }: Venue, shard: number): void {
  const generation = primary.commands.keyspace.hash(`ctl:{${shard}}`)?.get("generation");
  const raised = generation === undefined ? 0 : Number(textOf(generation)) - 1;
  if (raised === (fence.lifts.get(shard) ?? 0) || upheavals > 0) return;
  throw new Violation(`shard ${shard}: ${raised} losses were said, and no server has failed`);
}

function checkTrader({ oracle, role, told, outcomes }: Trader): void {
  const all = oracle.reports.get(Number(role.slice("trader".length))) ?? [];
  for (const [i, text] of told.entries()) {
    if (text !== all[i]) throw new Violation(`${role}: report ${i + 1} is ${all[i]} at the end`);
  }
  for (const [tag, outcome] of outcomes) {
    const isThere = oracle.executed.has(tag);
    if (UNKNOWN.has(outcome) || isThere === (outcome === "executed")) continue;
    throw new Violation(`${role}: frame ${tag} is ${outcome}, the log ${isThere ? "" : "not "}so`);
  }
}

interface Replayed extends ColdTrees {
  readonly roots: ReadonlyMap<number, string>;
}

/** The whole log once more, from genesis; the oracle's engine is the naive one, at its end. */
function replay(venue: Venue, shard: number): Replayed {
  const genesisFrame = venue.genesisFrames.get(shard)!;
  const genesis = genesisIn(genesisFrame);
  const fast = new Engine(genesisFrame, { levels: createLevels, roots: true, seed: 3 });
  const { checkpointIntervalUs: intervalUs, checkpointCommands: commandsMax } = genesis;
  const checkpointer = new Checkpointer({ ...genesis, intervalUs, commandsMax });
  const [chain, record, reports] = [new ReportChain(), new RecordView(), new ReportBatch()];
  const roots = new Map<number, string>();
  const commitments: Uint8Array[] = [];
  const heads: string[] = [];
  fast.followChain(chain);
  const commit = (): void => {
    commitments.push(checkpointer.commit(fast.roots(), chain.value).slice());
    heads.push(checkpointer.statesRoot.toBase64());
  };
  const { engine: naive, records } = venue.oracleOf(shard);
  for (const { bytes } of records) {
    const view = viewOf(bytes);
    const wrong = readRecord(view, 0, record);
    if (wrong !== "") throw new Violation(wrong);
    if (checkpointer.endsBefore(record.logTime)) commit();
    reports.clear();
    fast.apply(view, record, reports);
    const own = reports.slice(0).slice();
    chain.step(own);
    roots.set(fast.position, textOfRoots(fast.roots()));
    if (checkpointer.follow(bytes, record.logTime, frameCountOf(view, record))) commit();
  }
  if (textOfRoots(naive.roots()) !== textOfRoots(fast.roots())) {
    throw new Violation("the naive engine has other roots than the fast one");
  }
  return { roots, commitments, heads };
}

interface Snapshots {
  readonly venue: Venue;
  readonly shard: number;
  readonly dir: string;
  readonly roots: ReadonlyMap<number, string>;
}

function checkSnapshots({ stored }: SimDisk, { venue, shard, dir, roots }: Snapshots): void {
  const options = { levels: createLevels, roots: true, seed: 4 };
  const genesisFrame = venue.genesisFrames.get(shard)!;
  const isSettlement = dir.startsWith(settlementDir(shard));
  for (const [path, { bytes }] of stored) {
    // What was put aside is of a history that is no more.
    if (!path.startsWith(`${dir}/`) || !path.endsWith(".snap")) continue;
    const size = isSettlement ? viewOf(bytes).getUint32(0, true) : bytes.length;
    const from = isSettlement ? 4 : 0;
    const restored = Engine.restore(genesisFrame, bytes.subarray(from, from + size), options);
    if (typeof restored === "string") throw new Violation(`${path}: ${restored}`);
    const { engine } = restored;
    // One beyond the tip is of a suffix that was lost; whoever reads it must pass it over.
    const expected = roots.get(engine.position);
    if (expected !== undefined && expected !== textOfRoots(engine.roots())) {
      throw new Violation(`${path} has other roots than a cold replay`);
    }
  }
}

function checkCommitments(
  { stored }: SimDisk,
  dir: string,
  { commitments, heads }: Replayed,
): void {
  const file = stored.get(`${dir}/commitments`);
  const { entries } = splitCommitments(file?.bytes ?? new Uint8Array(0));
  if (entries.length > commitments.length) {
    throw new Violation(`${entries.length} commitments of ${commitments.length}`);
  }
  for (const [i, entry] of entries.entries()) {
    if (toHex(entry) !== toHex(commitments[i]!)) throw new Violation(`commitment ${i} is another`);
  }
  const note = stored.get(`${dir}/state.note`);
  if (note === undefined) return;
  const [, size = "", root] = new TextDecoder().decode(note.bytes).split("\n");
  if (heads[Number(size) - 1] !== root) throw new Violation(`${dir} has signed another root`);
}

function textOfRoots({ accounts, markets, books, totals, arrivals }: StateRoots): string {
  return `${[accounts, markets, books, totals].map(toHex).join(" ")} ${arrivals}`;
}
