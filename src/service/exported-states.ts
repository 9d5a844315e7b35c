/**
 * ExportedStates: the snapshots in the export as states to start from.
 *
 * The store is the operator's own, as a disk is, and is not believed all the same: the object must
 * be that of its place, and its state the one that was signed for (judged-state.ts). A store that
 * is away or damaged costs a start its time and nothing else.
 */
import { equalBytes } from "../base/bytes.ts";
import { ExportStore } from "../edges/export-store.ts";
import { OBJECT_SIZE_MAX, StoreFault } from "../edges/object-store.ts";
import { unseal } from "../edges/sealed-object.ts";
import { Engine, type EngineOptions } from "../engine/engine.ts";
import { SEALED_SNAPSHOT, type SealedHeader } from "../protocol/sealed.ts";
import { type JudgedState, judgeState, type JudgeTerms, splitState } from "./judged-state.ts";
import type { KeptState, StateSource } from "./kept-states.ts";

export interface ExportedStatesParts extends JudgeTerms {
  readonly store: ExportStore;
  readonly venue: Uint8Array;
  readonly options: EngineOptions;
  /** The store cannot be asked: why. */
  readonly onUnreachable: (why: string) => void;
}

export interface ExportedState extends KeptState {
  open(): Promise<JudgedState | string>;
}

export class ExportedStates implements StateSource {
  private readonly parts: ExportedStatesParts;
  /** Hashes of those that were judged and found true: they need not be judged again. */
  private readonly judged = new Set<string>();

  constructor(parts: ExportedStatesParts) {
    this.parts = parts;
  }

  get commitments(): ExportedStatesParts["commitments"] {
    return this.parts.commitments;
  }

  async list(): Promise<readonly ExportedState[]> {
    const { store, onUnreachable } = this.parts;
    const { describe } = store.store;
    try {
      return (await store.snapshots()).toReversed().map((position) => ({
        position,
        describe: `${describe}, shard ${store.shard}, ${ExportStore.snapshotName(position)}`,
        open: () => this.open(position),
      }));
    } catch (fault) {
      if (!(fault instanceof StoreFault)) throw fault;
      onUnreachable(fault.message);
      return [];
    }
  }

  private async open(position: number): Promise<JudgedState | string> {
    try {
      return await this.judgedAt(position);
    } catch (fault) {
      if (fault instanceof StoreFault) return fault.message;
      throw fault;
    }
  }

  private async judgedAt(position: number): Promise<JudgedState | string> {
    const { store, genesis, genesisFrame, options } = this.parts;
    const object = await store.get(ExportStore.snapshotName(position));
    if (object === null) return "it is gone";
    const unsealed = unseal(object, OBJECT_SIZE_MAX);
    if (typeof unsealed === "string") return unsealed;
    const { header, bytes, wrong } = unsealed;
    if (wrong !== "") return wrong;
    if (!this.isOfPlace(header, position)) return "its header is not that of its place";
    const state = splitState(bytes, genesis);
    if (typeof state === "string") return state;
    const hash = header.hash.toHex();
    if (!this.judged.has(hash)) {
      const why = await judgeState(this.parts, state, { position, options });
      if (why !== "") return why;
      this.judged.add(hash);
    }
    const restored = Engine.restore(genesisFrame, state.engine, options);
    if (typeof restored === "string") return restored;
    const { version } = restored.engine.governs(position);
    const { checkpointer } = state;
    const isVersion = version === header.rulesVersion;
    return isVersion ? { ...restored, checkpointer } : "its header is not that of its place";
  }

  private isOfPlace(header: SealedHeader, position: number): boolean {
    const { store, venue } = this.parts;
    return (
      header.kind === SEALED_SNAPSHOT &&
      header.shard === store.shard &&
      header.first === position &&
      header.last === position &&
      equalBytes(header.venue, venue)
    );
  }
}
