/**
 * KeptStates: states of an engine that somebody kept, for whoever would rather not execute all of
 * the log again: files of this machine, and snapshots in the export (exported-states.ts).
 *
 *   own, near the tip -> store, newer by more than it is worth -> own -> store -> none: genesis
 *
 * A state is a cache of the log. One that cannot be used is named and passed over.
 */
import type { SnapshotFiles } from "../edges/snapshot-files.ts";
import { Engine, type EngineOptions, type Restored } from "../engine/engine.ts";

export interface KeptState {
  readonly position: number;
  /** Where it lies, for a log line. */
  readonly describe: string;
  /** The state, or what is wrong with it. */
  open(): Promise<Restored | string>;
}

/** A place where states may lie. */
export interface StateSource {
  /** The newest first. */
  list(): Promise<readonly KeptState[]>;
}

export interface StateSources {
  readonly own: StateSource;
  /** Null where there is no store. */
  readonly store: StateSource | null;
  /** So many records must one of the store be ahead for it to be fetched and judged. */
  readonly worth: number;
}

export const NO_STATES: StateSources = {
  own: { list: () => Promise.resolve([]) },
  store: null,
  worth: 0,
};

/** Files of this machine; `engineIn`: the engine's part of one, or what is wrong with it. */
export function statesInFiles(
  files: SnapshotFiles,
  genesisFrame: Uint8Array,
  options: EngineOptions,
  engineIn: (bytes: Uint8Array) => Uint8Array | string = (bytes) => bytes,
): StateSource {
  return {
    list: async () =>
      files.list().map((stored) => ({
        position: stored.position,
        describe: stored.path,
        open: async () => {
          const engine = engineIn(files.read(stored));
          return typeof engine === "string"
            ? engine
            : Engine.restore(genesisFrame, engine, options);
        },
      })),
  };
}

/**
 * States of positions up to `tip`, in the order in which they should be tried. The store is not
 * asked while one of our own is near the tip.
 */
export async function* statesUpTo(
  { own, store, worth }: StateSources,
  tip: number,
): AsyncGenerator<KeptState, void, undefined> {
  const upTo = async (source: StateSource): Promise<KeptState[]> =>
    (await source.list()).filter(({ position }) => position <= tip);
  const ours = await upTo(own);
  let theirs: KeptState[] | null = null;
  for (;;) {
    const [next] = ours;
    const isNear = next !== undefined && next.position + worth >= tip;
    if (!isNear) theirs ??= store === null ? [] : await upTo(store);
    const best = isNear ? undefined : theirs?.[0];
    const isBetter = best !== undefined && best.position > (next?.position ?? -worth) + worth;
    const taken = isBetter ? theirs?.shift() : ours.shift();
    if (taken === undefined) return;
    yield taken;
  }
}
