/**
 * SettlementStart: where a settlement begins: a snapshot of its own, one of the export, or genesis.
 *
 *   own       engine and checkpointer, not ahead of the commitments beside it
 *   export's  the same two, judged (service/judged-state.ts), and the commitments that the file
 *             lacks: with those it has they give the signed root, or nothing is taken
 *
 * Whoever begins with the export's has not executed what lies before: it goes on from what this
 * venue's settlement has signed.
 */
import { equalBytes } from "../base/bytes.ts";
import type { Logger } from "../edges/logger.ts";
import { LostSuffix, type ShardLog } from "../edges/log.ts";
import { StoreFault } from "../edges/object-store.ts";
import type { SnapshotFiles } from "../edges/snapshot-files.ts";
import { Engine, type EngineOptions } from "../engine/engine.ts";
import { Checkpointer, type CheckpointTerms } from "../proofs/checkpointer.ts";
import { MerkleLog } from "../proofs/merkle-log.ts";
import type { ExportedStates } from "../service/exported-states.ts";
import type { JudgedState } from "../service/judged-state.ts";
import type { CommitmentFile } from "./commitment-file.ts";
import { unpackSnapshot } from "./settlement-snapshot.ts";

export interface Start extends JudgedState {
  /** Where it lies, for a log line. */
  readonly from: string;
}

export interface StartParts {
  readonly genesisFrame: Uint8Array;
  readonly options: EngineOptions;
  readonly terms: CheckpointTerms;
  readonly file: CommitmentFile;
  readonly onSkipped: (from: string, why: string) => void;
}

/** The newest of our own that will do, or null. */
export function startInFiles(snapshots: SnapshotFiles, parts: StartParts): Start | null {
  for (const stored of snapshots.list()) {
    const found = restore(snapshots.read(stored), parts);
    if (typeof found !== "string") return { ...found, from: stored.path };
    parts.onSkipped(stored.path, found);
  }
  return null;
}

function restore(
  bytes: Uint8Array,
  { genesisFrame, options, terms, file }: StartParts,
): JudgedState | string {
  const parts = unpackSnapshot(bytes);
  if (typeof parts === "string") return parts;
  const restored = Engine.restore(genesisFrame, parts.engine, options);
  if (typeof restored === "string") return restored;
  const checkpointer = Checkpointer.restore(terms, parts.checkpointer);
  if (typeof checkpointer === "string") return checkpointer;
  if (checkpointer.count > file.count) return "it is ahead of the commitments";
  return { ...restored, checkpointer };
}

const TIP_POLL_MS = 20;

/**
 * Resolves when `ex` covers what the state at `position` holds. It was durable: a log whose `in`
 * ends before it has lost too much.
 */
export async function untilCovered(
  { log, logger, stop }: { log: ShardLog; logger: Logger; stop: AbortSignal },
  position: number,
): Promise<void> {
  if (!(await log.reaches(position))) {
    const loss = new LostSuffix(`${position} is settled, behind the end of in`);
    await log.recoverLoss(loss, position);
  }
  const executions = await log.openExecutionReader();
  let tip = await executions.tip();
  if (tip < position) logger.info("waiting for the matcher", { tip });
  while (tip < position && !stop.aborted) {
    await new Promise((resolve) => setTimeout(resolve, TIP_POLL_MS));
    tip = await executions.tip();
  }
  await executions.close();
}

/** How far our own state is, how much newer another must be, what the log knows as exported. */
export interface Reach {
  readonly own: number;
  readonly worth: number;
  readonly archived: () => Promise<number>;
}

/** The newest of the export within reach that will do, or null. */
export async function startInExport(
  states: ExportedStates | undefined,
  { file, onSkipped }: Pick<StartParts, "file" | "onSkipped">,
  { own, worth, archived }: Reach,
): Promise<Start | null> {
  if (states === undefined) return null;
  const beyond = own === 0 ? 0 : own + worth;
  // Of `ex` no reader knows the end before it has met the writer, who may be away.
  const last = await archived();
  if (last <= beyond) return null;
  for (const state of await states.list()) {
    if (state.position > last || state.position <= beyond) continue;
    const judged = await state.open();
    const why = typeof judged === "string" ? judged : await complete(states, file, judged);
    if (typeof judged !== "string" && why === "") return { ...judged, from: state.describe };
    onSkipped(state.describe, why);
  }
  return null;
}

/** The file has all commitments up to that state's; "" or why it cannot. */
async function complete(
  { commitments }: ExportedStates,
  file: CommitmentFile,
  { engine, checkpointer }: JudgedState,
): Promise<string> {
  const { count } = checkpointer;
  if (file.count < count) {
    const why = await fill(file, count, commitments).catch((fault: unknown) => {
      if (fault instanceof StoreFault) return fault.message;
      throw fault;
    });
    if (why !== "") return why;
  }
  const last = file.read(count - 1);
  const isOurs = last !== null && checkpointer.isBehind(last, engine.logTime);
  return isOurs ? "" : "its commitment is not the one that was signed here";
}

async function fill(
  file: CommitmentFile,
  count: number,
  commitments: ExportedStates["commitments"],
): Promise<string> {
  const found = await commitments.from(file.count);
  if (typeof found === "string") return found;
  const more = [found.own, ...found.later];
  const tree = new MerkleLog();
  for (let number = 0; number < file.count; number++) {
    const known = file.read(number);
    if (known !== null) tree.append(known);
  }
  for (const entry of more) tree.append(entry);
  const isSigned = equalBytes(tree.root(), found.root);
  if (!isSigned) return "the commitments before it are not those that were signed";
  file.append(more.slice(0, count - file.count));
  return "";
}
